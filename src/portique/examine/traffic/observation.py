"""One observation of an answer: a rule that applied, with everything a third party needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from portique.core.clock import utc_text
from portique.examine.traffic.country import agreed_number

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Observation:
    """What was observed.

    Args:
        rule: which rule applied, e.g. "identifier_sent".
        grade: 1 to 4, the grade that it alone would give.
        behaviour: kind of behaviour that it belongs to; None: none.
        bearer: gsm, gprs, lte, wifi, sim or mixed.
        direction: "up" (sent by the phone) or "down".
        initiator: "phone", "network" or "operator".
        frames: numbers from 1, in order.
        first_us, last_us: instants, microseconds since 1970.
        identifier_kind: imei and so on; None: no identifier was found.
        encoding: chain of forms; None as above.
        ip, host, number: the other end, as far as known.
        offset: where the match starts in the innermost bytes; None: there is none.
        bytes_up, bytes_down: as exchanged in what was observed.
        count: how many times.
        benign_explanations: what else it could be, in English.
        words: what was seen, for a person: French and English.
    """

    rule: str
    grade: int
    behaviour: str | None
    bearer: str
    direction: str
    initiator: str
    frames: tuple[int, ...]
    first_us: int
    last_us: int
    identifier_kind: str | None = None
    encoding: str | None = None
    ip: str | None = None
    host: str | None = None
    number: str | None = None
    offset: int | None = None
    bytes_up: int = 0
    bytes_down: int = 0
    count: int = 1
    benign_explanations: tuple[str, ...] = ()
    words: dict[str, str] = field(default_factory=dict)

    def as_dict(
        self, peer_country: dict[str, str | None], networks: dict[str, dict[str, Any]]
    ) -> dict[str, Any]:
        """Return the observation as the answer holds it.

        Args:
            peer_country: source -> country in which the other end is registered.
            networks: source -> number and holder of the network that announces it.
        """
        return {
            "rule": self.rule,
            "grade": self.grade,
            "behaviour": self.behaviour,
            "bearer": self.bearer,
            "direction": self.direction,
            "initiator": self.initiator,
            "identifier_kind": self.identifier_kind,
            "encoding": self.encoding,
            "peer": {"ip": self.ip, "host": self.host, "number": self.number},
            "peer_country": peer_country,
            "asn": agreed_number(networks),
            "networks": networks,
            "frames": list(self.frames),
            "first_utc": instant(self.first_us),
            "last_utc": instant(self.last_us),
            "offset": self.offset,
            "bytes_up": self.bytes_up,
            "bytes_down": self.bytes_down,
            "count": self.count,
            "benign_explanations": list(self.benign_explanations),
            "decoders_agree": None,
            "tshark_filter": display_filter(self.frames),
            "words": self.words,
        }


def instant(at_us: int) -> str | None:
    """Return microseconds since 1970 as ISO 8601 to the second; None: the file has no time."""
    if at_us <= 0 or at_us > 253_402_300_799_000_000:
        return None
    return utc_text(_EPOCH + timedelta(microseconds=at_us))


def display_filter(frames: tuple[int, ...]) -> str:
    """Return a display filter of tshark that shows these frames, neighbours as ranges.

    >>> display_filter((4, 5, 6, 9))
    'frame.number in {4..6, 9}'
    """
    ranges: list[list[int]] = []
    for frame in sorted(frames):
        if ranges and frame == ranges[-1][1] + 1:
            ranges[-1][1] = frame
        elif not ranges or frame > ranges[-1][1]:
            ranges.append([frame, frame])
    told = (f"{first}..{last}" if last > first else f"{first}" for first, last in ranges)
    return f"frame.number in {{{', '.join(told)}}}"
