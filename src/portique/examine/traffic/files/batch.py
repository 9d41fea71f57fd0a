"""Some frames of a file at once: where each lies, and not one byte of it copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FRAMES_AT_ONCE = 1 << 14
"""Frames of one batch: some MiB of positions, however long the file is."""


@dataclass(frozen=True)
class Batch:
    """Frames that follow each other in a file.

    Args:
        starts: byte of the file at which each frame starts.
        kept: bytes of each that the file holds.
        links: link type of each.
        at_us: microseconds since 1970 (UTC) of each; of pcapng they may be beyond 64 bits.
    """

    starts: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]
    links: npt.NDArray[np.int64]
    at_us: Sequence[int] | npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)
