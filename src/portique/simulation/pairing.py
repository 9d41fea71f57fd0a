"""Which derived handset is which true phone, by the source rows that both sides name.

The choice and its reasons: docs/decisions/0006-marking-pairs-rows.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from portique.simulation.draw import Ints
from portique.simulation.marking_bases import BASES, Base, infer_bases
from portique.simulation.marking_input import (
    UNKNOWN,
    Truth,
    check_columns,
    codes,
    derived,
    imei_numbers,
    texts,
)

ROW_BITS = 40
BATCH_ROWS = 1 << 20


@dataclass(frozen=True)
class Pairing:
    """Who is whom.

    Args:
        handset_id: derived handsets, sorted.
        records: rows of each, shape (handsets,).
        true: position of the paired true phone, `UNKNOWN` for none, shape (handsets,).
        shared: rows shared with it, shape (handsets,).
        row_handset, row_imei, row_true: of every row of a derived handset: handset, IMEI that was
            read, true phone (`UNKNOWN`: the truth does not name the row); shape (rows,).
        sightings: rows that the truth names for each true phone, shape (phones,).
        bases: of each source file that both sides name.
    """

    handset_id: list[str]
    records: Ints
    true: Ints
    shared: Ints
    row_handset: Ints
    row_imei: Ints
    row_true: Ints
    sightings: Ints
    bases: list[Base]

    @property
    def handset_of(self) -> dict[int, int]:
        """The derived handset of each true phone that has one."""
        return {int(t): h for h, t in enumerate(self.true) if t != UNKNOWN}


def pair(case: Path, truth_folder: Path, truth: Truth) -> Pairing:
    """Return the pairing of a case's derived handsets with the true phones of its world.

    A pair shares at least half of the rows of the derived handset; if several derived handsets
    would be the same phone, the one that shares most rows is, and the others are nobody.

    Args:
        case: with derived/handset.parquet, fleet_record.parquet and source.parquet.
        truth_folder: with sighting.parquet.
        truth: its phones.

    Raises:
        Refused: a table lacks, or no base makes the IMEIs of both sides agree.
    """
    handset_id = sorted(
        name for name in texts(derived(case, "handset", ["handset_id"])["handset_id"]) if name
    )
    rows = derived(case, "fleet_record", ["handset_id", "imei", "source_id", "source_row"])
    sources = derived(case, "source", ["source_id", "path"])
    handset = codes(rows["handset_id"], handset_id)
    source = np.asarray(rows["source_id"].cast(pa.int64()), np.int64)
    key = (source << ROW_BITS) + np.asarray(rows["source_row"].cast(pa.int64()), np.int64)
    order = np.argsort(key, kind="stable")
    order = order[handset[order] != UNKNOWN]
    imei, source, handset = imei_numbers(rows["imei"])[order], source[order], handset[order]
    paths = dict(zip(sources["source_id"].to_pylist(), texts(sources["path"]), strict=True))
    known = {clean_path(path or ""): int(number) for number, path in paths.items()}
    slots, sightings = _read_sightings(truth_folder, truth, known, key[order])
    bases = infer_bases(
        {number: path or "" for number, path in paths.items()},
        source,
        _agreement(imei, slots, truth),
    )
    base_of = np.array([bases[number].base for number in np.unique(source).tolist()], np.int64)
    chosen = base_of[np.unique(source, return_inverse=True)[1]]
    row_true = np.choose(chosen, slots) if len(order) else chosen
    true, shared = match(handset, row_true, len(handset_id))
    return Pairing(
        handset_id=handset_id,
        records=np.bincount(handset, minlength=len(handset_id)),
        true=true,
        shared=shared,
        row_handset=handset,
        row_imei=imei,
        row_true=row_true,
        sightings=sightings,
        bases=[bases[number] for number in sorted(bases)],
    )


def clean_path(path: str) -> str:
    """Return a path below sources/, however a world writes it.

    >>> clean_path("case/sources/retained_record/a.csv"), clean_path("./retained_record/a.csv")
    ('retained_record/a.csv', 'retained_record/a.csv')
    """
    plain = "/" + path.replace("\\", "/").removeprefix("./")
    return plain.rpartition("/sources/")[2].lstrip("/")


def _read_sightings(
    folder: Path, truth: Truth, known: dict[str, int], key: Ints
) -> tuple[list[Ints], Ints]:
    """Return, for each base, the true phone of every derived row; and how often each was seen.

    The truth is read in batches: it may name every row of a case, the derived side a tenth.
    """
    slots = [np.full(len(key), UNKNOWN, np.int64) for _ in BASES]
    sightings = np.zeros(len(truth), np.int64)
    for source, row, true in _batches(folder / "sighting.parquet", truth, known):
        named = true != UNKNOWN
        sightings += np.bincount(true[named], minlength=len(truth))
        usable = named & (source != UNKNOWN)
        wanted, phone = (source[usable] << ROW_BITS) + row[usable] + 1, true[usable]
        for base, slot in zip(BASES, slots, strict=True):
            place = np.searchsorted(key, wanted - base)
            inside = place < len(key)
            hit = np.flatnonzero(inside)[key[place[inside]] == (wanted - base)[inside]]
            slot[place[hit]] = phone[hit]
    return slots, sightings


def _batches(path: Path, truth: Truth, known: dict[str, int]) -> Iterator[tuple[Ints, Ints, Ints]]:
    check_columns(path, ["source", "row", "true_id"])
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=["source", "row", "true_id"]):
            column = {name: pa.chunked_array([batch.column(name)]) for name in batch.schema.names}
            row = np.asarray(column["row"].cast(pa.int64()).fill_null(UNKNOWN), np.int64)
            yield (
                _sources(column["source"], known),
                row,
                codes(column["true_id"], truth.true_id),
            )


def _sources(column: pa.ChunkedArray, known: dict[str, int]) -> Ints:
    """Return the source_id of each path as the truth writes it, `UNKNOWN` for no such file."""
    packed = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(packed, pa.ChunkedArray):
        packed = packed.unify_dictionaries().combine_chunks()
    numbers = [known.get(clean_path(path or ""), UNKNOWN) for path in packed.dictionary.to_pylist()]
    table = np.array([*numbers, UNKNOWN], np.int64)
    return table[np.asarray(packed.indices.fill_null(len(numbers)), np.int64)]


def _agreement(imei: Ints, slots: list[Ints], truth: Truth) -> Ints:
    """Return, for each row, a bit for each base under which both sides have the same IMEI.

    `UNKNOWN` where the IMEI is no true phone's: such a row says nothing about the base.
    """
    true_imei = np.append(truth.imei, UNKNOWN)  # the last one answers for `UNKNOWN`
    bits = np.zeros(len(imei), np.int64)
    for place, slot in enumerate(slots):
        bits |= (true_imei[slot] == imei).astype(np.int64) << place
    return np.where(np.isin(imei, truth.imei), bits, UNKNOWN)


def match(handset: Ints, true: Ints, handsets: int) -> tuple[Ints, Ints]:
    """Return the true phone of each derived handset, one to one, and the rows they share.

    Args:
        handset, true: of each row, `true` may be `UNKNOWN`; shape (rows,).
        handsets: number of derived handsets.

    Returns:
        (phone, shared), shape (handsets,) each; `UNKNOWN` and 0 where there is none. Pairs are
        taken by most shared rows; a tie goes to the lower positions, so that it is always the same.

    >>> phone, shared = match(np.array([0, 0, 0, 1, 1]), np.array([7, 7, 2, 7, -1]), 2)
    >>> phone.tolist(), shared.tolist()
    ([7, -1], [2, 0])
    """
    records = np.bincount(handset, minlength=handsets)
    named = true != UNKNOWN
    width = int(true.max(initial=0)) + 1
    both, count = np.unique(handset[named] * width + true[named], return_counts=True)
    first, second = both // width, both % width
    half = 2 * count >= records[first]
    first, second, count = first[half], second[half], count[half]
    phone, shared = np.full(handsets, UNKNOWN, np.int64), np.zeros(handsets, np.int64)
    taken: set[int] = set()
    for index in np.lexsort((second, first, -count)).tolist():
        h, t = int(first[index]), int(second[index])
        if phone[h] == UNKNOWN and t not in taken:
            phone[h], shared[h] = t, count[index]
            taken.add(t)
    return phone, shared
