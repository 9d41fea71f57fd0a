"""A list of an operator's sites, as open data publish it: where masts stand, and little more.

Made by: whoever simplified the public list of a regulator (seen: Arcep, "Mon réseau mobile", of
January 2018) to `mccmnc` or `operator`, `lat`, `lon` in degrees, and one flag, 1 or 0, for each
generation, `g2`, `g3`, `g4`, `g5`, of which one at least is there. Other columns are ignored, and
that is said. The files lie in `sources/sector/`.

One site is one row of the table `sector`, and what the list does not say is not made up:

- **Identity:** none is delivered. The `sector_id` is constructed from network, latitude and
  longitude as delivered, and says so: `constructed:20801:48.8566:2.3522`. No record can name it. A
  register of such rows shows where masts stand and places nobody; beside a register with
  identities it would count every mast twice.
- **Direction:** none, so the row is omnidirectional. Three invented sectors at 0, 120 and 240
  degrees would be up to 60 degrees wrong, some 10 dB of an antenna of 65 degrees: enough to rule
  a prison in or out by chance. A site without direction rules nothing out by direction.
- **Technology:** empty, since one row stands for all that a site has. `portique sectors` writes a
  register with one row for each generation of a site.
- **Range:** empty, "not known"; each rule then takes a bound of its own.
- **Known faults:** a site stands in the list once for each place it is near (those repeats are
  counted as duplicates); a site with 0 for all of 2G, 3G and 4G has no service, and is set aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.forms import form, has_form, names_in, names_of, read_form, without
from portique.collect.reader import Block, Head, Mask, Reader, Recognition, Request
from portique.collect.values import as_mask, text_values
from portique.core.tables import TEXT, Table

KIND = "sector"
GENERATIONS = {"g2": "2G", "g3": "3G", "g4": "4G", "g5": "5G"}
"""Column of the list -> technology of the contract."""

TOLD_OF_ALL = {"g2", "g3", "g4"}
"""Only a list that tells all of these can say that a site has no service: 5G came with 4G."""

FORMS = {
    network: form("list of sites", "one site", (network, "lat", "lon"), tuple(GENERATIONS))
    for network in ("mccmnc", "operator")
}
"""By the column that names the network."""

OF_THE_CONTRACT = "sector_id"
NOTE = (
    "identities are constructed and no record names them; directions and ranges are not known: "
    "sites are omnidirectional"
)


def recognises(head: Head) -> Recognition:
    """Return whether the first line names a network, a place and generations, and no sector."""
    if head.kind != KIND:
        return Recognition("no", f"lists of sites lie in {KIND}, not in {head.kind}")
    names = names_of(head)
    if OF_THE_CONTRACT in names:
        return Recognition("no", "the first line names sectors, not sites")
    if _form_of(names) is None or names.isdisjoint(GENERATIONS):
        return Recognition("no", "the first line does not name mccmnc, lat, lon and generations")
    return Recognition("certain", "the first line names the columns of a list of sites")


def rows(request: Request) -> Iterator[Block]:
    """Yield the sites of a file as sectors, with one column more: `technologies`, such as "2G 4G".

    Raises:
        Problem: a column is missing or named twice.
    """
    known = _form_of(names_in(request.path)) or FORMS["mccmnc"]
    for block in read_form(request.path, known, keep_raw=request.keep_raw):
        yield _sectors(block, known.names[0])


def _form_of(names: frozenset[str]) -> Table | None:
    return next((known for known in FORMS.values() if has_form(names, known)), None)


def _sectors(delivered: Block, network: str) -> Block:
    technologies, silent = _technologies(delivered)
    named = replace(delivered, columns={**delivered.columns, "technologies": technologies})
    block = without(named, silent, "malformed_row", "sites without a service of any generation")
    operator, lat, lon = (
        pc.fill_null(text_values(block.columns[name]).values, "")
        for name in (network, "lat", "lon")
    )
    columns = {
        "sector_id": pc.binary_join_element_wise("constructed", operator, lat, lon, ":"),
        "operator": operator,
        "lat": lat,
        "lon": lon,
        "technologies": block.columns["technologies"],
    }
    return replace(block, columns=columns, notes=(*block.notes, NOTE))


def _technologies(block: Block) -> tuple[pa.Array, Mask]:
    """Return the generations flagged 1 of each site, and the sites that have none of them."""
    silent = np.full(len(block.row), block.columns.keys() >= TOLD_OF_ALL)
    parts = [pa.array([""] * len(block.row), TEXT)]
    for name in (name for name in GENERATIONS if name in block.columns):
        flag = text_values(block.columns[name]).values
        silent &= as_mask(pc.equal(flag, "0"))
        has = pa.array(as_mask(pc.equal(flag, "1")))
        parts.append(pc.if_else(has, f"{GENERATIONS[name]} ", ""))
    return pc.utf8_rtrim_whitespace(pc.binary_join_element_wise(*parts, "")), silent


READER = Reader("list of sites", "", recognises, rows, first_row_line=2)
