"""Compiled loops: the same as the text that is compiled, and kept on disk as machine code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portique.examine.firmware import compiled, function_loops
from portique.examine.firmware.functions import literals_of

halfwords = st.sampled_from([0xB500, 0xBD00, 0x4801, 0x4800, 0xD001, 0xE000, 0xF000, 0xF801, 0, 1])


@settings(max_examples=200)
@given(st.lists(halfwords, max_size=40))
def test_machine_code_marks_the_literals_that_the_text_of_the_loop_marks(code: list[int]) -> None:
    """Run as plain Python, the loop gives the same."""
    even = code[: len(code) // 2 * 2]
    plain = [False] * len(even)
    function_loops.mark_literals(even, plain)

    assert literals_of(np.array(even, np.uint16)).tolist() == plain


def test_a_damaged_store_is_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was changed on disk is not run; what cannot be written is not missed."""
    monkeypatch.setattr(compiled, "_places", lambda: iter([tmp_path / "a" / "b"]))
    compiled._store("x", ("name", b"code"))
    assert compiled._stored("x") == ("name", b"code")

    (kept,) = (tmp_path / "a" / "b").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1] + b"!")
    assert compiled._stored("x") is None
    (tmp_path / "file").write_text("taken")
    monkeypatch.setattr(compiled, "_places", lambda: iter([tmp_path / "file"]))
    compiled._store("x", ("name", b"code"))
    assert compiled._stored("x") is None


def test_a_stored_loop_runs_without_the_compiler() -> None:
    """Another process loads machine code, and not numba."""
    literals_of(np.zeros(2, np.uint16))
    code = (
        "import sys; import numpy as np; from portique.examine.firmware import functions as f;"
        "print(f.literals_of(np.array([0x4800, 0x4770, 1, 2], np.uint16)).tolist());"
        "print('numba' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert told.stdout.split("\n")[:2] == ["[False, False, True, True]", "False"]
