"""What a phone tells its user while it writes, sends and receives messages, and dials.

Such a text says nothing of covert work. It says what the functions beside it do: who shows "Message
sent" once a call has succeeded has just sent one.
"""

from __future__ import annotations

import re

STEMS = ("messag", "sms", "*#06#")
"""One of them stands in every text with such a label, in small letters."""
_LONGEST = 80
_NOUN = r"(?:text |short )?(?:messages?|sms)\b"
_ABOUT: dict[str, re.Pattern[str]] = {
    "shows_sent": re.compile(
        rf"(?:^|\b)(?:{_NOUN}[ :]*(?:is |was |has been |not |sending |send |could not be )*"
        rf"(?:sent|sending|send|failed|failure)\b|"
        rf"(?:sent|sending|send)\b(?: the| your| failed:?)? {_NOUN})",
        re.I,
    ),
    "shows_new": re.compile(
        rf"(?:\b(?:new|incoming|unread)\b[ %d()]*{_NOUN}|"
        rf"\b{_NOUN} (?:has |was )?(?:received|arrived)|"
        rf"\b(?:received|you have) (?:a |an |%d )?(?:new )?{_NOUN})",
        re.I,
    ),
    "shows_body": re.compile(
        rf"^(?:write|enter|type|edit|input|compose|create)\b[\w ]{{0,12}}{_NOUN}", re.I
    ),
}
SCREEN_LABELS = frozenset(_ABOUT) | {"shows_serial"}
RECIPIENT = re.compile(
    r"^(?:(?:send |message )?to|recipients?|receiver|addressee|"
    r"(?:enter |phone |input |recipient'?s? )?numbers?|phone(?: no\.?)?|tel)\W*$",
    re.I,
)
"""Above a field into which the user types the number."""
BODY = re.compile(
    r"^(?:(?:write|enter|type|edit|input|compose|create|new|your)\b[\w ]{0,12})?"
    r"(?:text |short )?(?:messages?|sms|text)\W*$",
    re.I,
)
"""Above a field into which the user types the message."""
SERIAL_CODE = "*#06#"
"""What a user dials to see the IMEI. Source: 3GPP TS 22.030, chapter 6.7."""


def screen_labels(value: str, small: str) -> frozenset[str]:
    """Return what a text tells the user of messages and calls.

    Args:
        value: the text.
        small: the same in small letters.

    >>> sorted(screen_labels("Message sent", "message sent"))
    ['shows_sent']
    >>> sorted(screen_labels("1 new message", "1 new message")), screen_labels("sms", "sms")
    (['shows_new'], frozenset())
    """
    if not any(stem in small for stem in STEMS) or len(value) > _LONGEST:
        return frozenset()
    if value.strip() == SERIAL_CODE:
        return frozenset({"shows_serial"})
    if " " not in value.strip() or "_" in value or "?" in value:
        return frozenset()
    return frozenset(label for label, pattern in _ABOUT.items() if pattern.search(value))
