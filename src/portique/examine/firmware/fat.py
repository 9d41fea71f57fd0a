"""FAT12 and FAT16 volumes, with the files that were deleted.

A deleted entry keeps its first cluster and its size, not its chain: its content is taken as the
clusters that follow each other from there, as long as they are free now. It may hold bytes of
another file; `is_whole` says whether all of it was free. Loops, wrong sizes and endless folders are
bounded, and what exceeds the bounds is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portique.examine.firmware.reading import Damaged, cut, u16, u32

BOOT_BYTES = 512
MOST_ENTRIES = 20_000
MOST_DEEP = 16
MOST_FOLDERS = 1_000
MOST_FILE_BYTES = 64 << 20
MOST_WALK_BYTES = 256 << 20
_ENTRY = 32
_FAT12_CLUSTERS = 4085
_FAT16_CLUSTERS = 65525
_DELETED = 0xE5
_LONG_NAME = 0x0F
_VOLUME = 0x08
_FOLDER = 0x10
_LONG_PLACES = ((1, 10), (14, 12), (28, 4))


@dataclass(frozen=True)
class Entry:
    """One file of a volume.

    Args:
        parts: folders and name, as written in the volume.
        content: what could be read.
        size: bytes as the folder says.
        is_deleted: the entry, or a folder above it, was deleted.
        is_whole: as many bytes were read as the folder says.
        cluster: its first one.
    """

    parts: tuple[str, ...]
    content: bytes
    size: int
    is_deleted: bool
    is_whole: bool
    cluster: int


@dataclass(frozen=True)
class _Named:
    """One line of a folder."""

    name: str
    attributes: int
    cluster: int
    size: int
    is_deleted: bool


@dataclass(frozen=True)
class Volume:
    """A volume whose boot sector fits together.

    Args:
        data: from its boot sector on; may be longer than the volume.
        bits: 12 or 16.
        cluster_bytes: bytes of a cluster.
        fat: the first allocation table.
        root: offset of the root folder.
        root_bytes: its size.
        first: offset of cluster 2.
        clusters: number of clusters.
        length: of the whole volume in bytes.
    """

    data: bytes
    bits: int
    cluster_bytes: int
    fat: bytes
    root: int
    root_bytes: int
    first: int
    clusters: int
    length: int

    def following(self, cluster: int) -> int:
        """Return what the table says of a cluster: 0 free, the next one, or an end."""
        if self.bits == 16:
            return u16(self.fat, cluster * 2)
        pair = u16(self.fat, cluster * 3 // 2)
        return pair >> 4 if cluster & 1 else pair & 0xFFF

    def is_cluster(self, cluster: int) -> bool:
        """Return whether a cluster of that number exists."""
        return 2 <= cluster < self.clusters + 2

    def bytes_of(self, cluster: int) -> bytes:
        """Return what a cluster holds; less where the image ends before."""
        start = self.first + (cluster - 2) * self.cluster_bytes
        return self.data[start : start + self.cluster_bytes]


def looks_like_volume(data: bytes, offset: int) -> bool:
    """Return whether a sector may be a boot sector: a jump, a signature, a sane sector size."""
    if data[offset + 510 : offset + 512] != b"\x55\xaa":
        return False
    head = data[offset : offset + BOOT_BYTES]
    return (
        len(head) == BOOT_BYTES
        and head[0] in {0xEB, 0xE9}
        and u16(head, 11) in {512, 1024, 2048, 4096}
        and head[16] in {1, 2}
    )


def open_volume(data: bytes) -> Volume:
    """Return the volume whose boot sector the data begin with.

    Raises:
        Damaged: the boot sector does not fit together, or it is no FAT12 or FAT16.
    """
    sector, per_cluster, reserved = u16(data, 11), cut(data, 13, 1)[0], u16(data, 14)
    fats, roots, fat_sectors = cut(data, 16, 1)[0], u16(data, 17), u16(data, 22)
    total = u16(data, 19) or u32(data, 32)
    if sector not in {512, 1024, 2048, 4096} or per_cluster.bit_count() != 1 or not reserved:
        raise Damaged("a FAT boot sector whose sizes do not fit")
    if not fat_sectors or not roots:
        raise Damaged("FAT32, which these phones do not use: not examined")
    root = (reserved + fats * fat_sectors) * sector
    first = root + -(-roots * _ENTRY // sector) * sector
    clusters = (total * sector - first) // (per_cluster * sector)
    if not 0 < clusters < _FAT16_CLUSTERS:
        raise Damaged(f"a FAT volume of {clusters:,} clusters")
    bits = 12 if clusters < _FAT12_CLUSTERS else 16
    fat = cut(data, reserved * sector, fat_sectors * sector)
    if (clusters + 2) * bits > len(fat) * 8:
        raise Damaged("a FAT volume with more clusters than its table has places")
    return Volume(
        data=data,
        bits=bits,
        cluster_bytes=per_cluster * sector,
        fat=fat + b"\0",
        root=root,
        root_bytes=roots * _ENTRY,
        first=first,
        clusters=clusters,
        length=total * sector,
    )


def clusters_of(volume: Volume, entry: Entry) -> list[int]:
    """Return the clusters that an entry's content was read from, in order."""
    found: list[int] = []
    cluster, seen = entry.cluster, set[int]()
    while volume.is_cluster(cluster) and cluster not in seen:
        if len(found) * volume.cluster_bytes >= len(entry.content):
            break
        seen.add(cluster)
        found.append(cluster)
        cluster = cluster + 1 if entry.is_deleted else volume.following(cluster)
    return found


class Walk:
    """One walk through a volume.

    Args:
        volume: as opened.

    Attributes:
        left_out: lines of folders that were not followed, by reason.
    """

    def __init__(self, volume: Volume) -> None:
        self.left_out: dict[str, int] = {}
        self._volume = volume
        self._entries = 0
        self._bytes = 0
        self._folders: set[int] = set()

    def files(self) -> Iterator[Entry]:
        """Yield every file, deleted ones too, folder by folder."""
        volume = self._volume
        root = volume.data[volume.root : volume.root + volume.root_bytes]
        yield from self._folder(root, (), is_deleted=False)

    def _folder(self, raw: bytes, above: tuple[str, ...], *, is_deleted: bool) -> Iterator[Entry]:
        for named in _lines(raw):
            self._entries += 1
            if self._entries > MOST_ENTRIES:
                self._leave_out(f"more than {MOST_ENTRIES:,} entries")
                return
            deleted = is_deleted or named.is_deleted
            parts = (*above, named.name)
            if named.attributes & _FOLDER:
                yield from self._inner(named, parts, is_deleted=deleted)
            elif content := self._content(named, deleted):
                yield content_entry(named, parts, content[0], is_deleted=deleted)

    def _inner(self, named: _Named, parts: tuple[str, ...], *, is_deleted: bool) -> Iterator[Entry]:
        if not self._volume.is_cluster(named.cluster):
            self._leave_out("a folder outside the volume")
        elif named.cluster in self._folders:
            self._leave_out("a folder that was walked before")
        elif len(parts) > MOST_DEEP or len(self._folders) >= MOST_FOLDERS:
            self._leave_out(
                f"a folder more than {MOST_DEEP} deep, or past {MOST_FOLDERS:,} folders"
            )
        else:
            self._folders.add(named.cluster)
            most = MOST_ENTRIES * _ENTRY
            if is_deleted:
                raw = self._volume.bytes_of(named.cluster)
                if self._volume.following(named.cluster) or raw[:2] != b". ":
                    self._leave_out("a deleted folder that was overwritten")
                    return
            else:
                raw = self._chain(named.cluster, most)
            yield from self._folder(raw, parts, is_deleted=is_deleted)

    def _content(self, named: _Named, is_deleted: bool) -> tuple[bytes] | None:
        """Return the content in a tuple, or None where there is none to be had."""
        if named.size == 0:
            return (b"",)
        if not self._volume.is_cluster(named.cluster):
            self._leave_out("a file outside the volume")
            return None
        size = min(named.size, MOST_FILE_BYTES, self._volume.length)
        if self._bytes + size > MOST_WALK_BYTES:
            self._leave_out(f"more than {MOST_WALK_BYTES:,} bytes in the files of one volume")
            return None
        self._bytes += size
        found = self._free_run if is_deleted else self._chain
        return (found(named.cluster, size)[:size],)

    def _chain(self, cluster: int, most: int) -> bytes:
        volume, content, seen = self._volume, bytearray(), set[int]()
        while volume.is_cluster(cluster) and cluster not in seen and len(content) < most:
            seen.add(cluster)
            content += volume.bytes_of(cluster)
            cluster = volume.following(cluster)
        return bytes(content)

    def _free_run(self, cluster: int, most: int) -> bytes:
        volume, content = self._volume, bytearray()
        while volume.is_cluster(cluster) and not volume.following(cluster) and len(content) < most:
            content += volume.bytes_of(cluster)
            cluster += 1
        return bytes(content)

    def _leave_out(self, reason: str) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def content_entry(
    named: _Named, parts: tuple[str, ...], content: bytes, *, is_deleted: bool
) -> Entry:
    """Return the entry of one line of a folder, with its content."""
    whole = len(content) == named.size
    return Entry(parts, content, named.size, is_deleted, whole, named.cluster)


def _lines(raw: bytes) -> Iterator[_Named]:
    """Yield the lines of a folder that are files or folders; long names replace short ones."""
    long_name: list[bytes] = []
    for at in range(0, len(raw) - _ENTRY + 1, _ENTRY):
        line = raw[at : at + _ENTRY]
        if line[0] == 0:
            return
        if line[11] & 0x3F == _LONG_NAME:
            if line[0] & 0x40 and line[0] != _DELETED:
                long_name = []
            long_name.append(line)
            continue
        pieces, long_name = long_name, []
        if line[11] & _VOLUME or line[:2] in {b". ", b".."}:
            continue
        deleted = line[0] == _DELETED
        yield _Named(
            name=_long(pieces, line) or _short(line),
            attributes=line[11],
            cluster=u16(line, 26),
            size=u32(line, 28),
            is_deleted=deleted,
        )


def _short(line: bytes) -> str:
    first = b"_" if line[0] == _DELETED else b"\xe5" if line[0] == 0x05 else line[:1]
    stem = (first + line[1:8]).decode("cp437").rstrip(" ")
    kind = line[8:11].decode("cp437").rstrip(" ")
    return f"{stem}.{kind}" if kind else stem


def _long(pieces: list[bytes], line: bytes) -> str:
    """Return the long name whose pieces stand before a line; empty where they are not its own."""
    if not pieces:
        return ""
    check = 0
    for byte in line[:11]:
        check = ((check >> 1) | (check << 7 & 0x80)) + byte & 0xFF
    # A deleted line lost the first byte of the short name: its check cannot be made again.
    if line[0] != _DELETED and any(piece[13] != check for piece in pieces):
        return ""
    if line[0] == _DELETED and any(piece[0] != _DELETED for piece in pieces):
        return ""
    units = b"".join(
        piece[start : start + length]
        for piece in reversed(pieces)
        for start, length in _LONG_PLACES
    )
    return units.decode("utf-16-le", "replace").split("\0", 1)[0].rstrip("\uffff")
