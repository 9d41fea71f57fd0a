"""Tests of strength: what it compares, its bounds, and its words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.evidence import SCALE, CalibrationRun, Strength, grade

RUN = CalibrationRun("trials made by hand", -2.0, 3.0)
INSIDE, OUTSIDE = "the phone is kept inside P", "the phone is kept outside P"


@pytest.mark.parametrize(
    ("lr", "support"),
    [
        (1.0, "no support"),
        (2.0, "weak support"),
        (9.99, "weak support"),
        (10.0, "moderate support"),
        (100.0, "moderately strong support"),
        (1_000.0, "strong support"),
        (10_000.0, "very strong support"),
        (1_000_000.0, "extremely strong support"),
    ],
)
def test_each_edge_of_the_scale_belongs_to_the_higher_step(lr: float, support: str) -> None:
    """The guideline's steps begin at 2, 10, 100, 1,000, 10,000 and 1,000,000."""
    assert grade(math.log10(lr)).support_en == support


@given(st.floats(-12, 12))
def test_evidence_for_one_is_as_strong_as_its_inverse_for_the_other(log10_lr: float) -> None:
    """An LR and its inverse have the same grade."""
    assert grade(log10_lr) == grade(-log10_lr)


@given(st.floats(0, 12), st.floats(0, 12))
def test_more_evidence_never_has_a_lower_grade(first: float, second: float) -> None:
    """The scale rises."""
    low, high = sorted((first, second))
    assert SCALE.index(grade(low)) <= SCALE.index(grade(high))


@pytest.mark.parametrize("beyond", [3.01, -2.01, math.inf, -math.inf, math.nan])
def test_a_number_beyond_its_calibration_is_refused(beyond: float) -> None:
    """No strength is stated that the trials of its calibration cannot support."""
    with pytest.raises(ValueError, match="log10 LR"):
        Strength(beyond, INSIDE, OUTSIDE, RUN)


@pytest.mark.parametrize(("first", "second"), [("", OUTSIDE), (INSIDE, " "), (INSIDE, INSIDE)])
def test_a_strength_compares_two_statements(first: str, second: str) -> None:
    """Neither may be empty, and they may not be the same."""
    with pytest.raises(ValueError, match="two statements"):
        Strength(1.0, first, second, RUN)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [(" ", -1.0, 1.0), ("run", 0.5, 1.0), ("run", -1.0, -0.5), ("run", -math.inf, 1.0)],
)
def test_a_calibration_has_a_name_and_bounds_around_no_evidence(
    name: str, low: float, high: float
) -> None:
    """Bounds are finite and enclose 0, so that LR 1 can always be said."""
    with pytest.raises(ValueError, match=r"calibration|bounds"):
        CalibrationRun(name, low, high)


def test_the_sentence_names_the_supported_statement_first() -> None:
    """Evidence against a statement is said as evidence for the other, in both languages."""
    against = Strength(-1.0, INSIDE, OUTSIDE, RUN)

    assert against.words("en").startswith(f'The findings give moderate support to "{OUTSIDE}"')
    assert against.words("fr").startswith(
        f"Les constatations apportent un soutien modéré à « {OUTSIDE} »"
    )


def test_the_sentence_of_no_evidence_supports_neither() -> None:
    """Below an LR of 2 neither statement is said to be supported, and nothing is a probability."""
    none = Strength(0.1, INSIDE, OUTSIDE, RUN)

    assert none.words("en").startswith("The findings support neither")
    assert none.words("fr").startswith("Les constatations ne soutiennent ni")
    assert "prob" not in none.words("en") + none.words("fr")


def test_a_grade_of_something_infinite_is_refused() -> None:
    """A log10 LR is finite."""
    with pytest.raises(ValueError, match="finite"):
        grade(math.inf)
