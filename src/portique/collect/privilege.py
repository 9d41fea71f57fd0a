"""Lawyers' numbers: found before anything is used, and kept out of everything.

Stricter than the law asks, by choice: whatever the dates, whatever else is wrong with the row
that declares them, in every reading that any network of the material could give them. No number
of this module is ever printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import phonenumbers
import pyarrow as pa

from portique.collect.numbers import Codes, code_of
from portique.collect.reader import Mask
from portique.collect.values import as_mask, by_distinct
from portique.core.ids import REGION_OF_MCC, Number, read_number

_LAWYER = re.compile(r"lawyer|avocat|attorney|counsel", re.IGNORECASE)
_GROUP = re.compile(r"\+?\(?[0-9][0-9 .\-()/\u00a0\u202f]*")
_SPLIT = re.compile(r"[/;,|]")
_SPACING = re.compile(r"[\s.\-()/\u00a0\u202f]")
_DIGITS = re.compile(r"[0-9]{7,}")
_REGIONS = sorted(set(REGION_OF_MCC.values()))
MIN_TAIL = 7
"""Shortest national number that is looked for inside a text."""

FIELDS_WITH_NUMBERS = frozenset({"msisdn", "counterpart", "numbers", "summary", "customer_ref"})
"""Columns in which a lawyer's number is looked for, in whatever table they stand."""

MIN_RAW = 9
"""Digits that a number in a row without fields has to have: shorter ones are dates and ids."""


def is_lawyer(relation: str | None) -> bool:
    """Return whether a declared relation is to a lawyer.

    >>> is_lawyer(" Lawyer "), is_lawyer("avocate"), is_lawyer("visitor")
    (True, True, False)
    """
    return bool(relation and _LAWYER.search(relation))


@dataclass
class Privileged:
    """The lawyers' numbers of one case.

    Args:
        codes: as whole numbers of their own column (see `numbers`).
        tails: national digits, to look for inside texts.
        lengths: of the tails.

    >>> known = Privileged()
    >>> known.add("06 39 98 12 34")
    >>> known.in_text("call 0033639981234 at noon"), known.in_text("0639981235")
    (True, False)
    """

    codes: set[int] = field(default_factory=set)
    tails: set[str] = field(default_factory=set)
    lengths: set[int] = field(default_factory=set)

    def add(self, text: str) -> None:
        """Take in a number as a row declares it, in every reading it can have."""
        for group in _groups(text):
            self._add_one(group)

    def add_raw(self, row: bytes) -> None:
        """Take in the numbers of a row that has no fields, if it speaks of a lawyer."""
        text = row.decode("utf-8", errors="replace")
        if is_lawyer(text):
            for group in _groups(text):
                if len(_SPACING.sub("", group)) >= MIN_RAW:
                    self._add_one(group)

    def in_codes(self, codes: Codes) -> Mask:
        """Return which of a column's numbers are lawyers' (see `numbers`)."""
        if not self.codes:
            return np.zeros(len(codes), bool)
        return np.asarray(np.isin(codes, np.array(sorted(self.codes), np.int64)))

    def is_one(self, text: str) -> bool:
        """Return whether a text is a lawyer's number and nothing else, a short code included."""
        return code_of(read_number(text)) in self.codes

    def in_text(self, text: str) -> bool:
        """Return whether a lawyer's number stands anywhere in a text, however spaced."""
        return any(self._in_digits(d) for d in _DIGITS.findall(_SPACING.sub("", text)))

    def in_texts(self, texts: pa.Array) -> Mask:
        """Return which texts of a column hold a lawyer's number."""
        if not self.tails:
            return np.zeros(len(texts), bool)
        return as_mask(by_distinct(texts, self.in_text, pa.bool_()))

    def _in_digits(self, digits: str) -> bool:
        for length in self.lengths:
            if any(digits[i : i + length] in self.tails for i in range(len(digits) - length + 1)):
                return True
        return False

    def _add_one(self, text: str) -> None:
        bare = _SPACING.sub("", text)
        readings = _readings(text)
        if len(bare) == 9 and bare[0] != "0":
            readings |= _readings("0" + bare)  # a French number that lost its zero
        self.codes.update(code_of(number) for number in readings)
        for national in {_national(n.value) for n in readings if n.form == "number"}:
            self._add_tail(national)
            # As it is dialled at home, whatever network delivers the row; and without its zero.
            again = _readings("0" + national) | _readings(national)
            self.codes.update(code_of(number) for number in again)
        if not readings:
            self._add_tail(bare.lstrip("+0"))

    def _add_tail(self, digits: str) -> None:
        if len(digits) >= MIN_TAIL:
            self.tails.add(digits)
            self.lengths.add(len(digits))


def _readings(text: str) -> set[Number]:
    """Return what a text can mean to any network of the material."""
    read = {read_number(text, region) for region in _REGIONS}
    return {number for number in read if code_of(number)}


def _groups(text: str) -> Iterable[str]:
    """Yield every run of digits that may be a number: as it stands, and at its separators."""
    for found in _GROUP.findall(text):
        yield found
        parts = _SPLIT.split(found)
        if len(parts) > 1:
            yield from (part for part in parts if len(_SPACING.sub("", part)) >= MIN_TAIL)


def _national(e164: str) -> str:
    try:
        return str(phonenumbers.parse(e164).national_number)
    except phonenumbers.NumberParseException:
        return e164.lstrip("+")
