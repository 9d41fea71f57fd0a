"""How well users were named, and how many were named who have no phone of the fleet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from portique.core.forecasts import log_loss, top_k
from portique.simulation.draw import Ints
from portique.simulation.marking_input import Truth, codes, derived, texts
from portique.simulation.marking_trials import TrialMarks, mark_trials
from portique.simulation.pairing import Pairing

EVEN = 0.5


@dataclass(frozen=True)
class Candidate:
    """One row of `attribution`; `inmate` None: nobody listed."""

    inmate: str | None
    cell: str | None
    log10_lr: float
    posterior: float


@dataclass(frozen=True)
class Accuracy:
    """Share of handsets with a right candidate among the first 1, 3 and 5; None: no handset."""

    top1: float | None
    top3: float | None
    top5: float | None


@dataclass(frozen=True)
class Named:
    """People who were named: the first candidate of any derived handset.

    Args:
        inmates: how many; wrongly: of them, those who use no phone of the fleet.
        even: given at least one half; even_wrongly: of those, the wrong ones.
    """

    inmates: int
    wrongly: int
    even: int
    even_wrongly: int


@dataclass(frozen=True)
class UserMarks:
    """Attributions against the truth, for handsets that are a phone of the fleet kept inside.

    Accuracy is over named candidates, the row "nobody listed" left out: it is no door. Candidates
    that tie share the chance.

    Args:
        handsets: that are truly inside, with a true cell and a user.
        listed: of them, those whose candidates hold a true user.
        cell: accuracy of cells; a cell has the sum of its inmates' posteriors.
        user: accuracy of users; any of several true ones will do.
        log_loss: mean of -ln of the posterior given to the true users together, in nats.
        trials: each true user (H1; LR 1 where he is not listed), each other candidate (H2).
        named: people named, over all derived handsets.
    """

    handsets: int
    listed: int
    cell: Accuracy
    user: Accuracy
    log_loss: float | None
    trials: TrialMarks
    named: Named


def mark_users(case: Path, pairing: Pairing, truth: Truth, fleet: Ints) -> UserMarks:
    """Return how well users and cells were named.

    Args:
        case: with derived/attribution.parquet.
        pairing: of its handsets.
        truth: of its world.
        fleet: handsets that are a phone of the fleet.

    Raises:
        Refused: the table or a column lacks.
    """
    listed = read_attributions(case, pairing.handset_id)
    user_places: list[tuple[int, int, int]] = []
    cell_places: list[tuple[int, int, int]] = []
    of_truth: list[float] = []
    trials: dict[bool, list[float]] = {True: [], False: []}
    for handset in fleet.tolist():
        phone = int(pairing.true[handset])
        users, cell = truth.users[phone], truth.cell[phone]
        if not users or cell is None:
            continue
        rows = listed.get(handset, [])
        by_user = {row.inmate: row.posterior for row in rows if row.inmate is not None}
        user_places.append(_place(by_user, users))
        cell_places.append(_place(_by_cell(rows), frozenset([cell])))
        of_truth.append(min(1.0, sum(p for inmate, p in by_user.items() if inmate in users)))
        trials[True] += [0.0] * len(users - by_user.keys())
        for row in rows:
            if row.inmate is not None:
                trials[row.inmate in users].append(row.log10_lr)
    return UserMarks(
        handsets=len(user_places),
        listed=sum(tied > 0 for _, tied, _ in user_places),
        log_loss=log_loss(of_truth) if of_truth else None,
        cell=_accuracy(cell_places),
        user=_accuracy(user_places),
        trials=mark_trials(trials[True], trials[False]),
        named=_named(listed, truth),
    )


def read_attributions(case: Path, handset_id: list[str]) -> dict[int, list[Candidate]]:
    """Return the rows of `attribution` of each derived handset."""
    names = ["handset_id", "inmate_id", "cell_id", "log10_lr", "posterior"]
    table = derived(case, "attribution", names)
    rows: dict[int, list[Candidate]] = defaultdict(list)
    for handset, inmate, cell, lr, posterior in zip(
        codes(table["handset_id"], handset_id).tolist(),
        texts(table["inmate_id"]),
        texts(table["cell_id"]),
        table["log10_lr"].to_pylist(),
        table["posterior"].to_pylist(),
        strict=True,
    ):
        rows[handset].append(Candidate(inmate, cell, float(lr), float(posterior)))
    return dict(rows)


def _by_cell(rows: list[Candidate]) -> dict[str, float]:
    cells: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.inmate is not None and row.cell is not None:
            cells[row.cell].append(row.posterior)
    return {cell: float(sum(sorted(parts))) for cell, parts in cells.items()}


def _place(posterior: dict[str, float], right: frozenset[str]) -> tuple[int, int, int]:
    """Return how many candidates stand above the best right one, tie with it, and are right."""
    best = max((p for name, p in posterior.items() if name in right), default=None)
    if best is None:
        return 0, 0, 0
    above = sum(p > best for p in posterior.values())
    tied = [name for name, p in posterior.items() if p == best]
    return above, len(tied), sum(name in right for name in tied)


def _accuracy(places: list[tuple[int, int, int]]) -> Accuracy:
    if not places:
        return Accuracy(None, None, None)
    above, tied, right = zip(*places, strict=True)
    return Accuracy(*(top_k(above, tied, right, k) for k in (1, 3, 5)))


def _named(listed: dict[int, list[Candidate]], truth: Truth) -> Named:
    guilty = {u for phone in np.flatnonzero(truth.in_fleet).tolist() for u in truth.users[phone]}
    named: dict[str, float] = {}
    for rows in listed.values():
        people = [(-row.posterior, row.inmate) for row in rows if row.inmate is not None]
        if people:
            posterior, inmate = min(people)
            named[inmate] = max(named.get(inmate, 0.0), -posterior)
    even = {inmate for inmate, posterior in named.items() if posterior >= EVEN}
    return Named(
        inmates=len(named),
        wrongly=len(named.keys() - guilty),
        even=len(even),
        even_wrongly=len(even - guilty),
    )
