"""What the sieve holds back has no label and names nothing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from portique.examine.firmware import screen_words, tokens, words
from portique.examine.firmware.items import kinds_of
from portique.examine.firmware.sieve import worth_reading
from portique.examine.firmware.strings import Text

_SOME = "|".join((words.COMMAND_WORDS, words.SERVER_WORDS, words.ACT_WORDS)).split("|")
_PIECES = [
    *sorted(words.STEMS_OF_ALL),
    *sorted(tokens.NOUNS),
    *sorted(word for known in tokens.LEXICON.values() for word in known.split()),
    *(each.replace("?", "").replace("(:", "").replace(")", "") for each in _SOME),
    *words.TOP_DOMAINS.split("|"),
    *("http://", ".", "/", "+", "00", "33612345678", "10.0.0.172", "8.8.4.4", "1066", "AT+"),
    *("AT+CMGS", "Press OK", "yes", "Message sent", "1 new ", "*#06#", "Write ", "received"),
    *screen_words.STEMS,
    *("=", ":", "%s", "%d", "#", "<", "_", " ", "  ", "?", "!", "-", "\t", "\r\n"),
    *("Are you sure", "A", "x", "9"),
]  # fmt: skip
texts = st.lists(st.sampled_from(_PIECES), max_size=6).map("".join) | st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12
)


@settings(max_examples=1500)
@given(st.lists(texts, max_size=30), st.sampled_from([str, str.upper, str.capitalize]))
def test_no_text_that_says_something_is_held_back(values: list[str], written: object) -> None:
    """Whatever has a label or names something is let through, wherever it stands in the list."""
    assert callable(written)
    values = [written(value) for value in values]
    kept = worth_reading(values).tolist()

    for value, is_kept in zip(values, kept, strict=True):
        labels = words.labels_of(value)
        named = list(kinds_of(Text(0, 0, len(value), value, "ascii"), labels))
        assert is_kept or not (labels or named), value


def test_texts_of_chance_are_held_back() -> None:
    """And of none, nothing is kept."""
    assert worth_reading([]).tolist() == []
    assert not worth_reading(["l9l", "@q@99i0z", "'@*", "", "  "]).any()
