"""Numbers, subscriptions and equipment identities that nobody has.

Phone numbers come from +33 71 and +33 72, which are not assigned; equipment identities from the
test allocation codes 00 1xxxxx of TS.06; both are held as whole numbers, and written at the end.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.simulation.draw import Floats, Ints, Rng

VOICEMAIL, OPERATOR_SERVICE = 888, 3179
OPERATORS = (20801, 20810, 20815, 20820)
OPERATOR_SHARE = (0.30, 0.25, 0.20, 0.25)
FLEET_TACS = (101701, 101702, 101703, 101704)
"""Test codes that the fleet carries, as numbers: 00101701, ..."""
REWRITTEN_TAC = 155500
ORDINARY_TACS = tuple(range(120_000, 120_240))
SMARTPHONE_TACS = ORDINARY_TACS[:160]
_SPACE = 20_000_000
_STEP = 7_368_787  # prime, and no divisor of the space: the sequence meets every number once


class Numbering:
    """Hands out numbers, subscriptions and serials, none of them twice.

    Args:
        offset: where in the ranges this world starts, so that worlds differ.
    """

    def __init__(self, offset: int) -> None:
        self._next_number = offset % _SPACE
        self._next_msin = 1
        self._serial: dict[int, int] = {}

    def numbers(self, count: int) -> Ints:
        """Return so many new numbers, E.164 without the plus sign."""
        index = (self._next_number + np.arange(count, dtype=np.int64)) * _STEP % _SPACE
        self._next_number += count
        return 33_710_000_000 + index

    def imsis(self, operator: Ints) -> Ints:
        """Return a new subscription of each operator named (position in `OPERATORS`)."""
        index = (self._next_msin + np.arange(len(operator), dtype=np.int64)) * _STEP % 10**9
        self._next_msin += len(operator)
        return np.asarray(OPERATORS, np.int64)[operator] * 10**10 + 10**9 + index

    def imeis(self, tac: Ints) -> Ints:
        """Return a new identity of 14 digits under each allocation code."""
        out = np.empty(len(tac), np.int64)
        for code in np.unique(tac):
            mine = np.flatnonzero(tac == code)
            first = self._serial.get(int(code), 0)
            self._serial[int(code)] = first + len(mine)
            serial = (first + np.arange(len(mine), dtype=np.int64) + 1) * 73_681 % 1_000_000
            out[mine] = code * 1_000_000 + serial
        return out


def draw_operators(count: int, rng: Rng) -> Ints:
    """Return positions in `OPERATORS`, by their share of prepaid subscriptions (assumed)."""
    return np.asarray(rng.choice(len(OPERATORS), count, p=OPERATOR_SHARE), np.int64)


def popularity(count: int) -> Floats:
    """Return shares that fall off as one over the rank: models, contacts, numbers."""
    weight = 1.0 / (1.0 + np.arange(count))
    return np.asarray(weight / weight.sum())


def check_digits(imei: Ints) -> Ints:
    """Return the Luhn check digit of each identity of 14 digits.

    >>> check_digits(np.array([49015420323751])).tolist()
    [8]
    """
    total = np.zeros(len(imei), np.int64)
    rest = imei.copy()
    for place in range(14):
        digit = rest % 10
        rest //= 10
        if place % 2 == 0:
            digit = np.where(digit * 2 > 9, digit * 2 - 9, digit * 2)
        total += digit
    return -total % 10


def number_text(numbers: Ints, plus: bool) -> pa.Array:
    """Return numbers as delivered: with or without a plus sign, short codes as dialled, 0 empty."""
    text = pc.cast(pa.array(numbers), pa.string())
    if plus:
        text = pc.if_else(
            pa.array(numbers > 1_000_000), pc.binary_join_element_wise("+", text, ""), text
        )
    return pc.if_else(pa.array(numbers > 0), text, pa.scalar(None, pa.string()))


def imei_text(imei: Ints) -> pa.Array:
    """Return identities as their 14 digits."""
    return pc.utf8_lpad(pc.cast(pa.array(imei), pa.string()), 14, "0")
