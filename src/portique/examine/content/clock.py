"""Times in an image: whose clock said them, and how far that can be trusted.

A centre's time stamp is the network's: good to a second, and of when the centre had the message,
not of when the phone got it. A time that the phone wrote is by its own clock, which its user sets,
which loses its setting with the battery, and about which the image alone says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portique.core.clock import utc_text

CENTRE = "clock of the network's message centre: when it had the message, not when the phone did"
PHONE = "the phone's own clock, not set by anybody known: no bound; zone not stored"
_CENTURY = 2000


@dataclass(frozen=True)
class Told:
    """One time as stored.

    Args:
        utc: the instant; None where the zone is not known.
        as_written: with the offset as stored, or without zone.
        whose: `CENTRE` or `PHONE`.
    """

    utc: datetime | None
    as_written: str
    whose: str

    def as_dict(self) -> dict[str, object]:
        """Return it for the answer."""
        return {
            "utc": None if self.utc is None else utc_text(self.utc),
            "as_written": self.as_written,
            "error_s": 1 if self.whose == CENTRE else None,
            "clock": self.whose,
        }


def centre_time(stamp: bytes) -> Told | None:
    """Return the time in a centre's stamp; None: it is no time.

    Args:
        stamp: seven octets, digits swapped; the last is the zone in quarters of an hour.

    Source: 3GPP TS 23.040, section 9.2.3.11.

    >>> centre_time(bytes.fromhex("52301241639580")).as_written
    '2025-03-21T14:36:59+02:00'
    """
    if len(stamp) != 7:
        return None
    swapped = [(octet & 15, octet >> 4) for octet in stamp]
    if any(high > 9 or low > 9 for high, low in swapped[:6]) or swapped[6][1] > 9:
        return None
    values = [10 * high + low for high, low in swapped[:6]]
    quarters = 10 * (swapped[6][0] & 7) + swapped[6][1]
    offset = timedelta(minutes=15 * quarters * (-1 if swapped[6][0] & 8 else 1))
    try:
        local = datetime(_CENTURY + values[0], *values[1:], tzinfo=UTC)  # type: ignore[misc,arg-type]
        instant = local - offset
    except (ValueError, OverflowError):
        return None
    if abs(offset) > timedelta(hours=14):
        return None
    sign = "-" if offset < timedelta(0) else "+"
    minutes = abs(int(offset.total_seconds())) // 60
    zone = f"{sign}{minutes // 60:02}:{minutes % 60:02}"
    return Told(instant, local.strftime("%Y-%m-%dT%H:%M:%S") + zone, CENTRE)


def phone_time(raw: bytes) -> Told | None:
    """Return the time that a phone wrote; None: it is no time.

    Args:
        raw: second, minute, hour, day, month, day of the week, years from 2000: one octet each.
    """
    if len(raw) != 7 or raw[6] > 99:
        return None
    try:
        local = datetime(_CENTURY + raw[6], raw[4], raw[3], raw[2], raw[1], raw[0], tzinfo=UTC)
    except ValueError:
        return None
    return Told(None, local.strftime("%Y-%m-%dT%H:%M:%S"), PHONE)


def compared(centre: list[Told], phone: list[Told]) -> dict[str, object]:
    """Return what the two clocks say of each other: ranges, and what follows from none of them."""
    stamps = sorted(told.utc for told in centre if told.utc is not None)
    own = sorted(told.as_written for told in phone)
    return {
        "centre_first_utc": utc_text(stamps[0]) if stamps else None,
        "centre_last_utc": utc_text(stamps[-1]) if stamps else None,
        "phone_first": own[0] if own else None,
        "phone_last": own[-1] if own else None,
        "phone_clock_error": "unknown: no event in the image was timed by both clocks",
    }
