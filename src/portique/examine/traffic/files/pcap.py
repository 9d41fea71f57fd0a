"""pcap: the classic capture file of libpcap.

Written by tcpdump, osmo tools, phones' diagnostic tools. Byte order and the unit of the time
stamps stand in the magic number. Known faults: cut in the middle of a record, lengths that lie.

Source: draft-ietf-opsawg-pcap (header of 24 bytes, record header of 16).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator

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
