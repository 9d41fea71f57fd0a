"""The shape of the code: sizes, names, docstrings, places; what no other tool looks at."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "portique"
TESTS = ROOT / "tests"

LINES_ASKED = 400
LINES_REFUSED = 600
FUNCTION_LINES = 50
ARGUMENTS = 6
NAMELESS = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
OTHER_TEST_FOLDERS = {"docs", "data", "tools"}

# Put together here, so that this file does not hold what it looks for.
REGISTRIES = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "crates" + ".io",
    "proxy.golang" + ".org",
    "conda" + ".anaconda.org",
)
MACHINE_PATHS = tuple("/" + name for name in ("work/", "root/", "home/", "Users/", "opt/py"))
UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")))
ISSUE = re.compile(r"#\d+")


def _tracked() -> list[Path]:
    """Return the files of the project: what git holds, and what it would take in."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in sorted(set(listed.split("\0"))) if name)
    return [path for path in paths if path.is_file()]


def _text(path: Path) -> str | None:
    content = path.read_bytes()
    return None if b"\0" in content else content.decode("utf-8", "replace")


TRACKED = _tracked()
PYTHON = [path for path in TRACKED if path.suffix == ".py"]
OURS = [path for path in PYTHON if SRC in path.parents]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PYTHON}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(TREES[path]):
        if isinstance(node, Function):
            yield node


def _length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _constant_lines(tree: ast.Module) -> int:
    return sum(_length(node) for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign))


def _places(lines: Iterator[str]) -> None:
    found = list(lines)
    assert not found, "\n".join(found)


def test_a_file_has_one_subject_and_at_most_400_lines() -> None:
    """A longer file is a table of constants, and one past 600 lines is nothing else."""

    def too_long() -> Iterator[str]:
        for path in PYTHON:
            lines = len(path.read_text(encoding="utf-8").splitlines())
            share = _constant_lines(TREES[path]) / max(lines, 1)
            if lines > LINES_REFUSED and share < 0.9:
                yield f"{_name(path)} has {lines} lines: a table of constants lives alone in a file"
            elif lines > LINES_ASKED and share < 0.7:
                yield f"{_name(path)} has {lines} lines: what is its second subject?"

    _places(too_long())


def test_a_function_has_at_most_50_lines_and_6_arguments() -> None:
    """Both are counted as written: from `def` to the last line, `self` and `cls` left out."""

    def too_large() -> Iterator[str]:
        for path in PYTHON:
            for function in _functions(path):
                where = f"{_name(path)}:{function.lineno} {function.name}"
                if _length(function) > FUNCTION_LINES:
                    yield f"{where} has {_length(function)} lines"
                given = function.args
                names = [each.arg for each in given.posonlyargs + given.args + given.kwonlyargs]
                count = len([name for name in names if name not in {"self", "cls"}])
                if count > ARGUMENTS and path in OURS:
                    yield f"{where} has {count} arguments"

    _places(too_large())


def test_nothing_is_named_after_nothing() -> None:
    """The name of a folder, a file or a class says what it is about; some words say nothing."""

    def nameless() -> Iterator[str]:
        for path in PYTHON:
            named = list(path.relative_to(ROOT).with_suffix("").parts)
            named += [node.name for node in ast.walk(TREES[path]) if isinstance(node, ast.ClassDef)]
            for name in named:
                words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")
                if words[-1] in NAMELESS:
                    yield f"{_name(path)}: {name}"

    _places(nameless())


def test_what_is_public_says_what_it_is() -> None:
    """Every module, public class and public function of the package has a docstring."""

    def silent() -> Iterator[str]:
        for path in OURS:
            if not ast.get_docstring(TREES[path]):
                yield _name(path)
            for node in TREES[path].body:
                if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
                    continue
                inside = node.body if isinstance(node, ast.ClassDef) else []
                for each in (node, *inside):
                    if (
                        isinstance(each, Function | ast.ClassDef)
                        and not each.name.startswith("_")
                        and not ast.get_docstring(each)
                    ):
                        yield f"{_name(path)}:{each.lineno} {each.name}"

    _places(silent())


def test_every_test_says_in_a_sentence_what_holds() -> None:
    """A test function has a docstring whose first line is a sentence."""

    def silent() -> Iterator[str]:
        for path in PYTHON:
            if TESTS not in path.parents:
                continue
            for function in _functions(path):
                if function.name.startswith("test_"):
                    said = ast.get_docstring(function) or ""
                    if not said.split("\n\n")[0].rstrip().endswith((".", "?", "!")):
                        yield f"{_name(path)}:{function.lineno} {function.name}"

    _places(silent())


def test_tests_mirror_the_rooms() -> None:
    """A folder of tests is a room of the package, and a room that holds code has tests."""
    rooms = {path.relative_to(SRC).parts[0] for path in OURS if path.parent != SRC}
    working = {
        path.relative_to(SRC).parts[0]
        for path in OURS
        if path.parent != SRC and path.name != "__init__.py"
    }
    tests = [path.relative_to(TESTS).parts for path in PYTHON if TESTS in path.parents]
    folders = {parts[0] for parts in tests if len(parts) > 1}
    tested = {parts[0] for parts in tests if parts[-1].startswith("test_")}

    assert folders - rooms - OTHER_TEST_FOLDERS == set()
    assert working - tested == set()


def test_every_sample_says_where_it_comes_from() -> None:
    """Beside a sample file, or above it, an ORIGIN.toml names maker, licence and personal data."""

    def unnamed() -> Iterator[str]:
        samples = TESTS / "data"
        for path in TRACKED:
            if samples not in path.parents or path.name == "ORIGIN.toml":
                continue
            folders = [folder for folder in path.parents if samples in folder.parents]
            origins = [folder / "ORIGIN.toml" for folder in folders]
            present = [origin for origin in origins if origin.is_file()]
            if not present:
                yield _name(path)
            for origin in present:
                tomllib.loads(origin.read_text(encoding="utf-8"))

    _places(unnamed())


def test_unfinished_work_names_its_issue() -> None:
    """A note of work to do in code stands beside the number of its issue."""

    def loose() -> Iterator[str]:
        for path in TRACKED:
            if path.suffix not in {".py", ".sh", ".toml"} and path.name != "Makefile":
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if UNFINISHED.search(line) and not ISSUE.search(line):
                    yield f"{_name(path)}:{number}"

    _places(loose())


@pytest.mark.parametrize("forbidden", [*REGISTRIES, *MACHINE_PATHS])
def test_no_file_names_a_registry_or_a_machine(forbidden: str) -> None:
    """Where packages come from, and where a checkout lies, is a matter of each machine."""
    _places(_name(path) for path in TRACKED if forbidden in (_text(path) or ""))


def test_locks_hold_versions_and_hashes_alone() -> None:
    """No address in a lock, a hash for each release, and no second lock beside them."""
    locks = [path for path in TRACKED if path.suffix == ".lock"]
    assert {_name(path) for path in locks} == {"requirements/dev.lock", "requirements/run.lock"}
    for path in locks:
        text = path.read_text(encoding="utf-8")
        assert "http" + "://" not in text
        assert "http" + "s://" not in text
        for release in re.split(r"\n(?=[a-z0-9])", text)[1:]:
            assert "--hash=sha256:" in release, release


def test_the_package_and_its_lock_ask_for_the_same() -> None:
    """requirements/run.in repeats what pyproject.toml declares, so that the lock serves it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {_bare(line) for line in project["dependencies"]}
    listed = (ROOT / "requirements" / "run.in").read_text(encoding="utf-8").splitlines()
    assert {_bare(line) for line in listed if line.strip()} == wanted

    lock = (ROOT / "requirements" / "run.lock").read_text(encoding="utf-8")
    assert all(re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE) for name in wanted)


def _bare(requirement: str) -> str:
    return re.split(r"[\[<>=! ]", requirement.strip())[0].lower()
