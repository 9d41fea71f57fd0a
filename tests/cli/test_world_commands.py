"""Commands on invented worlds: they write where they may, run, mark, and say where to look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from portique.cli.main import command_line

Capture = pytest.CaptureFixture[str]


def _run(capsys: Capture, *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        command_line.main([str(word) for word in words])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.mark.slow
def test_a_demonstration_writes_runs_and_marks_a_world_and_says_where_to_look(
    tmp_path: Path, capsys: Capture
) -> None:
    """One command, an empty folder, no network: figures, marks and a page."""
    folder = tmp_path / "demo"

    code, said, _ = _run(capsys, "demo", folder)

    assert code == 0
    assert "nobody in it exists" in said
    page = folder / "case/derived/overview.html"
    assert f"Where to look: {page}" in said
    assert page.is_file()
    assert "right cell among first" in said

    code, marked, _ = _run(capsys, "mark", folder / "case", folder / "truth", "--json")
    assert code == 0
    assert json.loads(marked)

    code, said, _ = _run(capsys, "demo", folder)
    assert code == 0, "a demonstration may be given again in its own folder"


@pytest.mark.slow
def test_the_same_seed_writes_the_same_files(tmp_path: Path, capsys: Capture) -> None:
    """Two folders, one seed: every delivered file has the same bytes."""
    files = []
    for name in ("one", "two"):
        code, said, _ = _run(capsys, "simulate", tmp_path / name, "--seed", "7")
        assert code == 0
        assert f"portique run {tmp_path / name / 'case'}" in said
        paths = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        files.append({p.relative_to(tmp_path / name).as_posix(): p.read_bytes() for p in paths})
    assert files[0] == files[1]


@pytest.mark.parametrize("command", ["simulate", "demo"])
def test_what_somebody_else_put_into_a_folder_is_never_replaced(
    tmp_path: Path, capsys: Capture, command: str
) -> None:
    """A world replaces only what the program itself wrote."""
    case = tmp_path / "case"
    case.mkdir()
    (case / "case.toml").write_text("a real one", encoding="utf-8")

    code, _, err = _run(capsys, command, tmp_path)

    assert code == 2
    assert "code:  CLI-010" in err
    assert (case / "case.toml").read_text() == "a real one"


def test_a_recipe_that_does_not_exist_is_refused_with_those_that_do(
    tmp_path: Path, capsys: Capture
) -> None:
    """Nothing is written."""
    code, _, err = _run(capsys, "simulate", tmp_path / "out", "--vary", "nope")

    assert code == 2
    assert "recipes are ordinary" in err
    assert not (tmp_path / "out").exists()


def test_an_empty_case_is_made_with_its_settings_and_folders(
    tmp_path: Path, capsys: Capture
) -> None:
    """It can be checked at once, and lacks everything."""
    code, said, _ = _run(capsys, "init", tmp_path / "new")
    assert code == 0
    assert f"portique check {tmp_path / 'new'}" in said

    code, said, _ = _run(capsys, "check", tmp_path / "new")
    assert code == 0
    assert "no usable file of the kind sale" in said

    code, _, err = _run(capsys, "init", tmp_path / "new")
    assert code == 2
    assert "code:  FLOW-010" in err
