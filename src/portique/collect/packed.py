"""Records as whole numbers only, for the time in which they are sorted.

Sixty million rows are sorted outside of memory; without texts they take a third of the room.
Absent values are numbers too (-1, or 0 for a number), so that no column has empties.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.numbers import texts_of
from portique.collect.register import Register
from portique.core.tables import RECORD, RECORD_KINDS, UTC_US

PACKED = pa.schema(
    [
        ("imei", pa.int64()),
        ("started_us", pa.int64()),
        ("source_id", pa.int32()),
        ("source_row", pa.int64()),
        ("duration_s", pa.int32()),
        ("kind", pa.int8()),
        ("imsi", pa.int64()),
        ("msisdn", pa.int64()),
        ("counterpart", pa.int64()),
        ("sector", pa.int32()),
        ("operator", pa.int32()),
        ("imei_flag", pa.int8()),
    ]
)
SORTED_BY = ("imei", "started_us", "source_id", "source_row")
"""The key of the table `record`."""

Packed = dict[str, np.ndarray]


class Operators:
    """The networks of a case, numbered as they are met; the numbers stay inside one run.

    >>> networks = Operators()
    >>> networks.codes(pa.array(["20801", None, "20801"])).tolist()
    [0, -1, 0]
    """

    def __init__(self) -> None:
        self._code: dict[str, int] = {}

    def codes(self, texts: pa.Array) -> np.ndarray:
        """Return the number of each network; -1 for none."""
        coded = texts.dictionary_encode()
        known = [self._code.setdefault(t, len(self._code)) for t in coded.dictionary.to_pylist()]
        table = np.array([*known, -1], np.int32)
        return np.asarray(table[pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)])

    def texts(self, codes: np.ndarray) -> pa.Array:
        """Return the networks of some numbers."""
        return pa.array(list(self._code), pa.string()).take(pa.array(codes, mask=codes < 0))


def unpacked(packed: Packed, register: Register, operators: Operators) -> pa.RecordBatch:
    """Return packed records as rows of the table `record`."""
    kinds = pa.array(RECORD_KINDS).take(pa.array(packed["kind"]))
    columns = {
        "imei": pa.array(packed["imei"]),
        "started_at_utc": pa.array(packed["started_us"]).cast(UTC_US),
        "duration_s": pa.array(packed["duration_s"], mask=packed["duration_s"] < 0),
        "kind": kinds,
        "imsi": pa.array(packed["imsi"], mask=packed["imsi"] < 0),
        "msisdn": texts_of(packed["msisdn"]),
        "counterpart": texts_of(packed["counterpart"]),
        "sector_id": register.texts(packed["sector"]),
        "operator": operators.texts(packed["operator"]),
        "imei_flag": pa.array(packed["imei_flag"]).cast(pa.int32()),
        "source_id": pa.array(packed["source_id"]),
        "source_row": pa.array(packed["source_row"]),
    }
    return pa.record_batch([columns[name] for name in RECORD.names], schema=RECORD.schema)
