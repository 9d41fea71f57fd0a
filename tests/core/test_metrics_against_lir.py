"""The metrics against another implementation: `lir` of the Netherlands Forensic Institute.

It is a dependency of development alone, and of the Pythons for which its own have releases.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import numpy.typing as npt
import pytest

from portique.core.metrics import cllr, cllr_cal, cllr_min, ece, elub_bounds, pav

if sys.version_info >= (3, 13):
    pytest.skip("the lock has lir for Python 3.11 and 3.12 alone", allow_module_level=True)

from lir import metrics as theirs
from lir.algorithms.bayeserror import elub
from lir.algorithms.isotonic_regression import IsotonicCalibrator
from lir.data.models import LLRData
from lir.plotting.expected_calibration_error import calculate_ece

Floats = npt.NDArray[np.float64]
CLIP = 6.0
"""Infinite ratios are clipped before any of ours is asked: it refuses them."""


def _random(seed: int, of_h1: int, of_h2: int, decimals: int | None) -> tuple[Floats, Floats]:
    draw = np.random.default_rng(seed)
    h1, h2 = draw.normal(1.2, 1.5, of_h1), draw.normal(-0.8, 1.0, of_h2)
    return (h1, h2) if decimals is None else (h1.round(decimals), h2.round(decimals))


SETS: dict[str, tuple[Floats, Floats]] = {
    "random": _random(1, 300, 700, None),
    "random, unequal classes": _random(2, 7, 2000, None),
    "random, many ties": _random(3, 400, 200, 0),
    "badly calibrated": (np.linspace(-4, 2, 90), np.linspace(-2, 4, 110)),
    "one of each, the right way": (np.array([1.0]), np.array([-1.0])),
    "one of each, the wrong way": (np.array([-1.0]), np.array([1.0])),
    "one of each, no evidence": (np.array([0.0]), np.array([0.0])),
    "all alike": (np.full(5, 0.3), np.full(9, 0.3)),
    "told apart without a fault": (np.array([0.5, 2.0, 2.0]), np.array([-3.0, 0.1])),
    "infinite, clipped": (
        np.clip([np.inf, np.inf, 1.0, -np.inf], -CLIP, CLIP),
        np.clip([-np.inf, -2.0, np.inf, 0.0], -CLIP, CLIP),
    ),
    "ties across the classes": (np.array([0.0, 1.0, 1.0, 2.0]), np.array([1.0, 0.0, 0.0, 2.0])),
}
PRIORS = np.linspace(-3.0, 3.0, 25)


@pytest.fixture(params=SETS)
def trials(request: pytest.FixtureRequest) -> tuple[Floats, Floats]:
    """Two classes of log10 LRs."""
    return SETS[str(request.param)]


def _labelled(h1: Floats, h2: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    return np.concatenate([h1, h2]), np.repeat([1, 0], [len(h1), len(h2)])


def test_it_is_the_release_that_was_read() -> None:
    """Its names have moved between releases; another one wants another look."""
    assert version("lir") == "1.3.1"


@pytest.mark.parametrize(
    ("ours", "other"),
    [(cllr, theirs.cllr), (cllr_min, theirs.cllr_min), (cllr_cal, theirs.cllr_cal)],
)
def test_costs_are_those_of_lir(
    trials: tuple[Floats, Floats],
    ours: Callable[[Floats, Floats], float],
    other: Callable[[LLRData], float],
) -> None:
    """Cllr, what is left of it by order alone, and the difference."""
    values, labels = _labelled(*trials)

    assert ours(*trials) == pytest.approx(
        other(LLRData(features=values, labels=labels)), abs=1e-9, rel=1e-9
    )


def test_pooled_ratios_are_those_of_lir(trials: tuple[Floats, Floats]) -> None:
    """Pool-adjacent-violators, trial by trial, the ends without an end included."""
    values, labels = _labelled(*trials)
    with np.errstate(divide="ignore"):
        other = IsotonicCalibrator().fit_transform(values, labels)

    at, pooled = pav(*trials)

    assert pooled[np.searchsorted(at, values)] == pytest.approx(other, abs=1e-9)


def test_cross_entropy_is_that_of_lir(trials: tuple[Floats, Floats]) -> None:
    """As reported, pooled, and without evidence, at 25 priors."""
    values, labels = _labelled(*trials)
    prior = 1.0 / (1.0 + 10.0**-PRIORS)
    at, pooled = pav(*trials)
    best = pooled[np.searchsorted(at, values)]

    found = ece(*trials, PRIORS)

    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        assert found.system == pytest.approx(calculate_ece(10.0**values, labels, prior), abs=1e-9)
        assert found.reference == pytest.approx(
            calculate_ece(np.ones_like(values), labels, prior), abs=1e-9
        )
        finite = np.clip(best, -300.0, 300.0)
        assert found.pooled == pytest.approx(calculate_ece(10.0**finite, labels, prior), abs=1e-9)


@pytest.mark.parametrize("name", ["random", "random, many ties", "badly calibrated"])
def test_bounds_are_those_of_lir_within_its_steps(name: str) -> None:
    """It walks in hundredths and stops one before the fault; ours is the place of the fault."""
    h1, h2 = SETS[name]
    values, labels = _labelled(h1, h2)

    assert elub_bounds(h1, h2) == pytest.approx(elub(values.copy(), labels), abs=0.0201)
