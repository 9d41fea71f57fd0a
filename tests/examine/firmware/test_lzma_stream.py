"""The compiled loop, the same loop as plain Python, and a decoder written apart: one answer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examine.firmware import images
from tests.examine.firmware.lzma_encoder import packed

from portique.examine.firmware import lzma_stream
from portique.examine.firmware.lzma_stream import Properties
from portique.examine.firmware.reading import Damaged
from tools import plain_lzma

pieces = st.sampled_from([b"ab", b"abcd", b"\0\0\0", b"xyz" * 120, b"q", b"\xff\x00\x81"])
texts = st.lists(pieces, max_size=120).map(b"".join) | st.binary(max_size=300)
Answer = tuple[bytes, int, bool] | str


def answers(
    stream: bytes, properties: Properties, size: int, window: bytes
) -> tuple[Answer, Answer, Answer]:
    """Return what the three decoders say, errors in their words."""

    def asked(number: int) -> Answer:
        try:
            if number == 0:
                return plain_lzma.decode(stream, properties, size, window)
            return lzma_stream.decode(
                stream, properties, size, window=window, is_compiled=number == 1
            )
        except Damaged as fault:
            return str(fault)

    return asked(0), asked(1), asked(2)


@settings(max_examples=150)
@given(texts, texts, st.booleans(), st.data())
def test_three_decoders_agree_on_whole_cut_and_damaged_streams(
    plain: bytes, window: bytes, matched: bool, data: st.DataObject
) -> None:
    """Bytes, bytes read, rest and errors, with and without matched literals."""
    stream = bytearray(packed(plain, window, matched=matched))
    properties = Properties(2, 0, 2, matched)
    first, second, third = answers(bytes(stream), properties, len(plain), window)
    assert first == second == third == (plain, len(stream), True)
    for _ in range(data.draw(st.integers(0, 3))):
        stream[data.draw(st.integers(1, len(stream) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(stream[: data.draw(st.integers(0, len(stream)))])
    size = data.draw(st.integers(0, 2 * len(plain) + 5))
    first, second, third = answers(cut, properties, size, window[: data.draw(st.integers(0, 400))])
    assert first == second == third


@settings(max_examples=150)
@given(
    st.binary(max_size=200), st.integers(0, 224), st.booleans(), st.integers(0, 600), st.binary()
)
def test_three_decoders_agree_on_any_bytes(
    noise: bytes, first_byte: int, matched: bool, size: int, window: bytes
) -> None:
    """Every properties byte; what ends one ends the others, at the same place."""
    properties = Properties.of(first_byte, matched_literals=matched)
    first, second, third = answers(b"\0" + noise, properties, size, window)

    assert first == second == third


def test_a_long_stream_is_told_as_it_grows_and_is_the_same() -> None:
    """It is decoded in steps of a megabyte; a match over the end of a step is not cut."""
    plain = images.thumb(3000) * 24
    stream = packed(plain)
    told: list[int] = []
    found = lzma_stream.decode(stream, Properties(2, 0, 2), len(plain), tick=told.append)

    assert found == (plain, len(stream), True)
    assert told == sorted(told)
    assert told[-1] == len(plain)


@pytest.mark.slow
def test_where_nothing_may_be_stored_the_loop_is_compiled_all_the_same(tmp_path: Path) -> None:
    """A cache folder that is a file, and sources that lie in a place that is none."""
    source = Path(lzma_stream.__file__).parents[3]
    copy = tmp_path / "read_only"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in copy.rglob("*"):
        if folder.is_dir():
            (folder / "__pycache__").write_text("taken")
    code = (
        "from portique.examine.firmware import lzma_stream as s, compiled;"
        "from portique.examine.firmware.lzma_stream import Properties as P;"
        f"stream = {packed(b'abc' * 50)!r};"
        "print(s.__file__, s.decode(stream, P(2, 0, 2), 150, is_compiled=True)[0])"
    )
    blocked = tmp_path / "no_home"
    blocked.write_text("taken")
    told = subprocess.run(
        [sys.executable, "-B", "-c", code],
        env={"PYTHONPATH": str(copy), "HOME": str(blocked), "XDG_CACHE_HOME": str(blocked)},
        capture_output=True,
        check=True,
        text=True,
    ).stdout

    assert str(copy) in told
    assert "abcabc" in told
