"""Measurements as telcell reads them: CSV, one place of one phone at one time.

Made by: users of telcell (Netherlands Forensic Institute), in two header forms. The present one is
`id`, `owner`, `device`, `timestamp`, `cellinfo.wgs84.lon`, `cellinfo.wgs84.lat`,
`cellinfo.azimuth_degrees`, `cell`; the old one `id`, `track`, `sensor`, `timestamp`, then the same
under `celldb.` without `cell`. Seen: the test files of that project, which are simulated. The files
lie in `sources/retained_record/`; rows go to the table `sighting`.

- **No IMEI and no subscription:** no handset is made from these rows. The `subscriber` is
  `owner/device`: an owner has several devices, and a device has its name within its owner.
- **Places** are those of the antenna, in degrees of WGS 84, with its azimuth.
- **Time** has an offset in every file seen; where one lacks it, it is read as UTC and said.
- **Kind** is `measurement`: what the phone did is not kept.
- **Known faults:** azimuth 0 where none was known, which nothing tells from north; `0-0-0` for a
  cell without identity, kept as delivered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
)
from portique.collect.reader import Block, Head, Reader, Recognition, Request
from portique.collect.values import text_values
from portique.core.tables import TEXT, Table

KIND = "retained_record"
WHAT = "one measurement of one phone"
FORM = form(
    "telcell measurements",
    WHAT,
    ("owner", "device", "timestamp", "cellinfo.wgs84.lon", "cellinfo.wgs84.lat"),
    ("id", "cellinfo.azimuth_degrees", "cell"),
)
OLD_FORM = form(
    "old telcell measurements",
    WHAT,
    ("track", "sensor", "timestamp", "celldb.wgs84.lon", "celldb.wgs84.lat"),
    ("id", "celldb.azimuth_degrees", "cell"),
)
NO_ZONE = "some timestamps have no offset: read as UTC"


def recognises(head: Head) -> Recognition:
    """Return whether the first line names telcell's columns, of either form."""
    if head.kind != KIND:
        return Recognition("no", f"measurements of telcell lie in {KIND}, not in {head.kind}")
    names = names_of(head)
    for known in (FORM, OLD_FORM):
        if has_form(names, known):
            return Recognition("certain", f"the first line names the columns of {known.name}")
    return Recognition("no", "the first line does not name owner, device and wgs84 positions")


def rows(request: Request) -> Iterator[Block]:
    """Yield the rows of a file.

    Raises:
        Problem: a column is missing or named twice.
    """
    names = names_in(request.path)
    known = OLD_FORM if has_form(names, OLD_FORM) and not has_form(names, FORM) else FORM
    for block in read_form(request.path, known, keep_raw=request.keep_raw):
        yield _sightings(block, known)


def _sightings(block: Block, known: Table) -> Block:
    owner, device, moment, lon, lat = known.required
    azimuth = lat.replace("wgs84.lat", "azimuth_degrees")
    columns = {
        "subscriber": _subscribers(block.columns[owner], block.columns[device]),
        "seen_at_utc": block.columns[moment],
        "kind": pa.array(["measurement"] * len(block.row), TEXT),
        "sector": text_column(block, "cell"),
        "lat": block.columns[lat],
        "lon": block.columns[lon],
        "azimuth_deg": text_column(block, azimuth),
    }
    notes = (NO_ZONE,) if lacks_zone(block.columns[moment]) else ()
    return replace(block, columns=columns, notes=(*block.notes, *notes))


def _subscribers(owner: pa.Array, device: pa.Array) -> pa.Array:
    """Return `owner/device`; a row without a device has no subscriber."""
    owners = pc.fill_null(text_values(owner).values, "")
    return pc.binary_join_element_wise(owners, text_values(device).values, "/")


READER = Reader("measurements of telcell", "sighting", recognises, rows, first_row_line=2)
