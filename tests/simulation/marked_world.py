"""A tiny world made by hand: two prisons, seven true phones, five derived handsets.

    phone  IMEI      kept in       user  rows (numbered from 1 over the file)
    T1     ...001    C11 of PA     I1    1-4
    T2     ...002    C12 of PA     I2    5-8      a clone: T3 has the same IMEI
    T3     ...002    outside       -     9-12     a neighbour of PA
    T4     ...004    C21 of PB     I4    13-16    never derived
    T5     ...005    C22 of PB     I5    -        never seen
    T6     ...006    outside       -     17-20    not of the fleet
    T7     ...007    C21 of PB     I4    21-24

Derived: H1 = T1; H2 = T2 with one row of T3; H3 = the other rows of T3; H6 = T6; H7 = T7.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SOURCE = "retained_record/rows.csv"
IMEI = 101_701_000_000
AS_OF = datetime(2025, 5, 19, 20, tzinfo=UTC)
BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
PHONE_OF_ROW = {row: 1 + (row - 1) // 4 for row in range(1, 17)}
PHONE_OF_ROW |= dict.fromkeys(range(17, 21), 6) | dict.fromkeys(range(21, 25), 7)
IMEI_OF_PHONE = {1: 1, 2: 2, 3: 2, 4: 4, 5: 5, 6: 6, 7: 7}
HANDSET_OF_ROW = dict.fromkeys(range(1, 5), "H1") | dict.fromkeys(range(5, 10), "H2")
HANDSET_OF_ROW |= dict.fromkeys(range(10, 13), "H3") | dict.fromkeys(range(17, 21), "H6")
HANDSET_OF_ROW |= dict.fromkeys(range(21, 25), "H7")
SECTOR_OF_PHONE = {1: "SA", 2: "SA", 3: "SA", 4: "SB", 6: "SB", 7: "SB"}

CASE_TOML = """
[case]
id = "hand-made"
timezone = "Europe/Paris"
as_of_utc = 2025-05-19T20:00:00Z

[search]
max_cells = 2
"""

Rows = list[dict[str, Any]]


def write(path: Path, rows: Rows) -> None:
    """Write rows as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)


def rewrite(path: Path, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Write a table again, each row changed; None leaves a row out."""
    changed = [change(row) for row in pq.read_table(path).to_pylist()]
    write(path, [row for row in changed if row is not None])


def make_world(folder: Path, base: int = 1) -> tuple[Path, Path]:
    """Write case and truth, its rows counted from `base`; return both folders."""
    case, truth = folder / "case", folder / "truth"
    (case / "derived").mkdir(parents=True)
    (case / "case.toml").write_text(CASE_TOML, encoding="utf-8")
    for name, rows in {**_analysis(), **_delivered()}.items():
        write(case / "derived" / f"{name}.parquet", rows)
    write(truth / "handset.parquet", _phones())
    sightings = [
        {"source": SOURCE, "row": row - 1 + base, "true_id": f"T{phone}"}
        for row, phone in PHONE_OF_ROW.items()
    ]
    write(truth / "sighting.parquet", sightings)
    return case, truth


def _phones() -> Rows:
    places: dict[int, tuple[str | None, str | None, list[str]]] = {
        1: ("PA", "C11", ["I1"]),
        2: ("PA", "C12", ["I2"]),
        3: (None, None, []),
        4: ("PB", "C21", ["I4"]),
        5: ("PB", "C22", ["I5"]),
        6: (None, None, []),
        7: ("PB", "C21", ["I4"]),
    }
    return [
        {
            "true_id": f"T{phone}",
            "imei": f"{IMEI + IMEI_OF_PHONE[phone]:014d}",
            "imsis": [f"2082000000000{phone:02d}"],
            "in_fleet": phone != 6,
            "prison_id": prison,
            "cell_id": cell,
            "inmate_ids": users,
        }
        for phone, (prison, cell, users) in places.items()
    ]


def _analysis() -> dict[str, Rows]:
    records = [
        {
            "handset_id": handset,
            "started_at_utc": BEFORE.replace(day=row),
            "imei": IMEI + IMEI_OF_PHONE[PHONE_OF_ROW[row]],
            "counterpart": {1: "+33710000001", 2: "+33710000002"}.get(PHONE_OF_ROW[row]),
            "sector_id": SECTOR_OF_PHONE[PHONE_OF_ROW[row]],
            "source_id": 0,
            "source_row": row,
        }
        for row, handset in HANDSET_OF_ROW.items()
    ]
    placed = [
        ("H1", "PA", 2.0, 0.9),
        ("H1", None, -2.0, 0.1),
        ("H2", "PA", 1.0, 0.6),
        ("H2", None, -1.0, 0.4),
        ("H3", "PA", -1.0, 0.2),
        ("H3", None, 1.0, 0.8),
        ("H6", None, 1.0, 1.0),
        ("H7", None, 1.0, 1.0),
    ]
    users = [
        ("H1", "I1", "C11", 1.0, 0.8),
        ("H1", "I2", "C12", -1.0, 0.1),
        ("H1", None, None, 0.0, 0.1),
        ("H2", "I3", "C11", 0.5, 0.5),
        ("H2", "I2", "C12", 0.0, 0.3),
        ("H2", None, None, 0.0, 0.2),
    ]
    targets = [("C11", "PA", 0.9), ("C12", "PA", 0.5), ("C13", "PA", 0.1)]
    return {
        "source": [{"source_id": 0, "path": SOURCE}],
        "handset": [{"handset_id": h} for h in ("H1", "H2", "H3", "H6", "H7")],
        "fleet_record": records,
        "placement": [
            {"handset_id": h, "prison_id": p, "log10_lr": lr, "posterior": chance}
            for h, p, lr, chance in placed
        ],
        "attribution": [
            {"handset_id": h, "inmate_id": i, "cell_id": c, "log10_lr": lr, "posterior": chance}
            for h, i, c, lr, chance in users
        ],
        "target": [
            {"rank": rank, "cell_id": cell, "prison_id": prison, "p_any": p}
            for rank, (cell, prison, p) in enumerate(targets, 1)
        ],
    }


def _delivered() -> dict[str, Rows]:
    cells = {"C11": "PA", "C12": "PA", "C13": "PA", "C14": "PA", "C21": "PB", "C22": "PB"}
    held = {"I1": "C11", "I2": "C12", "I3": "C11", "I4": "C21", "I5": "C22"}
    stays = [
        {"inmate_id": i, "cell_id": c, "from_utc": BEFORE, "until_utc": None}
        for i, c in held.items()
    ]
    stays.append(
        {
            "inmate_id": "I1",
            "cell_id": "C22",
            "from_utc": BEFORE,
            "until_utc": BEFORE.replace(day=9),
        }
    )
    return {
        "prison": [
            {"prison_id": "PA", "lat": 48.0, "lon": 2.0},
            {"prison_id": "PB", "lat": 45.0, "lon": 5.0},
        ],
        "prison_cell": [{"cell_id": c, "prison_id": p} for c, p in cells.items()],
        "stay": stays,
        "absence": [
            {"inmate_id": "I1", "from_utc": BEFORE, "until_utc": BEFORE.replace(day=2, hour=1)}
        ],
        "sector": [
            {"sector_id": "SA", "lat": 48.01, "lon": 2.0},
            {"sector_id": "SB", "lat": 45.01, "lon": 5.0},
        ],
        "declared_contact": [
            {"inmate_id": "I1", "msisdn": "+33710000001"},
            {"inmate_id": "I4", "msisdn": "+33710000002"},
            {"inmate_id": "I2", "msisdn": "+33710000002"},
        ],
    }
