"""Values of a whole column: the fast reading is the slow one, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.collect.values import instant_values, real_values, text_values, whole_values
from portique.core.clock import micros, parse_utc

DIGITS = st.integers(0, 99).map(lambda number: f"{number:02}")
INSTANTS = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%d %H:%M")),
    st.builds(
        "{}{}-{}-{}{}{}:{}:{}{}".format,
        *(DIGITS, DIGITS, DIGITS, DIGITS, st.sampled_from("T t_"), DIGITS, DIGITS, DIGITS),
        st.sampled_from(["", "Z", "+00:00", "+02:00", "-03", ".5Z", ",123456789", " Z", "+25:00"]),
    ),
    st.text(max_size=8),
)


def _or_none(read: Callable[[str], int], text: str) -> int | None:
    try:
        return read(text)
    except (ValueError, OverflowError):
        return None


@given(st.lists(INSTANTS, max_size=12))
def test_instants_of_a_column_are_those_of_each(texts: list[str]) -> None:
    """Every form, every day that does not exist, every zone."""
    found = instant_values(pa.array(texts, pa.string()))

    each = [_or_none(lambda text: micros(parse_utc(text)), text) for text in texts]
    assert found.values.cast(pa.int64()).to_pylist() == each
    bad = [one is None and bool(text.strip()) for text, one in zip(texts, each, strict=True)]
    assert found.bad.tolist() == bad


@pytest.mark.parametrize(
    ("text", "value", "bad"),
    [
        ("7", 7, False),
        ("+7", 7, False),
        (" 7 ", 7, False),
        ("7.0", 7, False),
        ("", None, False),
        ("7.5", None, True),
        ("7,0", None, True),
        ("1e3", None, True),
        ("\u0667", None, True),
        ("9" * 19, None, True),
    ],
)
def test_whole_numbers(text: str, value: int | None, bad: bool) -> None:
    """Only what is one, in ASCII digits."""
    found = whole_values(pa.array([text]))

    assert (found.values.to_pylist(), found.bad.tolist()) == ([value], [bad])


@pytest.mark.parametrize(
    ("text", "value", "bad"),
    [
        ("48.5", 48.5, False),
        ("-.5", -0.5, False),
        ("1e2", 100.0, False),
        ("", None, False),
        ("48,5", None, True),
        ("nan", None, True),
        ("inf", None, True),
        ("1e999", None, True),
        ("48.5N", None, True),
    ],
)
def test_decimals(text: str, value: float | None, bad: bool) -> None:
    """Finite ones, with a point; a decimal comma is not guessed."""
    found = real_values(pa.array([text]))

    assert (found.values.to_pylist(), found.bad.tolist()) == ([value], [bad])


@given(st.lists(st.none() | st.text("ab é \t\n\u00a0\u202f", max_size=6), max_size=10))
def test_texts_lose_blanks_around_them_and_nothing_else(texts: list[str | None]) -> None:
    """An empty one is none."""
    found = text_values(pa.array(texts, pa.string())).values.to_pylist()

    assert found == [(text or "").strip() or None for text in texts]


def test_a_number_for_an_identifier_is_written_in_digits() -> None:
    """Only a whole one that a double holds exactly."""
    found = text_values(pa.array([208010000000001.0, 0.5, 1e17, None]))

    assert found.values.to_pylist() == ["208010000000001", None, None, None]
    assert found.bad.tolist() == [False, True, True, False]
