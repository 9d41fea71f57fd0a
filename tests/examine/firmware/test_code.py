"""Packed code: ALICE, branches, LZMA with a window, ZIMAGE."""

from __future__ import annotations

import lzma
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examine.firmware import images
from tests.examine.firmware.lzma_encoder import packed

from portique.examine.firmware import alice, branches, lzma_stream, zimage
from portique.examine.firmware.lzma_stream import Properties
from portique.examine.firmware.reading import Damaged

blocks = st.integers(1, 6).flatmap(lambda n: st.binary(min_size=128 * n, max_size=128 * n))
letters = st.lists(st.sampled_from([b"ab", b"abcd", b"\0\0\0", b"xyz", b"q"]), max_size=200)


@given(blocks, st.sampled_from([1, 2]), st.booleans())
def test_alice_code_comes_back_whole(plain: bytes, version: int, has_end_mark: bool) -> None:
    """What was packed is what comes back, whether or not an entry more says where codes end."""
    packed = images.alice(plain, version=version, has_end_mark=has_end_mark)
    found = alice.decode(b"??" + packed, 2)

    assert found.plain == plain
    assert found.header.version == version
    assert found.header.link_address == 0x10300400


@settings(max_examples=60)
@given(st.data())
def test_damaged_alice_is_refused_or_read_but_never_a_crash(data: st.DataObject) -> None:
    """Any byte changed, any end cut off: either the segment is refused, or it is as long."""
    whole = bytearray(images.alice(images.thumb(32)))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    cut = whole[: data.draw(st.sampled_from([len(whole), len(whole) - 1, len(whole) // 2, 40, 3]))]
    try:
        found = alice.decode(bytes(cut), 0)
    except Damaged:
        return
    assert len(found.plain) % 128 == 0
    assert len(found.plain) <= 128 * len(cut) // 12


def test_an_alice_block_of_another_length_is_refused() -> None:
    """A map entry that says one byte more is not decoded around."""
    whole = bytearray(images.alice(images.thumb(32)))
    header = alice.read_header(bytes(whole), 0)
    whole[header.table + 8] += 1

    with pytest.raises(Damaged, match="ends elsewhere than the map says"):
        alice.decode(bytes(whole), 0)


def test_alice_codes_that_end_before_the_map_are_refused() -> None:
    """Without the last block's entry, its codes are bytes that nothing explains."""
    whole = bytearray(images.alice(images.thumb(64), has_end_mark=False))
    whole[12:16] = (int.from_bytes(whole[12:16], "little") + 4).to_bytes(4, "little")

    with pytest.raises(Damaged):
        alice.decode(bytes(whole), 0)


@pytest.mark.parametrize(("more", "skip"), [(1, True), (2, False)])
def test_calls_are_relative_again(more: int, skip: bool) -> None:
    """Calls to Thumb and to ARM code come back; each lands on the function that it called."""
    code = images.thumb(200)
    written = images.absolute(code, more, skip_straddling=skip)
    mended = branches.mend_alice(written, 2) if skip else branches.mend_zimage(written)

    assert written != code
    assert mended == code
    assert branches.mend_alice(written, 1) == written
    inside, on_functions = branches.calls_on_functions(mended)
    assert inside == on_functions > 150
    assert branches.calls_on_functions(written)[1] < inside


def test_a_call_that_straddles_two_blocks_of_alice_is_left_alone() -> None:
    """Builds did not change it, so changing it back would break it."""
    code = struct.pack("<64H", *([0xBF00] * 31), *images.call(31, 0), *([0xBF00] * 31))

    assert branches.mend_alice(code, 2) == code
    assert branches.mend_zimage(code) != code


@given(st.binary(max_size=400) | letters.map(b"".join))
def test_lzma_is_read_as_the_usual_library_writes_it(plain: bytes) -> None:
    """The decoder without a window is plain LZMA."""
    filters = [{"id": lzma.FILTER_LZMA1, "lc": 2, "lp": 1, "pb": 2, "dict_size": 1 << 16}]
    stream = lzma.compress(plain, format=lzma.FORMAT_ALONE, filters=filters)
    found = lzma_stream.decode(stream[13:], Properties.of(stream[0]), len(plain))

    assert found[0] == plain


@given(letters.map(b"".join), letters.map(b"".join), st.booleans())
def test_lzma_behind_a_window_comes_back(plain: bytes, window: bytes, matched: bool) -> None:
    """With and without matched literals; input and output end on the same byte."""
    window += bytes(-len(window) % 4)
    stream = packed(plain, window, matched=matched)
    properties = Properties(lc=2, lp=0, pb=2, matched_literals=matched)

    assert lzma_stream.decode(stream, properties, len(plain), window=window) == (
        plain,
        len(stream),
        True,
    )


def test_lzma_with_the_wrong_window_does_not_come_back() -> None:
    """The window is part of the code: another one gives other bytes, or none."""
    window, plain = images.thumb(40), images.thumb(60)
    segment = images.zimage(plain, window)

    assert zimage.decode(segment, 0, window).plain == plain
    with pytest.raises(Damaged):
        zimage.decode(segment, 0, b"")


@settings(max_examples=40)
@given(st.data())
def test_damaged_lzma_gives_no_more_than_was_asked(data: st.DataObject) -> None:
    """Whatever the stream says, the plain size bounds what is made."""
    stream = bytearray(packed(images.thumb(20)))
    stream[data.draw(st.integers(0, len(stream) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        plain, read, _ = lzma_stream.decode(bytes(stream), Properties(2, 0, 2), 640)
    except Damaged:
        return
    assert len(plain) <= 640
    assert read <= len(stream)


@pytest.mark.parametrize("change", ["packed", "plain", "both"])
def test_a_zimage_whose_lengths_do_not_fit_is_refused(change: str) -> None:
    """One byte less in, or one out: not accepted, though nearly everything was decoded."""
    window, plain = images.thumb(40), images.thumb(60)
    segment = bytearray(images.zimage(plain, window))
    if change in {"packed", "both"}:
        struct.pack_into("<I", segment, 12, struct.unpack_from("<I", segment, 12)[0] - 1)
    if change in {"plain", "both"}:
        struct.pack_into("<I", segment, 20, len(plain) - 1)
        struct.pack_into("<Q", segment, 24 + 5, len(plain) - 1)

    with pytest.raises(Damaged):
        zimage.decode(bytes(segment), 0, window)


def test_a_plain_size_beyond_any_phone_is_refused_at_once() -> None:
    """A header that promises a gigabyte is not believed."""
    segment = bytearray(images.zimage(b"abc", b""))
    struct.pack_into("<I", segment, 20, 1 << 30)

    with pytest.raises(Damaged, match="plain 1,073,741,824"):
        zimage.length_at(bytes(segment), 0)
