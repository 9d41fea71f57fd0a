"""How many records and how many phones the records hold: counted, never listed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

BATCH_ROWS = 1 << 20


class RecordCount(NamedTuple):
    """What the records hold in all.

    Args:
        records: rows of `record`.
        imeis: distinct IMEIs in them, of the fleet and of everybody else.
    """

    records: int
    imeis: int


def count_records(path: Path) -> RecordCount:
    """Return how many records and distinct IMEIs a case holds, in bounded memory.

    The table is in the order of the IMEI, so a new IMEI is one that differs from the row before.

    Args:
        path: the derived table `record`.
    """
    file = pq.ParquetFile(path)
    imeis, last = 0, None
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=["imei"]):
        values = batch.column(0).to_numpy()
        if len(values):
            imeis += int(np.count_nonzero(np.diff(values))) + int(values[0] != last)
            last = values[-1]
    return RecordCount(file.metadata.num_rows, imeis)
