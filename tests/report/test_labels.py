"""The codes on a printed label are read back from the pixels of the page."""

from __future__ import annotations

import io
import json
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pytest
import segno
import typst
from barcode.charsets.code128 import CODES
from PIL import Image

from portique.report import labels

PPI = 400
MM = PPI / 25.4
SEAL, EXHIBIT, CASE = "S-0001/B", "E1", "made-by-hand"
TO_B, TO_C = 100, 99
Pixels = npt.NDArray[np.bool_]


@pytest.fixture(scope="module")
def label() -> Pixels:
    """Return the first label of a page as dark and light pixels."""
    drawn = labels._label(CASE, {"seal": SEAL, "exhibit_id": EXHIBIT})
    template = files("portique.report").joinpath("label.typ").read_bytes()
    data = {"data": json.dumps({"case": CASE, "labels": [drawn]})}
    page = typst.compile(template, sys_inputs=data, ignore_system_fonts=True, format="png", ppi=PPI)
    assert isinstance(page, bytes)
    grey = np.asarray(Image.open(io.BytesIO(page)).convert("L"))
    return _cut(grey < 128, (10.5, 102.5), (10.5, 71.5))


def _cut(pixels: Pixels, across_mm: tuple[float, float], down_mm: tuple[float, float]) -> Pixels:
    """Return a part of a page: from and to, in millimetres."""
    (left, right), (top, bottom) = across_mm, down_mm
    return pixels[int(top * MM) : int(bottom * MM), int(left * MM) : int(right * MM)]


def _dark(pixels: Pixels) -> Pixels:
    """Return what lies between the outermost dark pixels."""
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_the_qr_code_holds_case_exhibit_and_seal(label: Pixels) -> None:
    """Module by module, as an encoder makes it of that text."""
    printed = _dark(_cut(label, (64, 92), (2, 29)))
    wanted = segno.make(f"portique:{CASE}/{EXHIBIT}/{SEAL}", error="m", micro=False).matrix
    size = len(wanted)
    places = [(2 * n + 1) * printed.shape[0] // (2 * size) for n in range(size)]

    assert [[int(printed[y, x]) for x in places] for y in places] == [list(r) for r in wanted]


def test_the_bar_code_holds_the_number_of_the_seal(label: Pixels) -> None:
    """Bars and gaps read as Code 128: start, signs, check sum, stop."""
    low = _cut(label, (0.5, 91), (44, 60))
    line = low[low.shape[0] // 2]
    line = line[np.flatnonzero(line)[0] : np.flatnonzero(line)[-1] + 1]
    modules = round(len(line) / (0.3 * MM))
    step = len(line) / modules
    bits = "".join(str(int(line[int((n + 0.5) * step)])) for n in range(modules))

    assert (modules - 2) % 11 == 0
    signs = [CODES.index(bits[n : n + 11]) for n in range(0, modules - 13, 11)]
    start, *values, check = signs
    assert bits.endswith("1100011101011")
    assert start == 104  # code set B
    assert check == (start + sum(n * value for n, value in enumerate(values, 1))) % 103
    assert _read(values) == SEAL


def _read(values: list[int]) -> str:
    """Return the signs of Code 128 from set B on, with changes to set C and back."""
    text, is_pairs = "", False
    for value in values:
        if value == (TO_B if is_pairs else TO_C):
            is_pairs = not is_pairs
        else:
            text += f"{value:02d}" if is_pairs else chr(value + 32)
    return text
