"""What a ledger line can mean: the IMEIs that its text may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from portique.core.ids import DIGITS, luhn_digit

_SEPARATORS = re.compile(r"[\s.\-/:_'=\"\u00a0\u202f]")
_MISREAD = str.maketrans("OoIlSB", "001158")


@dataclass(frozen=True)
class Line:
    """One line of the ledger, as far as it names phones.

    Args:
        sale_id: the ledger's own number.
        written: the IMEI's text without separators; not always digits, may be empty.
        tac: 8 digits, or empty.
        model: as written, or empty.
        quantity: handsets on the line, at least 1.
    """

    sale_id: str
    written: str
    tac: str
    model: str
    quantity: int

    @property
    def body(self) -> str:
        """The 14 digits that the line names, when it has the form of an IMEI; else empty."""
        whole = DIGITS.match(self.written) and 14 <= len(self.written) <= 16
        return self.written[:14] if whole else ""

    @property
    def has_right_check(self) -> bool:
        """Whether a fifteenth digit was written and is right: no single slip passes it."""
        return len(self.written) == 15 and self.written[14] == str(luhn_digit(self.body))

    @property
    def has_wrong_check(self) -> bool:
        """Whether a fifteenth digit was written and is neither right nor the filler 0."""
        return (
            bool(self.body)
            and len(self.written) == 15
            and not (self.has_right_check or self.written[14] == "0")
        )


def read_ledger(sales: pa.Table) -> list[Line]:
    """Return the lines of the derived table `sale`, in its order."""
    columns = (sales[name].to_pylist() for name in ("sale_id", "imei", "tac", "model", "quantity"))
    return [
        Line(sale, _bare(imei), _tac(tac), (model or "").strip(), max(quantity or 1, 1))
        for sale, imei, tac, model, quantity in zip(*columns, strict=True)
    ]


def _bare(text: str | None) -> str:
    return _SEPARATORS.sub("", text or "")


def _tac(text: str | None) -> str:
    bare = _bare(text)
    if not DIGITS.match(bare) or not 6 <= len(bare) <= 8:
        return ""
    return bare.zfill(8)  # a spreadsheet drops the zeros that test allocations begin with


def one_slip(line: Line) -> dict[int, bool]:
    """Return the IMEIs one slip away from what was written, each with "its check digit fits".

    A slip is one digit wrong, two neighbours exchanged, one digit lost, one too many, or a letter
    for a digit (O for 0). Digits lost or added are only read where a check digit confirms them.

    >>> list(one_slip(Line("S", "4901542032375I8", "", "", 1)).items())
    [(49015420323751, True)]
    """
    text = line.written.translate(_MISREAD)
    if not DIGITS.match(text):
        return {}
    if text != line.written:
        return _as_read(text)
    found: dict[int, bool] = {}
    if len(text) in {14, 15}:
        check = text[14:]
        for body in _changed(text[:14]):
            found[int(body)] = check == str(luhn_digit(body))
    for whole in _lengthened(text) if len(text) == 14 else _shortened(text):
        if len(whole) == 15 and whole[14] == str(luhn_digit(whole[:14])):
            found[int(whole[:14])] = True
    return found


def _as_read(text: str) -> dict[int, bool]:
    if not 14 <= len(text) <= 16:
        return {}
    return {int(text[:14]): len(text) == 15 and text[14] == str(luhn_digit(text[:14]))}


def _changed(body: str) -> Iterator[str]:
    for place, old in enumerate(body):
        for digit in "0123456789":
            if digit != old:
                yield body[:place] + digit + body[place + 1 :]
    for place in range(len(body) - 1):
        if body[place] != body[place + 1]:
            yield body[:place] + body[place + 1] + body[place] + body[place + 2 :]


def _lengthened(text: str) -> Iterator[str]:
    for place in range(len(text) + 1):
        for digit in "0123456789":
            yield text[:place] + digit + text[place:]


def _shortened(text: str) -> Iterator[str]:
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]


def lost_zeros(line: Line) -> set[int]:
    """Return the IMEIs that the text names once the zeros a spreadsheet drops are put back.

    >>> sorted(lost_zeros(Line("S", "1017010000019", "", "", 1)))
    [101701000001, 1017010000019]
    """
    text = line.written
    if not DIGITS.match(text) or not 10 <= len(text) <= 14:
        return set()
    found = {int(text)} if len(text) < 14 else set()
    whole = text.zfill(15)
    if whole[14] == str(luhn_digit(whole[:14])):
        found.add(int(whole[:14]))
    return found


def cut_range(line: Line) -> tuple[int, int] | None:
    """Return the IMEIs [first, past) that begin with a text of 10 to 13 digits.

    >>> cut_range(Line("S", "4901542032375", "", "", 1))
    (49015420323750, 49015420323760)
    """
    text = line.written
    if not DIGITS.match(text) or not 10 <= len(text) <= 13:
        return None
    step = 10 ** (14 - len(text))
    return int(text) * step, (int(text) + 1) * step
