"""A list of LTE cells with their direction, as people who chart networks keep it.

Made by: users of Network Signal Guru, as CSV with the columns
`ECellID,CellName,Longitude,Latitude,PCI,EARFCN,Azimuth`. Seen: davwheat/nsg-cell-database (MIT),
Great Britain. The files lie in `sources/sector/`; one row of the file is one sector.

- **Identity:** `ECellID` is the 28 bits of an E-UTRAN cell, in decimal, unique within one network.
  The network stands in no column. It is taken from the path, where the file or a folder below
  `sources/sector/` begins with five digits, as in the project that makes the files:
  `23420_merged_cells_eutra.csv`, `23420/cells.csv`. The `sector_id` is then the ECGI,
  `234-20-129097582`. Without a network it reads `eci:129097582`, and no record names it.
- **Technology:** 4G, since an EARFCN numbers carriers of LTE alone. Each carrier of a site is a
  row, often with the azimuth of another.
- **Direction:** degrees from true north. Empty or -1 is "not known": omnidirectional.
- **Width and range:** empty, "not known"; each rule then takes a value of its own.
- **Known faults:** positions are people's, good to some tens of metres; a list covers what somebody
  drove past, so that a sector may exist that is not listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.forms import form, has_form, names_of, read_form
from portique.collect.reader import Block, Head, Reader, Recognition, Request
from portique.collect.values import text_values, whole_values
from portique.core.tables import TEXT

KIND = "sector"
FORM = form(
    "list of LTE cells",
    "one LTE cell",
    ("ecellid", "longitude", "latitude", "azimuth"),
    ("cellname", "pci", "earfcn"),
)
ECI_BITS = 28
NETWORK = re.compile(r"([0-9]{3})([0-9]{2})(?![0-9])")
"""Two digits of network code: with three, a month such as 202503 would be a network."""

NO_NETWORK = (
    "neither file nor folder names a network: identities are an ECI alone, no record has it"
)
NO_AZIMUTH = "sectors without azimuth are read as omnidirectional"


def recognises(head: Head) -> Recognition:
    """Return whether the first line names an E-UTRAN cell, a place and an azimuth."""
    if head.kind != KIND:
        return Recognition("no", f"lists of cells lie in {KIND}, not in {head.kind}")
    if has_form(names_of(head), FORM):
        return Recognition("certain", "the first line names the columns of a list of LTE cells")
    return Recognition("no", "the first line does not name ECellID, Longitude, Latitude, Azimuth")


def rows(request: Request) -> Iterator[Block]:
    """Yield the sectors of a file.

    Raises:
        Problem: a column is missing or named twice.
    """
    network = _network(request)
    for block in read_form(request.path, FORM, keep_raw=request.keep_raw):
        yield _sectors(block, network)


def _network(request: Request) -> tuple[str, str] | None:
    """Return country and network code from the file's name, else from the nearest folder's."""
    top = request.sources / KIND
    folders = request.path.parents if request.path.is_relative_to(top) else ()
    names = [request.path.name, *(f.name for f in folders if f.is_relative_to(top) and f != top)]
    for name in names:
        if found := NETWORK.match(name):
            return found.group(1), found.group(2)
    return None


def _sectors(block: Block, network: tuple[str, str] | None) -> Block:
    size = len(block.row)
    eci = _ecis(block.columns["ecellid"])
    azimuth = text_values(block.columns["azimuth"]).values
    azimuth = pc.if_else(
        pc.match_substring_regex(azimuth, r"^-1(?:\.0*)?$"), pa.scalar(None, TEXT), azimuth
    )
    prefix, separator = ("-".join(network), "-") if network else ("eci", ":")
    columns = {
        "sector_id": pc.binary_join_element_wise(prefix, eci, separator),
        "operator": pa.array(["".join(network) if network else None] * size, TEXT),
        "technology": pa.array(["4G"] * size, TEXT),
        "lat": block.columns["latitude"],
        "lon": block.columns["longitude"],
        "azimuth_deg": azimuth,
    }
    notes = () if network else (NO_NETWORK,)
    if azimuth.null_count:
        notes = (*notes, NO_AZIMUTH)
    return replace(block, columns=columns, notes=(*block.notes, *notes))


def _ecis(delivered: pa.Array) -> pa.Array:
    """Return the cells' numbers as text; nothing where one is none of 28 bits."""
    numbers = whole_values(delivered).values
    values = pc.fill_null(numbers, -1).to_numpy(zero_copy_only=False)
    fits = (values >= 0) & (values < 1 << ECI_BITS)
    return pa.array(np.where(fits, values, 0), pa.int64(), mask=~fits).cast(TEXT)


READER = Reader("list of LTE cells", "", recognises, rows, first_row_line=2)
