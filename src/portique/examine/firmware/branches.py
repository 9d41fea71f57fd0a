"""Thumb calls whose target was made absolute before packing: made relative again.

Before packing, builds write the halfword number of a call's target into its two halfwords in place
of the distance, so that calls to one function look alike. Which distance comes back depends on the
segment: ALICE_1 none (nothing was changed), ALICE_2 `A - i - 1`, ZIMAGE `A - i - 2`, where `i` is
the number of the call's first halfword and `A` what is written. In ALICE_2 a call that straddles
two 64-byte blocks was left as it is. That a repair is right shows where calls land: on functions,
which begin with a push of the link register. Calls to ARM code (BLX) are treated alike: on SIM800C
99.9 % of their distances become even, as ARM code needs, and ZIMAGE ends exactly only then.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_MASK = 0x3FFFFF
_HALFWORDS_OF_BLOCK = 32
_PUSH_LR = 0xB500

Halfwords = npt.NDArray[np.int64]


def mend_alice(plain: bytes, version: int) -> bytes:
    """Return code of an ALICE segment with relative calls.

    Args:
        plain: as decoded.
        version: 1 or 2.
    """
    if version == 1:
        return plain
    code, calls = _calls(plain)
    calls = calls[(calls + 1) % _HALFWORDS_OF_BLOCK != 0]
    return _moved(code, calls, 1)


def mend_zimage(plain: bytes) -> bytes:
    """Return code of a ZIMAGE segment with relative calls."""
    return _moved(*_calls(plain), 2)


def calls_on_functions(code: bytes) -> tuple[int, int]:
    """Return how many calls land inside the code, and how many of these on a `push {.., lr}`.

    >>> calls_on_functions(bytes.fromhex("00f002f8 c046 c046 c046 10b5"))
    (1, 0)
    >>> calls_on_functions(bytes.fromhex("00f002f8 c046 c046 10b5"))
    (1, 1)
    """
    halfwords, calls = _calls(code, to_arm=False)
    target = calls + 2 + _signed(_field(halfwords, calls))
    inside = target[(target >= 0) & (target < len(halfwords))]
    return len(inside), int(np.count_nonzero(halfwords[inside] & 0xFF00 == _PUSH_LR))


def _calls(plain: bytes, *, to_arm: bool = True) -> tuple[Halfwords, Halfwords]:
    """Return the code as halfwords, and the numbers of those at which a call begins."""
    code = np.frombuffer(plain[: len(plain) // 2 * 2], "<u2").astype(np.int64)
    first = code[:-1] >> 11 == 0b11110
    second = code[1:] >> 11 == 0b11111
    if to_arm:
        second |= code[1:] >> 11 == 0b11101
    return code, np.flatnonzero(first & second)


def _field(code: Halfwords, calls: Halfwords) -> Halfwords:
    return ((code[calls] & 0x7FF) << 11) | (code[calls + 1] & 0x7FF)


def _signed(field: Halfwords) -> Halfwords:
    return np.where(field > _MASK >> 1, field - _MASK - 1, field)


def _moved(code: Halfwords, calls: Halfwords, less: int) -> bytes:
    distance = (_field(code, calls) - calls - less) & _MASK
    code[calls] = 0xF000 | (distance >> 11)
    code[calls + 1] = (code[calls + 1] & 0xF800) | (distance & 0x7FF)
    return code.astype("<u2").tobytes()
