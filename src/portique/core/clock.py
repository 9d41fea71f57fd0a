"""UTC instants and half-open spans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_ISO = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?\s?(Z|z|[+-]\d\d(:?\d\d)?)?$", re.ASCII
)
_LONGEST_PLAIN = len("2025-05-19T20:00:00.000000Z")


def parse_utc(text: str) -> datetime:
    """Return the instant that an ISO 8601 text names, in UTC.

    A text without an offset is UTC, as the case folder's contract says of its own files.
    Fractions beyond microseconds are cut.

    Args:
        text: e.g. "2025-05-19T20:00:00Z" or "2025-05-19 22:00:00+02:00".

    Raises:
        ValueError: not an ISO 8601 date and time, or one that does not exist.

    Source: ISO 8601-1:2019; the case folder's contract.

    >>> parse_utc("2025-05-19T22:00:00+02:00").isoformat()
    '2025-05-19T20:00:00+00:00'
    """
    stripped = text.strip()
    if not _ISO.match(stripped):
        raise ValueError(f"not an ISO 8601 date and time: {text!r}")
    if len(stripped) > _LONGEST_PLAIN or "," in stripped or " " in stripped:
        stripped = re.sub(r"([.,]\d{6})\d+", r"\1", stripped).replace(" +", "+").replace(",", ".")
    moment = datetime.fromisoformat(stripped)
    if moment.tzinfo is UTC:
        return moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def utc_text(moment: datetime) -> str:
    """Return an instant as ISO 8601 with Z, to the second.

    >>> utc_text(parse_utc("2025-05-19T20:00:00.25Z"))
    '2025-05-19T20:00:00Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:-6] + "Z"


def micros(moment: datetime) -> int:
    """Return microseconds since 1970-01-01T00:00Z, the number stored in every table.

    >>> micros(parse_utc("1970-01-01T00:00:01Z"))
    1000000
    """
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


@dataclass(frozen=True)
class Span:
    """A half-open span `[from_utc, until_utc)`; a missing end is open.

    >>> Span(parse_utc("2025-01-01T00:00Z"), None).holds(parse_utc("2025-01-01T00:00Z"))
    True
    """

    from_utc: datetime | None
    until_utc: datetime | None

    def holds(self, moment: datetime) -> bool:
        """Return whether the instant lies in the span."""
        after_start = self.from_utc is None or moment >= self.from_utc
        return after_start and (self.until_utc is None or moment < self.until_utc)

    def overlaps(self, other: Span) -> bool:
        """Return whether the two spans share an instant."""
        return _before(self.from_utc, other.until_utc) and _before(other.from_utc, self.until_utc)


def _before(start: datetime | None, end: datetime | None) -> bool:
    return start is None or end is None or start < end
