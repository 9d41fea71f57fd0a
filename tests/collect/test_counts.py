"""Every row is accounted for, and the same sources give the same bytes."""

from __future__ import annotations

import random
import shutil

import pyarrow as pa
import pytest
from tests.collect.made_case import SECTOR, Authority, MadeCase, csv_text, record

from portique.collect.csvrows import RowStream
from portique.collect.readers import contract_parquet
from portique.collect.tally import KEPT_REASONS
from portique.core.tables import REASONS, derived_tables
from portique.flow.stages import STAGES

FAULTS: tuple[dict[str, str], ...] = (
    {},
    {},
    {},
    {"imei": "1"},
    {"imei": "001017010000011"},
    {"started_at_utc": "?"},
    {"started_at_utc": "2020-01-01T00:00:00Z"},
    {"started_at_utc": "2026-01-01T00:00:00Z"},
    {"kind": "fax"},
    {"counterpart": "0639981234"},
    {"counterpart": "336123456"},
    {"counterpart": "FREE"},
    {"sector_id": "208-01-9-9"},
    {"sector_id": ""},
    {"imsi": "20801"},
    {"duration_s": "x"},
    {"counterpart": '"+33722222222\n"'},
    {"counterpart": '"+33722222222'},
    {"operator": "a,b"},
    {"operator": "\udcff"},
)


def _dirty(rows: int, seed: int) -> bytes:
    draw = random.Random(seed)
    lines = []
    for _ in range(rows):
        second = draw.randrange(900)
        started = f"2025-04-01T10:{second // 60:02}:{second % 60:02}Z"
        row = record(started_at_utc=started) | draw.choice(FAULTS)
        lines.append(row)
    text = csv_text("retained_record", *lines)
    return text.encode("utf-8", "surrogateescape")[:-5]


@pytest.fixture
def dirty(case: MadeCase) -> MadeCase:
    """Return a case with every fault in it, and with files that cannot or may not be used."""
    case.authorities = (Authority(covers=("retained_record", "declared_contact", "sale")),)
    case.put("sector/register.csv", csv_text("sector", SECTOR))
    case.lawyer("+33639981234")
    for number in range(3):
        case.put(f"retained_record/{number}.csv", _dirty(2_000, number))
    case.put("retained_record/again.csv", _dirty(2_000, 1))
    rows = [record(started_at_utc=f"2025-04-02T10:00:{n % 60:02}Z") for n in range(100)]
    case.put("retained_record/b.parquet", pa.Table.from_pylist(rows))
    case.put("sale/empty.csv", "")
    case.put("stay/refused.csv", csv_text("stay", {"inmate_id": "I1"}))
    case.put("readme.txt", "read me")
    return case


def test_rows_read_are_used_or_set_aside(dirty: MadeCase) -> None:
    """In every file: rows_read = rows_used + rows set aside, and rows used are those in a table."""
    tables = dirty.take(leave_out_refused=True)

    aside = tables.set_aside()
    kept_rows = tables.rows("record")
    for source in tables.rows("source"):
        reasons = {r: n for (p, r), n in aside.items() if p == source["path"]}
        lost = sum(n for reason, n in reasons.items() if reason not in KEPT_REASONS)
        assert source["rows_read"] == source["rows_used"] + lost, source["path"]
        assert set(reasons) <= set(REASONS)
        if source["kind"] == "retained_record":
            kept = sum(r["source_id"] == source["source_id"] for r in kept_rows)
            assert source["rows_used"] == kept > 0 or source["path"].endswith("again.csv")


def test_the_same_sources_give_the_same_bytes(dirty: MadeCase) -> None:
    """Run twice, and in a copy whose files were written in another order."""
    first = dirty.take("one", leave_out_refused=True).content()
    copy = MadeCase(dirty.folder.parent / "copy")
    copy.authorities = dirty.authorities
    files = sorted((dirty.folder / "sources").rglob("*"), reverse=True)
    for path in (path for path in files if path.is_file()):
        target = copy.folder / path.relative_to(dirty.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    assert dirty.take("two", leave_out_refused=True).content() == first
    assert copy.take(leave_out_refused=True).content() == first


@pytest.mark.parametrize("size", [997, 64 << 10])
def test_bytes_do_not_depend_on_how_much_is_read_at_a_time(
    dirty: MadeCase, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Blocks of rows are a matter of memory, not of results."""
    first = dirty.take("one", leave_out_refused=True).content()

    defaults = RowStream.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "read_bytes", size)
    monkeypatch.setattr(contract_parquet, "BATCH_ROWS", 7)

    assert dirty.take("two", leave_out_refused=True).content() == first


def test_every_table_of_the_stage_is_written(case: MadeCase) -> None:
    """With its schema, for a case without a single file too."""
    tables = case.take()

    (collect,) = [stage for stage in STAGES if stage.name == "collect"]
    assert set(tables.content()) == {f"{name}.parquet" for name in collect.writes}
    assert all(tables.rows(name) == [] for name in collect.writes)
    assert set(collect.writes) <= set(derived_tables())
