"""Brand and model by type allocation code, from a list that a case may have: `profiles/tac.csv`.

The list is an aid to reading, never a ground: nothing is placed in the fleet because of a name.
It lies in `profiles/`, not in `sources/`, since nobody was ordered to deliver it (decision 0007);
its hash is part of what a run depends on. Two forms are read, both CSV in UTF-8:

- the export of the Osmocom TAC database, as it is: a line with its licence (CC-BY-SA 3.0), then
  `tac,name,name,contributor,comment,gsmarena,gsmarena,aka`, brand before model;
- `tac`, `brand`, `model`, in any order, among other columns.

No such list is part of this program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from portique.collect.csvrows import MAX_ROW_BYTES, RowBlock, RowStream, split_header
from portique.collect.header import folded
from portique.core.errors import Problem
from portique.core.ids import DIGITS
from portique.core.tables import TAC_NAME

TAC_FILE = "profiles/tac.csv"
"""Below the case folder."""

TAC_DIGITS = 8
NO_CODE = "the code is not 8 digits"
NO_NAME = "neither brand nor model"
REPEATED = "the code stands in an earlier row, which is used"


@dataclass(frozen=True)
class TacNames:
    """What a list of type allocation codes says.

    Args:
        names: code, 8 digits -> brand and model, either of which may be empty.
        rows_read: rows of the list.
        left_out: reason, in words -> rows; with `names` they make up `rows_read`.
    """

    names: dict[str, tuple[str, str]]
    rows_read: int
    left_out: dict[str, int]


@dataclass(frozen=True)
class _Layout:
    width: int
    places: tuple[int, int, int]
    has_banner: bool


def load_tac_names(path: Path) -> dict[str, tuple[str, str]]:
    """Return brand and model by type allocation code, 8 digits.

    The first row of a code stands. Codes are not padded: one of 7 digits is no code.

    Raises:
        Problem: the file is no such list.

    Source of the Osmocom form: its export, as described above.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "tac.csv")
    ...     _ = path.write_text("tac,brand,model\\n00101701,Example,Tiny\\n", encoding="utf-8")
    ...     load_tac_names(path)
    {'00101701': ('Example', 'Tiny')}
    """
    return read_tac_names(path).names


def read_tac_names(path: Path) -> TacNames:
    """Return what a list of type allocation codes says, with the rows that were left out.

    Raises:
        Problem: the file is no such list.
    """
    layout = _layout(path)
    names: dict[str, tuple[str, str]] = {}
    left_out: Counter[str] = Counter()
    rows_read = 0
    for piece in RowStream(path, layout.width, sorted(set(layout.places))):
        for code, brand, model in _fields(piece, layout):
            rows_read += 1
            reason = _why_not(code, brand, model, names)
            if reason:
                left_out[reason] += 1
            else:
                names[code] = (brand, model)
        for fault in piece.faults:
            rows_read += fault.count
            left_out[fault.words] += fault.count
    return TacNames(names, rows_read, dict(left_out))


def tac_table(case_folder: Path) -> pa.Table:
    """Return the table `tac_name` of a case; empty where the case has no list.

    Raises:
        Problem: there is a file, and it is no such list.
    """
    path = case_folder / TAC_FILE
    names = load_tac_names(path) if path.is_file() else {}
    rows = [
        {"tac": code, "brand": brand or None, "model": model or None}
        for code, (brand, model) in sorted(names.items())
    ]
    return pa.Table.from_pylist(rows, schema=TAC_NAME.schema)


def _why_not(code: str, brand: str, model: str, names: dict[str, tuple[str, str]]) -> str:
    if len(code) != TAC_DIGITS or not DIGITS.match(code):
        return NO_CODE
    if not brand and not model:
        return NO_NAME
    return REPEATED if code in names else ""


def _fields(piece: RowBlock, layout: _Layout) -> Iterator[tuple[str, str, str]]:
    """Yield code, brand and model of each whole row; the line of names under a banner is none."""
    columns = (piece.columns[place].to_pylist() for place in layout.places)
    for row, fields in zip(piece.row, zip(*columns, strict=True), strict=True):
        if not (layout.has_banner and row == 1):
            code, brand, model = (text.strip() for text in fields)
            yield code, brand, model


def _layout(path: Path) -> _Layout:
    with path.open("rb") as handle:
        lines = [handle.readline(MAX_ROW_BYTES) for _ in range(2)]
    for number, line in enumerate(lines):
        names = [folded(name) for name in split_header(line, str(path))]
        places = _places(names)
        if places:
            return _Layout(len(names), places, has_banner=number == 1)
    raise Problem(
        "this is no list of type allocation codes: no line names tac, brand and model",
        where=str(path),
        mend="put the export of the Osmocom TAC database there, or take the file away",
        code="COL-033",
    )


def _places(names: list[str]) -> tuple[int, int, int] | None:
    if "tac" not in names:
        return None
    if "brand" in names and "model" in names:
        return names.index("tac"), names.index("brand"), names.index("model")
    named = [place for place, name in enumerate(names) if name == "name"]
    return (names.index("tac"), named[0], named[1]) if len(named) == 2 else None
