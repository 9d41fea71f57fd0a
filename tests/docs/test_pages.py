"""Pages written by hand: their links lead somewhere, their pictures can be read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changelog.d").glob("*.md")]
)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_exist(page: Path) -> None:
    """A link is relative and names a file of the project."""
    for target, _ in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_decisions_are_numbered_listed_and_complete() -> None:
    """Each page says the question, the options, the choice and its cost, and stands in the list."""
    pages = sorted(DECISIONS.glob("[0-9]*.md"))
    listed = (DECISIONS / "README.md").read_text(encoding="utf-8")

    assert [page.name[:4] for page in pages] == [f"{n:04d}" for n in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Question", "Options", "Choice", "What it costs"], page.name
        assert text.startswith(f"# {page.name[:4]}: ")
        assert page.name in listed


def test_entries_of_the_change_log_are_named_by_their_kind() -> None:
    """An entry is `<name>.<kind>.md`, of a known kind, and says something."""
    for entry in (ROOT / "changelog.d").glob("*.md"):
        if entry.name != "README.md":
            assert entry.suffixes[-2] in {".added", ".changed", ".mended", ".removed"}, entry.name
            assert entry.read_text(encoding="utf-8").strip()


def test_drawn_pictures_read_in_light_and_dark_and_aloud() -> None:
    """A drawing has a title, a description, both colour schemes and nothing from elsewhere."""
    for path in (ROOT / "docs" / "pictures").glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        root = ET.fromstring(text)  # noqa: S314 - a file of ours
        tags = {element.tag.split("}")[1] for element in root.iter()}
        assert {"title", "desc"} <= tags
        assert "image" not in tags
        assert "prefers-color-scheme: dark" in text


def test_taken_pictures_are_small() -> None:
    """A screenshot stays below 300,000 bytes."""
    for path in (ROOT / "docs" / "pictures").glob("*.png"):
        assert path.stat().st_size < 300_000
