"""The parts of a MediaTek image: boot loaders, MAUI ROM, VIVA with ALICE and ZIMAGE."""

from __future__ import annotations

from collections.abc import Iterator

from portique.core.progress import Progress
from portique.examine.firmware import alice, branches, gfh, zimage
from portique.examine.firmware.gfh import FileInfo
from portique.examine.firmware.reading import Damaged, cut, looks_encrypted, opaque_bytes, u32
from portique.examine.firmware.unpacked import Piece, Unpacked

_FLASH_STARTS = (b"SF_BOOT\0", b"BRLYT\0\0\0", b"BBBB")
_MOST_FILES = 64
_PACKED = (("zimage", 1), ("boot_zimage", 2), ("dcmcmp", 3))
"""Parts of a VIVA file that are packed like ZIMAGE, and where their address stands."""
_ALICE_PLACE = 4


def unpack(unpacked: Unpacked, progress: Progress) -> None:
    """Unpack every MediaTek file in an image, whether alone or inside a whole flash."""
    image = unpacked.image
    if any(image.startswith(start) for start in _FLASH_STARTS):
        unpacked.formats.append("mediatek flash")
        unpacked.explain(0, 512)
    for number, info in enumerate(_files(unpacked)):
        unpacked.formats.append(f"mediatek {info.kind}")
        with unpacked.attempt(info.kind, info.offset, info.length):
            if info.kind == "viva":
                _viva(unpacked, info, progress)
            else:
                _plain(unpacked, info, number)
    if not unpacked.formats:
        _alice_alone(unpacked)


def _files(unpacked: Unpacked) -> Iterator[FileInfo]:
    """Yield every file that begins with FILE_INFO, in the order of the image."""
    image, at, until = unpacked.image, 0, -1
    for _ in range(_MOST_FILES):
        at = image.find(gfh.FILE_INFO, at)
        if at < 0:
            return
        start, at = at - 8, at + 1
        if start < until or image[max(start, 0) : start + 3] != gfh.MAGIC:
            continue
        with unpacked.attempt("file header", start, 0):
            info = gfh.read_file_info(image, start)
            until = start + info.content_offset
            yield info
    unpacked.not_examined("file headers", at, 0, f"more than {_MOST_FILES} of them")


def _facts(info: FileInfo) -> dict[str, object]:
    facts: dict[str, object] = {"file_type": info.file_type, "signature_kind": info.signature_kind}
    return facts | ({"build": info.build} if info.build else {})


def _plain(unpacked: Unpacked, info: FileInfo, number: int) -> None:
    """Keep a file whose content is code as it stands, unless the content looks encrypted."""
    content = cut(unpacked.image, info.offset, info.length)
    inside = content[info.content_offset : info.length - info.signature_length]
    if looks_encrypted(inside):
        unpacked.explain(info.offset, info.content_offset)
        unpacked.not_examined(info.kind, info.offset, info.length, "encrypted, not examined")
        return
    name = (
        f"{info.kind}.bin" if not unpacked.has_segment(info.kind) else f"{info.kind}_{number}.bin"
    )
    unpacked.keep(
        Piece(
            kind=info.kind,
            parts=(name,),
            content=content,
            offset=info.offset,
            length_in=info.length,
            method="as it stands, with its header",
            address=info.load_address,
            facts={**_facts(info), "opaque_bytes": opaque_bytes(inside)},
        )
    )


def _viva(unpacked: Unpacked, info: FileInfo, progress: Progress) -> None:
    """Unpack the segments that a VIVA file names; each address is 0 where it is absent."""
    table = info.offset + info.content_offset
    addresses = [u32(unpacked.image, table + 4 * place) for place in range(_ALICE_PLACE + 1)]
    if addresses[0] != info.load_address:
        raise Damaged("its table of addresses does not begin with its own")
    unpacked.explain(info.offset, info.content_offset + 4 * len(addresses))
    window = b""
    if addresses[_ALICE_PLACE]:
        with unpacked.attempt("alice", info.offset, info.length):
            window = zimage.window_of(_alice(unpacked, info.offset_of(addresses[_ALICE_PLACE])))
    for kind, place in _PACKED:
        if not addresses[place]:
            continue
        with unpacked.attempt(kind, info.offset, info.length):
            offset = info.offset_of(addresses[place])
            unpacked_length = zimage.length_at(unpacked.image, offset)
            with unpacked.attempt(kind, offset, unpacked_length):
                _zimage(unpacked, kind, offset, (window, progress))


def _alice(unpacked: Unpacked, offset: int) -> bytes:
    """Keep an ALICE segment before and after its branches are mended; return it mended."""
    unpacked.allow(alice.read_header(unpacked.image, offset).plain_bytes)
    found = alice.decode(unpacked.image, offset)
    header = found.header
    mended = branches.mend_alice(found.plain, header.version)
    done = ", calls relative already" if mended == found.plain else ", calls mended"
    for kind, content, words in (("alice", found.plain, ""), ("alice_branches", mended, done)):
        unpacked.keep(
            Piece(
                kind=kind,
                parts=(f"{kind}.bin",),
                content=content,
                offset=offset,
                length_in=header.end,
                method=f"ALICE_{header.version}{words}",
                address=header.link_address,
                facts=_calls(content),
            )
        )
    return mended


def _zimage(unpacked: Unpacked, kind: str, offset: int, around: tuple[bytes, Progress]) -> None:
    window, progress = around
    total = u32(unpacked.image, offset + 20)
    unpacked.allow(total)
    found = zimage.decode(
        unpacked.image, offset, window, lambda done: progress(f"decompressing {kind}", done, total)
    )
    mended = branches.mend_zimage(found.plain)
    names = ((kind, found.plain, ""), (f"{kind}_branches", mended, ", calls mended"))
    for name, content, words in names:
        unpacked.keep(
            Piece(
                kind=name,
                parts=(f"{name}.bin",),
                content=content,
                offset=offset,
                length_in=found.length,
                method=f"LZMA behind {len(window):,} bytes of ALICE{words}",
                facts=_calls(content),
            )
        )


def _calls(code: bytes) -> dict[str, object]:
    inside, on_functions = branches.calls_on_functions(code)
    return {"calls_inside": inside, "calls_on_functions": on_functions}


def _alice_alone(unpacked: Unpacked) -> None:
    """Unpack an ALICE segment that was saved without the file around it."""
    if unpacked.image.startswith(alice.MAGICS):
        unpacked.formats.append("mediatek alice")
        with unpacked.attempt("alice", 0, len(unpacked.image)):
            _alice(unpacked, 0)
