"""Who has the phone now: its holders over time, as a hidden Markov chain.

The terms of `users.py` ask who used a phone over its whole time in the prison. A door is opened for
where it is now, and phones change hands: their holder is released, moves, sells or lends them. The
chain has one state for each person held in the prison on that day, and one for "nobody listed". On
each day of use it weighs what that day shows:

* numbers called that the person declared, that exchange with some he declared, or neither;
* use while he was listed as out of his cell, against what the phone's habits expect.

Between days of use the phone stays with its holder or passes on. When he leaves the prison it has
to; when he changes cells it comes along or stays. What passes on goes to the cellmates, to anybody
in the prison, or to nobody who is listed. The end of the chain is the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from portique.locate.activity import DAY_US
from portique.locate.contacts import CHANCE_FLOOR, Declared
from portique.locate.judge import PrisonView
from portique.locate.population import Population
from portique.locate.scene import Scene
from portique.locate.users import occasions

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Habits:
    """What is assumed of holders; shares are probabilities.

    Args:
        declared: shares of a holder's calls that go to numbers he declared, from careful users to
            careless ones, and how often each is met.
        second: share of a holder's calls that go to numbers he did not declare and that exchange
            with some that he did; `second_size`: how many such numbers he has at least.
        leak: his use while listed as absent, as a share of his usual use: hardly ever, at times, or
            lent freely; and how often each is met.
        nobody: probability that the first holder is nobody who is listed.
        hold_days: mean days between changes of hands that no list explains.
        along: the phone comes along when its holder changes cells.
        to_cellmates: what passes on goes to the cellmates.
        to_nobody: of the rest, to nobody who is listed.
        silent_kept, silent_moved: a phone fallen silent is still its holder's; and if he changed
            cells since.
        shared: part of the last user's probability that goes to those who used the phone lately,
            himself among them; `recent_days`: how long ago that is, in days of use.
        numbers_called: distinct numbers that a phone calls: the share of phones that call a number,
            over this, is the share of calls that go to it.
        contact_weight, absence_weight: how far a day's evidence counts, 1 as computed;
            `repeat_weight`: the same for a number called again within a week.

    Weights and rates were chosen on invented worlds of this and of other makers, so that the
    probability of the right cell has the least quadratic loss; what they are is assumed.
    """

    declared: tuple[tuple[float, float], ...] = ((0.05, 0.4), (0.25, 0.35), (0.6, 0.25))
    second: float = 0.1
    second_size: float = 6.0
    leak: tuple[tuple[float, float], ...] = ((0.05, 0.5), (0.35, 0.25), (1.0, 0.25))
    nobody: float = 0.05
    hold_days: float = 45.0
    along: float = 0.9
    to_cellmates: float = 0.6
    to_nobody: float = 0.05
    silent_kept: float = 0.95
    silent_moved: float = 0.3
    shared: float = 0.6
    recent_days: float = 2.5
    numbers_called: float = 10.0
    contact_weight: float = 1.2
    absence_weight: float = 0.9
    repeat_weight: float = 0.25


HABITS = Habits()
REPEAT_DAYS = 7
SILENT = 0.7
"""log10(1 + silence / usual gap) from which a phone counts as silent: four usual gaps."""


def present_holders(
    scene: Scene,
    view: PrisonView,
    people: Population,
    rows: Ints,
    habits: Habits = HABITS,
) -> Floats:
    """Return the probability of each inmate to hold each phone now, if it is in this prison.

    Args:
        scene: the case.
        view: one prison with its terms.
        people: everybody who was held there.
        rows: phones of the view that are asked for.
        habits: what is assumed of holders.

    Returns:
        Shape (rows, inmates of the view); rows sum to 1 or less, the rest is "nobody listed".
    """
    lists = (scene.declared, scene.second)
    chain = Chain(lists, len(scene.activity.handset_ids), people, habits)
    terms = view.presence
    seen, expected = occasions(
        scene.activity,
        terms.handset[rows],
        terms.from_us[rows],
        terms.until_us[rows],
        scene.calendar,
    )
    at = np.searchsorted(people.people, view.held.inmates)
    out = np.zeros((len(rows), len(at)))
    for place, row in enumerate(rows.tolist()):
        days, evidence = chain.evidence(
            _use(scene, view, people, row, seen[place], expected[place])
        )
        came = np.ones(len(people.people))
        came[at] = np.exp(view.users.transfer[row])
        is_silent = bool(terms.silence[row] >= SILENT)
        out[place] = chain.follow(days, evidence, came, is_silent=is_silent)[at]
    return out


@dataclass(frozen=True)
class Use:
    """What one phone did while it fits the prison.

    Args:
        day: shape (records,), days since the first day of the population, not negative.
        number: shape (records,), a number for each counterpart, -1 for none.
        column: shape (records,), position among the declared numbers, -1 for none.
        second: the same among the numbers of contacts of contacts.
        seen, expected: occasions of use and what habit would expect, shape (bins,).
    """

    day: Ints
    number: Ints
    column: Ints
    second: Ints
    seen: Floats
    expected: Floats


def _use(
    scene: Scene, view: PrisonView, people: Population, row: int, seen: Floats, expected: Floats
) -> Use:
    activity, terms = scene.activity, view.presence
    handset = int(terms.handset[row])
    mine = slice(activity.starts[handset], activity.starts[handset + 1])
    t_us, number = activity.t_us[mine], activity.number[mine]
    first = max(int(terms.from_us[row]), scene.calendar.start_us)
    inside = (t_us >= first) & (t_us <= terms.until_us[row])
    day, number = t_us[inside] // DAY_US - people.first_day, number[inside]
    columns = scene.declared_column[number], scene.second_column[number]
    return Use(day, number, *columns, seen, expected)


@dataclass(frozen=True)
class Owned:
    """Whose numbers are whose among the people of one prison.

    Args:
        size: shape (people,), numbers of each.
        owners: people by number, in columns.
        chance: shape (numbers,), share of anybody's calls that go to each.
        least: numbers that each has at least, known or not.
    """

    size: Floats
    owners: csc_array
    chance: Floats
    least: float

    def odds(self, column: int) -> tuple[Ints, Floats]:
        """Return the owners of a number, and the odds of a call to it by each against anybody."""
        span = slice(self.owners.indptr[column], self.owners.indptr[column + 1])
        owners = self.owners.indices[span].astype(np.int64)
        return owners, 1.0 / (np.maximum(self.size[owners], self.least) * self.chance[column])


def _owned(listed: Declared, handsets: int, people: Population, habits: Habits) -> Owned:
    lists = listed.by_inmate[people.people]
    chance = np.clip((listed.phones - 0.7) / max(1, handsets), CHANCE_FLOOR, 0.5)
    return Owned(
        size=np.asarray(lists.sum(axis=1), np.float64).ravel(),
        owners=lists.tocsc(),
        chance=chance / habits.numbers_called,
        least=1.0,
    )


class Chain:
    """The chain over the people of one prison.

    States are kept as an array of shape (habits, people): each holder has his own share of declared
    numbers and his own way of lending, drawn anew when the phone changes hands.
    """

    def __init__(
        self,
        lists: tuple[Declared, Declared],
        handsets: int,
        people: Population,
        habits: Habits,
    ) -> None:
        self._people, self._habits = people, habits
        kinds = list(product(habits.declared, habits.leak))
        self._declared = np.array([declared for (declared, _), _ in kinds])
        self._leak = np.array([leak for _, (leak, _) in kinds])
        self._weight = np.array([a * b for (_, a), (_, b) in kinds])[:, None]
        declared, second = (_owned(each, handsets, people, habits) for each in lists)
        self._lists = declared, replace(second, least=habits.second_size)
        names, local = np.unique(people.cell, return_inverse=True)
        self._cells = local.reshape(people.cell.shape) - int(len(names) > 0 and names[0] < 0)
        self._cell_count = len(names)

    def evidence(self, use: Use) -> tuple[Ints, Floats]:
        """Return the days of use, and the ln LR of each against "somebody else".

        Returns:
            (days, evidence) of shapes (days,) and (days, habits, people).
        """
        days, of_day = np.unique(use.day, return_inverse=True)
        out = np.zeros((len(days), len(self._weight), len(self._people.people)))
        self._add_contacts(out, days, of_day, use)
        self._add_absences(out, days, use)
        return days, out

    def _add_contacts(self, out: Floats, days: Ints, of_day: Ints, use: Use) -> None:
        habits, (declared, second) = self._habits, self._lists
        some = use.number >= 0
        places = zip(use.column.tolist(), use.second.tolist(), strict=True)
        columns = dict(zip(use.number.tolist(), places, strict=True))
        pairs = np.unique(np.stack([of_day[some], use.number[some]]), axis=1)
        last: dict[int, int] = {}
        share = self._declared[:, None]
        missed = np.log1p(-share) * (declared.size > 0)[None, :]
        for at, one in pairs.T.tolist():
            is_repeat = days[at] - last.get(one, -(10**6)) < REPEAT_DAYS
            last[one] = int(days[at])
            weight = habits.contact_weight * (habits.repeat_weight if is_repeat else 1.0)
            out[at] += weight * missed
            column, other = columns[one]
            if column >= 0:
                owners, each = declared.odds(column)
                hit = np.log1p(-share + share * each) - missed[:, owners]
                out[at][:, owners] += weight * hit
            if other >= 0:
                owners, each = second.odds(other)
                out[at][:, owners] += weight * np.log1p(habits.second * (each - 1.0))

    def _add_absences(self, out: Floats, days: Ints, use: Use) -> None:
        weight, day_of_bin = self._habits.absence_weight, self._people.day_of_bin
        bounds = np.searchsorted(day_of_bin, np.stack([days, days + 1]))
        for at, (begin, past) in enumerate(bounds.T.tolist()):
            away = self._people.away[:, begin:past].astype(np.float64)
            used, due = away @ use.seen[begin:past], away @ use.expected[begin:past]
            ratio = np.log(self._leak)[:, None] * used + (1 - self._leak)[:, None] * due
            out[at] += weight * ratio

    def follow(self, days: Ints, evidence: Floats, came: Floats, *, is_silent: bool) -> Floats:
        """Return the probability of each person to hold the phone at the horizon.

        Args:
            days, evidence: as `evidence` returns them.
            came: likelihood ratio of each person from where the phone was before, shape (people,).
            is_silent: it fell silent before the horizon.
        """
        if not len(days):
            return np.zeros(len(self._people.people))
        held = self._cells[days[0]] >= 0
        alpha = self._weight * (held * came * (1 - self._habits.nobody) / max(1, held.sum()))
        nobody, recent = self._habits.nobody, np.zeros(len(held))
        fade = float(np.exp(-1.0 / self._habits.recent_days))
        for at, day in enumerate(days.tolist()):
            if at:
                alpha, nobody = self._pass(alpha, nobody, int(days[at - 1]), day)
            peak = max(0.0, float(evidence[at].max(initial=0.0)))
            alpha = alpha * np.exp(evidence[at] - peak)
            nobody *= float(np.exp(-peak))
            total = alpha.sum() + nobody
            alpha, nobody = alpha / total, nobody / total
            recent = fade * recent + alpha.sum(axis=0)
        last = len(self._cells) - 1
        alpha, nobody = self._pass(alpha, nobody, int(days[-1]), last, is_silent=is_silent)
        return self._with_others(alpha.sum(axis=0), recent)

    def _with_others(self, now: Floats, recent: Floats) -> Floats:
        """Let those who used it lately share what the last one has: a phone has several users."""
        there = recent * (self._cells[-1] >= 0)
        shared = there / max(float(there.sum()), 1e-12) * float(now.sum())
        part = self._habits.shared
        return np.asarray((1 - part) * now + part * shared)

    def _pass(
        self, alpha: Floats, nobody: float, old: int, new: int, *, is_silent: bool = False
    ) -> tuple[Floats, float]:
        """Return the states on a later day, before that day's evidence."""
        habits = self._habits
        before, after = self._cells[old], self._cells[new]
        held = after >= 0
        stays = habits.silent_kept if is_silent else float(np.exp((old - new) / habits.hold_days))
        along = habits.silent_moved if is_silent else stays * habits.along
        keep = np.where(held, np.where(before == after, stays, along), 0.0)
        lost = alpha.sum(axis=0) * (1 - keep)
        mates = self._to_cellmates(lost, before, after) * habits.to_cellmates
        rest = float(lost.sum() - mates.sum())
        adrift = nobody * (1 - (1.0 if is_silent else stays))
        to_nobody = rest * (1.0 if is_silent else habits.to_nobody)
        spread = (rest - to_nobody + adrift) / max(1, held.sum())
        new_alpha = alpha * keep + self._weight * (mates + spread * held)
        return new_alpha, max(0.0, 1.0 - float(new_alpha.sum()))

    def _to_cellmates(self, lost: Floats, before: Ints, after: Ints) -> Floats:
        """Share out what people lose evenly among those who are in their former cell then."""
        was, now = before >= 0, after >= 0
        by_cell = np.bincount(before[was], lost[was], self._cell_count)
        people = np.bincount(after[now], minlength=self._cell_count)
        place = np.maximum(after, 0)
        return np.asarray(np.where(now, by_cell[place] / np.maximum(people[place], 1), 0.0))
