"""Which of many texts may say anything: nearly all that look like texts in code are chance.

`words.labels_of` and `items.kinds_of` read a text with some forty patterns. Here all texts of a
segment are searched at once for what one of these patterns needs at least. What stays behind has no
label and names nothing; what is let through is read as before, and most of it has none either.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from portique.examine.firmware import screen_words, tokens, words

_BETWEEN = "\0"
"""No text holds a zero, so nothing that is found reaches from one text into the next."""


def _one_of(pieces: Iterable[str]) -> str:
    """Return a pattern of fixed pieces, those with the same beginning together: searched faster."""
    by_letter: dict[str, list[str]] = defaultdict(list)
    for piece in sorted(set(pieces)):
        by_letter[piece[0]].append(re.escape(piece[1:]))
    return "|".join(
        f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in sorted(by_letter.items())
    )


_ANYWHERE = tuple(
    re.compile(pattern)
    for pattern in (
        _one_of([*words.STEMS_OF_ALL, *tokens.NOUNS, *screen_words.STEMS]),
        words.PROMPT.pattern,
        r"\?\s*\0",
        r"://",
        r"\.(?:" + words.TOP_DOMAINS + r"|\d)",
        r"\+[1-9]\d{7}",
        r"00[1-9]\d{7}",
    )
)
"""In texts of small letters. Each is needed by some pattern wherever it stands in the text."""
_AT_BEGINNING = re.compile(
    r"\0[^\w\0]*(?:"
    + "|".join((words.COMMAND_WORDS, words.SERVER_WORDS, words.ACT_WORDS, r"at\+"))
    + r"|\d{3,6}\s*(?=\0))"
)


def worth_reading(values: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which texts may have a label or name something; of the others none does.

    >>> worth_reading(["x@9", "vm_sms_send", "%02x", "a.example", "1066"]).tolist()
    [False, True, False, True, True]
    """
    joined = _BETWEEN + _BETWEEN.join(values).lower() + _BETWEEN
    found = [
        match.end() - 1
        for pattern in (*_ANYWHERE, _AT_BEGINNING)
        for match in pattern.finditer(joined)
    ]
    lengths = np.fromiter((len(value) + 1 for value in values), np.int64, len(values))
    kept = np.zeros(len(values), np.bool_)
    # A zero that was found belongs to the text that it ends.
    kept[np.searchsorted(np.cumsum(lengths), found)] = True
    return kept
