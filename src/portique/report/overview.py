"""The page of a case."""

from __future__ import annotations

from typing import Any


def page(figures: dict[str, Any]) -> str:
    """Return the page."""
    return "<!doctype html>" + str(figures["case"]["id"])
