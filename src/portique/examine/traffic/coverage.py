"""What was captured, what of it was understood, and what was lost and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from portique.examine.traffic.observation import instant

_MOST_REASONS = 200


@dataclass
class Coverage:
    """Counts of one capture.

    Args:
        frames: frames read.
        kept_bytes: bytes of these frames in the file.
        lost_bytes: bytes of them that were not understood, or are encrypted.
        lost: reason -> [times, bytes].
        notes: other limits, in words.
        bearers: bearer -> frames.
    """

    frames: int = 0
    kept_bytes: int = 0
    lost_bytes: int = 0
    lost: dict[str, list[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    bearers: Counter[str] = field(default_factory=Counter)
    first_us: int | None = None
    last_us: int | None = None

    def lose(self, reason: str, lost_bytes: int) -> None:
        """Count something that could not be decoded.

        Args:
            reason: in words, the same for all of one kind.
            lost_bytes: bytes of the capture that it concerns.
        """
        if reason not in self.lost and len(self.lost) >= _MOST_REASONS:
            reason = "other reasons"
        entry = self.lost.setdefault(reason, [0, 0])
        entry[0] += 1
        entry[1] += lost_bytes
        self.lost_bytes += lost_bytes

    def note(self, words: str) -> None:
        """Keep a limit that is no count of frames; once."""
        if words not in self.notes:
            self.notes.append(words)

    def seen(self, moment_us: int) -> None:
        """Widen the span of the capture to an instant."""
        if self.first_us is None or moment_us < self.first_us:
            self.first_us = moment_us
        if self.last_us is None or moment_us > self.last_us:
            self.last_us = moment_us

    @property
    def hours(self) -> float:
        """Hours between the first and the last frame, to the thousandth."""
        if self.first_us is None or self.last_us is None:
            return 0.0
        return round((self.last_us - self.first_us) / 3.6e9, 3)

    @property
    def decoded_share(self) -> float:
        """Share of the captured bytes that was understood, 0 to 1, to the thousandth."""
        if not self.kept_bytes:
            return 0.0
        return round(max(0.0, 1 - self.lost_bytes / self.kept_bytes), 3)

    def span(self) -> dict[str, str | None]:
        """Return the instants of the first and the last frame, ISO 8601 in UTC."""
        return {"first_utc": instant(self.first_us or 0), "last_utc": instant(self.last_us or 0)}

    def as_dict(self) -> dict[str, Any]:
        """Return the part `coverage` of the answer."""
        counted = sorted(self.lost.items(), key=lambda item: (-item[1][1], item[0]))
        lost = [{"reason": r, "count": n, "bytes": size} for r, (n, size) in counted]
        lost += [{"reason": words, "count": None, "bytes": None} for words in self.notes]
        return {
            "hours": self.hours,
            "bearers": dict(sorted(self.bearers.items())),
            "frames": self.frames,
            "bytes": self.kept_bytes,
            "decoded_share": self.decoded_share,
            "lost": lost,
        }
