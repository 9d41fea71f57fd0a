"""Loops that are compiled when they are first needed, and remembered on disk where that is allowed.

The first compilation on a machine takes some seconds (docs/firmware.md says how many). It is kept
in `__pycache__` beside the source, or in the user's cache folder where the source may not be
written; where neither may be, every process compiles anew. A stored compilation that cannot be read
or written costs time and nothing else: the loop is compiled in memory then.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Sequence
from typing import Any

Loop = Callable[..., int]
_NO_STORE = (OSError, RuntimeError, EOFError, pickle.UnpicklingError)
"""No place that may be written (RuntimeError is numba's word for it), or a damaged one."""
_ready: dict[Loop, Loop] = {}
_lock = threading.Lock()


def is_ready(loop: Loop) -> bool:
    """Return whether a loop was compiled in this process, so that calling it costs nothing more."""
    return loop in _ready


def compiled(loop: Loop, parts: Sequence[Callable[..., object]], arguments: Sequence[Any]) -> Loop:
    """Return a loop compiled for some types of arguments.

    Args:
        loop: a function of this package, written for numba.
        parts: what it calls, each after what it calls itself.
        arguments: small ones of the right types, at which the loop ends at once: it is called with
            them, so that whatever goes wrong goes wrong here.
    """
    with _lock:
        if loop not in _ready:
            _ready[loop] = _compile(loop, parts, arguments)
        return _ready[loop]


def _compile(loop: Loop, parts: Sequence[Callable[..., object]], arguments: Sequence[Any]) -> Loop:
    from numba import njit  # noqa: PLC0415 - half a second, and only firmware needs it
    from numba.extending import register_jitable  # noqa: PLC0415

    for part in parts:
        register_jitable(part)
    try:
        stored: Loop = njit(cache=True, nogil=True)(loop)
        stored(*arguments)
    except _NO_STORE:
        in_memory: Loop = njit(nogil=True)(loop)
        in_memory(*arguments)
        return in_memory
    return stored
