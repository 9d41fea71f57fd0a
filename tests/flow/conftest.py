"""A case made by hand: its sources, its derived tables, and stages that write just those."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from portique.core.progress import silent
from portique.core.tables import derived_tables
from portique.engine.store import conform
from portique.flow import handlers
from portique.flow.commands import Run
from portique.flow.permissions import Person
from portique.flow.stages import STAGES, Call, Stage
from portique.simulation.operation import simulate
from portique.simulation.recipe import parse_vary

Rows = dict[str, list[dict[str, Any]]]

CASE_TOML = """
[case]
id = "made-by-hand"
title = "Supplier X"
as_of_utc = 2025-05-19T20:00:00Z
[fleet]
tacs = ["00101701"]
[search]
max_cells = 5
[[authority]]
id = "REQ-1"
kind = "requisition"
basis = "CPP 77-1-1"
covers = ["retained_record", "sale", "stay", "absence", "declared_contact", "find", "offence"]
from_utc = 2025-03-01T00:00:00Z
until_utc = 2025-05-20T00:00:00Z
"""

SALE_CSV = """sale_id,sold_at_utc,model,tac,imei,quantity,customer_ref,postcode,channel
S1,2025-03-01T10:00:00Z,Mini,00101701,00101701000001,1,c1,75011,shop
"""
RECORD_CSV = """started_at_utc,duration_s,kind,imei,imsi,msisdn,counterpart,sector_id,operator
2025-05-01T10:00:00Z,60,call_out,001017010000010,208010000000001,+33711111111,+33722222222,208-01-1-2,20801
2025-05-01T11:00:00Z,30,call_in,355555550000000,208010000000009,+33733333333,+33744444444,208-01-1-2,20801
2025-05-02T10:00:00Z,60,call_out,001017010000010,208010000000001,+33711111111,+33722222222,208-01-1-2,20801
"""
CONTACT_CSV = """inmate_id,msisdn,relation,from_utc,until_utc
I1,+33722222222,phone_list,,
"""
STAY_CSV = """inmate_id,cell_id,from_utc,until_utc
I1,C1,2025-01-01T00:00:00Z,
"""
SOURCES = {
    "declared_contact/list.csv": CONTACT_CSV,
    "retained_record/may.csv": RECORD_CSV,
    "sale/ledger.csv": SALE_CSV,
    "stay/stays.csv": STAY_CSV,
}
HANDSET = "H-00101701000001-1"


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def _source_rows() -> list[dict[str, Any]]:
    return [
        {
            "source_id": number,
            "path": path,
            "kind": path.split("/")[0],
            "reader": "contract_csv",
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "size_bytes": len(text.encode()),
            "authority_ids": ["REQ-1"],
            "status": "used",
            "note": None,
            "rows_read": text.count("\n") - 1,
            "rows_used": text.count("\n") - 1,
            "first_row_line": 2,
        }
        for number, (path, text) in enumerate(sorted(SOURCES.items()))
    ]


def _record(row: int, day: int) -> dict[str, Any]:
    return {
        "handset_id": HANDSET,
        "started_at_utc": _utc(2025, 5, day, 10),
        "duration_s": 60,
        "kind": "call_out",
        "imei": 101701000001,
        "imsi": 208010000000001,
        "msisdn": "+33711111111",
        "counterpart": "+33722222222",
        "sector_id": "208-01-1-2",
        "operator": "20801",
        "source_id": 1,
        "source_row": row,
    }


def _collected() -> Rows:
    prison = {"kind": "MA", "capacity": 100, "perimeter_m": 200.0, "source_id": 9}
    return {
        "source": _source_rows(),
        "set_aside": [
            {"source": "retained_record/may.csv", "reason": "duplicate", "rows": 2, "note": None}
        ],
        "prison": [
            prison | {"prison_id": "P1", "name": "Nord", "lat": 50.6, "lon": 3.06, "source_row": 1},
            prison
            | {"prison_id": "P2", "name": "Réunion", "lat": -20.9, "lon": 55.4, "source_row": 2},
        ],
        "prison_cell": [
            {"cell_id": "C1", "prison_id": "P1", "source_id": 8, "source_row": 1},
        ],
        "sale": [{"sale_id": "S1", "imei": "00101701000001", "source_id": 2, "source_row": 1}],
        "stay": [
            {
                "inmate_id": "I1",
                "cell_id": "C1",
                "from_utc": _utc(2025, 1, 1),
                "source_id": 3,
                "source_row": 1,
            }
        ],
        "declared_contact": [
            {
                "inmate_id": "I1",
                "msisdn": "+33722222222",
                "relation": "phone_list",
                "source_id": 0,
                "source_row": 1,
            }
        ],
    }


def _identified() -> Rows:
    return {
        "handset": [
            {
                "handset_id": HANDSET,
                "imei": "00101701000001",
                "imsis": ["208010000000001"],
                "msisdns": ["+33711111111"],
                "basis": ["sale", "tac"],
                "first_seen_utc": _utc(2025, 5, 1, 10),
                "last_seen_utc": _utc(2025, 5, 2, 10),
                "records": 2,
                "sale_ids": ["S1"],
                "model": "Mini",
                "handsets_on_imei": 1,
                "find_id": [],
            }
        ],
        "fleet_imei": [
            {
                "imei": 101701000001,
                "basis": ["sale", "tac"],
                "sale_ids": ["S1"],
                "sale_match": "exact",
                "records": 2,
            }
        ],
        "fleet_record": [_record(1, 1), _record(3, 2)],
        "handset_sim": [
            {
                "handset_id": HANDSET,
                "imsi": 208010000000001,
                "msisdn": "+33711111111",
                "from_utc": _utc(2025, 5, 1, 10),
                "until_utc": _utc(2025, 5, 2, 10),
                "records": 2,
            }
        ],
    }


def _presence() -> dict[str, Any]:
    return {
        "handset_id": HANDSET,
        "prison_id": "P1",
        "from_utc": _utc(2025, 5, 1, 10),
        "until_utc": _utc(2025, 5, 2, 10),
        "records": 2,
        "days": 2,
        "term": ["sectors"],
        "value": [2.0],
        "raw_log10_lr": 2.0,
        "worst_alternative": "neighbour",
        "worst_log10_lr": 1.5,
    }


def _located() -> Rows:
    return {
        "presence": [_presence()],
        "placement": [
            _place("P1", 2.0, 0.95),
            _place(None, -2.0, 0.05),
        ],
        "attribution": [
            {
                "handset_id": HANDSET,
                "inmate_id": "I1",
                "cell_id": "C1",
                "log10_lr": 1.2,
                "posterior": 0.8,
            },
            {"handset_id": HANDSET, "log10_lr": -1.2, "posterior": 0.2},
        ],
        "attribution_term": [
            {
                "handset_id": HANDSET,
                "inmate_id": "I1",
                "term": "contacts",
                "log10_lr": 1.2,
                "words": "exchanges with 1 of the numbers this inmate declared",
            }
        ],
        "target": [
            {
                "rank": 1,
                "prison_id": "P1",
                "cell_id": "C1",
                "p_any": 0.8,
                "expected_handsets": 0.8,
                "handset_ids": [HANDSET],
                "grounds": f"{HANDSET}: called +33722222222 from +33711111111",
            }
        ],
        "cell_chance": [
            {
                "place": 1,
                "prison_id": "P1",
                "cell_id": "C1",
                "p_any": 0.8,
                "expected_handsets": 0.8,
                "target_rank": 1,
            }
        ],
        "offence_link": [],
    }


def _place(prison_id: str | None, log10_lr: float, posterior: float) -> dict[str, Any]:
    return {
        "handset_id": HANDSET,
        "prison_id": prison_id,
        "log10_lr": log10_lr,
        "posterior": posterior,
        "records_used": 2,
        "worst_log10_lr": log10_lr,
        "worst_alternative": "neighbour",
    }


def _as_table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    table = derived_tables()[name]
    return conform(pa.Table.from_pylist(rows, schema=table.schema), table)


@pytest.fixture
def handmade() -> Rows:
    """Rows of every derived table that is not empty: one handset, two prisons, one target."""
    return {**_collected(), **_identified(), **_located()}


@pytest.fixture
def as_table() -> Callable[[str, list[dict[str, Any]]], pa.Table]:
    """Make an Arrow table with the schema of a derived table."""
    return _as_table


@pytest.fixture
def handmade_case(tmp_path: Path) -> Path:
    """Write a case folder whose sources are those that the handmade rows come from."""
    case = tmp_path / "case"
    for path, text in SOURCES.items():
        target = case / "sources" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (case / "case.toml").write_text(CASE_TOML, encoding="utf-8")
    return case


@pytest.fixture
def writing_stages() -> Callable[[Rows], tuple[Stage, ...]]:
    """Make the real pipeline, with stages that only write the rows they are given."""

    def made(rows: Rows) -> tuple[Stage, ...]:
        def writer(stage: Stage) -> Callable[[Call], None]:
            def run(call: Call) -> None:
                for name in stage.writes:
                    call.store.write(name, _as_table(name, rows.get(name, [])))

            return run

        early = [replace(s, run=writer(s)) for s in STAGES if s.name != "overview"]
        return (*early, STAGES[-1])

    return made


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a tiny invented operation, not run: its case folder."""
    out = tmp_path_factory.mktemp("invented")
    simulate(out, "tiny", 3, parse_vary([]), silent)
    return out / "case"


@pytest.fixture(scope="session")
def invented_run(invented: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a copy of that case once; tests look at it and change nothing."""
    case = tmp_path_factory.mktemp("run") / "case"
    shutil.copytree(invented, case)
    handlers.run(Run(case), Person("anna", "analyst"))
    return case
