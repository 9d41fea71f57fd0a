"""The page: one file, both languages, nothing fetched, nothing run, nobody's number."""

from __future__ import annotations

import html.parser
import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from portique.core.tables import HELD_KINDS, INPUT, REASONS
from portique.locate import familiar
from portique.locate.alternatives import NAMES as ALTERNATIVES
from portique.locate.users import TERMS
from portique.report import wording
from portique.report.overview import page
from portique.report.overview_figures import PLAIN
from portique.report.overview_limits import calibration_and_limits

VOID = {"meta", "input", "br", "path", "circle"}


class _Reader(html.parser.HTMLParser):
    """Collects tags, identifiers and references, and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.refers: set[str] = set()
        self.languages: Counter[str] = Counter()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), name
            self.ids.update([value or ""] if name == "id" else [])
            self.languages.update([value or ""] if name == "lang" else [])
            if name in {"aria-labelledby", "for"} or (
                name == "href" and str(value).startswith("#")
            ):
                self.refers.add(str(value).removeprefix("#"))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "title"}:
            self.text += data


def _read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def text(invented_run: Path) -> str:
    """The page of an invented case."""
    return (invented_run / "derived/overview.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(invented_run: Path) -> dict[str, Any]:
    """The figures of that case."""
    figures = json.loads((invented_run / "derived/figures.json").read_text(encoding="utf-8"))
    assert isinstance(figures, dict)
    return figures


def test_nothing_is_fetched_and_nothing_is_run(text: str) -> None:
    """No script, no address, no file but this one; the page forbids itself the rest."""
    reader = _read(text)
    assert not {"script", "link", "img", "iframe", "object", "form"} & reader.tags.keys()
    assert "default-src 'none'" in text
    assert not re.search(r"https?://|url\(|@import", text)


def test_what_names_something_names_what_is_there_once(text: str) -> None:
    """Labels, headings and links of the page lead to one element each."""
    reader = _read(text)
    assert [name for name, count in reader.ids.items() if count > 1] == []
    assert reader.refers <= reader.ids.keys()
    assert reader.tags["h1"] == 1
    assert reader.tags["caption"] == reader.tags["table"]


def test_every_text_stands_in_both_languages(text: str) -> None:
    """As many French pieces as English ones, and the page is chosen by a switch."""
    reader = _read(text)
    pieces = Counter(re.findall(r'<span class="(fr|en)"', text))
    assert pieces["fr"] == pieces["en"] > 100
    assert {"Français", "English"} <= set(re.findall(r">(Français|English)<", text))
    assert reader.tags["input"] == 2


def test_the_page_shows_what_the_case_is_about(text: str, made: dict[str, Any]) -> None:
    """Title, horizon, authorities, figures, prisons, targets, set aside, calibration, limits."""
    said = _read(text).text
    assert made["case"]["title"] in said
    assert made["case"]["as_of_utc"] in said
    for authority in made["case"]["authorities"]:
        assert authority["id"] in said
        assert authority["basis"] in said
    for target in made["targets"]:
        assert target["cell_id"] in said
        assert all(reason["handset_id"] in said for reason in target["reasons"])
    for name in PLAIN:
        assert wording.FIGURES[name].name.fr.replace(" ", "") in re.sub(r"\s", "", said)
    for reason in {row["reason"] for row in made["set_aside"]}:
        assert wording.REASONS[reason].en in said
    assert made["calibration"]["name"] in said
    assert "jamais une accusation" in said
    assert "never an accusation" in said


def test_no_number_of_anybody_is_on_the_page(text: str) -> None:
    """Neither the fleet's nor anybody else's: a page of cells needs none."""
    assert not re.search(r"\+33\d", _read(text).text)
    assert not re.search(r"\b208\d{12}\b", _read(text).text)


def test_what_a_source_says_is_text_and_never_markup(made: dict[str, Any]) -> None:
    """A title, a file name, a cell or a note with markup in it is shown as it was written."""
    evil = "<script>alert(1)</script>\"'&"
    figures = json.loads(json.dumps(made))
    figures["case"] |= {"title": evil, "id": evil}
    figures["case"]["authorities"][0] |= {"id": evil, "basis": evil, "kind": evil}
    figures["sources"][0] |= {"path": evil, "note": evil, "kind": evil, "status": evil}
    figures["set_aside"][0] |= {"source": evil, "reason": evil}
    figures["prisons"][0] |= {"name": evil, "expected": 9.0, "lat": 47.0, "lon": 2.0}
    figures["targets"][0] |= {"cell_id": evil, "prison_id": evil}
    figures["targets"][0]["reasons"][0] |= {"handset_id": evil, "inmate_id": evil}
    figures["targets"][0]["reasons"][0] |= {"worst_alternative": evil, "terms": {evil: 1.0}}
    figures["left_out"] = [evil]
    figures["lacking"] = [evil]
    figures["calibration"]["name"] = evil

    written = page(figures)

    assert "<script" not in written
    assert "script" not in _read(written).tags
    assert written.count("&lt;script&gt;") > 12


def test_refused_files_stand_above_and_beside_every_figure(made: dict[str, Any]) -> None:
    """The warning comes before the first figure, and each figure repeats how many."""
    figures = json.loads(json.dumps(made))
    figures["left_out"] = ["offence/a.csv", "offence/b.csv"]

    written = page(figures)

    assert written.index('class="warning"') < written.index('class="tiles"')
    assert "offence/b.csv" in written[: written.index('class="tiles"')]
    tiles = written[written.index('class="tiles"') : written.index("</dl>")]
    assert tiles.count('class="without"') == tiles.count('class="tile"')
    assert 'class="warning"' not in page(made)


def test_the_same_figures_give_the_same_bytes(made: dict[str, Any]) -> None:
    """No time, no order of a set, no path of a machine."""
    assert page(made) == page(json.loads(json.dumps(made)))


def test_the_page_is_readable_on_paper_in_the_dark_and_without_a_style_sheet(text: str) -> None:
    """Rules for print and for dark screens; nothing is hidden but by the style sheet."""
    assert "@media print" in text
    assert "prefers-color-scheme: dark" in text
    assert " hidden" not in re.sub(r"aria-hidden", "", text.split("</style>")[1])


def test_every_name_of_the_analysis_has_words_in_both_languages() -> None:
    """Reasons, kinds, alternatives and terms: what a stage can write, the page can say."""
    assert set(REASONS) <= wording.REASONS.keys()
    assert INPUT.keys() | HELD_KINDS <= wording.KINDS.keys()
    assert set(ALTERNATIVES) <= wording.ALTERNATIVES.keys()
    assert set(TERMS) <= wording.TERMS.keys()


def test_every_figure_has_a_name_in_both_languages(made: dict[str, Any]) -> None:
    """A figure without a name would be left off the page."""
    assert made["figures"].keys() == wording.FIGURES.keys()


def test_a_browser_opens_the_page_from_the_disk(
    chromium: Path, invented_run: Path, tmp_path: Path
) -> None:
    """It draws it, with the style sheet, and says nothing on its console."""
    drawn = tmp_path / "page.png"
    ended = subprocess.run(
        [
            str(chromium),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=1200,3000",
            f"--screenshot={drawn}",
            str(invented_run / "derived/overview.html"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert drawn.stat().st_size > 50_000
    assert "CONSOLE" not in ended.stderr


def test_a_case_unlike_the_calibration_says_so_and_by_how_much(made: dict[str, Any]) -> None:
    """The term that differs, how far, the world that comes nearest, and the factor on strengths."""
    beyond = {"distance": 0.61, "limit": 0.3, "is_beyond": True, "nearest": "sparse"}
    within = {"distance": 0.1, "limit": 0.3, "is_beyond": False, "nearest": "sparse"}
    case = {"lr_factor": 0.49, "terms": {"days": beyond, "users": within}}

    said = calibration_and_limits(made["calibration"] | {"case": case})

    assert "days (0.61 &gt; 0.30, sparse)" in said
    assert "multiplied by 0.49" in said
    assert "users (" not in said
    assert "Too few phones" in calibration_and_limits(made["calibration"] | {"case": None})


def test_the_figures_say_whether_the_case_is_like_the_calibration(made: dict[str, Any]) -> None:
    """Every term with its distance and limit; the worlds themselves stay in the package."""
    case = made["calibration"]["case"]

    assert "worlds" not in made["calibration"]
    assert case is None or set(case["terms"]) == set(familiar.TERMS)
