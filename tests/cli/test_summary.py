"""The words in which a run, a check and an answer are told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from portique.cli.main import command_line

Capture = pytest.CaptureFixture[str]


def _said(capsys: Capture, *words: object) -> str:
    with pytest.raises(SystemExit) as ended:
        command_line.main([str(word) for word in words])
    assert not ended.value.code
    return capsys.readouterr().out


@pytest.fixture
def uncovered(invented: Path, tmp_path: Path) -> Path:
    """An invented case whose authorities do not cover offences."""
    case = tmp_path / "case"
    shutil.copytree(invented, case)
    toml = case / "case.toml"
    toml.write_text(toml.read_text().replace(', "offence"', ""))
    return case


def test_a_summary_says_what_was_done_what_came_out_and_where_to_look(
    invented_run: Path, capsys: Capture
) -> None:
    """Sources, rows, ledger, phones, places, cells, expected yield, page and the way back."""
    said = _said(capsys, "run", invented_run)

    for head in ("Sources:", "Rows:", "Ledger:", "Phones:", "Handsets:", "Located:", "Targets:"):
        assert f"\n{head}" in said
    assert "nothing had changed since the last run" in said
    assert f"Where to look: {invented_run / 'derived' / 'overview.html'}" in said
    assert f"portique why {invented_run} target 1" in said
    assert "WARNING" not in said


def test_a_case_without_cells_to_search_names_no_target(tmp_path: Path, capsys: Capture) -> None:
    """An empty case has a summary and a page, and no row to ask for."""
    _said(capsys, "init", tmp_path / "case")

    said = _said(capsys, "run", tmp_path / "case")

    assert "Targets:    0 cells" in said
    assert "Where to look:" in said
    assert "portique why" not in said


def test_every_figure_of_a_run_without_refused_files_says_so(
    uncovered: Path, capsys: Capture
) -> None:
    """Above the figures the files by name, beside each figure how many."""
    said = _said(capsys, "run", uncovered, "--leave-out-refused")

    assert "WARNING: every figure leaves out 1 refused file:\n  sources/offence/" in said
    heads = ("Sources:", "Rows:", "Ledger:", "Phones:", "Handsets:", "Clones:", "Located:")
    for line in said.splitlines():
        if line.startswith((*heads, "Offences:", "Targets:", "Expected:")):
            assert line.endswith("[without 1 refused]"), line


def test_a_run_as_json_has_stages_and_figures(invented_run: Path, capsys: Capture) -> None:
    """Each figure with its value, its table and its rule."""
    said = json.loads(_said(capsys, "run", invented_run, "--json"))

    assert [stage["stage"] for stage in said["stages"]] == [
        "collect",
        "identify",
        "locate",
        "link",
        "overview",
    ]
    for figure in said["figures"]["figures"].values():
        assert set(figure) == {"value", "table", "rule", "left_out"}


def test_a_check_in_words_names_refused_files_and_what_is_lacking(
    uncovered: Path, capsys: Capture
) -> None:
    """Used by kind, refused by file with the reason, set aside by reason, and the verdict."""
    said = _said(capsys, "check", uncovered)

    assert "Refused: 1 files\n  sources/offence/" in said
    assert "no authority covers the kind offence" in said
    assert "privileged" in said
    assert "Lacking:\n  no usable file of the kind offence" in said
    assert "A run would stop at 1 refused file" in said


def test_an_answer_in_words_is_cut_where_it_is_long(invented_run: Path, capsys: Capture) -> None:
    """The first rows of each table, the number of the others, file, line and hash, the log."""
    some = _said(capsys, "why", invented_run, "target", "1", "--purpose", "a test")
    every = _said(capsys, "why", invented_run, "target", "1", "--all")

    assert some.startswith("target 1\n  Rank 1: cell ")
    assert " more (--all prints every one)" in some
    assert "(--all prints every one)" not in every
    assert len(every) > len(some)
    assert "    sha256 " in some
    assert "This read was logged; purpose: a test" in some
    assert "purpose: not stated (state one with --purpose)" in every


def test_an_answer_as_json_has_the_rows_as_delivered(invented_run: Path, capsys: Capture) -> None:
    """File, row, line, hash and fields of each."""
    said = json.loads(_said(capsys, "why", invented_run, "target", "1", "--json"))

    assert said["table"] == "target"
    assert said["follows_from"]
    rows = said["source_rows"]["rows"]
    assert len(rows) == said["source_rows"]["shown"] <= said["source_rows"]["total"]
    assert {"file", "row", "line", "sha256", "fields"} == set(rows[0])


def test_limits_of_a_search_and_what_they_cost_are_told(
    invented: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Searches in vain, one more search, and the prisons whose limits bind; then a bound."""
    case = tmp_path / "case"
    shutil.copytree(invented, case)
    toml = case / "case.toml"
    before = toml.read_text(encoding="utf-8")

    toml.write_text(before.replace("[search]", "[search]\nmax_cells_per_prison = 1"))
    limited = _said(capsys, "run", case)
    toml.write_text(before.replace("[search]", "[search]\nmax_wrong_share = 0.0"))
    bound = _said(capsys, "run", case)

    assert "\nIn vain:" in limited
    assert "\nLimits:     those of prisons leave out " in limited
    assert "\nTargets:    0 cells" in bound or "bound 0.0% of the list" in bound
    assert "\nIn vain:" in bound
