"""pcap: the classic capture file of libpcap.

Written by tcpdump, osmo tools, phones' diagnostic tools. Byte order and the unit of the time
stamps stand in the magic number. Known faults: cut in the middle of a record, lengths that lie.

Source: draft-ietf-opsawg-pcap (header of 24 bytes, record header of 16).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from portique.examine.traffic.files.batch import FRAMES_AT_ONCE, Batch
from portique.examine.traffic.files.frame import LARGEST_FRAME, FileFault, Frame

_ORDERS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1),
    b"\xa1\xb2\xc3\xd4": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1000),
}
_HEADER_BYTES = 24
_RECORD_BYTES = 16


def recognises(head: bytes) -> bool:
    """Return whether a file that begins with these bytes is a pcap.

    >>> recognises(bytes.fromhex("d4c3b2a1")), recognises(b"MZ")
    (True, False)
    """
    return head[:4] in _ORDERS


def frames(data: mmap.mmap | bytes) -> Iterator[Frame]:
    """Yield the frames of a file, in its order.

    Args:
        data: the whole file.

    Raises:
        FileFault: the file ends inside a record, or a record claims an impossible length.
    """
    order, units = _ORDERS[bytes(data[:4])]
    size = len(data)
    if size < _HEADER_BYTES:
        raise FileFault(f"the file ends at byte {size}, inside its header")
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    record = struct.Struct(order + "IIII").unpack_from
    at, number, last = _HEADER_BYTES, 0, size - _RECORD_BYTES
    while at <= last:
        seconds, fraction, kept, wire = record(data, at)
        number += 1
        at += _RECORD_BYTES
        end = at + kept
        if kept > LARGEST_FRAME:
            raise FileFault(f"record {number} at byte {at - 16:,} claims {kept:,} bytes")
        if end > size:
            raise FileFault(f"the file ends inside record {number}, {end - size:,} bytes early")
        yield number, seconds * 1_000_000 + fraction // units, link, data[at:end], wire
        at = end
    if at != size:
        raise FileFault(f"the file ends inside the header of record {number + 1}")


def batches(data: mmap.mmap | bytes) -> Iterator[Batch]:
    """Yield where the frames of a file lie: the same frames, and the same fault, as `frames`.

    Args:
        data: the whole file.

    Raises:
        FileFault: as of `frames`, after the batch of what came before.
    """
    order, units = _ORDERS[bytes(data[:4])]
    size = len(data)
    if size < _HEADER_BYTES:
        raise FileFault(f"the file ends at byte {size}, inside its header")
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    at, before, last = _HEADER_BYTES, 0, size - _RECORD_BYTES
    while at <= last:
        records, at = _records(data, at, order)
        words = _words(data, records, order)
        kept = words[:, 2]
        bad = np.flatnonzero((kept > LARGEST_FRAME) | (records + _RECORD_BYTES + kept > size))
        whole = int(bad[0]) if len(bad) else len(records)
        if whole:
            at_us = words[:whole, 0] * 1_000_000 + words[:whole, 1] // units
            links = np.full(whole, link, np.int64)
            yield Batch(records[:whole] + _RECORD_BYTES, kept[:whole], links, at_us)
        before += whole
        if len(bad):
            at, length = int(records[whole]), int(kept[whole])
            if length > LARGEST_FRAME:
                raise FileFault(f"record {before + 1} at byte {at:,} claims {length:,} bytes")
            early = at + _RECORD_BYTES + length - size
            raise FileFault(f"the file ends inside record {before + 1}, {early:,} bytes early")
    if at != size:
        raise FileFault(f"the file ends inside the header of record {before + 1}")


def _records(data: mmap.mmap | bytes, at: int, order: str) -> tuple[npt.NDArray[np.int64], int]:
    """Return where some records start, and where to go on; the lengths are not judged here."""
    length = struct.Struct(order + "8xI").unpack_from
    last = len(data) - _RECORD_BYTES
    starts: list[int] = []
    keep = starts.append
    for _ in range(FRAMES_AT_ONCE):
        if at > last:
            break
        keep(at)
        at += _RECORD_BYTES + length(data, at)[0]
    return np.array(starts, np.int64), at


def _words(
    data: mmap.mmap | bytes, records: npt.NDArray[np.int64], order: str
) -> npt.NDArray[np.int64]:
    """Return the four words at the head of each record."""
    # Every byte of the file as the start of a record: nothing is copied but what is asked for.
    heads: npt.NDArray[np.void] = np.ndarray(
        (len(data) - _RECORD_BYTES + 1,), f"V{_RECORD_BYTES}", data, strides=(1,)
    )
    return heads[records].view(order + "u4").reshape(-1, 4).astype(np.int64)
