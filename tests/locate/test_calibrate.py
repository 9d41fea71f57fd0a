"""From terms to strengths: the cap for phones that are gone, and the fit on known answers."""

from __future__ import annotations

import numpy as np

from portique.locate.calibrate import PRESENCE_TERMS, SILENCE, Gone, combine, shipped
from portique.locate.fit import fit_presence

GONE = Gone(prior=0.05, unused=0.1, pace=1.0)
TERMS = len(PRESENCE_TERMS)


def test_no_evidence_of_place_outweighs_a_long_silence() -> None:
    """Sectors say where a phone was; a phone that is gone was there as well."""
    terms = np.zeros((2, TERMS))
    terms[:, 0] = 9.0
    terms[1, SILENCE] = 2.0
    weight = np.ones(TERMS)
    weight[SILENCE] = 0.0

    fresh, silent = combine(terms, weight, 0.0, GONE)

    assert fresh > 1.2
    assert silent < np.log10(0.1 / 0.05) + 1e-6


def test_silence_says_nothing_for_a_phone_that_was_never_there() -> None:
    """Where the sectors speak against the prison, the LR stays what they say."""
    terms = np.zeros((2, TERMS))
    terms[:, 0] = -3.0
    terms[1, SILENCE] = 2.0
    weight = np.ones(TERMS)
    weight[SILENCE] = 0.0

    fresh, silent = combine(terms, weight, 0.0, GONE)

    assert abs(fresh - silent) < 0.01


def test_the_fit_finds_what_made_the_trials() -> None:
    """Half of the silent phones are gone: the cap comes out near one, the weight near its own."""
    rng = np.random.default_rng(1)
    count = 4_000
    inside = np.arange(count) < count // 2
    terms = np.zeros((count, TERMS))
    terms[:, 0] = np.where(inside, 1.0, -1.0) * 2 + rng.normal(0, 1.3, count)
    gone = ~inside & (rng.random(count) < 0.3)
    unused = inside & (rng.random(count) < 0.3)
    terms[gone, 0] = 2 + rng.normal(0, 1.3, int(gone.sum()))
    terms[:, SILENCE] = np.where(gone | unused, 1.5, np.log10(1 + rng.exponential(1.0, count)))

    found = fit_presence(terms, inside, 1.0)

    silent, fresh = np.zeros((1, TERMS)), np.zeros((1, TERMS))
    silent[0, [0, SILENCE]], fresh[0, 0] = (6.0, 1.5), 6.0
    assert abs(combine(silent, found.weight, found.offset, found.gone)[0]) < 0.15
    assert combine(fresh, found.weight, found.offset, found.gone)[0] > 1.0


def test_the_calibration_that_is_shipped_bounds_every_strength() -> None:
    """However extreme the terms, no LR lies beyond what the validation supports."""
    weights = shipped()
    terms = np.full((2, TERMS), 50.0)
    terms[1] = -50.0
    terms[:, SILENCE] = 0.0

    low, high = weights.presence_bounds
    assert low < 0 < high < 4
    assert ((weights.presence_log10_lr(terms) >= low) & (terms[:, 0] != 0)).all()
    assert (weights.presence_log10_lr(terms) <= high).all()
