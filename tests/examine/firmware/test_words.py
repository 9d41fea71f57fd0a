"""What texts say of code: looking for a stem first leaves nothing out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portique.examine.firmware import words
from portique.examine.firmware.tokens import acts_of

PIECES = st.sampled_from(
    ["sms", "Sms", "MSG", "message", "send", "Send", "Submit", "recv", "delete", "_", " ", "+CMGS",
     "AT+CNMI", "soc_", "tcp", "Open", "http", "POST /", "GET %", "imei", "IMSI", "=", ":", "%s",
     "get", "popup", "menu", "Item", "list_screen", "draw", "ATD", "+", "call", "make", "Dial",
     "deviceid", "Press", "OK", "x", "9"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=8).map("".join))
def test_stems_change_no_label(value: str) -> None:
    """Each pattern is asked here of every text, with and without words of capitals apart."""
    split = words.CAMEL.sub("_", value)
    found = {
        label
        for label, pattern in words.API_PATTERNS.items()
        if pattern.search(value) or pattern.search(split)
    }
    told = words.labels_of(value)

    by_words = acts_of(value)
    assert told & set(words.API) - {"identity"} == (found | by_words) - {"identity"}
    assert ("identity" in found | by_words) <= ("identity" in told)
