"""Names of functions are read by their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.examine.firmware.tokens import acts_of, words_of


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("MyApp_SndShortMsg", "send_sms"),
        ("duanxin_fasong", "send_sms"),
        ("otpravit_soobshchenie", "send_sms"),
        ("[x] rcvSms cb=%p", "hook"),
        ("dx_jieshou_hdl", "hook"),
        ("EraseSMSRec", "suppress"),
        ("shanchu_dx", "suppress"),
        ("lianwang_dakai", "net"),
        ("rd_imsi_str", "identity"),
    ],
)
def test_a_name_says_its_act_whoever_wrote_it(name: str, act: str) -> None:
    """English, abbreviations, pinyin and transliterated Russian."""
    assert acts_of(name) == {act}


@pytest.mark.parametrize(
    "name", ["Send report now", "msg_send_ext_queue", "sms", "SendKeyEvent", "text_message_title"]
)
def test_a_word_alone_or_a_sentence_says_nothing(name: str) -> None:
    """Messages between tasks are no short messages."""
    assert not acts_of(name)


@given(st.text(max_size=60))
def test_any_text_has_words_in_small_letters(text: str) -> None:
    """Nothing is invented: the words are letters of the text, in order."""
    letters = "".join(each for each in text.lower() if each.isascii() and each.isalpha())
    assert len("".join(words_of(text))) <= len(letters)
    assert isinstance(acts_of(text), frozenset)
