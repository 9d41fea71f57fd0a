"""IMEI, TAC, IMSI, sector identities and numbers: parsed and checked once, at the door."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

DIGITS = re.compile(r"[0-9]+\Z")
_SECTOR = re.compile(r"\d{3}-\d{2,3}-[0-9A-Fa-f]{1,9}(-[0-9A-Fa-f]{1,9})?\Z")


def luhn_digit(body: str) -> int:
    """Return the check digit that makes `body` pass the Luhn formula.

    Args:
        body: decimal digits, e.g. the first 14 of an IMEI.

    Source: 3GPP TS 23.003, annex B.

    >>> luhn_digit("49015420323751")
    8
    """
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


@dataclass(frozen=True)
class Imei:
    """An equipment identity: its first 14 digits, and what was written.

    Args:
        digits: the identity, 14 digits.
        as_written: the text as delivered.
        wrong_check: a fifteenth digit was delivered and is neither right nor the filler 0.
    """

    digits: str
    as_written: str
    wrong_check: bool = False

    @classmethod
    def parse(cls, text: str) -> Imei:
        """Return the identity in a delivered text of 14, 15 or 16 digits.

        Sixteen digits are an IMEISV: two version digits and no check digit.

        Raises:
            ValueError: anything but 14 to 16 decimal digits; nothing is padded or guessed.

        Source: 3GPP TS 23.003, sections 6.2.1 and 6.2.2.

        >>> Imei.parse("490154203237518").digits, Imei.parse("490154203237517").wrong_check
        ('49015420323751', True)
        """
        written = text.strip()
        if not DIGITS.match(written) or not 14 <= len(written) <= 16:
            raise ValueError(f"an IMEI has 14 to 16 digits; got {text!r}")
        body = written[:14]
        wrong = len(written) == 15 and written[14] not in {"0", str(luhn_digit(body))}
        return cls(body, text, wrong)

    @property
    def tac(self) -> str:
        """Type allocation code: the first 8 digits."""
        return self.digits[:8]


def imei_text(imei: int) -> str:
    """Return an IMEI stored as a number, as its 14 digits.

    >>> imei_text(10170100000001)
    '10170100000001'
    >>> imei_text(101701000001)
    '00101701000001'
    """
    return f"{imei:014d}"


def is_placeholder_imei(digits: str) -> bool:
    """Return whether 14 digits are no identity but a filler: one repeated digit, or counting up.

    >>> is_placeholder_imei("00000000000000"), is_placeholder_imei("12345678901234")
    (True, True)
    """
    counting = "1234567890123456"
    return len(set(digits)) == 1 or digits in {counting[:14], "01234567890123", "00499901064000"}


def imsi_text(imsi: int) -> str:
    """Return an IMSI stored as a number, as its 15 digits."""
    return f"{imsi:015d}"


def is_imsi(text: str) -> bool:
    """Return whether a text is a subscription identity: 14 or 15 digits (MCC, MNC, MSIN).

    >>> is_imsi("208019876543210"), is_imsi("0601")
    (True, False)
    """
    return bool(DIGITS.match(text)) and len(text) in {14, 15}


def is_sector_id(text: str) -> bool:
    """Return whether a text has the form of a CGI (mcc-mnc-lac-ci) or ECGI (mcc-mnc-eci).

    The 28 bits of an ECGI's cell are up to nine digits in decimal.

    >>> is_sector_id("208-01-1234-56789"), is_sector_id("208-01-129097582")
    (True, True)
    """
    return bool(_SECTOR.match(text))


REGION_OF_MCC = {"208": "FR", "647": "RE", "340": "GP", "742": "GF", "234": "GB", "262": "DE"}
"""Country code -> region for national numbers, of the networks met in the material."""


@dataclass(frozen=True)
class Number:
    """A number as read: `form` is number, short, sender, withheld, none or undecided.

    `value` is E.164 with `+` for a number, the digits as dialled for a short code, else empty.
    """

    value: str
    form: str


_E164_FR = re.compile(r"(?:\+|00)?330?([1-9][0-9]{8})\Z")  # also "+33 (0)6": a zero too many
_SPACING = re.compile(r"[\s.\-()\u00a0\u202f/]")
_PREFIXES = re.compile(r"\A(tel:|\*31#|#31#)")


@lru_cache(maxsize=1 << 17)
def read_number(text: str, region: str = "FR") -> Number:
    """Return what a delivered number is: the one rule for every column that holds numbers.

    Short codes are told before E.164, lengths before parsing, and nothing is guessed: what cannot
    be decided is kept as `undecided` and never linked. Only "possible" is asked of a number, never
    "valid", so that unassigned and fictional ranges pass.

    Args:
        text: as delivered, e.g. "+33712345678", "33712345678", "0712345678", "3179".
        region: region of the delivering network, for national forms.

    Source: ITU-T E.164; operators' forms as listed in docs/reference/readers.md.

    >>> read_number("33 7 12 34 56 78")
    Number(value='+33712345678', form='number')
    >>> read_number("3179").form, read_number("336123456").form, read_number("FREE").form
    ('short', 'undecided', 'sender')
    """
    bare = _PREFIXES.sub("", _SPACING.sub("", text.strip().lower()))
    if not bare:
        return Number("", "none")
    if bare in {"anonymous", "withheld", "unknown", "masque", "masqué", "restricted"}:
        return Number("", "withheld")
    if french := _E164_FR.match(bare):
        return Number("+33" + french.group(1), "number")
    if not DIGITS.match(bare.removeprefix("+")):
        return Number("", "sender" if any(c.isalpha() for c in bare) else "undecided")
    return _read_digits(bare, region)


def _read_digits(bare: str, region: str) -> Number:
    if not bare.startswith(("+", "00")) and len(bare) <= 6:
        return Number(bare, "short")
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    if not bare.startswith("+") and bare.startswith("0"):
        return _possible(bare, region)
    if bare.removeprefix("+").startswith("33"):
        return Number("", "undecided")  # 33 and a length that no French number has
    return _possible("+" + bare.removeprefix("+"), None)


def _possible(text: str, region: str | None) -> Number:
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return Number("", "undecided")
    possible = phonenumbers.is_possible_number_with_reason(parsed)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        return Number("", "undecided")
    return Number(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), "number")
