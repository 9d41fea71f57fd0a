"""Which reader takes a file: asked by content, found by looking into the folder `readers/`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from portique.collect import readers
from portique.collect.reader import HEAD_BYTES, Head, Reader, Recognition
from portique.core.errors import Problem, Refused

NATIVE_ENDINGS = {
    ".xml": "XML",
    ".xls": "a workbook",
    ".xlsx": "a workbook",
    ".ods": "a workbook",
    ".ber": "BER charging records",
    ".zip": "an archive",
    ".gz": "an archive",
    ".7z": "an archive",
    ".pdf": "PDF",
}
"""Forms that operators deliver and that no reader of this version takes."""


@lru_cache(maxsize=1)
def all_readers() -> dict[str, Reader]:
    """Return every reader by the name of its file.

    >>> [name for name in sorted(all_readers()) if name.startswith("contract")]
    ['contract_csv', 'contract_parquet']
    """
    names = sorted(found.name for found in pkgutil.iter_modules(readers.__path__))
    modules = {name: importlib.import_module(f"{readers.__name__}.{name}") for name in names}
    return {name: module.READER for name, module in modules.items()}


def choose_reader(head: Head) -> str:
    """Return the name of the reader that takes a file.

    A certain reader goes before a likely one.

    Raises:
        Problem: no reader takes it.
        Refused: more than one reader takes it, and nothing decides between them.
    """
    answers = {name: reader.recognises(head) for name, reader in all_readers().items()}
    for level in ("certain", "likely"):
        takers = [name for name, answer in answers.items() if answer.level == level]
        if len(takers) == 1:
            return takers[0]
        if takers:
            raise Refused(
                f"{len(takers)} readers take this file for theirs: {_told(answers, takers)}",
                where=str(head.path),
                mend="ask who made the file in which form, and deliver it in the contract's own",
                code="COL-003",
            )
    ending = NATIVE_ENDINGS.get(head.path.suffix.lower())
    what = f"no reader of this version takes {ending}" if ending else "no reader takes this file"
    raise Problem(
        f"{what} ({_told(answers, sorted(answers))})",
        where=str(head.path),
        mend="ask for the file as CSV or Parquet with the columns of docs/reference/tables.md",
        code="COL-002",
    )


def companion_reader(head: Head) -> str:
    """Return the reader that uses a file beside another one; empty: none."""
    for name, reader in all_readers().items():
        if reader.companion is not None and reader.companion(head):
            return name
    return ""


def read_head(path: str, head_bytes: int = HEAD_BYTES) -> bytes:
    """Return the start of a file."""
    with open(path, "rb") as handle:  # noqa: PTH123 - a name may hold any byte
        return handle.read(head_bytes)


def _told(answers: dict[str, Recognition], names: list[str]) -> str:
    return "; ".join(f"{name}: {answers[name].reason}" for name in names)
