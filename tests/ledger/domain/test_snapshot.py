"""A stored projection: equal to a rebuild from zero, also as it grows on, or not believed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portique.ledger.projection import Projection
from portique.ledger.snapshot import Covered, pack, unpack

_spec = importlib.util.spec_from_file_location(
    "any_operations", Path(__file__).with_name("test_projection.py")
)
assert _spec is not None
assert _spec.loader is not None
_made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_made)

KEY = b"k" * 32
COVERED = Covered("made-by-hand", 3, "00", "", "0")


@settings(max_examples=150, deadline=None)
@given(_made.operations(), st.integers(0, 15))
def test_a_stored_projection_grows_on_as_one_from_zero(payloads: list[bytes], cut: int) -> None:
    """Corrections, contradictions and late entries included: the same canonical bytes."""
    rows = _made._rows(payloads)
    first = Projection()
    first.add(rows[:cut])
    packed = pack(first, COVERED, KEY)
    assert packed is not None
    covered, again = unpack(packed, KEY)
    assert covered == COVERED
    assert again.state().canonical == first.state().canonical

    again.add(rows[cut:])
    whole = Projection()
    whole.add(rows)
    assert again.state().canonical == whole.state().canonical
    assert again.alarms() == whole.state().alarms()


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_is_never_believed(place: int, change: int) -> None:
    """Wherever it is; nor is a file that another key sealed, or half of one."""
    projection = Projection()
    projection.add(_rows())
    packed = pack(projection, COVERED, KEY)
    assert packed is not None
    altered = bytearray(packed)
    altered[place % len(altered)] ^= change

    for content, key in ((bytes(altered), KEY), (packed, b"x" * 32), (packed[:-1], KEY)):
        with pytest.raises(ValueError, match="seal"):
            unpack(content, key)


def _rows() -> list[Any]:
    return list(_made._rows([b'{"kind": "seized", "subject": {"type": "exhibit", "id": "E1"}}']))
