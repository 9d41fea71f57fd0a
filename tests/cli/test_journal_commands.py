"""Commands of the journal: devices, tokens, logs of reads, backup; who may, and how they exit."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portique.cli.main import command_line
from portique.flow.access import Read, log_read
from portique.flow.folder import CaseFolder
from portique.flow.permissions import Person
from portique.flow.tokens import find
from portique.ledger.journal import Journal

Said = tuple[int, str, str]
Run = Callable[..., Said]
UNTIL = "2100-01-01T00:00:00Z"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process: exit code, standard output, standard error."""

    def run(*words: str | Path) -> Said:
        with pytest.raises(SystemExit) as ended:
            command_line.main([str(word) for word in words])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def case(tmp_path: Path, run: Run) -> Path:
    """Make an empty case."""
    assert run("init", tmp_path / "case")[0] == 0
    return tmp_path / "case"


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def _enrol(run: Run, case: Path, name: str, key: str, *more: str) -> Said:
    return run(
        *("device", "enrol", case, "--device-id", name, "--public-key", key, "--label", name), *more
    )


def test_init_makes_journal_keys_and_public_key(case: Path) -> None:
    """Also in a case without sources; the private keys for their owner alone."""
    assert (case / "journal.db").is_file()
    assert (case / "journal.pub").read_text(encoding="utf-8").startswith("portique/case+")
    keys = list((case / "keys").rglob("*"))
    assert keys
    assert {path.stat().st_mode & 0o777 for path in keys if path.is_file()} == {0o600}


def test_device_enrol_makes_the_journal_where_there_is_none(
    tmp_path: Path, run: Run, case: Path
) -> None:
    """A folder with nothing but its case.toml will do."""
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(case / "case.toml", bare)
    assert _enrol(run, bare, "a", _key())[0] == 0
    assert (bare / "journal.pub").is_file()


def test_a_device_is_enrolled_once(run: Run, case: Path) -> None:
    """A known id or key exits with 1, also of a revoked device."""
    key = _key()
    assert _enrol(run, case, "a", key, "--site", "MA-1", "--actor", "anna")[0] == 0
    assert _enrol(run, case, "a", _key())[0] == 1
    assert _enrol(run, case, "b", key)[0] == 1
    assert run("device", "revoke", case, "a")[0] == 0
    assert _enrol(run, case, "a", _key())[0] == 1
    assert _enrol(run, case, "b", key)[0] == 1

    (listed,) = json.loads(run("device", "list", case, "--json")[1])
    assert (listed["device_id"], listed["public_key"], listed["site"]) == ("a", key, "MA-1")
    assert listed["revoked_at_utc"] is not None


def _csv(path: Path, *rows: str, header: str = "device_id,public_key,label,site") -> Path:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def test_a_file_of_devices_is_enrolled_under_one_checkpoint(
    run: Run, case: Path, tmp_path: Path
) -> None:
    """One more entry each, one more checkpoint in all."""
    with Journal.open(case) as journal:
        before = len(list(journal.checkpoints()))
    rows = [f'd{n},{_key()},"phone, {n}",MA-{n % 3}' for n in range(40)]
    assert run("device", "enrol", case, "--from", _csv(tmp_path / "d.csv", *rows))[0] == 0
    with Journal.open(case) as journal:
        assert journal.size() == 40
        assert len(list(journal.checkpoints())) == before + 1
        assert journal.devices()[7].label == "phone, 7"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([f"b,{_key()},x,", f"known,{_key()},x,"], 1),
        ([f"b,{_key()},x,", f"b,{_key()},x,"], 1),
        ([f"b,{_key()},x,", "c,AAAA,x,"], 2),
        ([f"b,{_key()},x,", "c"], 2),
        ([f"b,{_key()},x,", f"c,{_key()},x,,more"], 2),
        ([f"b,{_key()},x,", f"-c,{_key()},x,"], 2),
        ([], 2),
    ],
)
def test_of_a_file_with_a_fault_no_device_is_enrolled(
    run: Run, case: Path, tmp_path: Path, rows: list[str], code: int
) -> None:
    """All of it or nothing."""
    _enrol(run, case, "known", _key())
    assert run("device", "enrol", case, "--from", _csv(tmp_path / "d.csv", *rows))[0] == code
    assert len(json.loads(run("device", "list", case, "--json")[1])) == 1


def test_a_file_with_other_columns_is_refused(run: Run, case: Path, tmp_path: Path) -> None:
    """And says which."""
    path = _csv(tmp_path / "d.csv", f"b,{_key()}", header="device_id,public_key")
    code, _, err = run("device", "enrol", case, "--from", path)
    assert code == 2
    assert "['label', 'site']" in err


def test_a_token_is_printed_alone_and_its_bearer_cannot_be_found_out(run: Run, case: Path) -> None:
    """One line; wrong roles, empty texts and past instants are refused."""
    words = ["token", case, "--role", "analyst", "--actor", "anna", "--purpose", "inventory"]
    code, out, _ = run(*words, "--until", UNTIL)
    assert code == 0
    assert len(out.split()) == 1
    assert out.strip() not in (case / ".portique" / "tokens.jsonl").read_text(encoding="utf-8")
    for wrong in (
        [*words, "--until", "2020-01-01T00:00:00Z"],
        [*words, "--until", "tomorrow"],
        [*words[:-1], " ", "--until", UNTIL],
        [*words[:3], "nobody", *words[4:], "--until", UNTIL],
        [*words[:3], "prison_liaison", *words[4:], "--until", UNTIL],
        [*words, "--until", UNTIL, "--acting-role", "administrator"],
    ):
        assert run(*wrong)[0] == 2


def test_the_logs_of_reads_are_shown_to_those_who_may(run: Run, case: Path) -> None:
    """The auditor both, each side its own, the investigation none."""
    for role in ("analyst", "defence_expert"):
        log_read(CaseFolder(case), Person("x", role), Read("why", "target", "1", "order 7"))
    for side, role, code in (
        ("prosecution", "auditor", 0),
        ("defence", "auditor", 0),
        ("prosecution", "magistrate", 0),
        ("defence", "magistrate", 2),
        ("defence", "defence_expert", 0),
        ("prosecution", "defence_expert", 2),
        ("prosecution", "lead_investigator", 2),
        ("defence", "analyst", 2),
    ):
        found = run("reads", case, "--side", side, "--role", role, "--json")
        assert found[0] == code, (side, role)
        if code == 0:
            (line,) = json.loads(found[1])
            assert line["role"] == ("analyst" if side == "prosecution" else "defence_expert")


def test_a_liaison_sees_devices_of_its_own_site_alone(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And none without a site."""
    for name, site in (("a", "MA-1"), ("b", "MA-2")):
        _enrol(run, case, name, _key(), "--site", site)
    assert run("device", "list", case, "--role", "prison_liaison")[0] == 2
    monkeypatch.setenv("PORTIQUE_SITE", "MA-2")
    listed = json.loads(run("device", "list", case, "--role", "prison_liaison", "--json")[1])
    assert [each["device_id"] for each in listed] == ["b"]


@pytest.mark.parametrize(
    ("words", "role"),
    [
        (["serve", "CASE"], "analyst"),
        (["device", "revoke", "CASE", "a"], "search_team"),
        (["device", "list", "CASE"], "search_team"),
        (["journal", "backup", "CASE", "OUT"], "defence_expert"),
        (["device", "admit", "CASE", "0" * 64, "--actor", "a", "--ground", "g"], "administrator"),
    ],
)
def test_a_role_that_may_not_is_refused(
    run: Run, case: Path, tmp_path: Path, words: list[str], role: str
) -> None:
    """With exit code 2, and who may."""
    given = [{"CASE": str(case), "OUT": str(tmp_path / "out")}.get(word, word) for word in words]
    code, _, err = run(*given, "--role", role)
    assert code == 2
    assert "ACC-001" in err


def test_a_journal_is_copied_and_put_back(run: Run, case: Path, tmp_path: Path) -> None:
    """The same size and root; never over a store that is there."""
    _enrol(run, case, "a", _key())
    code, out, _ = run("journal", "backup", case, tmp_path / "copy", "--json")
    assert code == 0
    assert run("journal", "restore", case, tmp_path / "copy")[0] == 2
    for path in case.glob("journal.db*"):
        path.rename(tmp_path / path.name)
    assert json.loads(
        run("journal", "restore", case, tmp_path / "copy", "--json")[1]
    ) == json.loads(out)
    assert run("journal", "checkpoint", case)[1].startswith("portique/case\n1\n")


def test_a_token_is_taken_back_by_its_name_or_by_itself(run: Run, case: Path) -> None:
    """Once; it stays in the list with who had it, why, and who agreed."""
    words = ["token", case, "--role", "analyst", "--actor", "anna", "--purpose", "inventory"]
    made = [run(*words, "--until", UNTIL, "--second", "marc")[1].strip() for _ in range(2)]
    made.append(run("token", "lend", *words[1:], "--until", UNTIL)[1].strip())
    listed = json.loads(run("token", "list", case, "--json")[1])
    assert [each["second"] for each in listed] == ["marc", "marc", "not stated"]
    assert not any(token in json.dumps(listed) for token in made)

    assert run("token", "revoke", case, listed[0]["token"], "--role", "administrator")[0] == 0
    assert run("token", "revoke", case, made[1])[0] == 0
    for again in (listed[0]["token"], made[1], "nothing"):
        assert run("token", "revoke", case, again)[0] == 2
    assert run("token", "revoke", case, made[2], "--role", "analyst")[0] == 2
    folder, now = CaseFolder(case), datetime.now(UTC)
    assert [find(folder, token, now) is None for token in made] == [True, True, False]
    states = run("token", "list", case, "--role", "auditor")[1].splitlines()
    assert ["revoked" in line for line in states] == [True, True, False]


@pytest.mark.parametrize("second", ["", " ", "anna"])
def test_a_second_person_is_another_one(run: Run, case: Path, second: str) -> None:
    """Neither nobody nor the one who reads."""
    words = ["token", case, "--role", "analyst", "--actor", "anna", "--purpose", "inventory"]
    assert run(*words, "--until", UNTIL, "--second", second)[0] == 2


def test_a_role_granted_by_two_stands_in_the_journal(run: Run, case: Path) -> None:
    """By one alone it is a token and a warning; what is refused is not entered either."""
    words = ["token", case, "--role", "analyst", "--actor", "anna", "--purpose", "inventory"]
    code, out, err = run(*words, "--until", UNTIL)
    assert (code, len(out.split())) == (0, 1)
    assert "granted by two people" in err
    code, out, err = run(*words, "--until", UNTIL, "--second", "marie")
    assert (code, len(out.split()), err) == (0, 1, "")
    assert run(*words, "--until", "2020-01-01T00:00:00Z", "--second", "marie")[0] == 2

    with Journal.open(case) as journal:
        said = [json.loads(held.payload) for held in journal.entries(0, 100)]
        assert [alarm.what for alarm in journal.alarms()] == []
    [granted] = [each for each in said if each["kind"] == "role_granted"]
    assert (granted["subject"], granted["purpose"]) == (
        {"type": "person", "id": "anna"},
        "inventory",
    )
    assert (granted["body"]["role"], granted["body"]["second"]) == ("analyst", "marie")
