"""How a long computation tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""`progress(what, done, total)`: what is done in words, units done, units in all (0: unknown)."""


def silent(what: str, done: int, total: int) -> None:
    """Say nothing: for tests and for programs."""
