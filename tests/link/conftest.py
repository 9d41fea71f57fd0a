"""Hand-made material: a fleet in the tables that linking reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from portique.core.case import CaseSettings
from portique.core.progress import silent
from portique.core.tables import FLEET_RECORD, HANDSET, NUMBER_REACH, normalised
from portique.engine.store import Store, conform
from portique.link.stage import run

START = datetime(2025, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


@dataclass
class Case:
    """A fleet and its offences, in a few words.

    Args:
        store: where the tables are written.
        records: rows of `fleet_record`.
        reach: phones that exchange with a number, where it is not 1.
        offences: rows of `offence`.
    """

    store: Store
    records: list[Row] = field(default_factory=list)
    reach: dict[str, int] = field(default_factory=dict)
    offences: list[Row] = field(default_factory=list)

    def add(self, handset: str, day: float, **more: Any) -> None:
        """Add one call of a handset (its IMEI is read from its name), on a day of the year."""
        self.records.append(
            {
                "handset_id": handset,
                "imei": int(handset.split("-")[1]),
                "started_at_utc": START + timedelta(days=day),
                "kind": "call_out",
                "source_id": 0,
                "source_row": len(self.records) + 1,
                **more,
            }
        )

    def offence(self, numbers: str, day: float = 10, name: str = "O1") -> None:
        """Add an offence whose file names these identifiers."""
        self.offences.append(
            {
                "offence_id": name,
                "occurred_at_utc": START + timedelta(days=day),
                "numbers": numbers,
                "source_id": 1,
                "source_row": len(self.offences) + 1,
            }
        )

    def link(self) -> dict[tuple[str, str], Row]:
        """Write the tables, run the stage, and return its rows by handset and offence."""
        self.store.write(
            "fleet_record", pa.Table.from_pylist(self.records, schema=FLEET_RECORD.schema)
        )
        self.store.write("handset", conform(self._handsets(), HANDSET))
        numbers = sorted({r["counterpart"] for r in self.records if r.get("counterpart")})
        reach = [
            {"number": n, "phones": self.reach.get(n, 1), "fleet_handsets": 1} for n in numbers
        ]
        self.store.write("number_reach", pa.Table.from_pylist(reach, schema=NUMBER_REACH.schema))
        table = normalised("offence")
        given = pa.Table.from_pylist(self.offences, schema=table.schema)
        self.store.write("offence", conform(given, table))
        zone, horizon = ZoneInfo("Europe/Paris"), START + timedelta(days=365)
        run(CaseSettings("T", "T", zone, horizon, (), 10, ()), self.store, silent)
        rows = self.store.arrow("offence_link").to_pylist()
        return {(row["handset_id"], row["offence_id"]): row for row in rows}

    def _handsets(self) -> pa.Table:
        rows = []
        for name in sorted({r["handset_id"] for r in self.records}):
            times = [r["started_at_utc"] for r in self.records if r["handset_id"] == name]
            rows.append(
                {
                    "handset_id": name,
                    "imei": name.split("-")[1],
                    "imsis": [],
                    "msisdns": [],
                    "basis": ["sale"],
                    "first_seen_utc": min(times),
                    "last_seen_utc": max(times),
                    "records": len(times),
                    "handsets_on_imei": 1,
                    "find_id": [],
                }
            )
        return pa.Table.from_pylist(rows, schema=HANDSET.schema)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """Return a case without rows."""
    with Store(tmp_path / "derived", tmp_path / "scratch", memory_gib=1.0) as store:
        yield Case(store)
