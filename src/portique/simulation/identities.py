"""What the fleet's handsets say they are: allocation codes, identities, clones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.chunk import NOWHERE
from portique.simulation.draw import Bools, Ints, Rng
from portique.simulation.numbering import FLEET_TACS, REWRITTEN_TAC, Numbering, popularity
from portique.simulation.recipe import Recipe


@dataclass(frozen=True)
class Identities:
    """Handsets as made, arrays of shape (handsets,).

    Args:
        boxed: identity on the box, 14 digits.
        sent: identity that the phone sends: another one where it was rewritten.
        tac: allocation code on the box, one of `FLEET_TACS`.
        batch: handsets of one batch of clones carry one identity; `NOWHERE` for the others.
        is_4g: whether it can use 4G; with more than one model, the last one can.
    """

    boxed: Ints
    sent: Ints
    tac: Ints
    batch: Ints
    is_4g: Bools


def some(count: int, share: float, rng: Rng) -> Bools:
    """Return a mask with the given share of places set, to the nearest whole number.

    >>> int(some(10, 0.3, np.random.default_rng(1)).sum())
    3
    """
    mask = np.zeros(count, bool)
    mask[rng.permutation(count)[: round(count * min(1.0, share))]] = True
    return mask


def make_identities(count: int, recipe: Recipe, numbering: Numbering, rng: Rng) -> Identities:
    """Return the identities of all handsets of the fleet, in no special order."""
    batch = _batches(count, recipe, rng)
    is_4g = some(count, recipe.four_g_share, rng)
    models = max(1, min(recipe.tacs, len(FLEET_TACS)))
    older = max(1, models - 1)
    model = np.where(is_4g, models - 1, rng.choice(older, count, p=popularity(older)))
    first = _first_of_batch(batch)
    model, is_4g = model[first], is_4g[first]  # a batch of clones is of one model
    tac = np.asarray(FLEET_TACS, np.int64)[model]
    boxed = numbering.imeis(tac)[first]
    rewritten = some(count, recipe.rewritten_imei_share, rng)
    sent = boxed.copy()
    sent[rewritten] = numbering.imeis(np.full(int(rewritten.sum()), REWRITTEN_TAC))
    return Identities(boxed, sent, tac, batch, is_4g)


def _batches(count: int, recipe: Recipe, rng: Rng) -> Ints:
    """Return the batch of each handset: batches of 2 to `clone_batch_max`, until enough."""
    wanted = round(count * recipe.clone_share)
    batch = np.full(count, NOWHERE, np.int64)
    order = rng.permutation(count)
    used, number = 0, 0
    while wanted - used >= 2:
        size = min(int(rng.integers(2, max(2, recipe.clone_batch_max) + 1)), wanted - used)
        batch[order[used : used + size]] = number
        used, number = used + size, number + 1
    return batch


def _first_of_batch(batch: Ints) -> Ints:
    """Return, for each handset, the first one of its batch; itself where it has none."""
    own = np.arange(len(batch))
    cloned = np.flatnonzero(batch != NOWHERE)
    _, first, which = np.unique(batch[cloned], return_index=True, return_inverse=True)
    own[cloned] = cloned[first][which]
    return own


def gathered(place: Ints, batch: Ints, share: float, rng: Rng) -> Ints:
    """Return places where a share of each batch's handsets stand where its first one does."""
    together = rng.random(len(place)) < share
    return np.where(together, place[_first_of_batch(batch)], place)
