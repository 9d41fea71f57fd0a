"""Invented operations on disk, read back without the readers of the project, for tests to share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from portique.core.progress import silent
from portique.core.tables import INPUT
from portique.simulation.operation import simulate
from portique.simulation.recipe import parse_vary


@dataclass(frozen=True)
class Written:
    """One world on disk."""

    out: Path

    @property
    def sources(self) -> Path:
        """The folder of what was delivered."""
        return self.out / "case/sources"

    def kind(self, kind: str) -> pa.Table:
        """Return all rows of one kind, with `source` and `row` (from 1) before its columns."""
        return rows_of(self.sources, kind)

    def truth(self, name: str) -> pa.Table:
        """Return one table of the truth."""
        return pq.read_table(self.out / f"truth/{name}.parquet")


@lru_cache
def rows_of(sources: Path, kind: str) -> pa.Table:
    """Return the rows of all undamaged files of one kind, with the file and the number of each."""
    tables = []
    for path in sorted((sources / kind).iterdir()):
        table = read(path, kind)
        table = table.add_column(0, "row", [list(range(1, len(table) + 1))])
        tables.append(table.add_column(0, "source", [[f"{kind}/{path.name}"] * len(table)]))
    return pa.concat_tables(tables)


def read(path: Path, kind: str) -> pa.Table:
    """Return the rows of one undamaged file, with the types of the contract."""
    if path.suffix == ".parquet":
        return pq.read_table(path)
    types = {field.name: field.type for field in INPUT[kind].schema}
    return pv.read_csv(
        path, convert_options=pv.ConvertOptions(column_types=types, strings_can_be_null=True)
    )


def write(out: Path, seed: int, *vary: str) -> Written:
    """Write one tiny world."""
    simulate(out, "tiny", seed, parse_vary(list(vary)), silent)
    return Written(out)


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def joined(world: Written) -> pa.Table:
    """Return the delivered rows of an undamaged world beside their true phones."""
    rows = world.kind("retained_record").join(world.truth("sighting"), keys=["source", "row"])
    phones = world.truth("handset").select(["true_id", "imei", "in_fleet"])
    return rows.join(phones, keys="true_id", right_suffix="_true")
