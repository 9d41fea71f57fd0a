"""The rows of `profiles/tac.csv` behind the name of a model, as they stand there."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from portique.flow.folder import CaseFolder
from portique.flow.manifest import read_manifest
from portique.flow.seen import Seen
from portique.flow.why.sources import Delivered, altered


def name_rows(folder: CaseFolder, seen: Seen, codes: Iterable[str]) -> list[Delivered]:
    """Return the row that a run used for each type allocation code: the first that has it.

    Args:
        folder: the case.
        seen: hashes of its files.
        codes: 8 digits each.

    Raises:
        Refused: the file is no longer the one that the run used.
    """
    path, wanted = folder.profiles / "tac.csv", set(codes)
    if not wanted:
        return []
    file = folder.relative(path)
    collect = read_manifest(folder).entries["collect"]
    used = collect.inputs["files"].get(file, "none")
    if not path.is_file() or seen.sha256(path) != used:
        raise altered(file, used)
    found = []
    with path.open(encoding="utf-8-sig", newline="") as handle:
        lines = csv.reader(handle)
        for row, fields in enumerate(lines):
            named = wanted.intersection(field.strip() for field in fields)
            wanted -= named
            if named:
                shown = {f"column {number}": text for number, text in enumerate(fields, 1)}
                found.append(Delivered(file, row, lines.line_num, used, shown))
    return found
