"""The parts of a Spreadtrum image: plain code, packed parts, NV items, and PAC containers."""

from __future__ import annotations

from itertools import islice

from portique.core.progress import Progress
from portique.examine.firmware import byte_lz, drps, nv, pac, scatter, user_area
from portique.examine.firmware.reading import looks_encrypted, opaque_bytes
from portique.examine.firmware.unpacked import Piece, Unpacked

_MARK = b"2656"
_MARK_AT = 0x20
_MOST_BLOCKS = 16
_MOST_PARTS = 64
_FEWEST_ITEMS = 2


def unpack(unpacked: Unpacked, progress: Progress) -> None:
    """Unpack every Spreadtrum part of an image."""
    if pac.is_pac(unpacked.image):
        unpacked.formats.append("spreadtrum pac")
        with unpacked.attempt("pac", 0, len(unpacked.image)):
            _pac(unpacked)
        return
    blocks = _blocks(unpacked, progress)
    if unpacked.image[_MARK_AT : _MARK_AT + 4] == _MARK:
        unpacked.formats.append("spreadtrum flash")
        with unpacked.attempt("stone", 0, len(unpacked.image)):
            _stone(unpacked, blocks[0] if blocks else len(unpacked.image))
    found = nv.items(unpacked.image)
    if len(found) >= _FEWEST_ITEMS:
        unpacked.formats.append("spreadtrum nv")
        _nv(unpacked, found)


def _pac(unpacked: Unpacked) -> None:
    files, fits = pac.read_files(unpacked.image)
    if not fits:
        unpacked.not_examined("pac", 0, pac.HEADER_BYTES, "the header's checksum does not fit")
    unpacked.explain(0, pac.HEADER_BYTES + pac.ENTRY_BYTES * len(files))
    for file in (each for each in files if each.length):
        with unpacked.attempt(file.name, file.offset, file.length):
            unpacked.keep(
                Piece(
                    kind="pac_file",
                    parts=("pac", file.name),
                    content=unpacked.image[file.offset : file.offset + file.length],
                    offset=file.offset,
                    length_in=file.length,
                    method="as it stands in the container",
                    address=file.address,
                    facts={"path": file.name},
                )
            )
            why = "a file of a container: unpack it by itself"
            unpacked.not_examined(file.name, file.offset, file.length, why)


def _blocks(unpacked: Unpacked, progress: Progress) -> list[int]:
    """Unpack DRPS blocks and return where they stand."""
    places: list[int] = []
    for tried, offset in enumerate(drps.find(unpacked.image)):
        if tried >= _MOST_BLOCKS:
            unpacked.not_examined("DRPS block", offset, 0, f"more than {_MOST_BLOCKS} of them")
            break
        with unpacked.attempt("DRPS block", offset, 0):
            entries, length = drps.read_entries(unpacked.image, offset)
            places.append(offset)
            unpacked.formats.append("spreadtrum drps")
            unpacked.explain(offset, 16)
            table = 20 * len(entries)
            unpacked.explain(offset + length - table, table)
            for number, entry in enumerate(entries):
                progress(f"decompressing {entry.name}", number, len(entries))
                with unpacked.attempt(f"DRPS {entry.name}", entry.offset, entry.length):
                    _entry(unpacked, entry, (len(places) - 1, number))
    return places


def _entry(unpacked: Unpacked, entry: drps.Entry, number: tuple[int, int]) -> None:
    unpacked.allow(drps.plain_bytes(unpacked.image, entry))
    unpacked.keep(
        Piece(
            kind="drps",
            parts=(f"drps{number[0]}_{number[1]}.bin",),
            content=drps.decode(unpacked.image, entry),
            offset=entry.offset,
            length_in=entry.length,
            method="LZMA without matched literals",
            facts={"name": entry.name},
        )
    )


def _stone(unpacked: Unpacked, until: int) -> None:
    """Keep the code at the start of the flash; what follows the first packed part is not it."""
    content = unpacked.image[:until].rstrip(b"\xff")
    if looks_encrypted(content):
        unpacked.not_examined("stone", 0, len(content), "encrypted, not examined")
        return
    unpacked.keep(
        Piece(
            kind="stone",
            parts=("stone.bin",),
            content=content,
            offset=0,
            length_in=len(content),
            method="as it stands, up to the first packed part; its own end is not known",
            facts={"opaque_bytes": opaque_bytes(content)},
        )
    )
    parts = list(islice(scatter.parts(content), _MOST_PARTS))
    if not parts:
        why = "no table of parts that its start-up code unpacks into memory was recognised"
        unpacked.not_examined("memory", None, 0, why)
    for part in parts:
        with unpacked.attempt("memory", part.offset, 0):
            _memory(unpacked, content, part)


def _memory(unpacked: Unpacked, code: bytes, part: scatter.Part) -> None:
    """Keep what the start-up code unpacks into memory; its packed bytes are part of the code."""
    unpacked.allow(part.size)
    plain, packed = byte_lz.decode(code, part.offset, part.size, part.kind)
    unpacked.keep(
        Piece(
            kind="memory",
            parts=(f"memory_{part.address:08x}.bin",),
            content=plain,
            offset=part.offset,
            length_in=packed,
            method=f"byte LZ, type {part.kind}",
            address=part.address,
        )
    )


def _nv(unpacked: Unpacked, found: list[nv.Item]) -> None:
    for item in found:
        with unpacked.attempt(f"NV item {item.number}", item.offset, item.length):
            deleted = "deleted_" if item.is_deleted else ""
            unpacked.keep(
                Piece(
                    kind=f"nv_{item.kind}",
                    parts=("nv", f"{deleted}{item.number}_{item.offset:08x}.bin"),
                    content=item.content,
                    offset=item.offset,
                    length_in=item.length,
                    method="NV item, checksum fits",
                    facts={"id": item.number, "deleted": item.is_deleted},
                )
            )
    for number, data in nv.volumes(found):
        with unpacked.attempt(f"FAT volume of NV items from {number}", None, len(data)):
            user_area.volume(unpacked, data, f"nv{number}", "FAT in NV items")
