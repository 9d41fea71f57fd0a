"""Values as delivered -> typed columns: text, instants, whole numbers, decimals.

Each function takes an Arrow array of whatever type the file holds and returns the values with a
mask of those that cannot be read. What is usual is done for the whole array at once; only odd
values, once each, go through Python. Nothing is guessed: an epoch without a unit, a date without
a time, a decimal comma are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.reader import Mask
from portique.core.clock import micros, parse_utc
from portique.core.tables import UTC_US

_DAY = (
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_PLAIN_INSTANT = (
    rf"^[12][0-9]{{3}}-{_DAY}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{1,6})?(?:Z|\+00:00)?$"
)
_WHOLE = r"^[+-]?[0-9]{1,18}$"
_WHOLE_WITH_ZEROS = re.compile(r"([+-]?[0-9]{1,18})\.0*\Z", re.ASCII)
_DECIMAL = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"
_EXACT = 2.0**53
_YEAR_1_US, _YEAR_9999_US = -62_135_596_800_000_000, 253_402_300_799_999_999


@dataclass(frozen=True)
class Values:
    """Typed values: empty where the field was empty or could not be read.

    Args:
        values: the column.
        bad: True where something was delivered that cannot be read.
    """

    values: pa.Array
    bad: Mask

    @property
    def empty(self) -> Mask:
        """True where there is no value."""
        return as_mask(self.values.is_null())


def can_read(type_: pa.DataType) -> bool:
    """Return whether values of an Arrow type can be read as one of ours.

    >>> can_read(pa.int64()), can_read(pa.list_(pa.string()))
    (True, False)
    """
    if pa.types.is_dictionary(type_):
        return can_read(type_.value_type)
    tests: tuple[Callable[[pa.DataType], bool], ...] = (
        is_text,
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_timestamp,
        pa.types.is_decimal,
        pa.types.is_null,
    )
    return any(test(type_) for test in tests)


def is_text(type_: pa.DataType) -> bool:
    """Return whether an Arrow type holds text."""
    return bool(
        pa.types.is_string(type_)
        or pa.types.is_large_string(type_)
        or pa.types.is_string_view(type_)
    )


def as_mask(array: pa.Array) -> Mask:
    """Return a boolean Arrow array as numpy; empty counts as False."""
    return np.asarray(pc.fill_null(array, False).to_numpy(zero_copy_only=False), bool)


def plain(array: pa.Array) -> pa.Array:
    """Return an array without dictionary, with ordinary strings, and empty for "not a number"."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if is_text(array.type) and array.type != pa.string():
        array = array.cast(pa.string())
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    return array


def text_values(array: pa.Array, *, strip: bool = True) -> Values:
    """Return texts, without blanks around them; an empty text is no value.

    A number is written in digits: what leading zeros it lost stays lost. Of a number with a
    point, only a whole one that a double holds exactly is read.
    """
    array = plain(array)
    bad = np.zeros(len(array), bool)
    if not is_text(array.type):
        array, bad = _digits(array)
    if strip and pc.any(pc.match_substring_regex(array, r"^\s|\s$|[^\x00-\x7f]")).as_py():
        array = pc.utf8_trim_whitespace(array)
    return Values(pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array), bad)


def _digits(array: pa.Array) -> tuple[pa.Array, Mask]:
    given = as_mask(array.is_valid())
    if pa.types.is_floating(array.type):
        numbers = np.nan_to_num(array.to_numpy(zero_copy_only=False), nan=0.5, posinf=0.5)
        whole = (np.floor(numbers) == numbers) & (np.abs(numbers) < _EXACT) & given
        texts = pa.array(np.where(whole, numbers, 0).astype(np.int64)).cast(pa.string())
        return pc.if_else(pa.array(whole), texts, pa.scalar(None, pa.string())), given & ~whole
    if pa.types.is_integer(array.type):
        return array.cast(pa.string()), np.zeros(len(array), bool)
    return pa.nulls(len(array), pa.string()), given


def instant_values(array: pa.Array) -> Values:
    """Return instants in UTC, to the microsecond; finer parts are cut."""
    array = plain(array)
    if pa.types.is_timestamp(array.type):
        return _cast_instants(array)
    if not is_text(array.type):
        return Values(pa.nulls(len(array), UTC_US), as_mask(array.is_valid()))
    usual = as_mask(pc.match_substring_regex(array, _PLAIN_INSTANT))
    chosen = pc.if_else(pa.array(usual), array, pa.scalar(None, pa.string()))
    local = pc.replace_substring_regex(chosen, r"(?:Z|\+00:00)$", "").cast(pa.timestamp("us"))
    whole = local.cast(pa.int64())
    return _with_odd(array, whole, usual, _parse_instant, UTC_US)


def _cast_instants(array: pa.Array) -> Values:
    """Return timestamps of any unit in microseconds; without a zone they are UTC."""
    given = as_mask(array.is_valid())
    raw = pc.fill_null(array.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    per_s = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[array.type.unit]
    seconds, rest = np.floor_divide(raw, per_s), np.mod(raw, per_s)
    inside = (seconds >= _YEAR_1_US // 1_000_000) & (seconds <= _YEAR_9999_US // 1_000_000)
    us = np.where(inside, seconds, 0) * 1_000_000 + rest * 1_000_000 // per_s
    ok = inside & given
    values = pa.array(us, pa.int64(), mask=~ok).cast(UTC_US)
    return Values(values, given & ~ok)


def _parse_instant(text: str) -> int:
    return micros(parse_utc(text))


def whole_values(array: pa.Array) -> Values:
    """Return whole numbers."""
    array = plain(array)
    if pa.types.is_integer(array.type) and array.type != pa.uint64():
        return Values(array.cast(pa.int64()), np.zeros(len(array), bool))
    if not is_text(array.type):
        array, bad = _digits(array)
        return Values(array.cast(pa.int64()), bad)
    usual = as_mask(pc.match_substring_regex(array, _WHOLE))
    chosen = pc.if_else(pa.array(usual), array, pa.scalar(None, pa.string()))
    whole = pc.utf8_ltrim(chosen, "+").cast(pa.int64())
    return _with_odd(array, whole, usual, _parse_whole, pa.int64())


def _parse_whole(text: str) -> int:
    stripped = text.strip()
    found = _WHOLE_WITH_ZEROS.match(stripped + ("" if "." in stripped else "."))
    if not found:
        raise ValueError("not a whole number")
    return int(found.group(1))


def real_values(array: pa.Array) -> Values:
    """Return finite decimals, with a point."""
    array = plain(array)
    given = as_mask(array.is_valid())
    if is_text(array.type):
        trimmed = pc.utf8_trim_whitespace(array)
        given &= ~as_mask(pc.equal(trimmed, ""))
        fits = pa.array(as_mask(pc.match_substring_regex(trimmed, _DECIMAL)))
        array = pc.utf8_ltrim(pc.if_else(fits, trimmed, pa.scalar(None, pa.string())), "+")
    elif pa.types.is_timestamp(array.type):
        array = pa.nulls(len(array), pa.float64())
    numbers = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    ok = np.isfinite(numbers) & given
    return Values(pa.array(numbers, pa.float64(), mask=~ok), given & ~ok)


def by_distinct(array: pa.Array, read: Callable[[str], Any], type_: pa.DataType) -> pa.Array:
    """Return `read` of every text, called once for each distinct one.

    >>> by_distinct(pa.array(["a", "b", "a", None]), len, pa.int64()).to_pylist()
    [1, 1, 1, None]
    """
    coded = array.dictionary_encode()
    values = pa.array([read(text) for text in coded.dictionary.to_pylist()], type_)
    return values.take(coded.indices)


def _with_odd(
    texts: pa.Array, usual: pa.Array, is_usual: Mask, read: Callable[[str], int], type_: pa.DataType
) -> Values:
    """Return the usual values, and the odd ones read one by one."""
    given = as_mask(texts.is_valid())
    odd = given & ~is_usual
    bad = np.zeros(len(texts), bool)
    if odd.any():
        found = by_distinct(texts.filter(pa.array(odd)), _or_none(read), pa.int64())
        blank = as_mask(pc.equal(pc.utf8_trim_whitespace(texts), ""))
        usual = pc.replace_with_mask(usual, pa.array(odd), found)
        bad = given & ~blank & as_mask(usual.is_null())
    return Values(usual.cast(type_), bad)


def _or_none(read: Callable[[str], int]) -> Callable[[str], int | None]:
    def tried(text: str) -> int | None:
        try:
            return read(text)
        except (ValueError, OverflowError):
            return None

    return tried
