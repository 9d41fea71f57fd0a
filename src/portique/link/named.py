"""What an offence's file names: each text read as every identifier it can be."""

from __future__ import annotations

from dataclasses import dataclass

from portique.core.ids import DIGITS, is_imsi, read_number


@dataclass(frozen=True)
class Named:
    """The identifiers that a file names, each sorted and once.

    Args:
        imeis: 14 digits.
        imsis: 14 or 15 digits.
        numbers: E.164 with +.
    """

    imeis: tuple[str, ...]
    imsis: tuple[str, ...]
    numbers: tuple[str, ...]


def read_named(text: str) -> Named:
    """Return the identifiers in a text, separated by `;`.

    Fifteen digits may be an IMEI or an IMSI: they are looked for as both. Short codes are
    everybody's and are left out; so is what has no form of an identifier.

    >>> read_named("06 39 98 12 34; 490154203237518 ;3179")
    Named(imeis=('49015420323751',), imsis=('490154203237518',), numbers=('+33639981234',))
    """
    imeis, imsis, numbers = set(), set(), set()
    for part in text.split(";"):
        bare = part.strip()
        digits = bare.replace(" ", "").replace("-", "")
        if DIGITS.match(digits) and 14 <= len(digits) <= 16:
            imeis.add(digits[:14])
            if is_imsi(digits):
                imsis.add(digits)
            continue
        number = read_number(bare)
        if number.form == "number":
            numbers.add(number.value)
    return Named(tuple(sorted(imeis)), tuple(sorted(imsis)), tuple(sorted(numbers)))
