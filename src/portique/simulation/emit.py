"""From events to the rows that operators deliver, with the faults that deliveries have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.core.tables import INPUT
from portique.simulation.chunk import KINDS, Chunk, Events, World
from portique.simulation.draw import Bools, Ints, stream
from portique.simulation.files import RowFile
from portique.simulation.numbering import OPERATORS, check_digits, imei_text, number_text
from portique.simulation.period import instants
from portique.simulation.serving import Serving

SCHEMA = INPUT["retained_record"].schema
SIGHTING = pa.schema([("source", pa.string()), ("row", pa.int64()), ("true_id", pa.string())])
WRITES_PLUS = (True, False, True, False)
IMEI_DIGITS = (14, 15, 16, 15)
"""How each operator writes numbers and identities: sixteen digits end in a software version."""
SORTED_BY = ("time", "phone", "sector", "nothing")
"""In what order each operator writes the rows of one answer."""


@dataclass(frozen=True)
class _Rows:
    """Delivered rows of one chunk: positions of their events, sectors, and faults."""

    event: Ints
    sector: Ints
    by_imei: Bools

    def of(self, mine: Ints) -> _Rows:
        """Return some of the rows, in the order given."""
        return _Rows(self.event[mine], self.sector[mine], self.by_imei[mine])


@dataclass(frozen=True)
class Form:
    """In what form the operators deliver.

    Args:
        csv: answers that come as CSV: position in `OPERATORS`, whether to a request by IMEI.
        rows_a_file: rows after which an operator begins another file.
    """

    csv: frozenset[tuple[int, bool]]
    rows_a_file: int


class Delivery:
    """Writes what the operators deliver, file by file, and which phone each row is of.

    Args:
        world: the world.
        sources: the case's folder `sources`.
        truth: the folder of the truth.
        form: CSV or Parquet, and how long the files are.
    """

    def __init__(self, world: World, sources: Path, truth: Path, form: Form) -> None:
        self._world, self._sources = world, sources
        self._serving = Serving(world)
        self._rng = stream(world.seed, "delivery")
        self._form = form
        self._files: dict[tuple[int, bool], tuple[str, RowFile]] = {}
        self._parts: dict[tuple[int, bool], int] = {}
        self._sightings = RowFile(truth / "sighting.parquet", SIGHTING)
        self.rows = 0

    def write(self, chunk: Chunk, true_ids: pa.Array, at_most: int | None = None) -> None:
        """Deliver the rows of a chunk.

        Args:
            chunk: phones and events.
            true_ids: name of each phone.
            at_most: rows after which the phones that follow are left out; None for no limit.
        """
        rows = self._delivered(chunk)
        if at_most is not None and len(rows.event) > at_most:
            whose = np.argsort(chunk.events.device[rows.event], kind="stable")
            rows = rows.of(np.sort(whose[:at_most]))
        operator = chunk.subscriptions.operator[chunk.events.subscription[rows.event]]
        for one in range(len(OPERATORS)):
            for by_imei in (True, False):
                mine = np.flatnonzero((operator == one) & (rows.by_imei == by_imei))
                if len(mine):
                    self._write_file(chunk, rows, mine, (one, by_imei), true_ids)

    def close(self) -> None:
        """End all files."""
        for _, file in self._files.values():
            file.close()
        self._sightings.close()

    def _delivered(self, chunk: Chunk) -> _Rows:
        """Return which events are delivered, once or twice, in the order of time."""
        events, recipe, rng = chunk.events, self._world.recipe, self._rng
        sector = self._serving.rows(events, chunk.subscriptions, rng)
        in_area = (sector >= 0) & self._serving.is_asked[np.maximum(sector, 0)]
        every = np.arange(len(sector))
        if chunk.is_asked_by_imei:
            twice = every[in_area & (rng.random(len(every)) < recipe.delivered_twice_share)]
            event = np.concatenate([every, twice])
            by_imei = np.arange(len(event)) < len(every)
        else:
            event = every[in_area]
            by_imei = np.zeros(len(event), bool)
        again = np.flatnonzero(rng.random(len(event)) < recipe.duplicate_share)
        event, by_imei = np.append(event, event[again]), np.append(by_imei, by_imei[again])
        order = np.lexsort((event, events.second[event]))
        return _Rows(event[order], sector[event[order]], by_imei[order])

    def _write_file(
        self, chunk: Chunk, rows: _Rows, mine: Ints, which: tuple[int, bool], true_ids: pa.Array
    ) -> None:
        source, file = self._file(which)
        rows = rows.of(mine[self._order(chunk, rows.of(mine), SORTED_BY[which[0]])])
        event = rows.event
        seen = pa.table(
            {
                "source": pa.array([source]).take(pa.array(np.zeros(len(mine), np.int8))),
                "row": file.rows + 1 + np.arange(len(mine)),
                "true_id": true_ids.take(pa.array(chunk.events.device[event])),
            },
            schema=SIGHTING,
        )
        file.write(self._table(chunk, event, rows.sector, which[0]))
        self._sightings.write(seen)
        self.rows += len(mine)

    def _file(self, which: tuple[int, bool]) -> tuple[str, RowFile]:
        """Return the name and the file that takes the next rows of an answer."""
        if which in self._files:
            source, file = self._files[which]
            if file.rows < self._form.rows_a_file:
                return source, file
            file.close()
        self._parts[which] = self._parts.get(which, 0) + 1
        operator, by_imei = which
        asked = "by-imei" if by_imei else "by-sector"
        ending = "csv" if which in self._form.csv else "parquet"
        source = f"retained_record/{OPERATORS[operator]}-{asked}-{self._parts[which]}.{ending}"
        self._files[which] = source, RowFile(self._sources / source, SCHEMA)
        return self._files[which]

    def _order(self, chunk: Chunk, rows: _Rows, by: str) -> Ints:
        """Return positions of rows, which lie in the order of time, as an operator sorts them."""
        if by == "phone":
            return np.argsort(chunk.events.device[rows.event], kind="stable")
        if by == "sector":
            return np.argsort(rows.sector, kind="stable")
        if by == "nothing":
            return np.asarray(self._rng.permutation(len(rows.event)), np.int64)
        return np.arange(len(rows.event))

    def _table(self, chunk: Chunk, event: Ints, sector: Ints, operator: int) -> pa.Table:
        events, recipe, rng = chunk.events, self._world.recipe, self._rng
        second = events.second[event]
        # The clock of the second operator is ahead, that of the third one behind.
        error = (0, recipe.clock_error_large_s, -recipe.clock_error_small_s, 0)[operator]
        subscription = events.subscription[event]
        plus = WRITES_PLUS[operator]
        unknown = rng.random(len(event)) < recipe.sector_unknown_share
        return pa.table(
            {
                "started_at_utc": instants(second + error),
                "duration_s": events.duration_s[event],
                "kind": pa.array(KINDS).take(pa.array(events.kind[event])),
                "imei": self._imei(chunk.devices.imei[events.device[event]], operator),
                "imsi": pc.cast(pa.array(chunk.subscriptions.imsi[subscription]), pa.string()),
                "msisdn": number_text(chunk.subscriptions.number[subscription], plus),
                "counterpart": self._counterpart(events, event, plus),
                "sector_id": pc.if_else(
                    pa.array(unknown),
                    pa.scalar(f"208-{str(OPERATORS[operator])[3:]}-65534-65534"),
                    self._serving.identities(sector, second),
                ),
                "operator": pa.array([str(OPERATORS[operator])]).take(
                    pa.array(np.zeros(len(event), np.int8))
                ),
            },
            schema=SCHEMA,
        )

    def _imei(self, imei: Ints, operator: int) -> pa.Array:
        """Return identities as this operator writes them, some with a wrong check digit."""
        digits = IMEI_DIGITS[operator]
        text = imei_text(imei)
        if digits == 14:
            return text
        check = check_digits(imei)
        wrong = self._rng.random(len(imei)) < self._world.recipe.wrong_check_share
        check = np.where(wrong, (check + 1 + imei % 9) % 10, check)
        tail = pc.cast(pa.array(check), pa.string())
        if digits == 16:
            tail = pa.array(["01"]).take(pa.array(np.zeros(len(imei), np.int8)))
        return pc.binary_join_element_wise(text, tail, "")

    def _counterpart(self, events: Events, event: Ints, plus: bool) -> pa.Array:
        number = events.counterpart[event]
        text = number_text(number, plus)
        share = self._world.recipe.undecided_number_share
        odd = (self._rng.random(len(event)) < share) & (number > 1_000_000)
        cut = pc.cast(pa.array(number // 10), pa.string())  # a digit lost: no French number
        return pc.if_else(pa.array(odd), cut, text)


def names(letter: str, first: int, count: int) -> pa.Array:
    """Return names of phones: a letter and a number.

    >>> names("F", 1, 2).to_pylist()
    ['F0000001', 'F0000002']
    """
    return pa.array([f"{letter}{first + i:07d}" for i in range(count)], pa.string())
