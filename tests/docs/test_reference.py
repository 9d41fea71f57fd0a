"""The reference cannot lag: it is made from the code, and compared here."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from portique.core import tables
from tools.reference import CODE, PAGES, REFERENCE, SOURCE, faults


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_what_the_code_says(name: str) -> None:
    """Where this fails, `make docs` writes the page anew."""
    page = REFERENCE / name
    assert page.read_text(encoding="utf-8") == PAGES[name]()


def test_an_error_code_stands_in_one_place_and_means_one_thing() -> None:
    """Two places with one code would be two meanings, sooner or later."""
    counted = Counter(fault.code for fault in faults())
    assert [code for code, times in counted.items() if times > 1] == []


def test_every_code_in_the_source_is_on_the_page() -> None:
    """A code that is passed on by a way that the page does not follow is found here."""
    texts = (
        node.value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    written = {text for text in texts if CODE.fullmatch(text)}
    assert written == {fault.code for fault in faults()}


def test_every_fault_says_how_to_mend_it() -> None:
    """No code without words for what happened and for what to do about it."""
    for fault in faults():
        assert fault.what, fault
        assert fault.mend, fault


def test_every_table_and_column_is_on_the_page() -> None:
    """The page of tables names each table of core/tables.py and each of its columns."""
    page = (REFERENCE / "tables.md").read_text(encoding="utf-8")
    for group in (tables.INPUT, tables.BETWEEN, tables.OUTPUT):
        for table in group.values():
            section = page.split(f"### `{table.name}`\n")[1].split("\n#")[0]
            assert all(f"| `{column}`" in section for column in table.names)


def test_every_reader_is_on_the_page() -> None:
    """The page of readers has a section for each file in collect/readers."""
    page = (REFERENCE / "readers.md").read_text(encoding="utf-8")
    readers = sorted((SOURCE / "collect" / "readers").glob("*.py"))
    for path in readers:
        assert path.stem == "__init__" or f"## `{path.stem}`" in page
