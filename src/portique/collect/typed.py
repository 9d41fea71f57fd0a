"""Rows of the smaller tables: delivered columns -> the table's types, and which rows cannot be.

One rule for every column: an empty field is not known, a value that cannot be read sets its row
aside, a column that the table requires may not be empty.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.reader import Block, Mask
from portique.collect.tally import Verdict
from portique.collect.values import (
    Values,
    as_mask,
    instant_values,
    real_values,
    text_values,
    whole_values,
)
from portique.core.tables import ORIGIN, REAL, TEXT, UTC_US, Column, Table

RANGES = {
    "lat": (-90.0, 90.0),
    "lon": (-180.0, 180.0),
    "azimuth_deg": (-360.0, 360.0),
    "beamwidth_deg": (0.0, 360.0),
    "range_m": (0.0, 1e6),
    "perimeter_m": (0.0, 1e6),
    "capacity": (0, 10**6),
    "places": (0, 10**6),
    "quantity": (0, 10**9),
    "duration_s": (0, 2**31 - 1),
}
"""What a quantity can be, in its unit; both ends are allowed."""

AS_WRITTEN = frozenset({("sale", "imei"), ("find", "imei")})
"""Identifiers that are kept to the letter, blanks included."""

_IDENTIFIERS = frozenset({"imei", "msisdn", "subscriber"})


def typed_columns(block: Block, table: Table, verdict: Verdict) -> dict[str, pa.Array]:
    """Return the columns of a block in the types of a table, and mark the rows that cannot be.

    Args:
        block: as delivered; columns that it lacks are empty.
        table: a table of `core.tables`, whose origin columns are left out here.
        verdict: of the block's rows.
    """
    size = len(block.row)
    columns: dict[str, pa.Array] = {}
    origin = {column.name for column in ORIGIN}
    for column in table.columns:
        if column.name in origin:
            continue
        given = block.columns.get(column.name)
        if given is None:
            columns[column.name] = pa.nulls(size, column.type)
            continue
        read = _read(given, column, table)
        columns[column.name] = read.values
        _mark(read, column, verdict)
    _mark_spans(columns, verdict)
    return columns


def _read(given: pa.Array, column: Column, table: Table) -> Values:
    if column.type == TEXT:
        return text_values(given, strip=(table.name, column.name) not in AS_WRITTEN)
    if column.type == UTC_US:
        return instant_values(given)
    read = real_values(given) if column.type == REAL else whole_values(given)
    low, high = RANGES.get(column.name, (None, None))
    if low is None:
        return read
    outside = as_mask(pc.or_(pc.less(read.values, low), pc.greater(read.values, high)))
    values = read.values
    if column.name == "azimuth_deg":
        degrees = np.mod(values.to_numpy(zero_copy_only=False), 360.0)
        values = pa.array(degrees, REAL, mask=as_mask(values.is_null()))
    return Values(values, read.bad | outside)


def _mark(read: Values, column: Column, verdict: Verdict) -> None:
    bad = read.bad | read.empty if column.required else read.bad
    if column.type == UTC_US:
        verdict.mark(bad, "malformed_time", f"{column.name} is no instant")
    elif column.name in _IDENTIFIERS or column.name.endswith("_id"):
        verdict.mark(bad, "malformed_identifier", f"{column.name} is no identifier")
    else:
        verdict.mark(bad, "malformed_row", f"{column.name} cannot be read")


def _mark_spans(columns: dict[str, pa.Array], verdict: Verdict) -> None:
    """A span that ends before or when it begins holds no instant."""
    for start, end in (("from_utc", "until_utc"), ("valid_from_utc", "valid_until_utc")):
        if start in columns and end in columns:
            backwards: Mask = as_mask(pc.less_equal(columns[end], columns[start]))
            verdict.mark(backwards, "malformed_time", f"{end} is not after {start}")
