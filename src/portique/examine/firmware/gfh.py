"""MediaTek GFH: the chain of `MMM` headers before boot loaders, MAUI ROM and VIVA.

Each header: `MMM`, version byte, u16 size, u16 type, then fields. Type 0 (FILE_INFO) opens a chain
and says what the file is, where it loads, how long it is and where its content begins. Seen on
MT6261 and MT2502 builds of 2014 to 2019. The length may be left blank (all ones) in files that a
downloader has not yet filled in; the file then runs to the next FILE_INFO or to the end.
"""

from __future__ import annotations

from dataclasses import dataclass

from portique.examine.firmware.reading import Damaged, cut, text, u16, u32

MAGIC = b"MMM"
FILE_INFO = b"FILE_INFO\0\0\0"
BLANK = 0xFFFFFFFF
KINDS = {1: "boot", 2: "boot_extended", 0x100: "rom", 0x108: "viva"}
_FILE_INFO_SIZE = 0x38
_BUILD_TYPE = 0x200
_MOST_HEADERS = 64


@dataclass(frozen=True)
class FileInfo:
    """What a FILE_INFO header says.

    Args:
        offset: of the header in the image.
        file_type: as written; `KINDS` names those known.
        signature_kind: 0 where nothing is signed.
        load_address: of the header's first byte.
        length: of header, content and signature in bytes.
        content_offset: from the header to the content.
        signature_length: in bytes, at the end.
        jump_offset: from the header to the first instruction.
        attributes: bits as written.
        build: text of the build header; empty where there is none.
    """

    offset: int
    file_type: int
    signature_kind: int
    load_address: int
    length: int
    content_offset: int
    signature_length: int
    jump_offset: int
    attributes: int
    build: str

    @property
    def kind(self) -> str:
        """Return the name of the type, e.g. "rom"."""
        return KINDS.get(self.file_type, f"type_{self.file_type:x}")

    def offset_of(self, address: int) -> int:
        """Return where in the image an address of this file lies.

        Raises:
            Damaged: the address is not in this file.
        """
        inside = address - self.load_address
        if not 0 <= inside < self.length:
            raise Damaged(f"the address {address:#x} lies outside its file")
        return self.offset + inside


def read_file_info(image: bytes, offset: int) -> FileInfo:
    """Return the FILE_INFO at an offset, with the build string of its chain.

    Raises:
        Damaged: no such header, or what it says does not fit the image.
    """
    head = cut(image, offset, _FILE_INFO_SIZE)
    if head[:3] != MAGIC or u16(head, 6) != 0 or head[8:20] != FILE_INFO:
        raise Damaged("no FILE_INFO header")
    length = u32(head, 0x20)
    room = len(image) - offset
    if length == BLANK:
        following = image.find(FILE_INFO, offset + _FILE_INFO_SIZE) - 8
        length = following - offset if following > offset else room
    content_offset, signature = u32(head, 0x28), u32(head, 0x2C)
    if not _FILE_INFO_SIZE <= content_offset <= length or signature > length - content_offset:
        raise Damaged(f"content at {content_offset:#x} does not fit a length of {length:,}")
    if length > room:
        raise Damaged(f"a length of {length:,} bytes, of which {room:,} are there")
    return FileInfo(
        offset=offset,
        file_type=u16(head, 0x18),
        signature_kind=head[0x1B],
        load_address=u32(head, 0x1C),
        length=length,
        content_offset=content_offset,
        signature_length=signature,
        jump_offset=u32(head, 0x30),
        attributes=u32(head, 0x34),
        build=_build(image, offset, offset + content_offset),
    )


def _build(image: bytes, offset: int, until: int) -> str:
    for _ in range(_MOST_HEADERS):
        if offset + 8 > until or image[offset : offset + 3] != MAGIC:
            return ""
        size = u16(image, offset + 4)
        if size < 8:
            return ""
        if u16(image, offset + 6) == _BUILD_TYPE:
            return text(image[offset + 8 : offset + size])
        offset += size
    return ""
