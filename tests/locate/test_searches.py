"""Days of searches: phones inside fall silent together, and what that says of another phone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from portique.locate.searches import (
    BOUNDS,
    FIND_SHARE,
    SEARCH_SHARE,
    DaysOfUse,
    search_chance,
    search_log10_lr,
)

Bools = npt.NDArray[np.bool_]
DAYS, SEARCHED = 60, 30
NO_FIND = np.zeros(0, np.int64)


def use(phones: int, *, others: list[Bools] | None = None, seed: int = 1) -> DaysOfUse:
    """Return phones used on three days in four, silent together on one, and others below them."""
    used = np.random.default_rng(seed).random((phones, DAYS)) < 0.75
    used[:, SEARCHED] = False
    rows = np.vstack([used, *(each[None, :] for each in others or [])])
    return DaysOfUse(0, np.ones(rows.shape, bool), rows)


def surely(of: DaysOfUse, phones: int) -> Bools:
    """Return which phones are surely inside: the first ones."""
    return np.arange(len(of.used)) < phones


def test_a_day_of_common_silence_is_a_search_and_no_other_day_is() -> None:
    """Twelve phones used on three days in four are silent on one day together."""
    days = use(12)
    chance = search_chance(days, surely(days, 12), NO_FIND)

    assert chance[:, SEARCHED].min() > 0.9
    assert np.delete(chance, SEARCHED, axis=1).max() < 0.5


def test_silence_on_that_day_speaks_for_being_inside_and_use_against_it() -> None:
    """Two more phones: one silent on the day of the search, the other on the day before."""
    quiet, loud = np.ones(DAYS, bool), np.ones(DAYS, bool)
    quiet[SEARCHED] = loud[SEARCHED - 1] = False
    days = use(12, others=[quiet, loud])

    strength = search_log10_lr(days, search_chance(days, surely(days, 12), NO_FIND))

    assert strength[-2] > 0.3
    assert strength[-1] < -0.5
    assert strength.min() >= BOUNDS[0]
    assert strength.max() <= BOUNDS[1]


def test_no_phone_is_judged_by_its_own_silence() -> None:
    """The chance of a search for one phone is the same whatever that phone did on the day."""
    silent, used = use(8), use(8)
    used.used[0, SEARCHED] = True

    both = [search_chance(days, surely(days, 8), NO_FIND)[0, SEARCHED] for days in (silent, used)]

    assert both[0] == both[1]


def test_few_phones_tell_of_no_search_and_a_find_tells_that_there_may_have_been_one() -> None:
    """Three sure phones are too few: what is left is what is believed of any day, or a find's."""
    days = use(3)
    chance = search_chance(days, surely(days, 3), np.array([10, 500]))

    assert np.allclose(chance[:, 10], FIND_SHARE)
    assert np.allclose(np.delete(chance, 10, axis=1), SEARCH_SHARE)
