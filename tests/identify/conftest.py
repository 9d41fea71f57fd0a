"""Hand-made material: a case's collected tables from a few words each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from portique.core.case import CaseSettings
from portique.core.progress import silent
from portique.core.tables import RECORD, TAC_NAME, normalised
from portique.engine.store import Store, conform
from portique.identify.stage import run

START = datetime(2025, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


def record(imei: int, imsi: int | None, hour: float, **more: Any) -> Row:
    """Return a call of two minutes, so many hours after the start of the year."""
    row = {"duration_s": 120, "kind": "call_out", "operator": "20801", "imei_flag": 0}
    return {
        **row,
        "imei": imei,
        "imsi": imsi,
        "started_at_utc": START + timedelta(hours=hour),
        **more,
    }


@dataclass
class Material:
    """The collected tables of one case, as rows.

    Args:
        store: where they are written.
        tacs: codes of case.toml.
    """

    store: Store
    tacs: tuple[str, ...] = ()
    records: list[Row] = field(default_factory=list)
    sales: list[Row] = field(default_factory=list)
    sectors: list[Row] = field(default_factory=list)
    finds: list[Row] = field(default_factory=list)
    tac_names: list[Row] = field(default_factory=list)
    declared: list[Row] = field(default_factory=list)

    def identify(self) -> None:
        """Write the tables and run the stage."""
        numbered = [
            {"source_id": 0, "source_row": place, **row}
            for place, row in enumerate(self.records, start=1)
        ]
        self.store.write("record", pa.Table.from_pylist(numbered, schema=RECORD.schema))
        kinds = {
            "sale": self.sales,
            "sector": self.sectors,
            "find": self.finds,
            "declared_contact": self.declared,
        }
        for kind, rows in kinds.items():
            table = normalised(kind)
            told = [{"source_id": 1, "source_row": n, **row} for n, row in enumerate(rows, 1)]
            self.store.write(kind, conform(pa.Table.from_pylist(told, schema=table.schema), table))
        self.store.write("tac_name", pa.Table.from_pylist(self.tac_names, TAC_NAME.schema))
        run(self.settings, self.store, silent)

    @property
    def settings(self) -> CaseSettings:
        """The case's settings."""
        return CaseSettings(
            "T", "T", ZoneInfo("Europe/Paris"), START + timedelta(days=365), self.tacs, 10, ()
        )

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a derived table."""
        found: list[Row] = self.store.arrow(table).to_pylist()
        return found


@pytest.fixture
def call() -> Callable[..., Row]:
    """Return the maker of one record."""
    return record


@pytest.fixture
def material(tmp_path: Path) -> Iterator[Material]:
    """Return an empty case."""
    with Store(tmp_path / "derived", tmp_path / "scratch", memory_gib=1.0) as store:
        yield Material(store)
