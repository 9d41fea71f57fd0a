"""Every reader on damaged files: blocks or a Problem, every row accounted for, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.damage import DAMAGES, Damage, damaged

from portique.collect.reader import Block, Head, Request
from portique.collect.readers.contract_parquet import MAGIC, UNREADABLE
from portique.collect.registry import all_readers, choose_reader
from portique.collect.tally import Verdict
from portique.collect.typed import typed_columns
from portique.core.errors import Problem
from portique.core.tables import INPUT, REASONS, SIGHTING, Table

SAMPLES = Path(__file__).parents[1] / "data" / "collect"
MOST_SECONDS = 5.0


def _parquet() -> bytes:
    table = pa.table(
        {
            "sector_id": [f"208-01-1-{number}" for number in range(40)],
            "operator": pa.array(["20801", None] * 20).dictionary_encode(),
            "lat": np.linspace(48.0, 49.0, 40),
            "lon": np.linspace(2.0, 3.0, 40),
            "valid_from_utc": pa.array([None, 1_740_000_000] * 20, pa.timestamp("s", "UTC")),
        }
    )
    held = BytesIO()
    pq.write_table(table, held, row_group_size=16, write_page_checksum=True)
    return held.getvalue()


@dataclass(frozen=True)
class Good:
    """A file without damage: the reader that takes it, its kind, its name, its bytes."""

    reader: str
    kind: str
    name: str
    content: bytes

    @property
    def table(self) -> Table:
        """The table whose columns are wanted."""
        return SIGHTING if all_readers()[self.reader].table == "sighting" else INPUT[self.kind]


def _sample(reader: str, kind: str, name: str) -> Good:
    return Good(reader, kind, name, (SAMPLES / reader / name).read_bytes())


GOOD = (
    _sample("contract_csv", "sale", "ledger.csv"),
    _sample("contract_csv", "retained_record", "records.csv"),
    Good("contract_parquet", "sector", "sectors.parquet", _parquet()),
    _sample("bandicoot_csv", "retained_record", "zoe.csv"),
    _sample("bandicoot_csv", "retained_record", "antennas.csv"),
    _sample("telcell_csv", "retained_record", "measurements.csv"),
    _sample("telcell_csv", "retained_record", "tracks.csv"),
    _sample("sites_csv", "sector", "sites.csv"),
    _sample("sectors_azimuth_csv", "sector", "20899_cells.csv"),
)
EACH = pytest.mark.parametrize("good", GOOD, ids=lambda good: f"{good.reader}-{good.name}")


def _blocks(good: Good, path: Path) -> list[Block] | None:
    """Return what the reader gives of a file; None: a Problem. Nothing else may come of it."""
    reader = all_readers()[good.reader]
    started = time.monotonic()
    answer = reader.recognises(Head(path, good.kind, path.read_bytes()[: 1 << 16]))
    assert answer.reason
    blocks: list[Block] | None = None
    with suppress(Problem):
        blocks = list(reader.rows(Request(path, good.table, path.parent)))
    assert time.monotonic() - started < MOST_SECONDS
    return blocks


def _is_accounted_for(blocks: list[Block], good: Good) -> int:
    """Return how many rows the blocks account for, each of them once."""
    total = sum(block.rows_in for block in blocks)
    numbers = [number for block in blocks for number in block.row.tolist()]
    assert numbers == sorted(set(numbers))
    assert not numbers or (numbers[0] >= 1 and numbers[-1] <= total)
    for block in blocks:
        assert all(len(column) == len(block.row) for column in block.columns.values())
        assert len(block.line) in {0, len(block.row)}
        for fault in block.faults:
            assert fault.reason in REASONS
            assert fault.count > 0 or good.reader == "contract_parquet"
            assert not set(fault.first) & set(numbers)
        if block.columns:
            typed = typed_columns(block, good.table, Verdict(len(block.row)))
            assert all(len(column) == len(block.row) for column in typed.values())
    return total


def _lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines of a file after its first, without those that are empty."""
    yield from (line for line in content.split(b"\n")[1:] if line.strip(b"\r"))


def _count_holds(good: Good, content: bytes, path: Path, total: int) -> bool:
    """Return whether a count of rows is right, by a count that shares nothing with the reader."""
    if good.reader == "contract_parquet":
        try:
            with pq.ParquetFile(path) as file:
                groups = [file.metadata.row_group(n) for n in range(file.num_row_groups)]
        except UNREADABLE:
            return False
        return bool(total == sum(group.num_rows for group in groups))
    lines = sum(1 for _ in _lines(content))
    if b'"' in content:
        return lines / 100 <= total <= lines
    return total == lines


def _check(good: Good, content: bytes, folder: Path) -> None:
    path = folder / good.name
    path.write_bytes(content)
    blocks = _blocks(good, path)
    if blocks is not None:
        total = _is_accounted_for(blocks, good)
        assert _count_holds(good, content, path, total)


@EACH
def test_an_undamaged_file_is_read(good: Good, tmp_path: Path) -> None:
    """The files that are damaged below are good ones, and their reader takes them."""
    path = tmp_path / good.name
    path.write_bytes(good.content)
    if good.name != "antennas.csv":
        assert choose_reader(Head(path, good.kind, good.content)) == good.reader
    assert _blocks(good, path)
    _check(good, good.content, tmp_path)


@EACH
def test_a_damaged_file_gives_blocks_or_a_problem_and_loses_no_row(
    good: Good, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Cut, overwritten, shortened, repeated and spliced, up to four times."""
    folder = tmp_path_factory.mktemp(good.reader)

    @given(DAMAGES)
    def check(damages: list[Damage]) -> None:
        _check(good, damaged(good.content, damages), folder)

    check()


@EACH
def test_any_bytes_give_blocks_or_a_problem(
    good: Good, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Bytes of no form at all, and such bytes under a good first line."""
    folder = tmp_path_factory.mktemp(good.reader)
    header = good.content.partition(b"\n")[0] + b"\n"
    alphabet = st.sampled_from((b",", b"\n", b"\r\n", b'"', b"a", b"1", b"\xff", b"\0", b" ", b""))
    loose = st.binary(max_size=200) | st.lists(alphabet, max_size=60).map(b"".join)

    @given(st.booleans(), loose)
    def check(under_header: bool, content: bytes) -> None:
        _check(good, header + content if under_header else content, folder)

    check()


def test_a_row_group_that_ends_early_is_counted(tmp_path: Path) -> None:
    """One byte changed in a page's head, and the group gives no rows and no error: not silence."""
    good = next(good for good in GOOD if good.reader == "contract_parquet")
    for place in range(len(MAGIC), len(good.content) // 8):
        _check(good, good.content[:place] + b"\1" + good.content[place + 1 :], tmp_path)


@given(st.binary(max_size=100), st.sampled_from(sorted(INPUT)), DAMAGES)
def test_a_file_has_one_reader_or_a_problem(start: bytes, kind: str, damages: list[Damage]) -> None:
    """Whatever a file begins with, one reader takes it or it is said why none does."""
    for content in (start, *(damaged(good.content, damages) for good in GOOD)):
        with suppress(Problem):
            assert choose_reader(Head(Path("a.csv"), kind, content)) in all_readers()
