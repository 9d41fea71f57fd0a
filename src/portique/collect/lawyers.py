"""Which numbers are lawyers': learned from every file of declared contacts, whatever its state.

Files that no authority covers and files that no reader takes are looked into for this alone: what
protects a lawyer is not use.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from portique.collect.csvrows import MAX_ROW_BYTES
from portique.collect.privilege import Privileged, is_lawyer
from portique.collect.reader import Block, Head, Request
from portique.collect.readers.contract_parquet import MAGIC
from portique.collect.registry import all_readers, choose_reader, read_head
from portique.collect.values import text_values
from portique.core.errors import Problem
from portique.core.tables import INPUT, Table

KIND = "declared_contact"
LAWYERS = Table(
    KIND,
    "the two columns that tell a lawyer's number",
    tuple(c for c in INPUT[KIND].columns if c.name in {"msisdn", "relation"}),
    (),
)


def learn(privileged: Privileged, path: Path, sources: Path) -> bool:
    """Take in the lawyers' numbers of one file; return whether all of them can be known.

    A file that cannot be read as a table is searched line by line for words of a lawyer.

    Args:
        privileged: the numbers known so far.
        path: a file of declared contacts.
        sources: the folder `sources/`.
    """
    try:
        head = Head(path, KIND, read_head(str(path)))
    except OSError:
        return False
    if not head.start:
        return True
    try:
        request = Request(path, LAWYERS, sources, keep_raw=True)
        for block in all_readers()[choose_reader(head)].rows(request):
            _learn_block(privileged, block)
    except Problem:
        _learn_lines(privileged, path, head)
        return False
    except OSError:
        return False
    return True


def _learn_block(privileged: Privileged, block: Block) -> None:
    for number in lawyers_numbers(block):
        privileged.add(number)
    for fault in block.faults:
        for raw in fault.raw:
            privileged.add_raw(raw)


def _learn_lines(privileged: Privileged, path: Path, head: Head) -> None:
    if head.start.startswith(MAGIC):
        return
    with path.open("rb") as handle:
        while line := handle.readline(MAX_ROW_BYTES):
            privileged.add_raw(line)


def lawyers_numbers(block: Block) -> Iterator[str]:
    """Yield the numbers of the rows of a block that declare a lawyer, as written."""
    relations = text_values(block.columns["relation"]).values.to_pylist()
    numbers = text_values(block.columns["msisdn"]).values.to_pylist()
    for relation, number in zip(relations, numbers, strict=True):
        if number and is_lawyer(relation):
            yield number
