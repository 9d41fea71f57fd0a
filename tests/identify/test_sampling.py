"""The posterior of the partition of one IMEI's stretches."""

from __future__ import annotations

import numpy as np
import pytest

from portique.identify import sampling
from portique.identify.partition import Prior, Scores
from portique.identify.sampling import Posterior, find_posterior

PRIOR = Prior(shared=0.3, follows=0.8)


def drawn(seed: int, count: int) -> Scores:
    """Return scores of so many stretches, some side by side and some barred."""
    rng = np.random.default_rng(seed)
    link = rng.normal(0.5, 2.0, (count, count))
    link = np.triu(link, 1) + np.triu(link, 1).T
    beside = np.triu(rng.random(link.shape) < 0.3, 1)
    barred = np.triu(rng.random(link.shape) < 0.15, 1) & beside
    return Scores(link, beside | beside.T, barred | barred.T, PRIOR)


def count_chances(posterior: Posterior) -> np.ndarray:
    """Return the probability of each count."""
    return np.bincount(posterior.counts, posterior.weight, minlength=9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_walk_visits_each_partition_as_often_as_it_is_believable(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six stretches, for which the posterior can be worked out whole."""
    whole = find_posterior(drawn(seed, 6), 1)
    monkeypatch.setattr(sampling, "MOST_LISTED", 1)
    monkeypatch.setattr(sampling, "SWEEPS", 4_000)
    walked = find_posterior(drawn(seed, 6), 1)

    assert np.abs(count_chances(whole) - count_chances(walked)).max() < 0.04
    assert np.abs(whole.together() - walked.together()).max() < 0.06


def test_the_same_seed_gives_the_same_sample() -> None:
    """Two runs on one case must give the same bytes."""
    one, two = (find_posterior(drawn(4, 12), 99) for _ in range(2))

    assert one.groups.tolist() == two.groups.tolist()
    assert one.weight.tolist() == two.weight.tolist()


def test_barred_stretches_are_never_together() -> None:
    """However alike the others of the group are."""
    scores = drawn(5, 12)
    together = find_posterior(scores, 3).together()

    for stretch, barred in enumerate(scores.barred):
        assert all(together[stretch, other] == 0 for other in barred)


def test_the_interval_is_the_shortest_that_holds_enough() -> None:
    """0.05, 0.5, 0.42 and 0.03: two counts hold 0.92."""
    groups = np.array([[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 2], [0, 1, 2, 3]])
    posterior = Posterior(groups, np.array([0.05, 0.5, 0.42, 0.03]), is_sample=False)

    assert posterior.interval() == (2, 3)
    assert posterior.median() == 2


def test_alternating_sims_do_not_become_two_chains() -> None:
    """Two SIMs in turns, then two others: four links for one phone, none against it."""
    link = np.full((4, 4), 4.0)
    beside = np.zeros((4, 4), bool)
    beside[[0, 1, 2, 3], [1, 0, 3, 2]] = True
    scores = Scores(link, beside, np.zeros((4, 4), bool), PRIOR)

    assert find_posterior(scores, 1).best(np.ones(4)).tolist() == [0, 0, 0, 0]
