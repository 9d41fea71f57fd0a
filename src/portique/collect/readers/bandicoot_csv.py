"""Records of one person as the toolbox bandicoot keeps them: CSV, beside a list of antennas.

Made by: users of bandicoot (MIT Media Lab). A file is one person's and named after the person,
who is the `subscriber`: `interaction,direction,correspondent_id,datetime,call_duration`, and then
`antenna_id`, or `latitude,longitude`, or neither. Seen: the sample records of one volunteer, 2014.
The files lie in `sources/retained_record/`; rows go to the table `sighting`.

- **No IMEI and no subscription:** no handset is made from these rows, and none is linked to one.
- **Places:** the antenna's, from every list `antenna_id,latitude,longitude` (`.csv`) in the same
  folder, else in the nearest folder above that has one. A list gives no rows. An antenna that
  stands there with two places, or with none that can be read, has none. No direction is known.
- **Time:** without a zone, which is the deliverer's and stands nowhere. It is **read as UTC**, and
  the note of the file says so: instants may be off by the zone's whole hours.
- **Kind:** `call` and `text`, `in` and `out`; `gps`, or no interaction, is a `measurement`, whose
  place is that of the phone. A row with other words is set aside.
- **Known faults:** numbers made anonymous, so that `counterpart` is a name; `place_id` for
  `antenna_id` in old lists of antennas, which is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.forms import (
    form,
    has_form,
    lacks_zone,
    names_in,
    names_of,
    read_form,
    text_column,
    without,
)
from portique.collect.reader import Block, Head, Mask, Reader, Recognition, Request
from portique.collect.typed import RANGES
from portique.collect.values import as_mask, by_distinct, real_values, text_values
from portique.core.errors import Problem
from portique.core.tables import TEXT, Table

KIND = "retained_record"
RECORDS = form(
    "bandicoot records",
    "one call, text or position of one person",
    ("interaction", "direction", "correspondent_id", "datetime"),
    ("call_duration", "antenna_id", "latitude", "longitude"),
)
ANTENNAS = form("bandicoot antennas", "one antenna", ("antenna_id", "latitude", "longitude"))
OLD_ANTENNAS = form("old antennas", "one antenna", ("place_id", "latitude", "longitude"))
KINDS = {
    "call in": "call_in",
    "call out": "call_out",
    "text in": "sms_in",
    "text out": "sms_out",
    "gps": "measurement",
    "": "measurement",
}
"""Interaction and direction, as delivered -> kind."""

NO_ZONE = "datetime has no zone: read as UTC"
OWN_PLACES = "places stand in the rows themselves, not in a list of antennas"
NO_LIST = "no list of antennas lies beside this file: rows have no place"
UNPLACED = "rows with an antenna that the list gives no one place"

Place = tuple[str, str]
"""Latitude and longitude, as delivered."""
Antennas = dict[str, Place | None]


def recognises(head: Head) -> Recognition:
    """Return whether the first line names bandicoot's columns."""
    if head.kind != KIND:
        return Recognition("no", f"records of bandicoot lie in {KIND}, not in {head.kind}")
    if has_form(names_of(head), RECORDS):
        return Recognition("certain", "the first line names the columns of bandicoot's records")
    return Recognition("no", "the first line does not name interaction, direction and so on")


def is_antennas(head: Head) -> bool:
    """Return whether a file is a list of antennas, to be used beside records."""
    named = head.kind == KIND and _may_be_list(head.path)
    return named and _antenna_form(names_of(head)) is not None


def rows(request: Request) -> Iterator[Block]:
    """Yield the rows of a file of records; of a list of antennas, its rows without columns.

    Raises:
        Problem: a column is missing or named twice.
    """
    listed = _antenna_form(names_in(request.path))
    if listed is not None:
        for block in read_form(request.path, listed, keep_raw=request.keep_raw):
            yield replace(block, columns={})
        return
    antennas = _antennas_near(request)
    subscriber = os.fsencode(request.path.stem).decode("utf-8", "backslashreplace")
    for block in read_form(request.path, RECORDS, keep_raw=request.keep_raw):
        yield _sightings(block, subscriber, antennas)


def _sightings(delivered: Block, subscriber: str, antennas: Antennas) -> Block:
    kind, unknown = _kinds(delivered)
    columns = {**delivered.columns, "kind": kind}
    words = "interaction and direction are not bandicoot's words"
    block = without(replace(delivered, columns=columns), unknown, "malformed_row", words)
    sector = text_values(text_column(block, "antenna_id")).values
    lat, lon, notes = _places(block, sector, antennas)
    if lacks_zone(text_column(block, "datetime")):
        notes.append(NO_ZONE)
    columns = {
        "subscriber": pa.array([subscriber] * len(block.row), TEXT),
        "seen_at_utc": text_column(block, "datetime"),
        "kind": block.columns["kind"],
        "counterpart": text_column(block, "correspondent_id"),
        "duration_s": text_column(block, "call_duration"),
        "sector": sector,
        "lat": lat,
        "lon": lon,
    }
    return replace(block, columns=columns, notes=(*block.notes, *notes))


def _kinds(block: Block) -> tuple[pa.Array, Mask]:
    """Return the kind of each row, and which rows have words that are none of bandicoot's."""
    words = pc.binary_join_element_wise(
        block.columns["interaction"], block.columns["direction"], " "
    )
    kinds = by_distinct(words, lambda said: KINDS.get(" ".join(said.lower().split())), TEXT)
    return kinds, as_mask(kinds.is_null())


def _places(
    block: Block, sector: pa.Array, antennas: Antennas
) -> tuple[pa.Array, pa.Array, list[str]]:
    """Return latitude and longitude of each row, and what has to be said of them."""
    lat, lon = (text_values(text_column(block, name)).values for name in ("latitude", "longitude"))
    own = pc.and_(lat.is_valid(), lon.is_valid())
    listed = [by_distinct(sector, _part(antennas, part), TEXT) for part in (0, 1)]
    unplaced = pc.and_not(pc.and_(sector.is_valid(), listed[0].is_null()), own)
    notes = []
    if pc.any(own).as_py():
        notes.append(OWN_PLACES)
    if pc.any(unplaced).as_py():
        notes.append(UNPLACED if antennas else NO_LIST)
    return pc.if_else(own, lat, listed[0]), pc.if_else(own, lon, listed[1]), notes


def _part(antennas: Antennas, part: int) -> Callable[[str], str | None]:
    def read(antenna: str) -> str | None:
        place = antennas.get(antenna)
        return None if place is None else place[part]

    return read


def _antennas_near(request: Request) -> Antennas:
    """Return the antennas of the nearest folder that lists any, from the file's own upwards."""
    top = request.sources / KIND
    folders = [request.path.parent]
    while folders[-1] != top and folders[-1].is_relative_to(top):
        folders.append(folders[-1].parent)
    for folder in folders:
        found: Antennas = {}
        for path in sorted(folder.iterdir()):
            _read_antennas(path, found)
        if found:
            return found
    return {}


def _read_antennas(path: Path, found: Antennas) -> None:
    if not _may_be_list(path) or path.is_symlink() or not path.is_file():
        return
    listed = _antenna_form(names_in(path))
    if listed is None:
        return
    try:
        for block in read_form(path, listed):
            names, lat, lon = (text_values(block.columns[name]).values for name in listed.names)
            placed = zip(names.to_pylist(), _read_places(lat, lon), strict=True)
            for name, place in placed:
                if name is not None:
                    found[name] = place if found.get(name, place) == place else None
    except Problem:
        return  # said of the list itself, where it is counted


def _read_places(lat: pa.Array, lon: pa.Array) -> list[Place | None]:
    whole = zip(_in_range(lat, "lat"), _in_range(lon, "lon"), strict=True)
    texts = zip(lat.to_pylist(), lon.to_pylist(), strict=True)
    return [place if all(fits) else None for place, fits in zip(texts, whole, strict=True)]


def _in_range(texts: pa.Array, name: str) -> list[bool]:
    low, high = RANGES[name]
    degrees = real_values(texts).values
    inside = pc.and_(pc.greater_equal(degrees, low), pc.less_equal(degrees, high))
    return [bool(flag) for flag in as_mask(inside)]


def _may_be_list(path: Path) -> bool:
    """Return whether a name is one under which files of a case are read at all."""
    return path.suffix.lower() == ".csv" and not path.name.startswith((".", "~$"))


def _antenna_form(names: frozenset[str]) -> Table | None:
    if has_form(names, RECORDS):
        return None
    return next((listed for listed in (ANTENNAS, OLD_ANTENNAS) if has_form(names, listed)), None)


READER = Reader(
    "records of bandicoot",
    "sighting",
    recognises,
    rows,
    first_row_line=2,
    companion=is_antennas,
)
