"""Whether a text was made from a template of the firmware.

Placeholders are those of C's `printf` and names in braces. What a placeholder stood for is not
judged: a template with too few signs of its own says nothing and matches nothing.
"""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(
    r"%(?:[-+ #0]*\d*(?:\.\d+)?(?:hh|h|ll|l|z)?[diouxXcsp])|\{[A-Za-z0-9_]*\}"
)
LEAST_SIGNS = 4
"""Letters and digits that a template must have beside its placeholders."""


def literals(template: str) -> list[str]:
    """Return what stands before, between and behind the placeholders of a template.

    >>> literals("IMEI:%s;LAC=%04x"), literals("100%%")
    (['IMEI:', ';LAC=', ''], ['100%'])
    """
    parts = [""]
    at = 0
    for found in _PLACEHOLDER.finditer(template.replace("%%", "\0")):
        text = template.replace("%%", "\0")
        parts[-1] += text[at : found.start()]
        parts.append("")
        at = found.end()
    parts[-1] += template.replace("%%", "\0")[at:]
    return [part.replace("\0", "%") for part in parts]


def says_enough(template: str) -> bool:
    """Return whether a template has enough signs of its own to be recognised.

    >>> says_enough("%s %s"), says_enough("IMEI %s")
    (False, True)
    """
    return sum(sign.isalnum() for part in literals(template) for sign in part) >= LEAST_SIGNS


def made_from(text: str, template: str) -> bool:
    """Return whether a whole text may have been made from a template.

    Takes time in proportion to the text, whatever the template: with placeholders that may stand
    for anything, taking each part at its first place is right.

    >>> made_from("IMEI:001017063233475;LAC=1234", "IMEI:%s;LAC=%04x")
    True
    >>> made_from("IMEI:001017063233475", "IMEI:%s;LAC=%04x"), made_from("hello", "%s")
    (False, False)
    """
    if not says_enough(template):
        return False
    first, *others = literals(template)
    if not others:
        return text == first
    *middle, last = others
    if not text.startswith(first) or not text.endswith(last):
        return False
    at, stop = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, stop)
        if found < 0:
            return False
        at = found + len(part)
    return at <= stop
