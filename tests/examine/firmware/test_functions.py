"""Functions of a code segment, and their hashes."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examine.firmware import images

from portique.examine.firmware.functions import functions_of


def code(*halfwords: int) -> bytes:
    """Return halfwords as bytes, filled up to a word."""
    padded = [*halfwords, *([0x46C0] * (len(halfwords) % 2))]
    return struct.pack(f"<{len(padded)}H", *padded)


def test_functions_begin_at_pushes_and_where_calls_land() -> None:
    """A leaf without a push is found by the call to it."""
    found = functions_of(
        code(0xB510, *images.call(1, 6), 0xBD10, 0x46C0, 0x46C0, 0x2001, 0x4770, 0xB500, 0xBD00)
    )

    assert found.starts.tolist() == [0, 12, 16]
    assert found.ends.tolist() == [8, 16, 20]
    assert found.call_from.tolist() == [2]
    assert found.call_to.tolist() == [12]
    assert [found.of(offset) for offset in (0, 7, 8, 13, 19, 20)] == [0, 0, -1, 1, 2, -1]


def test_a_constant_that_looks_like_a_push_begins_no_function() -> None:
    """It is loaded from the literal pool, so it is data."""
    found = functions_of(code(0xB510, 0x4801, 0xBD10, 0x46C0, 0x0000, 0xB510, 0xB500, 0xBD00))

    assert found.starts.tolist() == [0, 12]


def test_a_function_keeps_its_hash_where_it_moves_and_its_literals_change() -> None:
    """Distance of the call, place of the literal, value of the literal: none is in the hash."""
    body = (0xB510, 0x4802, *images.call(2, 40), 0x2105, 0xBD10, 0x1234, 0x5678)
    moved = (0xB510, 0x4802, *images.call(2, 90), 0x2105, 0xBD10, 0x4321, 0x8765)
    other = (0xB510, 0x4802, *images.call(2, 90), 0x2106, 0xBD10, 0x4321, 0x8765)
    first, second, third = (
        functions_of(code(*lead, *each)).hashes[-1]
        for lead, each in (((), body), ((0xB500, 0xBD00), moved), ((), other))
    )

    assert first == second != third


def test_arm_functions_and_their_calls_are_told_apart() -> None:
    """`stmfd sp!, {r4, lr}` begins one; `bl` to it is a call."""
    words = (0xE92D4010, 0xEB000000, 0xE8BD8010, 0xE92D4000, 0xE8BD8000)
    found = functions_of(struct.pack("<5I", *words))

    assert found.is_arm.tolist() == [True, True]
    assert found.call_from.tolist() == [4]
    assert found.call_to.tolist() == [12]


@settings(max_examples=200)
@given(st.binary(max_size=600))
def test_any_bytes_give_functions_in_order_inside_of_them(data: bytes) -> None:
    """Nothing is read outside, and no function reaches into the next."""
    found = functions_of(data, 0x10000000)

    assert (found.starts < found.ends).all()
    assert (found.ends[:-1] <= found.starts[1:]).all()
    assert not len(found) or found.ends[-1] <= len(data)
    assert len(found.hashes) == len(found.is_arm) == len(found)
    assert len(found.distinct(0)) == len(np.unique(found.hashes))
