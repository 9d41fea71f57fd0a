"""pcapng: sections of typed blocks, with several interfaces and link types in one file.

Written by Wireshark, dumpcap, QCSuper. Blocks that hold no frame are skipped by their length.
Known faults: as of pcap; and a block whose two lengths differ.

Source: draft-ietf-opsawg-pcapng (blocks SHB, IDB, EPB, SPB and the obsolete PB).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import numpy as np

from portique.examine.traffic.files.batch import FRAMES_AT_ONCE, Batch
from portique.examine.traffic.files.frame import LARGEST_FRAME, FileFault, Frame

MAGIC = b"\x0a\x0d\x0d\x0a"
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_TSRESOL, _TSOFFSET = 9, 14
_Place: TypeAlias = tuple[int, int, int, int, int]
"""Microseconds since 1970, link type, where a frame starts, bytes kept, bytes on the wire."""


@dataclass(frozen=True)
class _Interface:
    link: int
    per_second: int
    offset_s: int
    snap: int

    def micros(self, high: int, low: int) -> int:
        ticks = (high << 32) | low
        return ticks * 1_000_000 // self.per_second + self.offset_s * 1_000_000


def recognises(head: bytes) -> bool:
    """Return whether a file that begins with these bytes is a pcapng."""
    return head[:4] == MAGIC


def frames(data: mmap.mmap | bytes) -> Iterator[Frame]:
    """Yield the frames of a file, in its order.

    Args:
        data: the whole file.

    Raises:
        FileFault: a block is cut, or its lengths make no sense.
    """
    for number, (at_us, link, start, kept, wire) in enumerate(_places(data), 1):
        yield number, at_us, link, data[start : start + kept], wire


def batches(data: mmap.mmap | bytes) -> Iterator[Batch]:
    """Yield where the frames of a file lie: the same frames, and the same fault, as `frames`.

    Args:
        data: the whole file.

    Raises:
        FileFault: as of `frames`, after the batch of what came before.
    """
    places, fault = _places(data), None
    while fault is None:
        held: list[_Place] = []
        try:
            held.extend(islice(places, FRAMES_AT_ONCE))
        except FileFault as found:
            fault = found
        if not held:
            break
        at_us, links, starts, kept, _ = zip(*held, strict=True)
        yield Batch(
            np.array(starts, np.int64), np.array(kept, np.int64), np.array(links, np.int64), at_us
        )
    if fault is not None:
        raise fault


def _places(data: mmap.mmap | bytes) -> Iterator[_Place]:
    size, at, number, order = len(data), 0, 0, "<"
    interfaces: list[_Interface] = []
    while at < size:
        if size - at < 12:
            raise FileFault(f"the file ends inside a block at byte {at:,}")
        if data[at : at + 4] == MAGIC:
            order, interfaces = _order(data, at), []
        kind, length = struct.unpack_from(order + "II", data, at)
        if length < 12 or length % 4 or length > LARGEST_FRAME * 4:
            raise FileFault(f"the block at byte {at:,} claims {length:,} bytes")
        if at + length > size:
            raise FileFault(f"the file ends inside the block at byte {at:,}")
        if kind in {_ENHANCED, _OLD_PACKET, _SIMPLE}:
            number += 1
            head = data[at + 8 : at + min(length - 4, 28)]
            room = length - 12
            at_us, link, skip, kept, wire = _packet(kind, order, (head, room), interfaces, number)
            yield at_us, link, at + 8 + skip, kept, wire
        elif kind == _INTERFACE:
            interfaces.append(_interface(order, data[at + 8 : at + length - 4]))
        at += length


def _order(data: mmap.mmap | bytes, at: int) -> str:
    written = bytes(data[at + 8 : at + 12])
    if written == b"\x4d\x3c\x2b\x1a":
        return "<"
    if written == b"\x1a\x2b\x3c\x4d":
        return ">"
    raise FileFault(f"the section at byte {at:,} does not say its byte order")


def _interface(order: str, block: bytes) -> _Interface:
    if len(block) < 8:
        raise FileFault("the description of an interface is cut")
    link, _, snap = struct.unpack_from(order + "HHI", block)
    per_second, offset_s = 1_000_000, 0
    at = 8
    while at + 4 <= len(block):
        code, length = struct.unpack_from(order + "HH", block, at)
        value = block[at + 4 : at + 4 + length]
        if code == _TSRESOL and len(value) == 1:
            power = value[0] & 0x7F
            if power > 62:
                raise FileFault("an interface has time stamps of an impossible unit")
            per_second = 2**power if value[0] & 0x80 else 10**power
        elif code == _TSOFFSET and len(value) == 8:
            offset_s = struct.unpack(order + "q", value)[0]
        elif code == 0:
            break
        at += 4 + length + (-length % 4)
    return _Interface(link, per_second, offset_s, snap)


def _packet(
    kind: int, order: str, block: tuple[bytes, int], interfaces: list[_Interface], number: int
) -> _Place:
    """Return the place of a frame, counted from the start of its block's body."""
    head, room = block
    if kind == _SIMPLE:
        return _simple(order, block, interfaces, number)
    if room < 20:
        raise FileFault(f"the block of frame {number} is cut")
    which, high, low, kept, wire = struct.unpack_from(order + "IIIII", head)
    if kind == _OLD_PACKET:
        which = struct.unpack_from(order + "H", head)[0]
    if which >= len(interfaces):
        raise FileFault(f"frame {number} names interface {which}, which the file does not describe")
    if kept > room - 20:
        raise FileFault(f"frame {number} claims {kept:,} bytes in a block of {room:,}")
    interface = interfaces[which]
    return interface.micros(high, low), interface.link, 20, kept, wire


def _simple(
    order: str, block: tuple[bytes, int], interfaces: list[_Interface], number: int
) -> _Place:
    head, room = block
    if not interfaces or room < 4:
        raise FileFault(f"frame {number} has no interface, or is cut")
    wire = struct.unpack_from(order + "I", head)[0]
    kept = min(wire, interfaces[0].snap or wire, room - 4)
    return 0, interfaces[0].link, 4, kept, wire
