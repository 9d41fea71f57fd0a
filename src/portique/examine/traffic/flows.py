"""Who spoke to whom and how much: packets and bytes of each direction between two ends.

Plain packets (IPv4 without options or IPv6 without extension headers, TCP or UDP, not in pieces,
behind a link layer of fixed length) are counted many at once, column by column. Every other frame
is read by itself, by the same functions as the full examination. Both ways give the same counts.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from portique.examine.traffic.coverage import Coverage
from portique.examine.traffic.files.batch import Batch
from portique.examine.traffic.link.ethernet import IPV4, IPV6, NOTHING
from portique.examine.traffic.link.table import LINKS
from portique.examine.traffic.network.ip import version_4, version_6
from portique.examine.traffic.undecoded import Undecoded

MOST_FLOWS = 500_000
_PACKET_AT = {0: 4, 1: 14, 12: 0, 14: 0, 101: 0, 108: 4, 113: 16, 228: 0, 229: 0, 276: 20}
"""Link type -> where a packet starts when nothing stands between."""
_KIND_AT = {1: 12, 113: 14, 276: 0}
"""Link type -> where the kind of packet stands; elsewhere the packet itself says its version."""
_HEADS = 44
"""Bytes of an IPv6 header and two ports."""
_ODD, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
Bytes: TypeAlias = npt.NDArray[np.uint8]
Numbers: TypeAlias = npt.NDArray[np.int64]
Flow: TypeAlias = list[int]
"""One direction between two ends: packets, bytes, first and last microsecond, number of the last
frame (from 0)."""
Group: TypeAlias = tuple[int, bytes, int, int, int]
"""Packets of one flow in a batch: place of the first, key, packets, bytes, place of the last."""


@dataclass(frozen=True)
class _Form:
    """Where a header has what is counted: offsets from the start of the packet."""

    kind: int
    ends: slice
    ports_at: int
    protocol_at: int
    length_at: int


_V4 = _Form(IPV4, slice(12, 20), 20, 9, 2)
_V6 = _Form(IPV6, slice(8, 40), 40, 6, 4)


class Flows:
    """Every flow of a capture, up to a number.

    Args:
        coverage: told what could not be read.

    `table` is: both addresses, both ports where there are any, and the protocol -> `Flow`, in the
    order in which they were first seen.
    """

    def __init__(self, coverage: Coverage) -> None:
        self.table: dict[bytes, Flow] = {}
        self._coverage = coverage
        self._before = 0

    def add(self, data: mmap.mmap | bytes, batch: Batch, *, many_at_once: bool = True) -> None:
        """Count the frames of a batch.

        Args:
            data: the whole file.
            batch: where its frames lie.
            many_at_once: count plain packets column by column; the counts are the same without.
        """
        groups: list[Group] = []
        left = np.ones(len(batch), np.bool_)
        for taken, counted in _plain(data, batch) if many_at_once else ():
            left[taken] = False
            groups.extend(counted)
        for place in np.flatnonzero(left).tolist():
            start, kept = int(batch.starts[place]), int(batch.kept[place])
            try:
                key, size = flow_of(int(batch.links[place]), bytes(data[start : start + kept]))
            except Undecoded as lost:
                self._coverage.lose(lost.reason, kept)
                continue
            if key:
                groups.append((place, key, 1, size, place))
        self._count(sorted(groups), batch)
        self._before += len(batch)

    def _count(self, groups: list[Group], batch: Batch) -> None:
        table, before, at_us = self.table, self._before, batch.at_us
        for first, key, packets, size, last in groups:
            flow = table.get(key)
            if flow is not None:
                flow[0] += packets
                flow[1] += size
                if before + last > flow[4]:
                    flow[3], flow[4] = int(at_us[last]), before + last
            elif len(table) < MOST_FLOWS:
                span = int(at_us[first]), int(at_us[last])
                table[key] = [packets, size, *span, before + last]
            else:
                self._coverage.note("more flows than are kept apart")


def flow_of(link: int, frame: bytes) -> tuple[bytes, int]:
    """Return what tells a frame's flow from others, and the bytes of its packet; b"": no packet.

    Raises:
        Undecoded: the frame is cut, or carries something unknown.
    """
    known = LINKS.get(link)
    if known is None:
        raise Undecoded(f"link type {link} unknown")
    kind, at = known[0](frame)
    if kind == NOTHING:
        return b"", 0
    packet = (version_4 if kind == IPV4 else version_6)(frame, at, len(frame))
    ports = b""
    if packet.protocol in {6, 17} and packet.end - packet.start >= 4 and not packet.fragment:
        ports = packet.data[packet.start : packet.start + 4]
    return packet.source + packet.target + ports + bytes([packet.protocol]), packet.wire_bytes


def _plain(data: mmap.mmap | bytes, batch: Batch) -> Iterator[tuple[Numbers, Iterator[Group]]]:
    """Yield the places of plain packets in a batch, and what they sum up to."""
    for link in sorted(set(batch.links.tolist())):
        at = _PACKET_AT.get(link)
        if at is None:
            continue
        width = at + _HEADS
        whole = (batch.links == link) & (batch.starts <= len(data) - width)
        places = np.flatnonzero(whole)
        if not len(places):
            continue
        windows: npt.NDArray[np.void] = np.ndarray(
            (len(data) - width + 1,), f"V{width}", data, strides=(1,)
        )
        heads = windows[batch.starts[places]].view(np.uint8).reshape(-1, width)
        room, kinds = batch.kept[places] - at, _kinds(heads, link)
        for form in (_V4, _V6):
            mine = (kinds == form.kind) & _is_plain(heads[:, at:], room, form)
            if mine.any():
                yield places[mine], _groups(heads[mine][:, at:], places[mine], form)


def _kinds(heads: Bytes, link: int) -> Numbers:
    kind_at = _KIND_AT.get(link)
    if kind_at is not None:
        return _number(heads, kind_at)
    versions = heads[:, _PACKET_AT[link]] >> 4
    return np.where(versions == 4, IPV4, np.where(versions == 6, IPV6, NOTHING)).astype(np.int64)


def _is_plain(packets: Bytes, room: Numbers, form: _Form) -> npt.NDArray[np.bool_]:
    """Return which packets hold their ports at a fixed place; room: bytes captured of each."""
    protocol, length = packets[:, form.protocol_at], _number(packets, form.length_at)
    plain: npt.NDArray[np.bool_] = (room >= form.ports_at + 4) & (
        (protocol == 6) | (protocol == 17)
    )
    if form.kind == IPV4:
        in_pieces = _number(packets, 6) & 0x3FFF
        plain &= (packets[:, 0] == 0x45) & (length >= 24) & (in_pieces == 0)
    else:
        plain &= (packets[:, 0] >> 4 == 6) & ((length >= 4) | (length == 0))
    return plain


def _groups(packets: Bytes, places: Numbers, form: _Form) -> Iterator[Group]:
    """Return what the packets of each flow sum up to."""
    ends = form.ends.stop - form.ends.start
    wide = ends + 5
    keys = np.zeros((len(packets), -(-wide // 8) * 8), np.uint8)
    keys[:, :ends] = packets[:, form.ends]
    keys[:, ends : ends + 4] = packets[:, form.ports_at : form.ports_at + 4]
    keys[:, ends + 4] = packets[:, form.protocol_at]
    sizes = _number(packets, form.length_at) + (40 if form.kind == IPV6 else 0)
    words = keys.view(np.uint64)
    # Sorted by one mixed number. Where two flows mix to the same one, a flow comes out in several
    # groups: they are added up like those of several batches.
    mixed = words[:, 0].copy()
    for column in words.T[1:]:
        mixed = (mixed ^ (mixed >> _HALF) ^ column) * _ODD
    order = np.argsort(mixed)
    words, places = words[order], places[order]
    begins = np.flatnonzero(np.append(True, (words[1:] != words[:-1]).any(axis=1)))
    written = keys[order[begins], :wide].tobytes()
    return zip(
        np.minimum.reduceat(places, begins).tolist(),
        (written[at : at + wide] for at in range(0, len(written), wide)),
        np.diff(np.append(begins, len(words))).tolist(),
        np.add.reduceat(sizes[order], begins).tolist(),
        np.maximum.reduceat(places, begins).tolist(),
        strict=True,
    )


def _number(rows: Bytes, at: int) -> Numbers:
    return (rows[:, at].astype(np.int64) << 8) | rows[:, at + 1]
