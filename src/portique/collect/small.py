"""The tables that fit in memory: every kind but the records, and the sightings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.admit import Admission
from portique.collect.intake import Intake
from portique.collect.numbers import read_numbers, texts_of
from portique.collect.reader import FIRST_ROWS, Block
from portique.collect.tally import ODD_IMEI, Tally, Verdict
from portique.collect.typed import typed_columns
from portique.collect.values import as_mask, by_distinct
from portique.core.ids import Imei
from portique.core.tables import INPUT, ORIGIN, REFERENCE_KINDS, Table

ONE_ROW_AN_ID = {"prison": "prison_id", "prison_cell": "cell_id"}
"""Reference tables whose identifier may stand there once: a second row would double its uses."""


def gather(intake: Intake, kind: str, target: Table, instant: str = "") -> pa.Table:
    """Return all rows of a kind that may be used, without repeated rows.

    Args:
        kind: kind of source.
        target: the derived table, origin columns included.
        instant: column with the instant of a row; empty: as the kind says.
    """
    admission = Admission(kind, intake.settings, intake.privileged, instant)
    own = target.name == kind
    asked = INPUT[kind] if own else target
    parts = [target.schema.empty_table()]
    for number in intake.used(kind, "" if own else target.name):
        for block in intake.blocks(number, asked):
            parts.append(_part(block, number, target, admission, intake.tallies[number]))
    rows = pa.concat_tables(parts)
    rows = _once(rows, [n for n in target.names if n not in _ORIGIN_NAMES], "duplicate", intake)
    key = ONE_ROW_AN_ID.get(target.name)
    return _once(rows, [key], "malformed_identifier", intake) if key else rows


FLAGGED = frozenset({"sale", "find"})
"""Kinds whose IMEI is kept as written, whatever it is."""

_ORIGIN_NAMES = frozenset(column.name for column in ORIGIN)


def _part(block: Block, number: int, target: Table, admission: Admission, tally: Tally) -> pa.Table:
    verdict = Verdict(len(block.row))
    if admission.kind not in REFERENCE_KINDS:
        admission.judge_lawyers(block, verdict)
    columns = typed_columns(block, target, verdict)
    if admission.kind not in REFERENCE_KINDS:
        admission.judge(columns, verdict)
        columns = admission.open_ends(columns)
    if target.name == "declared_contact":
        columns["msisdn"] = _plain_numbers(columns["msisdn"], block, verdict, tally)
    if target.name in FLAGGED:
        odd = as_mask(by_distinct(columns["imei"], _is_odd_imei, pa.bool_()))
        tally.flag(ODD_IMEI, int((odd & verdict.kept).sum()))
    verdict.count_into(tally, block.row)
    columns["source_id"] = pa.array(np.full(len(block.row), number, np.int32))
    columns["source_row"] = pa.array(block.row, pa.int64())
    table = pa.table([columns[name] for name in target.names], schema=target.schema)
    return table.filter(pa.array(verdict.kept))


def _plain_numbers(given: pa.Array, block: Block, verdict: Verdict, tally: Tally) -> pa.Array:
    """Return declared numbers in one form; an undecided one stays as written and meets none."""
    numbers = read_numbers(given)
    none = (numbers.codes == 0) & ~numbers.undecided
    verdict.mark(none, "malformed_identifier", "msisdn is no number")
    undecided = block.row[numbers.undecided & verdict.kept]
    if len(undecided):
        tally.count("number_undecided", len(undecided), undecided[:FIRST_ROWS].tolist())
    return pc.if_else(pa.array(numbers.codes != 0), texts_of(numbers.codes), given)


def _is_odd_imei(text: str) -> bool:
    try:
        return Imei.parse(text).wrong_check
    except ValueError:
        return True


def _once(rows: pa.Table, names: list[str], reason: str, intake: Intake) -> pa.Table:
    """Return the rows whose values in some columns did not stand in an earlier row."""
    if not len(rows):
        return rows
    rows = rows.sort_by([("source_id", "ascending"), ("source_row", "ascending")])
    numbered = rows.append_column("place", pa.array(np.arange(len(rows))))
    first = numbered.group_by(names).aggregate([("place", "min")])["place_min"].to_numpy()
    keep = np.zeros(len(rows), bool)
    keep[first] = True
    lost = rows.filter(pa.array(~keep))
    words = [] if reason == "duplicate" else [f"{names[0]} stands in an earlier row already"]
    for number in pc.unique(lost["source_id"]).to_pylist():
        which = lost.filter(pc.equal(lost["source_id"], number))["source_row"].to_numpy()
        intake.tallies[number].count(reason, len(which), which[:FIRST_ROWS].tolist(), *words)
    return rows.filter(pa.array(keep))
