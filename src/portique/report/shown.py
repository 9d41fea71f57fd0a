"""What a page shows of a row: nothing about people outside the fleet."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any

_NUMBER = re.compile(r"\+\d{6,15}")
HIDDEN = "[number not shown]"


def without_other_numbers(text: str, fleet: Set[str]) -> str:
    """Return a text with every number hidden that is not a fleet handset's own.

    Args:
        text: e.g. the grounds of a target.
        fleet: numbers of the fleet, E.164 with +.

    >>> without_other_numbers("+33711111111 called +33722222222", {"+33711111111"})
    '+33711111111 called [number not shown]'
    """
    return _NUMBER.sub(lambda found: found[0] if found[0] in fleet else HIDDEN, text)


def shown_target(target: dict[str, Any], fleet: Set[str]) -> dict[str, Any]:
    """Return one row of `target` as the figures show it."""
    return target | {
        "p_any": round(target["p_any"], 4),
        "expected_handsets": round(target["expected_handsets"], 4),
        "grounds": without_other_numbers(target["grounds"], fleet),
    }
