"""How a person names one row of a table: its key, the parts joined by "/"."""

from __future__ import annotations

import difflib

import pyarrow as pa
import pyarrow.compute as pc

from portique.core.errors import Refused
from portique.core.tables import Table
from portique.flow.why.tables import Derived

EMPTY = "-"
"""Stands for an empty part of a key, e.g. the place outside every prison."""

SHORT = {
    "target": "cell_id",
    "cell_chance": "cell_id",
    "offence": "offence_id",
    "sale": "sale_id",
    "find": "find_id",
    "prison": "prison_id",
    "prison_cell": "cell_id",
    "sector": "sector_id",
    "stay": "inmate_id",
    "absence": "inmate_id",
    "declared_contact": "inmate_id",
    "source": "path",
}
"""A column that names a row more readily than its key does."""

_UNLISTED = frozenset({"number_reach", "second_contact"})
"""Keys that are other people's numbers: found when asked for, never proposed."""

_LISTED = 10
_COMPARED = 20_000
_DIGITS = {"imei": 14, "imsi": 15}


def find_row(derived: Derived, table: Table, key: str) -> int:
    """Return the place of the row that a key names.

    A key may also be a short name (`SHORT`), or the first parts of the key where they suffice.

    Raises:
        Refused: no row, or several, with the keys that come near.
    """
    texts = key_texts(derived, table)
    for found in _readings(derived, table, key, texts):
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguous(table, key, [texts[i].as_py() for i in found[:_LISTED]], len(found))
    raise _unknown(table, key, [] if table.name in _UNLISTED else _near(key, texts))


def key_texts(derived: Derived, table: Table) -> pa.ChunkedArray:
    """Return the key of every row of a table as a person writes it, in the table's order."""
    columns = derived.columns(table.name, list(table.key))
    parts = [_text(columns[name], name) for name in table.key]
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, "/")


def key_of(table: Table, row: dict[str, object]) -> str:
    """Return the key of one row as a person writes it."""
    types = {column.name: column.type for column in table.columns}
    parts = [pa.array([row[name]], types[name]) for name in table.key]
    texts = [_text(part, name)[0].as_py() for part, name in zip(parts, table.key, strict=True)]
    return "/".join(texts)


def _readings(derived: Derived, table: Table, key: str, texts: pa.ChunkedArray) -> list[list[int]]:
    """Return the rows that a key names, by each way of reading it, the strictest first."""
    readings = [_where(pc.equal(texts, key))]
    if table.name in SHORT:
        name = SHORT[table.name]
        column = _text(derived.columns(table.name, [name])[name], name)
        readings.append(_where(pc.equal(column, key)))
    readings.append(_where(pc.starts_with(texts, key + "/")))
    return readings


def _where(fits: pa.ChunkedArray) -> list[int]:
    found: list[int] = pc.indices_nonzero(fits).to_pylist()
    return found


def _text(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        seconds = column.cast(pa.timestamp("s", tz="UTC"), safe=False).cast(pa.string())
        text = pc.replace_substring(seconds, " ", "T")
    else:
        text = column.cast(pa.string())
    if name in _DIGITS:
        text = pc.utf8_lpad(text, _DIGITS[name], "0")
    return pc.fill_null(text, EMPTY)


def _near(key: str, texts: pa.ChunkedArray) -> list[str]:
    some = pc.unique(texts.slice(0, _COMPARED)).to_pylist()
    return difflib.get_close_matches(key, some, n=5, cutoff=0.5) or some[:3]


def _ambiguous(table: Table, key: str, keys: list[str], count: int) -> Refused:
    more = f" and {count - len(keys)} more" if count > len(keys) else ""
    return Refused(
        f"{count} rows of {table.name} fit the key {key!r}",
        where=f"derived/{table.name}.parquet",
        mend=f"name one of: {', '.join(keys)}{more}",
        code="WHY-003",
    )


def _unknown(table: Table, key: str, near: list[str]) -> Refused:
    form = "/".join(table.key)
    hint = f"; keys that come near: {', '.join(near)}" if near else ""
    return Refused(
        f"no row of {table.name} has the key {key!r}",
        where=f"derived/{table.name}.parquet",
        mend=f"a key is {form} ({EMPTY} for an empty part){hint}",
        code="WHY-004",
    )
