"""Real images, where they are at hand: known by hash, as long as they must be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from portique.examine.firmware import alice, branches, zimage

ALICE_1 = {"94e2972d", "accc9677", "da55248e"}
ALICE_2 = {"4621800f": (672_218, 1_260_212), "92eb24c7": (679_681, 1_274_216)}
"""Packed and plain bytes of ZIMAGE in SIM800C builds, by the first digits of VIVA's SHA-256."""


def _known(folder: Path, wanted: set[str]) -> Iterator[tuple[str, bytes, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size < 8 << 20:
            content = path.read_bytes()
            digits = hashlib.sha256(content).hexdigest()[:8]
            if digits in wanted:
                yield digits, content, path


@pytest.mark.slow
def test_alice_code_is_the_vendors_own_plain_copy(real_images: Path) -> None:
    """Byte for byte, where ALICE.bin lies beside the VIVA file; calls land on functions."""
    found = 0
    for _, image, path in _known(real_images, ALICE_1):
        plain = alice.decode(image, image.find(b"ALICE_")).plain
        inside, on_functions = branches.calls_on_functions(plain)
        assert 0.70 < on_functions / inside < 0.80
        copy = path.parent / "ALICE.bin"
        if copy.is_file():
            told = copy.read_bytes()
            assert plain[: len(told)] == told
            assert not plain[len(told) :].strip(b"\0")
        found += 1
    if not found:
        pytest.skip("none of the known images with ALICE_1 is here")


@pytest.mark.slow
def test_zimage_code_ends_exactly_and_its_calls_land(real_images: Path) -> None:
    """The lengths are those of the builds; 70 to 80 of 100 calls land on a push."""
    found = 0
    for digits, image, _ in _known(real_images, set(ALICE_2)):
        at = image.find(b"ALICE_2\0")
        mended = branches.mend_alice(alice.decode(image, at).plain, 2)
        segment = zimage.decode(image, 0x4C, zimage.window_of(mended))
        assert (segment.length - 0x18, len(segment.plain)) == ALICE_2[digits]
        for code in (mended, branches.mend_zimage(segment.plain)):
            inside, on_functions = branches.calls_on_functions(code)
            assert 0.70 < on_functions / inside < 0.80
        found += 1
    if not found:
        pytest.skip("none of the known images with ALICE_2 is here")
