"""Derived tables are written whole, in the order of their key, the same bytes for the same rows."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.tables import derived_tables
from portique.engine.store import ROW_GROUP_ROWS, Store, conform, empty

CELL = derived_tables()["prison_cell"]
PLACEMENT = derived_tables()["placement"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store, closed afterwards."""
    with Store(tmp_path / "derived", tmp_path / "scratch") as opened:
        yield opened


def _cells(rows: list[int]) -> pa.Table:
    made = [
        {"cell_id": f"C{row}", "prison_id": "P1", "source_id": row % 3, "source_row": row}
        for row in rows
    ]
    return conform(pa.Table.from_pylist(made), CELL)


def _cut(rows: pa.Table, sizes: list[int]) -> Iterator[pa.RecordBatch]:
    """Yield the rows in batches of the given sizes, then the rest."""
    start = 0
    for size in sizes:
        yield from rows.slice(start, size).to_batches()
        start += size
    yield from rows.slice(start).to_batches()


def test_rows_lie_in_the_order_of_the_key_however_they_came(store: Store) -> None:
    """The key is (source_id, source_row)."""
    store.write("prison_cell", _cells([8, 1, 6, 3, 5]))

    read = store.arrow("prison_cell", ["source_id", "source_row"]).to_pylist()
    assert [tuple(row.values()) for row in read] == [(0, 3), (0, 6), (1, 1), (2, 5), (2, 8)]


def test_a_table_read_back_by_the_engine_is_the_one_that_was_written(store: Store) -> None:
    """Both ways of reading give the same rows and types."""
    store.write("prison_cell", _cells(list(range(10))))

    cells = store.table("prison_cell")
    found = store.run(cells.order_by(["source_id", "source_row"]))

    assert found.cast(CELL.schema).equals(store.arrow("prison_cell"))


def test_the_same_key_twice_is_a_fault_of_ours(store: Store) -> None:
    """Nothing is written: an order by that key would not be total."""
    with pytest.raises(AssertionError, match="prison_cell has 1 rows with a known key"):
        store.write("prison_cell", _cells([1, 2, 1]))
    assert not store.has("prison_cell")


def test_an_empty_part_of_a_key_counts_as_a_value(store: Store) -> None:
    """A handset stands once outside every prison; a second such row is refused."""
    row: dict[str, Any] = {
        "handset_id": "H1",
        "prison_id": None,
        "log10_lr": 0.0,
        "posterior": 1.0,
        "records_used": 1,
        "worst_log10_lr": 0.0,
    }
    inside = row | {"prison_id": "P1"}
    store.write("placement", conform(pa.Table.from_pylist([row, inside]), PLACEMENT))
    assert store.arrow("placement")["prison_id"].to_pylist() == ["P1", None]

    with pytest.raises(AssertionError, match="known key"):
        store.write("placement", conform(pa.Table.from_pylist([row, row]), PLACEMENT))


def test_an_empty_required_column_is_a_fault_of_ours(store: Store) -> None:
    """Whether the value is empty in some rows or the column is not there at all."""
    cells = _cells([1, 2])
    holed = cells.set_column(0, "cell_id", pa.array(["C1", None]))
    with pytest.raises(AssertionError, match=r"prison_cell\.cell_id is empty in 1 rows"):
        store.write("prison_cell", holed)
    with pytest.raises(AssertionError, match=r"prison_cell\.prison_id is empty in 2 rows"):
        store.write("prison_cell", cells.drop_columns(["prison_id"]))
    assert not store.has("prison_cell")


def test_a_value_that_does_not_fit_its_column_is_never_cut(store: Store) -> None:
    """Half a place in a column of whole numbers is a fault, not a rounded figure."""
    cells = _cells([1]).set_column(4, "places", pa.array([1.5]))

    with pytest.raises(pa.ArrowInvalid):
        store.write("prison_cell", cells)


def test_columns_that_no_table_has_are_left_out_and_missing_ones_are_empty() -> None:
    """What is on the disk has exactly the columns of `core/tables.py`, in their order."""
    given_rows = pa.table({"note": ["x"], "cell_id": ["C1"]})

    conformed = conform(given_rows, CELL)

    assert conformed.schema.equals(CELL.schema)
    assert conformed.to_pylist() == [dict.fromkeys(CELL.names) | {"cell_id": "C1"}]


def test_a_table_without_rows_is_a_table(store: Store) -> None:
    """Nothing found is a result: the file is there and has its columns."""
    store.write("prison_cell", empty(CELL))

    assert store.has("prison_cell")
    assert store.arrow("prison_cell").schema.equals(CELL.schema)
    assert store.run(store.table("prison_cell")).num_rows == 0


@given(st.lists(st.integers(0, 40), max_size=12))
def test_the_same_rows_in_other_batches_are_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    """How a stage cut its work leaves no trace."""
    rows = _cells(list(range(200)))
    folder = tmp_path_factory.mktemp("cut")
    with Store(folder / "derived", folder / "scratch") as store:
        store.write_batches("prison_cell", iter(rows.to_batches()))
        whole = store.path("prison_cell").read_bytes()
        store.write_batches("prison_cell", _cut(rows, sizes))
        assert store.path("prison_cell").read_bytes() == whole


@pytest.mark.parametrize("size", [1000, ROW_GROUP_ROWS - 1, ROW_GROUP_ROWS, ROW_GROUP_ROWS + 1])
def test_row_groups_are_whole_whatever_the_batches(store: Store, size: int) -> None:
    """Two full groups and the rest, and the same bytes as from one batch."""
    count = 2 * ROW_GROUP_ROWS + 5
    numbers = pa.array(range(count), pa.int64())
    texts = pa.array(["P1"] * count)
    rows = pa.table(
        {"cell_id": texts, "prison_id": texts, "source_id": numbers, "source_row": numbers}
    )
    rows = conform(rows, CELL)
    store.write_batches("prison_cell", iter(rows.combine_chunks().to_batches()))
    whole = store.path("prison_cell").read_bytes()

    store.write_batches("prison_cell", iter(rows.to_batches(max_chunksize=size)))

    parquet = pq.ParquetFile(store.path("prison_cell")).metadata
    groups = [parquet.row_group(number).num_rows for number in range(parquet.num_row_groups)]
    assert groups == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 5]
    assert store.path("prison_cell").read_bytes() == whole


def test_a_write_that_fails_leaves_the_table_as_it_was(store: Store) -> None:
    """Half a new table is beside the old one, under another name, and is not the table."""
    store.write("prison_cell", _cells([1, 2]))
    before = store.path("prison_cell").read_bytes()

    def failing() -> Iterator[pa.RecordBatch]:
        yield from _cells([3, 4]).to_batches()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        store.write_batches("prison_cell", failing())

    assert store.path("prison_cell").read_bytes() == before


def test_a_partial_file_is_never_taken_for_a_table(store: Store) -> None:
    """What a killed run left is not there, and a later write goes over it."""
    store.folder.mkdir()
    partial = store.path("prison_cell").with_suffix(".parquet.partial")
    partial.write_bytes(b"PAR1 half")

    assert not store.has("prison_cell")
    store.write("prison_cell", _cells([1]))
    assert store.arrow("prison_cell").num_rows == 1
    assert not partial.exists()


def test_a_name_that_is_no_table_is_a_fault_of_ours(store: Store) -> None:
    """A slip in a stage never makes a file that nobody reads."""
    with pytest.raises(KeyError):
        store.write("prison_cells", _cells([1]))


def test_the_engine_is_opened_at_first_use_and_its_scratch_goes_with_it(tmp_path: Path) -> None:
    """Reading as Arrow needs none; closing twice is no fault."""
    scratch = tmp_path / "scratch"
    with Store(tmp_path / "derived", scratch) as store:
        store.write("prison_cell", _cells([1]))
        assert store.arrow("prison_cell").num_rows == 1
        assert not scratch.exists()
        assert store.run(store.table("prison_cell")).num_rows == 1
        assert scratch.is_dir()
    assert not scratch.exists()
    store.close()
