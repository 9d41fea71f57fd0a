"""Where code runs, found from the code: pointers to functions must land on functions.

A Thumb function's pointer is its address plus one. Each pair of such a pointer and the beginning of
a function names one address for the segment; the true one is named by many pairs, others by few.
"""

from __future__ import annotations

import numpy as np

from portique.examine.firmware.functions import Functions, Places, literals_of
from portique.examine.firmware.referring import distinct

_LEAST_PAIRS = 12
_TIMES_THE_NEXT = 2
_LEAST_TOLD = _LEAST_PAIRS // _TIMES_THE_NEXT + 1
"""An address that fewer pairs name is neither the true one nor near it."""
_MOST_POINTERS = 1_000
_MOST_STARTS = 8_000
_LOWEST = 0x1000
_BELOW_ZERO = 1 << 30
"""From here on, a difference of two numbers below it is one that went below zero."""


def infer(code: bytes, functions: Functions) -> int | None:
    """Return the address at which the first byte of the code runs; None: nothing stands out.

    Args:
        code: the bytes.
        functions: of the code.
    """
    words = np.frombuffer(code[: len(code) // 4 * 4], "<u4")
    halfwords = np.frombuffer(code[: len(code) // 2 * 2], "<u2")
    if not len(functions) or not len(words):
        return None
    thumb = functions.starts[~functions.is_arm]
    pushes = thumb[halfwords[thumb // 2] & 0xFF00 == 0xB500]
    loaded = literals_of(halfwords[: 2 * len(words)])[::2]
    pointers = distinct(words[loaded & (words & 1 == 1) & (words > _LOWEST)].astype(np.int64))
    pointers = _some(pointers, _MOST_POINTERS)
    pushes = _some(pushes, _MOST_STARTS)
    if not len(pointers) or not len(pushes):
        return None
    values, counts = _bases(pointers, pushes)
    if not len(values):
        return None
    best = int(np.argmax(counts))
    rest = np.delete(counts, best)
    next_best = int(rest.max()) if len(rest) else 0
    if counts[best] < _LEAST_PAIRS or counts[best] < _TIMES_THE_NEXT * next_best:
        return None
    return int(values[best])


def _bases(pointers: Places, pushes: Places) -> tuple[Places, Places]:
    """Return the addresses that seven pairs of a pointer and a push name, and how many name each.

    Multiples of four, counted in fours: numbers of 32 bits are sorted six times as fast.
    """
    by_rest = (
        (pointers[(pointers - 1) & 3 == rest] >> 2, pushes[pushes & 3 == rest] >> 2)
        for rest in (0, 2)
    )
    pairs = np.concatenate(
        [
            (each.astype(np.uint32)[:, None] - push.astype(np.uint32)[None, :]).ravel()
            for each, push in by_rest
        ]
    )
    pairs.sort()
    pairs = pairs[: np.searchsorted(pairs, _BELOW_ZERO)]
    less = _LEAST_TOLD - 1
    told = pairs[less:][pairs[less:] == pairs[: max(len(pairs) - less, 0)]]
    values, counts = np.unique(told, return_counts=True)
    return 4 * values.astype(np.int64), counts + less


def _some(pointers: Places, most: int) -> Places:
    return pointers[:: max(1, len(pointers) // most)][:most]
