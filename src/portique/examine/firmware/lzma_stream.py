"""LZMA as these phones use it, which the usual library cannot read.

Two differences: the window may hold bytes before the first one is decoded (MediaTek ZIMAGE, whose
window is the ALICE code), and a build may lack matched literals (Spreadtrum). Everything else is
LZMA as its public specification says. The loop is in `lzma_kernel`, and runs
compiled where that saves time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from portique.examine.firmware import lzma_kernel as kernel
from portique.examine.firmware.compiled import compiled, is_ready
from portique.examine.firmware.reading import Damaged, cut, u32

END_MARK = kernel.END_MARK
_WORTH_COMPILING = 64 << 10
_AT_ONCE = 1 << 20
_TOLD = {
    kernel.STARVED: "the LZMA stream ends before its content does",
    kernel.TOO_LONG: "a match runs past the plain size",
}


@dataclass(frozen=True)
class Properties:
    """What the first bytes of a stream say.

    Args:
        lc: bits of the byte before that choose a literal's context, 0 to 8.
        lp: bits of the position that choose it, 0 to 4.
        pb: bits of the position for everything else, 0 to 4.
        matched_literals: a literal behind a match uses the byte that the match would continue with.
    """

    lc: int
    lp: int
    pb: int
    matched_literals: bool = True

    @classmethod
    def of(cls, byte: int, *, matched_literals: bool = True) -> Properties:
        """Return the properties that one byte stands for.

        Raises:
            Damaged: no stream begins with that byte.

        >>> Properties.of(0x5C)
        Properties(lc=2, lp=0, pb=2, matched_literals=True)
        """
        if byte >= 9 * 5 * 5:
            raise Damaged(f"no LZMA properties: {byte:#x}")
        return cls(byte % 9, byte // 9 % 5, byte // 45, matched_literals)


def read_alone_header(data: bytes, offset: int) -> tuple[int, int, int]:
    """Return properties byte, dictionary size and plain size of an LZMA-alone header (13 bytes).

    Raises:
        Damaged: the data end.
    """
    head = cut(data, offset, 13)
    return head[0], u32(head, 1), int.from_bytes(head[5:13], "little")


def decode(
    data: bytes,
    properties: Properties,
    size: int,
    *,
    window: bytes = b"",
    tick: Callable[[int], None] | None = None,
    is_compiled: bool | None = None,
) -> tuple[bytes, int, bool]:
    """Return the plain bytes, how many bytes were read, and whether nothing is left in the coder.

    Args:
        data: the stream, from the zero byte on.
        properties: of the stream.
        size: plain bytes wanted; no more are made, whatever the stream says.
        window: what matches may reach before the first byte.
        tick: told from time to time how many bytes are done.
        is_compiled: whether to run the compiled loop; None: where it saves time. Both do the same.

    Raises:
        Damaged: the stream ends early, or reaches past its window.
    """
    if len(data) < 5 or data[0] != 0:
        raise Damaged("no LZMA stream: its first byte is not zero, or it is cut")
    if is_compiled is None:
        is_compiled = is_ready(kernel.run) or min(size, 64 * len(data)) >= _WORTH_COMPILING
    loop = _Loop(data, properties, (window, size), is_compiled=is_compiled)
    while loop.goes_on:
        loop.step()
        if tick:
            tick(loop.made)
    plain = bytes(memoryview(loop.out)[len(window) : len(window) + loop.made])
    return plain, int(loop.coder[kernel.READ]), int(loop.coder[kernel.CODE]) == 0


class _Loop:
    """What the loop works on, and how far it is."""

    def __init__(
        self, data: bytes, properties: Properties, room: tuple[bytes, int], *, is_compiled: bool
    ) -> None:
        window, size = room
        self.until = len(window) + size
        self.out = bytearray(self.until)
        self.out[: len(window)] = window
        self.coder: Any = [0xFFFFFFFF, int.from_bytes(data[1:5], "big"), 5]
        self._walk: Any = [0, 0, 0, 0, 0, len(window)]
        self._odds: Any = [kernel.HALF] * kernel.count_odds(properties.lc, properties.lp)
        matched = int(properties.matched_literals)
        own = [properties.lc, properties.lp, properties.pb, matched]
        own += [len(window), len(window), len(data)]
        self._shape: Any = own
        self._data: Any = data + bytes(kernel.BEHIND)
        self._out: Any = self.out
        self._run = _compiled() if is_compiled else kernel.run
        if is_compiled:
            self._data, self._out = (
                np.frombuffer(each, np.uint8) for each in (self._data, self.out)
            )
            self.coder, self._walk, self._shape = (
                np.array(each, np.int64) for each in (self.coder, self._walk, own)
            )
            self._odds = np.array(self._odds, np.uint16)
        self._start = len(window)
        self.goes_on = size > 0

    @property
    def made(self) -> int:
        """Bytes of output so far."""
        return int(self._walk[kernel.MADE]) - self._start

    def step(self) -> None:
        """Go on for a megabyte, or to where the stream ends.

        Raises:
            Damaged: it ends wrongly.
        """
        self._shape[5] = min(self._start + self.made + _AT_ONCE, self.until)
        why = self._run(self._data, self.coder, self._odds, self._walk, self._out, self._shape)
        if why == kernel.TOO_FAR:
            distance = int(self._walk[kernel.REP0]) + 1
            raise Damaged(f"a match reaches {distance:,} bytes back, past the window")
        if why in _TOLD:
            raise Damaged(_TOLD[why])
        self.goes_on = why == kernel.FULL and self._start + self.made < self.until


def _compiled() -> Callable[..., int]:
    kinds = ("uint8", "int64", "uint16", "int64", "uint8", "int64")
    return compiled(kernel.run, kernel.PARTS, kinds)
