"""A case that a test puts together file by file, and what the stage makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from portique.collect import stage
from portique.core.case import CaseSettings, read_case
from portique.core.progress import silent
from portique.core.tables import INPUT
from portique.engine.store import Store

HORIZON = "2025-05-19T20:00:00Z"
COVERED = ("retained_record", "sale", "stay", "absence", "declared_contact", "find", "offence")
RECORD = {
    "started_at_utc": "2025-04-01T10:00:00Z",
    "duration_s": "60",
    "kind": "call_out",
    "imei": "001017010000010",
    "imsi": "208010000000001",
    "msisdn": "+33711111111",
    "counterpart": "+33722222222",
    "sector_id": "208-01-1-2",
    "operator": "20801",
}
SECTOR = {"sector_id": "208-01-1-2", "operator": "20801", "lat": "50.6", "lon": "3.06"}


def csv_text(kind: str, *rows: dict[str, str]) -> str:
    """Return rows as CSV with every column of a kind; what a row lacks is empty."""
    names = INPUT[kind].names
    lines = [",".join(names)] + [",".join(row.get(name, "") for name in names) for row in rows]
    return "\n".join(lines) + "\n"


def record(**changed: str) -> dict[str, str]:
    """Return a record without a fault, with some columns changed."""
    return RECORD | changed


@dataclass(frozen=True)
class Authority:
    """An order of the case."""

    id: str = "REQ-1"
    covers: tuple[str, ...] = COVERED
    from_utc: str = "2025-03-01T00:00:00Z"
    until_utc: str = "2025-05-20T00:00:00Z"

    def toml(self) -> str:
        """Return it as `case.toml` has it."""
        return (
            f'[[authority]]\nid = "{self.id}"\nkind = "requisition"\nbasis = "CPP 77-1-1"\n'
            f"covers = {json.dumps(self.covers)}\n"
            f"from_utc = {self.from_utc}\nuntil_utc = {self.until_utc}\n"
        )


class Tables:
    """What the stage wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a table."""
        table: pa.Table = pq.read_table(self.folder / f"{name}.parquet")
        return list(table.to_pylist())

    def set_aside(self) -> dict[tuple[str, str], int]:
        """Return rows set aside by file and reason."""
        return {(row["source"], row["reason"]): row["rows"] for row in self.rows("set_aside")}

    def reasons(self) -> dict[str, int]:
        """Return rows set aside by reason."""
        found: dict[str, int] = {}
        for (_, reason), rows in self.set_aside().items():
            found[reason] = found.get(reason, 0) + rows
        return found

    def source(self, path: str) -> dict[str, Any]:
        """Return the row of `source` of one file."""
        return next(row for row in self.rows("source") if row["path"] == path)

    def note(self, reason: str) -> str:
        """Return the note of a reason, of the first file that has it."""
        return next(r["note"] or "" for r in self.rows("set_aside") if r["reason"] == reason)

    def content(self) -> dict[str, bytes]:
        """Return every file as it lies there."""
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}


class MadeCase:
    """A case folder under a test's hands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authorities: tuple[Authority, ...] = (Authority(),)
        (folder / "sources").mkdir(parents=True, exist_ok=True)

    def put(self, path: str, content: str | bytes | pa.Table) -> Path:
        """Write a file below `sources/`."""
        target = self.folder / "sources" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pa.Table):
            pq.write_table(content, target)
        else:
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def records(self, *rows: dict[str, str], path: str = "retained_record/a.csv") -> Path:
        """Write records, and a register that knows their usual sector."""
        self.put("sector/register.csv", csv_text("sector", SECTOR))
        return self.put(path, csv_text("retained_record", *rows))

    def lawyer(self, *numbers: str) -> None:
        """Declare numbers of lawyers."""
        rows = [{"inmate_id": "I1", "msisdn": n, "relation": "lawyer"} for n in numbers]
        self.put("declared_contact/lawyers.csv", csv_text("declared_contact", *rows))

    def settings(self) -> CaseSettings:
        """Write `case.toml` and read it."""
        text = f'[case]\nid = "made"\nas_of_utc = {HORIZON}\n'
        text += "".join(authority.toml() for authority in self.authorities)
        (self.folder / "case.toml").write_text(text, encoding="utf-8")
        return read_case(self.folder)

    def take(self, into: str = "derived", **options: Any) -> Tables:
        """Run the stage."""
        derived = self.folder / into
        settings = self.settings()
        with Store(derived, self.folder / f"{into}-scratch", memory_gib=1.0) as store:
            stage.run(self.folder, settings, store, silent, **options)
        return Tables(derived)

    def plan(self) -> dict[str, Any]:
        """Return what a run would do."""
        return stage.plan(self.folder, self.settings())


MakeCase = Callable[[], MadeCase]
