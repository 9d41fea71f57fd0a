"""What marking reads: the derived tables of a case, and the truth of its world.

Both may come from another program, so each table is looked for, and what lacks is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from portique.core.errors import Refused
from portique.simulation.draw import Bools, Ints

UNKNOWN = -1


@dataclass(frozen=True)
class Truth:
    """The true phones of a world, arrays and lists of length phones, in order of `true_id`.

    Args:
        true_id: as the world names it.
        imei: first 14 digits as a number; `UNKNOWN` where there are fewer.
        in_fleet: whether the supplier sold it.
        prison, cell: where it is kept at the horizon; None outside, or not known.
        users: inmates who use it at the horizon.
    """

    true_id: list[str]
    imei: Ints
    in_fleet: Bools
    prison: list[str | None]
    cell: list[str | None]
    users: list[frozenset[str]]

    def __len__(self) -> int:
        return len(self.true_id)


def read_truth(folder: Path) -> Truth:
    """Return the true phones of a world.

    `inmate_ids` may be a list or a text separated by `;`.

    Raises:
        Refused: `handset.parquet` or one of its columns lacks, or a `true_id` stands twice.
    """
    names = ["true_id", "imei", "in_fleet", "prison_id", "cell_id", "inmate_ids"]
    table = read_columns(folder / "handset.parquet", names).sort_by("true_id")
    true_id = texts(table["true_id"])
    if len(set(true_id)) != len(true_id):
        raise Refused(
            "the truth names one phone twice",
            where=str(folder / "handset.parquet"),
            mend="true_id is the key of this table; write one row a phone",
            code="MARK-003",
        )
    return Truth(
        true_id=[name or "" for name in true_id],
        imei=imei_numbers(table["imei"]),
        in_fleet=np.asarray(table["in_fleet"].cast(pa.bool_()).fill_null(False), bool),
        prison=texts(table["prison_id"]),
        cell=texts(table["cell_id"]),
        users=[_names(value) for value in table["inmate_ids"].to_pylist()],
    )


def _names(value: object) -> frozenset[str]:
    parts = value.split(";") if isinstance(value, str) else value
    if not isinstance(parts, list):
        return frozenset()
    return frozenset(str(part).strip() for part in parts if part is not None and str(part).strip())


def derived(case: Path, table: str, columns: list[str]) -> pa.Table:
    """Return columns of one derived table of a case.

    Raises:
        Refused: the table or a column lacks.
    """
    return read_columns(case / "derived" / f"{table}.parquet", columns)


def has_derived(case: Path, table: str) -> bool:
    """Return whether a derived table is there."""
    return (case / "derived" / f"{table}.parquet").is_file()


def read_columns(path: Path, columns: list[str]) -> pa.Table:
    """Return columns of a Parquet file.

    Raises:
        Refused: the file or a column lacks, or it is no Parquet file.
    """
    check_columns(path, columns)
    return pq.read_table(path, columns=columns)


def check_columns(path: Path, columns: list[str]) -> None:
    """Refuse a Parquet file that lacks, cannot be read, or has not these columns.

    Raises:
        Refused: see above; the message names the table.
    """
    if not path.is_file():
        raise Refused(
            f"the table {path.stem} is missing",
            where=str(path),
            mend="run the case first; in a folder of another program, have it write this table too "
            "(docs/reference/tables.md lists its columns)",
            code="MARK-001",
        )
    try:
        names = set(pq.read_schema(path).names)
    except pa.ArrowInvalid as fault:
        raise Refused(
            f"the table {path.stem} cannot be read: {fault}",
            where=str(path),
            mend="run the case or write the world again",
            code="MARK-005",
        ) from fault
    if lacking := [name for name in columns if name not in names]:
        raise Refused(
            f"the table {path.stem} lacks {', '.join(lacking)}",
            where=str(path),
            mend="docs/reference/tables.md and docs/reference/case-folder.md list the columns",
            code="MARK-002",
        )


def texts(column: pa.ChunkedArray) -> list[str | None]:
    """Return a column as texts; empty ones as None.

    >>> texts(pa.chunked_array([["P1", "", None]]))
    ['P1', None, None]
    """
    return [value or None for value in column.cast(pa.string()).to_pylist()]


def imei_numbers(column: pa.ChunkedArray) -> Ints:
    """Return IMEIs, as text of 14 to 16 digits or as a number of the first 14, as numbers.

    >>> imei_numbers(pa.chunked_array([["001017010000017", "12", None]])).tolist()
    [101701000001, -1, -1]
    """
    if pa.types.is_integer(column.type):
        return np.asarray(column.cast(pa.int64()).fill_null(UNKNOWN), np.int64)
    first = pc.utf8_slice_codeunits(column.cast(pa.string()), 0, 14)
    fits = pc.fill_null(pc.match_substring_regex(first, r"^[0-9]{14}$"), False)
    kept = pc.if_else(fits, first, str(UNKNOWN))
    return np.asarray(pc.cast(kept, pa.int64()), np.int64)


def codes(column: pa.ChunkedArray, names: list[str]) -> Ints:
    """Return the place of each value in a list of names; `UNKNOWN` for what is not in it.

    >>> codes(pa.chunked_array([["b", None, "c"]]), ["a", "b"]).tolist()
    [1, -1, -1]
    """
    found = pc.index_in(column.cast(pa.string()), pa.array(names, pa.string()), skip_nulls=True)
    return np.asarray(found.fill_null(UNKNOWN), np.int64)
