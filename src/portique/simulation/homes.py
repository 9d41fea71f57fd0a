"""Homes, work and habits of people outside who hold a phone."""

from __future__ import annotations

import numpy as np

from portique.simulation.chunk import World
from portique.simulation.draw import Floats, Ints, Rng
from portique.simulation.outsiders import (
    ELSEWHERE,
    GUARD,
    HOUSEBOUND,
    NEIGHBOUR,
    PASSER_BY,
    VISITOR,
    People,
)

# By role, for `often` (days at the other place) and `roams` (days spent far away): bounds of a
# share of days; for `leave_h` and `stay_h`: hour of leaving and hours away. All assumed.
_OFTEN = {
    NEIGHBOUR: (0.6, 0.95),
    HOUSEBOUND: (0.05, 0.3),
    GUARD: (1.0, 1.0),
    VISITOR: (0.1, 0.35),
    PASSER_BY: (0.5, 0.9),
    ELSEWHERE: (0.5, 0.9),
}
_ROAMS = {HOUSEBOUND: (0.0, 0.02), ELSEWHERE: (0.05, 0.3)}
_LEAVE_H = {HOUSEBOUND: (10.0, 15.0), VISITOR: (9.0, 14.0), PASSER_BY: (8.0, 17.0)}
_STAY_H = {HOUSEBOUND: (2.0, 4.0), VISITOR: (2.5, 4.0), PASSER_BY: (2.0, 5.0)}


def settle(world: World, role: Ints, prison: Ints, salt: int, rng: Rng) -> People:
    """Return people with homes and habits, and add their points to the world.

    Args:
        world: gives the ground; its points grow.
        role: position in `outsiders.ROLES` of each.
        prison: prison near which, or because of which, each is there.
        salt: makes their days their own.
        rng: decides.
    """
    ground = _Ground(world, prison, role, rng)
    leave_h = _between(role, _LEAVE_H, (7.0, 9.5), rng)
    stay_h = _between(role, _STAY_H, (8.0, 10.5), rng)
    return People(
        role=role,
        home=ground.add(*ground.home()),
        work=ground.add(*ground.work()),
        trip=ground.add(*ground.satellite()),
        leave_s=(leave_h * 3600).astype(np.int64),
        back_s=((leave_h + stay_h) * 3600).astype(np.int64),
        often=_between(role, _OFTEN, (0.5, 0.9), rng),
        roams=_between(role, _ROAMS, (0.01, 0.12), rng),
        salt=salt,
    )


def _between(
    role: Ints, bounds: dict[int, tuple[float, float]], other: tuple[float, float], rng: Rng
) -> Floats:
    low, high = (
        np.array([bounds.get(int(one), other)[side] for one in role], float) for side in (0, 1)
    )
    return np.asarray(low + (high - low) * rng.random(len(role)))


class _Ground:
    """The places of a group of people, drawn for all of them at once."""

    def __init__(self, world: World, prison: Ints, role: Ints, rng: Rng) -> None:
        self._world, self._role, self._rng = world, role, rng
        self._recipe = world.recipe
        prison_area = np.array([p.area for p in world.prisons], np.int64)
        anywhere = rng.integers(0, len(world.areas), len(role))
        self.area = np.where(role == ELSEWHERE, anywhere, prison_area[prison])
        self._x = np.array([p.x for p in world.prisons])[prison]
        self._y = np.array([p.y for p in world.prisons])[prison]
        self._edge = np.array([p.perimeter_m for p in world.prisons])[prison]
        self._town = np.array([a.town for a in world.areas], float)[self.area]
        self._far = np.stack([a.satellites for a in world.areas])[self.area]
        self._is_near = np.isin(role, (NEIGHBOUR, HOUSEBOUND))
        self._home: tuple[Floats, Floats] = (self._x, self._y)

    def add(self, x: Floats, y: Floats) -> Ints:
        """Add one point for each person, with a window that looks anywhere."""
        return self._world.points.add(self.area, x, y, self._rng.uniform(0, 360, len(x)))

    def home(self) -> tuple[Floats, Floats]:
        """Return homes: of neighbours beside the walls, of all others well away from them."""
        low, high = self._recipe.neighbour_min_m, self._recipe.neighbour_max_m
        near = self._ring(self._x, self._y, self._edge + low, self._edge + high)
        in_town = self._ring(self._town[:, 0], self._town[:, 1], 0.0, 1_500.0)
        is_clear = np.hypot(in_town[0] - self._x, in_town[1] - self._y) > self._edge + high
        is_clear |= self._role == ELSEWHERE
        out_there = self.satellite()
        in_town_share = self._rng.random(len(self._role)) < 0.4
        self._home = self._out_of_walls(
            *_pick(self._is_near, near, _pick(in_town_share & is_clear, in_town, out_there))
        )
        return self._home

    def _out_of_walls(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Move homes out of every prison of their area: a second one may stand beside the first."""
        for prison in self._world.prisons:
            off_x, off_y = x - prison.x, y - prison.y
            away = np.maximum(np.hypot(off_x, off_y), 1.0)
            least = prison.perimeter_m + self._recipe.neighbour_min_m
            push = np.where(self.area == prison.area, np.maximum(least / away, 1.0), 1.0)
            x, y = prison.x + off_x * push, prison.y + off_y * push
        return x, y

    def work(self) -> tuple[Floats, Floats]:
        """Return where they go: into the prison, to its gate, past it, to town or further."""
        town = self._ring(self._town[:, 0], self._town[:, 1], 0.0, 1_200.0)
        usual = _pick(self._rng.random(len(self._role)) < 0.5, town, self.satellite())
        inside = self._ring(self._x, self._y, 0.0, 0.7 * self._edge)
        gate = self._ring(self._x, self._y, 0.7 * self._edge, self._edge + 60.0)
        beside = self._ring(self._x, self._y, self._edge + 100.0, self._edge + 900.0)
        errand = self._ring(*self._home, 100.0, 900.0)
        for role, place in (
            (GUARD, inside),
            (VISITOR, gate),
            (PASSER_BY, beside),
            (HOUSEBOUND, errand),
        ):
            usual = _pick(self._role == role, place, usual)
        return usual

    def satellite(self) -> tuple[Floats, Floats]:
        """Return points in the places around the town."""
        which = self._rng.integers(0, self._far.shape[1], len(self._role))
        centre = self._far[np.arange(len(which)), which]
        off = self._rng.normal(0, 900.0, centre.shape)
        return centre[:, 0] + off[:, 0], centre[:, 1] + off[:, 1]

    def _ring(
        self, x: Floats, y: Floats, near_m: Floats | float, far_m: Floats | float
    ) -> tuple[Floats, Floats]:
        size = len(self._role)
        distance = np.sqrt(self._rng.uniform(np.square(near_m), np.square(far_m), size))
        angle = self._rng.uniform(0, 2 * np.pi, size)
        return x + distance * np.cos(angle), y + distance * np.sin(angle)


def _pick(
    mask: np.ndarray, one: tuple[Floats, Floats], other: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    return np.where(mask, one[0], other[0]), np.where(mask, one[1], other[1])
