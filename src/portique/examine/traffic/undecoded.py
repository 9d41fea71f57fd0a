"""What could not be decoded: a reason in words, counted as coverage lost."""

from __future__ import annotations


class Undecoded(Exception):  # noqa: N818 - a result, not an error: "could not be looked at"
    """A frame, or what it carries, that is not understood.

    Args:
        reason: short and the same for all frames of one kind, e.g. "link type 147 unknown".
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
