"""The truth of a world: every phone there was, and where those that are inside are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from portique.simulation.chunk import NOWHERE, Chunk, World
from portique.simulation.files import RowFile
from portique.simulation.numbering import imei_text

SCHEMA = pa.schema(
    [
        ("true_id", pa.string()),
        ("imei", pa.string()),
        ("imsis", pa.list_(pa.string())),
        ("in_fleet", pa.bool_()),
        ("prison_id", pa.string()),
        ("cell_id", pa.string()),
        ("inmate_ids", pa.list_(pa.string())),
    ]
)


def inmate_id(inmate: int) -> str:
    """Return the name of an inmate.

    >>> inmate_id(0)
    'I000001'
    """
    return f"I{inmate + 1:06d}"


class Truth:
    """Writes `truth/handset.parquet`, chunk by chunk.

    Args:
        world: names prisons and cells.
        folder: the folder of the truth.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._file = RowFile(folder / "handset.parquet", SCHEMA)

    def write(self, chunk: Chunk, true_ids: pa.Array) -> None:
        """Write the phones of one chunk."""
        devices = chunk.devices
        seen = _subscriptions_of(chunk)
        imsi = chunk.subscriptions.imsi
        rows = {
            "true_id": true_ids,
            "imei": imei_text(devices.imei),
            "imsis": [[str(imsi[s]) for s in mine] for mine in seen],
            "in_fleet": devices.in_fleet,
            "prison_id": [self._prison(p) for p in devices.prison.tolist()],
            "cell_id": [self._cell(c) for c in devices.cell.tolist()],
            "inmate_ids": [
                [inmate_id(user) for user in pair if user != NOWHERE]
                for pair in zip(devices.user.tolist(), devices.second_user.tolist(), strict=True)
            ],
        }
        self._file.write(pa.table(rows, schema=SCHEMA))

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def _prison(self, prison: int) -> str | None:
        return None if prison == NOWHERE else self._world.prisons[prison].prison_id

    def _cell(self, cell: int) -> str | None:
        if cell == NOWHERE:
            return None
        cells = self._world.cells
        return cells.cell_id(cell, self._world.prisons[int(cells.prison[cell])].prison_id)


def _subscriptions_of(chunk: Chunk) -> list[list[int]]:
    """Return the subscriptions that each phone used, in order."""
    pairs = np.unique(np.stack([chunk.events.device, chunk.events.subscription]), axis=1)
    starts = np.searchsorted(pairs[0], np.arange(len(chunk.devices.imei) + 1))
    used = pairs[1].tolist()
    return [used[a:b] for a, b in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)]
