"""Texts and the templates of the firmware that they may have been made from."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from portique.examine.joined.template import literals, made_from, says_enough

_plain = st.text(st.characters(exclude_characters="%{}\0"), max_size=12)


@given(st.lists(_plain, min_size=1, max_size=6), st.lists(_plain, min_size=6, max_size=6))
def test_what_a_template_makes_is_recognised(parts: list[str], filled: list[str]) -> None:
    """Whatever stands in its placeholders, wherever its own signs are enough."""
    template = "%s".join(parts)
    text = parts[0] + "".join(f + p for f, p in zip(filled, parts[1:], strict=False))

    assert made_from(text, template) == says_enough(template)
    assert literals(template) == parts


def test_order_and_both_ends_count() -> None:
    """Parts in another order, or more before or behind, were not made from it."""
    assert made_from("id 1 lac 2 end", "id %d lac %04X end")
    assert not made_from("lac 2 id 1 end", "id %d lac %04X end")
    assert not made_from("xid 1 lac 2 end", "id %d lac %04X end")
    assert not made_from("id 1 lac 2 endx", "id %d lac %04X end")
    assert not made_from("abcd", "abc%sbcd")
    assert made_from("SALE {x}", "SALE {x}")
    assert made_from("SALE 0010170", "SALE {imei}")


def test_a_template_of_thousands_of_placeholders_costs_no_time() -> None:
    """Hostile firmware: matching takes time in proportion to the text."""
    started = time.process_time()

    assert not made_from("a" * 5_000, "aaaa" + "%sa" * 5_000 + "b")
    assert time.process_time() - started < 2
