"""Do the earlier finds of the case bear out what the method says of users and cells?

Each find of a handset is a trial whose answer is known: had the door been chosen on that day, by
the records up to then, how probable would its cell have been? Where finds were seldom in the
cells that were said, beyond chance, every probability of a cell is pulled towards "any cell of
this prison", and the case says so. It is never pushed up: finds are no fair sample, and those who
are found are rather the careless ones, whom the method tells best.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from portique.locate.census import Calendar, census
from portique.locate.finds import Finds
from portique.locate.judge import PrisonView
from portique.locate.population import population
from portique.locate.scene import Scene
from portique.locate.tenure import present_holders

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ELSEWHERE_PRIOR = (0.1, 9.9)
"""Phones kept in another cell than their user's: Beta, one in a hundred, with the weight of ten
finds (assumed). Where a prison ascribes a phone to whoever lives in the cell, none shows."""
AS_SAID = 20.0
"""Finds that came as was said, counted beside those of the case: a few say little (assumed)."""
CHANCE = 2.0
"""Standard errors by which finds may fall short of what was said before anything follows."""


@dataclass(frozen=True)
class Trial:
    """One find of a handset, and what would have been said on its day.

    Args:
        find: position in `Finds`.
        first: cell that would have come first, position in `Stays.cells`.
        p_first: its probability, if the phone was in this prison.
        p_found: that of the cell in which it was.
    """

    find: int
    first: int
    p_first: float
    p_found: float


@dataclass(frozen=True)
class Reliance:
    """What the finds of the case say about what is said of cells.

    Args:
        named: finds whose inmate was held in a known cell at that time.
        elsewhere: of these, how many were in another cell.
        trials: finds of handsets.
        came: how many of these were in the cell that would have come first.
    """

    named: int = 0
    elsewhere: int = 0
    trials: tuple[Trial, ...] = ()
    came: int = 0

    @property
    def elsewhere_share(self) -> float:
        """Share of phones kept in another cell than their user's.

        >>> Reliance().elsewhere_share
        0.01
        """
        often, rest = ELSEWHERE_PRIOR
        return round((often + self.elsewhere) / (often + rest + self.named), 4)

    @property
    def borne_out(self) -> float:
        """Share of each user's probability that the finds bear out, 1 unless they fall short.

        >>> half = Reliance(trials=(Trial(0, 0, 0.9, 0.9),) * 50, came=25)
        >>> half.borne_out
        0.7654
        """
        if not self.trials:
            return 1.0
        said = np.array([trial.p_first for trial in self.trials]) * (1 - self.elsewhere_share)
        expected, error = float(said.sum()), float(np.sqrt((said * (1 - said)).sum()))
        came = self.came + CHANCE * error
        return round(min(1.0, (came + AS_SAID) / (expected + AS_SAID)), 4)

    def pulled(self, p: Floats) -> Floats:
        """Return probabilities of inmates, shape (phones, inmates), as far as finds bear them out.

        What they do not is shared out evenly.
        """
        even = p.sum(axis=1, keepdims=True) / max(1, p.shape[1])
        return np.asarray(self.borne_out * p + (1 - self.borne_out) * even)


def reliance(scene: Scene, views: list[PrisonView]) -> Reliance:
    """Return what the finds of a case say of what would have been said on their days."""
    finds, trials, came = scene.finds, [], 0
    for at in np.flatnonzero(finds.took_it & (finds.prison >= 0)).tolist():
        view = views[int(finds.prison[at])]
        row = np.flatnonzero(view.presence.handset == finds.handset[at])
        if len(row):
            cells = cells_on_that_day(scene, view, int(row[0]), int(finds.found_us[at]))
            first = int(cells.argmax())
            trials.append(Trial(at, first, float(cells[first]), float(cells[finds.cell[at]])))
            came += first == int(finds.cell[at])
    return Reliance(*_held_elsewhere(scene, finds), tuple(trials), came)


def cells_on_that_day(scene: Scene, view: PrisonView, row: int, found_us: int) -> Floats:
    """Return the probability of each cell for one phone, as on the day of its find.

    Numbers known from phones found on inmates are left out: they are this phone's own.

    Args:
        scene: the case.
        view: the prison.
        row: the phone in it.
        found_us: when it was found.

    Returns:
        Shape (cells of the case,).
    """
    bins = int(scene.calendar.bin_of(np.array(found_us))) + 1
    earlier = Calendar(scene.calendar.start_us, bins, scene.calendar.local_hour[:bins])
    held = census(scene.stays, view.prison, earlier, found_us)
    chosen = np.array([row])
    transfer = np.zeros((len(view.presence.handset), len(held.inmates)))
    then = replace(view, held=held, users=replace(view.users, transfer=transfer))
    there = replace(scene, calendar=earlier, horizon_us=found_us, declared=scene.listed)
    people = population(scene.stays, view.prison, earlier, found_us)
    p = present_holders(there, then, people, chosen)[0]
    return np.asarray(np.bincount(held.cell, p, len(scene.stays.cells)), np.float64)


def _held_elsewhere(scene: Scene, finds: Finds) -> tuple[int, int]:
    """Return finds whose inmate was held in a cell then, and those made in another cell of it."""
    named = elsewhere = 0
    for at in np.flatnonzero((finds.inmate >= 0) & (finds.cell >= 0)).tolist():
        cell = int(scene.stays.cell_at(int(finds.found_us[at]))[finds.inmate[at]])
        if cell >= 0 and scene.stays.prison_of_cell[cell] == finds.prison[at]:
            named += 1
            elsewhere += cell != finds.cell[at]
    return named, elsewhere
