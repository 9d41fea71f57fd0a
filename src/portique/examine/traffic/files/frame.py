"""A frame as read from a capture file, and the fault that ends a file early."""

from __future__ import annotations

from typing import TypeAlias

Frame: TypeAlias = tuple[int, int, int, bytes, int]
"""Number from 1, microseconds since 1970 (UTC), link type, bytes kept, bytes on the wire."""

LARGEST_FRAME = 1 << 20
"""Bytes; a record that claims more is damage, not a frame (writers stop at 256 KiB)."""


class FileFault(Exception):  # noqa: N818 - what is wrong with a file, not with the program
    """What ends a capture early: the frames before it count, the fault is coverage lost.

    Args:
        words: what is wrong, e.g. "record 12 at byte 9,120 claims 4,294,967,295 bytes".
    """
