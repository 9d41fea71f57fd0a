"""Retained records: every row read, judged and packed, block by block, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.admit import Admission, us_of
from portique.collect.intake import Intake
from portique.collect.numbers import Numbers, read_numbers, region_of, told_apart
from portique.collect.packed import PACKED, Operators
from portique.collect.reader import FIRST_ROWS, Block, Mask
from portique.collect.register import Register
from portique.collect.tally import ODD_IMEI, Tally, Verdict
from portique.collect.typed import RANGES
from portique.collect.values import (
    as_mask,
    by_distinct,
    instant_values,
    plain,
    text_values,
    whole_values,
)
from portique.core.tables import INPUT, RECORD_KINDS

KIND = "retained_record"
Ints = np.ndarray
_NO_IMEI = "imei is not 14, 15 or 16 digits"


class RecordReading:
    """The records of one case on their way to the sort.

    Args:
        intake: the files.
        register: the sectors of the case.
    """

    def __init__(self, intake: Intake, register: Register) -> None:
        self.intake = intake
        self.register = register
        self.operators = Operators()
        self.admission = Admission(KIND, intake.settings, intake.privileged)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the records that may be used, packed, in the order of their files."""
        for number in self.intake.used(KIND):
            for block in self.intake.blocks(number, INPUT[KIND]):
                yield self._batch(block, number, self.intake.tallies[number])

    def count_duplicates(self, source_id: Ints, source_row: Ints) -> None:
        """Count records that repeat an earlier one, each under its own file."""
        for number in np.unique(source_id):
            rows = np.sort(source_row[source_id == number])
            self.intake.tallies[number].count("duplicate", len(rows), rows[:FIRST_ROWS].tolist())

    def _batch(self, block: Block, number: int, tally: Tally) -> pa.RecordBatch:
        size = len(block.row)
        verdict = Verdict(size)
        operator = _by_distinct_text(_column(block, "operator"))
        own, other = self._numbers(block, operator, verdict)
        imei, flag = _imei(block, verdict)
        moments = instant_values(_column(block, "started_at_utc"))
        verdict.mark(moments.bad | moments.empty, "malformed_time", "started_at_utc is no instant")
        started = us_of(moments.values, 0)
        columns = {
            "imei": imei,
            "started_us": started,
            "source_id": np.full(size, number, np.int32),
            "source_row": block.row,
            "duration_s": _duration(block, verdict),
            "kind": _kind(block, verdict),
            "imsi": _imsi(block, verdict),
            "msisdn": own.codes,
            "counterpart": other.codes,
            "sector": self.register.places(_by_distinct_text(_column(block, "sector_id")), started),
            "operator": self.operators.codes(operator),
            "imei_flag": flag,
        }
        self.admission.judge_instants(started, verdict)
        verdict.count_into(tally, block.row)
        kept = verdict.kept
        tally.flag(ODD_IMEI, int(flag[kept].sum()))
        _count_kept(tally, "sector_unknown", block, kept & (columns["sector"] < 0))
        _count_kept(tally, "number_undecided", block, kept & (own.undecided | other.undecided))
        arrays = [pa.array(columns[field.name][kept], field.type) for field in PACKED]
        return pa.record_batch(arrays, schema=PACKED)

    def _numbers(
        self, block: Block, operator: pa.Array, verdict: Verdict
    ) -> tuple[Numbers, Numbers]:
        """Return own number and counterpart; mark lawyers' rows before any other is counted."""
        regions = by_distinct(operator, region_of, pa.string())
        read = []
        for name in ("msisdn", "counterpart"):
            texts = text_values(_column(block, name), strip=False).values
            numbers = read_numbers(texts, regions)
            found = self.intake.privileged.in_codes(numbers.codes)
            if numbers.unread.any():
                unread = pc.if_else(pa.array(numbers.unread), texts, pa.scalar(None, pa.string()))
                found |= self.intake.privileged.in_texts(unread)
            verdict.mark(found, "privileged")
            read.append(replace(numbers, codes=told_apart(texts, numbers)))
        return read[0], read[1]


def _column(block: Block, name: str) -> pa.Array:
    given = block.columns.get(name)
    return pa.nulls(len(block.row), pa.string()) if given is None else given


def _by_distinct_text(array: pa.Array) -> pa.Array:
    """Return texts without blanks around them, where the same few stand on many rows."""
    coded = text_values(array, strip=False).values.dictionary_encode()
    return text_values(coded.dictionary).values.take(coded.indices)


def _imei(block: Block, verdict: Verdict) -> tuple[Ints, Ints]:
    """Return the first 14 digits as a number, and 1 where the check digit is wrong."""
    texts = text_values(_column(block, "imei"), strip=False).values
    usual = as_mask(pc.match_substring_regex(texts, r"^[0-9]{14,16}$"))
    if not usual.all():
        texts = text_values(texts).values
        usual = as_mask(pc.match_substring_regex(texts, r"^[0-9]{14,16}$"))
    verdict.mark(~usual, "malformed_identifier", _NO_IMEI)
    digits, length = _as_number(texts, usual)
    body = digits // 10 ** np.maximum(length - 14, 0)
    check = digits % 10
    wrong = (length == 15) & (check != 0) & (check != luhn_digits(body))
    return body, wrong.astype(np.int8)


def _as_number(texts: pa.Array, usual: Mask) -> tuple[Ints, Ints]:
    chosen = pc.if_else(pa.array(usual), texts, "0")
    length = pc.binary_length(chosen).to_numpy(zero_copy_only=False).astype(np.int64)
    return chosen.cast(pa.int64()).to_numpy(zero_copy_only=False), length


def luhn_digits(body: Ints) -> Ints:
    """Return the check digit of each number of 14 digits, as `core.ids.luhn_digit` does of one.

    >>> luhn_digits(np.array([49015420323751])).tolist()
    [8]
    """
    total = np.zeros(len(body), np.int64)
    rest = body
    for place in range(14):
        rest, digit = np.divmod(rest, 10)
        doubled = digit * 2
        total += (doubled - 9 * (doubled > 9)) if place % 2 == 0 else digit
    return -total % 10


def _imsi(block: Block, verdict: Verdict) -> Ints:
    texts = text_values(_column(block, "imsi"), strip=False).values
    usual = as_mask(pc.match_substring_regex(texts, r"^[0-9]{14,15}$"))
    given = as_mask(texts.is_valid())
    if (given & ~usual).any():
        texts = text_values(texts).values
        given = as_mask(texts.is_valid())
        usual = as_mask(pc.match_substring_regex(texts, r"^[0-9]{14,15}$"))
    verdict.mark(given & ~usual, "malformed_identifier", "imsi is not 14 or 15 digits")
    digits, _ = _as_number(texts, usual)
    return np.where(usual, digits, -1)


def _duration(block: Block, verdict: Verdict) -> Ints:
    read = whole_values(_column(block, "duration_s"))
    seconds = pc.fill_null(read.values, -1).to_numpy(zero_copy_only=False)
    low, high = RANGES["duration_s"]
    bad = read.bad | ((seconds < low) & ~read.empty) | (seconds > high)
    verdict.mark(bad, "malformed_row", "duration_s is no number of seconds")
    return np.where(bad, -1, seconds)


def _kind(block: Block, verdict: Verdict) -> Ints:
    coded = text_values(plain(_column(block, "kind")), strip=False).values
    places = by_distinct(coded, _kind_place, pa.int8())
    found = np.asarray(pc.fill_null(places, -1).to_numpy(zero_copy_only=False))
    verdict.mark(found < 0, "malformed_row", "kind is not one of the contract's")
    return found


def _kind_place(text: str) -> int:
    plain_text = text.strip().lower()
    return RECORD_KINDS.index(plain_text) if plain_text in RECORD_KINDS else -1


def _count_kept(tally: Tally, reason: str, block: Block, rows: Mask) -> None:
    if rows.any():
        found = block.row[rows]
        tally.count(reason, len(found), found[:FIRST_ROWS].tolist())
