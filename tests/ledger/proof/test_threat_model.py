"""docs/threat-model.md and docs/shown-by.md claim nothing that no test shows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from portique.cli.shelf import PLACES

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", ["threat-model.md", "shown-by.md"])
def test_every_claim_names_a_test_that_exists(name: str) -> None:
    """Each row of the table names at least one, and each name is a test here."""
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][2:]
    tests = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }

    assert len(rows) > 10
    for row in rows:
        named = set(re.findall(r"`(test_\w+|[A-Z][A-Za-z]+)`", row))
        assert named, row
        assert named <= tests, named - tests


def test_every_command_of_the_table_is_one() -> None:
    """Of the program, or a goal of the Makefile."""
    page = (ROOT / "docs" / "shown-by.md").read_text(encoding="utf-8")
    goals = (ROOT / "Makefile").read_text(encoding="utf-8")
    for first in re.findall(r"`portique (\w+)", page):
        assert first in PLACES, first
    for goal in re.findall(r"`make ([a-z-]+)", page):
        assert f"\n{goal}:" in goals, goal
