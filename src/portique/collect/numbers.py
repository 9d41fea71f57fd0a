"""Numbers of a whole column at once, as one integer each.

An E.164 number is its digits, a short code is minus (a one, then its digits), nothing is 0. The
integer sorts and compares fast, and gives the text back exactly. The rule itself is
`core.ids.read_number`; the usual forms are only taken ahead of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.reader import Mask
from portique.collect.values import as_mask, by_distinct
from portique.core.ids import REGION_OF_MCC, Number, read_number

Codes = npt.NDArray[np.int64]
MAX_DIGITS = 18
"""More digits do not fit the integer; E.164 allows 15."""

UNREAD_FROM: int = 10**MAX_DIGITS
"""From here on, a code stands for text that gave no number: it tells two apart, no more."""

NO_REGION = "ZZ"
"""Region of a network that is not in the list: its national forms are undecided."""

_FRENCH = r"^(?:\+|00)?33[1-9][0-9]{8}$"
_FRENCH_NATIONAL = r"^0[1-9][0-9]{8}$"
_SHORT = r"^(?:[0-9]|[1-9][0-9]{1,5}|0[1-9][0-9]{0,4})$"


@dataclass(frozen=True)
class Numbers:
    """The numbers of one column.

    Args:
        codes: one integer each; 0: none, withheld, a sender's name or undecided.
        undecided: True where something was delivered whose meaning cannot be decided.
        unread: True where text was delivered that gave no number, undecided or not.
    """

    codes: Codes
    undecided: Mask
    unread: Mask


def code_of(number: Number) -> int:
    """Return the integer that stands for a number.

    >>> code_of(read_number("0712345678")), code_of(read_number("0800"))
    (33712345678, -10800)
    """
    if number.form == "short":
        return -int("1" + number.value)
    if number.form == "number" and len(number.value) <= MAX_DIGITS + 1:
        return int(number.value)
    return 0


def texts_of(codes: Codes) -> pa.Array:
    """Return the numbers as text: E.164 with +, short codes as dialled, empty for none.

    >>> texts_of(np.array([33712345678, -10800, 0])).to_pylist()
    ['+33712345678', '0800', None]
    """
    codes = np.where(codes >= UNREAD_FROM, 0, codes)
    digits = pa.array(np.abs(codes)).cast(pa.string())
    long = pc.binary_join_element_wise("+", digits, "")
    short = pc.utf8_slice_codeunits(digits, 1)
    texts = pc.if_else(pa.array(codes > 0), long, short)
    return pc.if_else(pa.array(codes == 0), pa.scalar(None, pa.string()), texts)


def read_numbers(texts: pa.Array, regions: pa.Array | None = None) -> Numbers:
    """Return the numbers of a column of texts.

    Args:
        texts: as delivered; empty where nothing was.
        regions: region of the delivering network of each row; None: FR.
    """
    size = len(texts)
    codes = np.zeros(size, np.int64)
    given = as_mask(texts.is_valid())
    is_french = _take(texts, _FRENCH, codes, given)
    is_short = _take(texts, _SHORT, codes, given)
    left = given & ~is_french & ~is_short
    if left.any():
        home = np.ones(size, bool) if regions is None else as_mask(pc.equal(regions, "FR"))
        left &= ~_take(texts, _FRENCH_NATIONAL, codes, left & home)
    undecided = np.zeros(size, bool)
    if left.any():
        undecided = _one_by_one(texts, regions, codes, left)
    unread = left & (codes == 0)
    return Numbers(codes, undecided, unread)


def told_apart(texts: pa.Array, numbers: Numbers) -> Codes:
    """Return the codes, with one of its own for each text that gave no number.

    Two texts from different senders are not one event delivered twice.

    >>> texts = pa.array(["FREE", "0712345678", "Free", None])
    >>> codes = told_apart(texts, read_numbers(texts))
    >>> bool(codes[0] == codes[2] >= UNREAD_FROM), codes[1:].tolist()[::2]
    (True, [33712345678, 0])
    """
    if not numbers.unread.any():
        return numbers.codes
    codes = numbers.codes.copy()
    unread = texts.filter(pa.array(numbers.unread))
    codes[numbers.unread] = by_distinct(unread, _unread_code, pa.int64()).to_numpy()
    return codes


def _unread_code(text: str) -> int:
    digest = hashlib.blake2b(text.strip().lower().encode(), digest_size=8).digest()
    return UNREAD_FROM + int.from_bytes(digest, "big") % UNREAD_FROM


def region_of(operator: str | None) -> str:
    """Return the region in which a network writes national numbers.

    >>> region_of("20801"), region_of("64710"), region_of("99999"), region_of(None)
    ('FR', 'RE', 'ZZ', 'FR')
    """
    return REGION_OF_MCC.get(operator[:3], NO_REGION) if operator else "FR"


def _take(texts: pa.Array, form: str, codes: Codes, among: Mask) -> Mask:
    """Put the codes of the texts of one usual form in place; return which they are."""
    fits = as_mask(pc.match_substring_regex(texts, form)) & among
    if fits.any():
        chosen = texts if fits.all() else texts.filter(pa.array(fits))
        if form is _FRENCH:
            chosen = pc.utf8_ltrim(chosen, "+")
        elif form is _SHORT:
            chosen = pc.binary_join_element_wise("1", chosen, "")
        values = chosen.cast(pa.int64()).to_numpy(zero_copy_only=False)
        offset = {_FRENCH_NATIONAL: 33_000_000_000}.get(form, 0)
        codes[fits] = -values if form is _SHORT else values + offset
    return fits


def _one_by_one(texts: pa.Array, regions: pa.Array | None, codes: Codes, left: Mask) -> Mask:
    chosen = texts.filter(pa.array(left)).dictionary_encode()
    given = pc.fill_null(regions.filter(pa.array(left)), "FR") if regions is not None else None
    undecided = np.zeros(len(texts), bool)
    places = np.flatnonzero(left)
    for region in ["FR"] if given is None else pc.unique(given).to_pylist():
        here = np.ones(len(places), bool) if given is None else as_mask(pc.equal(given, region))
        indices = chosen.indices.to_numpy(zero_copy_only=False)
        needed = np.unique(indices[here])
        read = [read_number(chosen.dictionary[int(i)].as_py(), region) for i in needed]
        code = np.zeros(len(chosen.dictionary), np.int64)
        code[needed] = [code_of(number) for number in read]
        doubt = np.zeros(len(chosen.dictionary), bool)
        doubt[needed] = [_is_undecided(number) for number in read]
        codes[places[here]] = code[indices[here]]
        undecided[places[here]] = doubt[indices[here]]
    return undecided


def _is_undecided(number: Number) -> bool:
    too_long = number.form == "number" and len(number.value) > MAX_DIGITS + 1
    return number.form == "undecided" or too_long
