"""What is fuzzed: each parser of the examination of images, and small inputs to begin from."""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tests.examine.content import phones
from tests.examine.firmware import images, ordinary_phones, spreadtrum_images, stripped, volumes
from tests.examine.firmware.lzma_encoder import packed
from tests.examine.firmware.phones import IMPLANTS, Phone
from tests.examine.firmware.stripped import Stripped

from portique.examine.content import identities, messages, people
from portique.examine.content.examine import Asked, content_of
from portique.examine.content.material import Stored, material_of
from portique.examine.firmware import (
    acts,
    alice,
    byte_lz,
    drps,
    evidence,
    fat,
    flash_blocks,
    functions,
    gfh,
    items,
    link_address,
    lzma_stream,
    nv,
    pac,
    scatter,
    strings,
    zimage,
)
from portique.examine.firmware.behaviours import behaviours
from portique.examine.firmware.bounded import Bounded
from portique.examine.firmware.loaded import Segment
from portique.examine.firmware.lzma_stream import Properties
from portique.examine.firmware.program import Program
from portique.examine.firmware.reading import Damaged
from portique.examine.firmware.unpack import unpack
from portique.examine.firmware.unpacked import FAULTS
from portique.examine.fleet.dump import code_of
from tools import plain_lzma

Target = Callable[[bytes], None]
_ROOM = 1 << 16


def target(name: str) -> tuple[Target, Sequence[bytes]]:
    """Return the function that takes one input, and inputs to begin from.

    What a parser may raise is what the walk over an image catches; anything else is a finding.
    """
    parser, seeds = _TARGETS[name]

    def run(data: bytes) -> None:
        try:
            parser(data)
        except FAULTS:
            return

    return run, seeds()


def _alice(data: bytes) -> None:
    found = alice.decode(data, 0)
    assert len(found.plain) <= 128 * len(data)


def _zimage(data: bytes) -> None:
    zimage.decode(data[128:], 0, data[:128])


def _lzma(data: bytes) -> None:
    """Compare the compiled loop with the decoder that was written apart."""
    matched, first, window = bool(data[0] & 1), data[1] % 225, data[2 : 2 + data[2]]
    properties = Properties.of(first, matched_literals=matched)
    size = int.from_bytes(data[3:5], "little")

    def asked(*, ours: bool) -> object:
        try:
            if ours:
                return lzma_stream.decode(
                    data[5:], properties, size, window=window, is_compiled=True
                )
            return plain_lzma.decode(data[5:], properties, size, window)
        except Damaged as fault:
            return str(fault)

    first_answer, second_answer = asked(ours=True), asked(ours=False)
    if first_answer != second_answer:
        raise RuntimeError("two decoders do not agree")


def _byte_lz(data: bytes) -> None:
    for kind in (2, 3):
        try:
            plain, _ = byte_lz.decode(data, 0, _ROOM, kind)
        except FAULTS:
            continue
        assert len(plain) == _ROOM


def _drps(data: bytes) -> None:
    for offset in drps.find(data):
        for entry in drps.read_entries(data, offset)[0]:
            if drps.plain_bytes(data, entry) < 1 << 18:
                drps.decode(data, entry)


def _fat(data: bytes) -> None:
    walk = fat.Walk(fat.open_volume(data))
    assert sum(1 for _ in walk.files()) <= fat.MOST_ENTRIES


def _flash_blocks(data: bytes) -> None:
    for area in flash_blocks.areas(data):
        assert area.length <= len(data)


def _nv(data: bytes) -> None:
    nv.volumes(nv.items(data))
    nv.volumes(nv.items(_repaired(data)))


def _repaired(data: bytes) -> bytes:
    """Return NV items with right checksums, so that what lies behind them is reached."""
    items: list[tuple[int, bytes, bool]] = []
    at = 0
    while at + 4 <= len(data) and len(items) < 64:
        number, size = struct.unpack_from("<HH", data, at)
        content = data[at + 4 : at + 4 + size % 600]
        if content and 0 < number < 0xFFFF:
            items.append((number, content, bool(size & 0x8000)))
        at += 4 + size % 600
    return spreadtrum_images.items(0, *items)


def _pac(data: bytes) -> None:
    if pac.is_pac(data):
        pac.read_files(data)


def _scatter(data: bytes) -> None:
    for part in scatter.parts(data):
        byte_lz.decode(data, part.offset, min(part.size, _ROOM), part.kind)


def _unpack(data: bytes) -> None:
    folder = Path(tempfile.mkdtemp(prefix="fuzz"))
    try:
        (folder / "image").write_bytes(data or b"0")
        account = unpack(folder / "image", folder / "out")
        assert 0 <= account["explained_share"] <= 1
        gfh.read_file_info(data, 0)
    finally:
        shutil.rmtree(folder)


def _content(data: bytes) -> None:
    """Whatever the image, an answer is given: nothing is raised."""
    material = material_of(data)
    try:
        told = content_of(data, material, Asked())
        code_of(data, min(material.starts, default=len(data)))
    except FAULTS as fault:
        raise RuntimeError("content raised what no walk catches") from fault
    assert told["image_bytes"] == len(data)


def _files(data: bytes) -> None:
    """Give the bytes as each file whose form is read, and as an item."""
    try:
        for name in ("MPA3_001", "MP0C_001", "MP0H_001", "MP0B_001", "A.BIN"):
            file = Stored(name, data, False, lambda at: at)
            lines = messages.joined(list(messages.messages_of([file], [file])))
            for line in lines:
                line.as_dict()
            for person in people.contacts_of([file]):
                person.as_dict()
            for call in people.calls_of([file]):
                call.as_dict()
            list(identities.imeis_of([file], [file]))
    except FAULTS as fault:
        raise RuntimeError("a reader raised what no walk catches") from fault


def _strings(data: bytes) -> None:
    """Each text lies in the bytes; whatever they are, nothing is raised."""
    for text in _unharmed(lambda: list(strings.texts(0, data))):
        assert 0 <= text.offset < len(data)
        assert text.length <= len(data) - text.offset


def _functions(data: bytes) -> None:
    """Functions follow each other, none reaches beyond the code."""
    found = _unharmed(functions.functions_of, data)
    if len(found):
        assert (found.ends > found.starts).all()
        assert (found.ends[:-1] <= found.starts[1:]).all()
        assert found.ends[-1] <= len(data)
    _unharmed(link_address.infer, data, found)


def _items(data: bytes) -> None:
    value = data.decode("ascii", "ignore")[:512]
    text = strings.Text(0, 0, len(value), value, "ascii")
    for kind, named in _unharmed(lambda: list(items.kinds_of(text))):
        _unharmed(items.service_of, kind, named)


def _program(data: bytes) -> Program:
    """Return a program of two segments; the first bytes say where they lie, and where they run."""
    cut = int.from_bytes(data[:2], "little") % (len(data) + 1)
    address = int.from_bytes(data[2:4], "little") << 16
    parts = [
        Segment("first", 0, address, data[:cut], is_plain=True),
        Segment("second", cut, None if data[:1] > b"\x80" else address + cut, data[cut:], True),
    ]
    found = Program(parts, Bounded())
    _whole_or_raise(found)
    return found


def _references(data: bytes) -> None:
    """Whatever is asked for, who refers to it is one of the functions."""
    found = _program(data)
    base = found.bases[0]
    for at in range(0, min(len(data), 4096), 16):
        for each in _unharmed(found.references, base + at, base + at + 8, at % 9):
            assert 0 <= each.function < len(found)
        _unharmed(found.targets, base + at, base + at + 16)
        _unharmed(found.next_function_pointer, base + at, 24)
        assert found.function_of(base + at) == found.function_at(np.array([base + at]))[0]


def _behaviours(data: bytes) -> None:
    told = evidence.gather(_program(data), subtract=False)
    acts.infer(told)
    found = behaviours(told)
    _whole_or_raise(told.program)
    for each in [*found[0], *found[1]]:
        assert each.functions or each.strength == "strings"


def _whole_or_raise(program: Program) -> None:
    """Raise what the walk over an image would have told as a finding."""
    if not program.bounded.is_whole:
        raise RuntimeError(program.bounded.notes[0]["why"])


def _unharmed(asked: Callable[..., Any], *arguments: object) -> Any:
    """Return an answer; what bytes alone make these readers raise is a fault of ours."""
    try:
        return asked(*arguments)
    except FAULTS as fault:
        raise RuntimeError("a reader of code raised") from fault


def _code() -> list[bytes]:
    """Return the ends of small programs: what was put in, and the data that it refers to."""
    found = []
    for number, family in enumerate(IMPLANTS.values()):
        phone = Phone(number)
        family(phone)
        found.append(b"\xff\xff\x02\x10" + phone.image("code")[-4096:])
    return found


def _without_names() -> list[bytes]:
    """Return the ends of small programs whose code shows in arguments alone."""
    found = []
    for number, family in enumerate(stripped.IMPLANTS.values()):
        phone = Stripped(number)
        family(phone)
        found.append(b"\xff\xff\x02\x10" + phone.image("code")[-4096:])
    return found


def _ordinary() -> list[bytes]:
    """Return whole programs of phones that send, receive and dial, cut to what is no filler."""
    found = []
    for number, family in enumerate(ordinary_phones.IMPLANTS.values()):
        phone = ordinary_phones.Ordinary(number, proof=("code", "use")[number % 2])
        family(phone)
        found.append(b"\xff\xff\x02\x10" + phone.image("code")[-8192:])
    return found


def _registers(data: bytes) -> None:
    """Every function is followed to its end, whatever its bytes are."""
    found = _program(data)
    for function in range(min(len(found), 64)):
        told = _unharmed(found.trace, function)
        assert told.read <= set(range(4))


def _volume() -> bytes:
    volume = volumes.Fat(40)
    volume.add("A.BIN", bytes(range(256)) * 4)
    volume.add("a name that is long.txt", b"text", deleted=True)
    volume.add_folder("SUB", volumes.lines("B.TXT", 0x20, volume.store(b"b"), 1))
    return volume.image()


def _drps_image() -> bytes:
    first, second = spreadtrum_images.stream(b"kernel" * 30), b"resource" * 20
    parts = [(b"krnl", first, 400), (b"rsrc", spreadtrum_images.capn([second, second]), 400)]
    return bytes(64) + spreadtrum_images.drps(parts)


def _viva() -> bytes:
    code = images.thumb(16)
    return images.viva(code, images.thumb(8), zimage.window_of(code), 1)


def _whole() -> list[bytes]:
    nv_items = spreadtrum_images.items(0, (5, b"\x0a123456\x01", False), (6, b"ab" * 116, True))
    stone = spreadtrum_images.start_up(b"memory" * 40, 3)
    pac_file = spreadtrum_images.pac([("a.bin", b"abc"), ("b.bin", b"d" * 40)])
    return [_viva(), _volume(), nv_items, stone + _drps_image(), pac_file]


_TARGETS: dict[str, tuple[Target, Callable[[], Sequence[bytes]]]] = {
    "acts": (_behaviours, _ordinary),
    "behaviours": (_behaviours, lambda: [*_code(), *_without_names()]),
    "functions": (_functions, _code),
    "items": (_items, lambda: [b"http://a.example:%d/x?imei=%s", b"+33612345678", b"203.0.113.7"]),
    "references": (_references, _code),
    "registers": (_registers, _without_names),
    "strings": (_strings, _code),
    "alice": (_alice, lambda: [images.alice(images.thumb(16), version=v) for v in (1, 2)]),
    "byte_lz": (_byte_lz, lambda: [spreadtrum_images.byte_lz(b"abcab" * 30, k) for k in (2, 3)]),
    "content": (_content, lambda: [phones.volume(phones.FILES)[:40_000], phones.spreadtrum()]),
    "content_files": (_files, lambda: [*phones.FILES.values(), phones.contact("Leo", "+3361") * 2]),
    "drps": (_drps, lambda: [_drps_image()]),
    "fat": (_fat, lambda: [_volume()]),
    "flash_blocks": (_flash_blocks, lambda: [volumes.flash_blocks(_volume(), at) for at in (0, 4)]),
    "lzma": (_lzma, lambda: [b"\1\x5c\0\x90\0" + packed(b"abcab" * 9 + bytes(range(99)))]),
    "nv": (_nv, lambda: [_whole()[2], struct.pack("<HH", 7, 512) + _volume()[:512]]),
    "pac": (_pac, lambda: [_whole()[4]]),
    "scatter": (_scatter, lambda: [spreadtrum_images.start_up(b"abcab" * 30, k) for k in (2, 3)]),
    "unpack": (_unpack, _whole),
    "zimage": (_zimage, lambda: [bytes(128) + images.zimage(b"abcab" * 40, b"")]),
}
