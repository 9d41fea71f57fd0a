"""The case's own store read again: what was changed in it is found, and named."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.made_journal import MadeDevice, make_case

from portique.core.errors import Refused
from portique.engine.journal_sqlite import SqliteStore
from portique.ledger import recheck
from portique.ledger import verify as verify_module
from portique.ledger.alarms import Alarm
from portique.ledger.journal import Journal, ProgramEntry
from portique.ledger.verify import Report, verify


def fill(journal: Journal, batches: int = 3) -> list[MadeDevice]:
    """Write some batches of two devices: 2 + 5 entries a batch."""
    devices = [MadeDevice("tablet-1"), MadeDevice("tablet-2")]
    journal.enrol([each.new() for each in devices], "A. Person")
    for _ in range(batches):
        journal.accept([devices[number % 2].post() for number in range(4)], "tablet-1")
    return devices


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Return a case with 17 entries in SQLite, closed; a batch is four entries and `received`."""
    case = make_case(tmp_path / "case")
    with Journal.open(case, create=True) as journal:
        fill(journal)
    return case


def changed(case: Path, *statements: str) -> Report:
    """Change the store behind the program's back and return what is found."""
    connection = sqlite3.connect(case / "journal.db", isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return verify(case)


def first(report: Report) -> Any:
    """Return the place of the first fault."""
    assert not report.ok
    return report.as_dict()["first_bad"]


def test_an_untouched_journal_fits_on_each_store(case: Path, journal: Journal) -> None:
    """Also while it is open and written to; size and root are those of the checkpoint."""
    fill(journal)
    report = verify(case)
    found = report.as_dict()

    assert found.pop("root") == journal_root(journal)
    assert found == {
        "ok": True,
        "size": 17,
        "first_bad": None,
        "alarms": [],
        "gaps": {},
        "quarantine": {},
    }


def journal_root(journal: Journal) -> str:
    """Return the root of the newest checkpoint in hex."""
    from portique.ledger.checkpoint import parse  # noqa: PLC0415 - one use

    return parse(journal.checkpoint()).root.hex()


def test_several_processes_find_what_one_finds(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ranges of a longer log are read by workers; the answer is the same."""
    with Journal.open(filled) as journal:
        device = MadeDevice("tablet-3")
        journal.enrol([device.new()], "A. Person")
        for _ in range(10):
            journal.accept([device.post() for _ in range(450)], "tablet-3")
    alone = verify(filled)
    monkeypatch.setattr(verify_module, "ALONE_BELOW", 0)

    together = verify(filled)

    assert together.as_dict() == alone.as_dict()
    assert together.ok
    assert together.size == 17 + 1 + 10 * 451 > recheck.RANGE


def test_alarms_are_listed_and_are_no_fault(case: Path, journal: Journal) -> None:
    """A conflict, a gap, a foreign predecessor and a file that has not come, on each store."""
    one, other = fill(journal, batches=1)
    seq, before = one.seq, one.previous
    journal.accept([one.post(kind="seized")], "tablet-1")
    one.seq, one.previous = seq, before
    named = [{"sha256": "a" * 64, "bytes": 1, "media_type": "image/jpeg"}]
    journal.accept([one.post(kind="sealed"), one.post(attachments=named)], "tablet-1")
    other.seq += 5
    journal.accept([other.post()], "tablet-1")
    journal.accept([other.post(prev_device_hash="f" * 64)], "tablet-1")
    stranger = MadeDevice("stranger")
    journal.accept([stranger.post()], "tablet-1")

    found = verify(case).as_dict()

    assert found["ok"]
    kinds = [alarm["kind"] for alarm in found["alarms"]]
    assert sorted(kinds) == ["conflict", "gap", "incomplete", "predecessor"]
    assert found["gaps"] == {"tablet-2": [[3, 7]]}
    assert found["quarantine"] == {"unknown device": 1}
    assert found["alarms"] == [
        {"kind": a.kind, "sequences": list(a.sequences), "what": a.what}
        for a in journal.alarms(rules=False)
    ]


def test_what_the_domain_finds_against_its_rules_is_an_alarm(filled: Path) -> None:
    """The hook sees every entry in the log's order."""
    seen: list[int] = []

    def rules(entries: Any) -> list[Alarm]:
        seen.extend(each.sequence for each in entries)
        return [Alarm("rule", (3,), "a seal number is used twice")]

    report = verify(filled, rules=rules)

    assert report.ok
    assert seen == list(range(17))
    assert [alarm.kind for alarm in report.alarms] == ["rule"]


FLIP = "substr({0}, 1, 9) || x'21' || substr({0}, 11)"


@pytest.mark.parametrize("sequence", [0, 3, 6, 16])
@pytest.mark.parametrize(
    "change",
    [
        f"payload = CAST({FLIP.format('payload')} AS BLOB)",
        f"signature = CAST({FLIP.format('signature')} AS BLOB)",
        "received_at_utc = '2025-05-19T20:00:00Z'",
        "received_at_utc = x'00'",
        "payload_sha256 = x'00'",
        "entry_key = x'00'",
        "place_key = x'00'",
        "program_kind = 'invented'",
        "payload = 'a text'",
        "payload = ''",
        "signature = x''",
        "is_conflict = 1",
    ],
)
def test_a_changed_column_is_found_in_its_row(filled: Path, sequence: int, change: str) -> None:
    """Every column of an entry is signed, or says again what is signed."""
    report = changed(filled, f"UPDATE entry SET {change} WHERE sequence = {sequence}")  # noqa: S608

    assert first(report)["sequence"] == sequence


def test_a_deleted_an_added_and_a_moved_row_are_found(filled: Path) -> None:
    """A hole, a row before the first, a number changed."""
    one = changed(filled, "DELETE FROM entry WHERE sequence = 4")
    assert first(one)["sequence"] == 4
    two = changed(filled, "UPDATE entry SET sequence = 4 WHERE sequence = 5")
    assert first(two)["sequence"] == 4
    three = changed(filled, "UPDATE entry SET sequence = -1 WHERE sequence = 4")
    assert any("numbered from -1" in fault.what for fault in three.faults)


def test_swapped_rows_are_found(filled: Path) -> None:
    """Whole rows changed places: each still fits its signature, the nodes tell the place."""
    report = changed(
        filled,
        "UPDATE entry SET sequence = 99 WHERE sequence = 4",
        "UPDATE entry SET sequence = 4 WHERE sequence = 5",
        "UPDATE entry SET sequence = 5 WHERE sequence = 99",
    )

    assert first(report)["sequence"] == 4


def test_where_only_roots_differ_two_checkpoints_are_named(filled: Path) -> None:
    """The nodes were made to fit; what was signed outside the rows was not."""
    swap = [
        "UPDATE {0} SET {1} = 99 WHERE {1} = 8 {2}",
        "UPDATE {0} SET {1} = 8 WHERE {1} = 9 {2}",
        "UPDATE {0} SET {1} = 9 WHERE {1} = 99 {2}",
    ]
    both = [text.format("entry", "sequence", "") for text in swap]
    both += ["DELETE FROM node"]
    assert not changed(filled, *both).ok
    put_nodes_anew(filled)

    found = first(verify(filled))

    assert found["sequence"] is None
    assert "fits its checkpoint of 7 entries and not" in found["what"]
    assert "of 12" in found["what"]


def put_nodes_anew(case: Path) -> None:
    """Make the store's nodes those of the rows that lie there now."""
    from portique.ledger.tree import Frontier, leaf_hash  # noqa: PLC0415 - one use

    store = SqliteStore(case / "journal.db")
    with store.writing() as writing:
        edge = Frontier(0)
        for row in writing.entries(0, 100):
            writing.add_nodes(edge.append(leaf_hash(row.payload, row.signature)))
    store.close()


def test_a_log_that_lost_its_end_is_found_by_the_file_of_checkpoints(filled: Path) -> None:
    """Rows, nodes and checkpoints are gone from the database; the file apart remembers."""
    report = changed(
        filled,
        "DELETE FROM entry WHERE sequence >= 12",
        "DELETE FROM node WHERE (place + 1) << level > 12",
        "DELETE FROM checkpoint WHERE size > 12",
    )

    assert "is of 17 entries, and the log holds 12" in first(report)["what"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE checkpoint SET note = replace(note, '17', '16') WHERE size = 17",
        "UPDATE checkpoint SET note = x'00' WHERE size = 12",
        "UPDATE fact SET value = 'portique/x' WHERE name = 'vkey'",
        "UPDATE fact SET value = hex(zeroblob(32)) WHERE name = 'program_key'",
        "UPDATE node SET hash = x'00' WHERE level = 2 AND place = 1",
        "DELETE FROM node WHERE level = 0 AND place = 3",
        "DROP TABLE checkpoint",
        "DROP TABLE entry",
    ],
)
def test_what_stands_beside_the_entries_is_checked_too(filled: Path, statement: str) -> None:
    """Checkpoints, facts, nodes; a table that is gone is a finding, never a traceback."""
    assert not changed(filled, statement).ok


def test_a_damaged_file_is_a_finding_that_names_it(filled: Path) -> None:
    """Bytes in the middle, at the start, and all of them."""
    path = filled / "journal.db"
    content = path.read_bytes()
    for start, length in ((8192, 60_000), (0, 100), (0, len(content))):
        path.write_bytes(content[:start] + b"\xff" * length + content[start + length :])

        report = verify(filled)

        assert not report.ok
        assert any("journal.db" in fault.what for fault in report.faults)


def test_a_journal_that_is_gone_is_not_one_that_never_was(filled: Path, tmp_path: Path) -> None:
    """Its key and its checkpoints say that there was one."""
    (filled / "journal.db").unlink()
    assert "journal.db" in first(verify(filled))["what"]

    with pytest.raises(Refused, match="no journal yet"):
        verify(make_case(tmp_path / "fresh"))


def test_the_key_and_the_kept_checkpoints_are_checked(filled: Path) -> None:
    """Another journal.pub, a line changed in checkpoints.txt."""
    kept = filled / "checkpoints" / "checkpoints.txt"
    text = kept.read_text()
    kept.write_text(text.replace("\n12\n", "\n11\n"))
    assert "checkpoints/checkpoints.txt" in first(verify(filled))["what"]
    kept.write_text(text)
    assert verify(filled).ok

    public = filled / "journal.pub"
    public.write_text(public.read_text().replace("+", "+0", 1))
    assert "journal.pub" in first(verify(filled))["what"]


def test_a_checkpoint_from_outside_has_to_begin_the_log(filled: Path, tmp_path: Path) -> None:
    """One of this journal fits; one of another with the same name does not."""
    with Journal.open(filled) as journal:
        own = list(journal.checkpoints())
    with Journal.open(make_case(tmp_path / "other"), create=True) as journal:
        fill(journal)
        foreign = journal.checkpoint()

    assert verify(filled, [("kept", note) for note in own]).ok
    assert not verify(filled, [("kept", foreign)]).ok
    assert not verify(filled, [("kept", "no checkpoint")]).ok


def test_a_missing_or_changed_attachment_is_found(filled: Path) -> None:
    """The entry that says it came is named."""
    import hashlib  # noqa: PLC0415 - two uses
    import io  # noqa: PLC0415

    content = b"a photograph"
    name = hashlib.sha256(content).hexdigest()
    with Journal.open(filled) as journal:
        journal.put_attachment(name, io.BytesIO(content), "tablet-1")
    assert verify(filled).ok
    path = filled / "attachments" / name
    path.write_bytes(b"A photograph")
    assert first(verify(filled))["sequence"] == 17
    path.unlink()
    assert first(verify(filled))["sequence"] == 17


def test_nothing_of_the_journal_is_written(filled: Path) -> None:
    """The file of the store, the checkpoints and the key are the same bytes afterwards."""
    names = ("journal.db", "journal.pub", "checkpoints/checkpoints.txt")
    before = [(filled / name).read_bytes() for name in names]
    (filled / "journal.db").chmod(0o444)

    assert verify(filled).ok
    assert [(filled / name).read_bytes() for name in names] == before


def test_a_revoked_device_and_what_was_let_in(filled: Path) -> None:
    """What came before the revocation and what a person let in fits."""
    device = MadeDevice("tablet-9")
    with Journal.open(filled) as journal:
        journal.enrol([device.new()], "A. Person")
        journal.accept([device.post()], "tablet-1")
        journal.revoke("tablet-9", "A. Person")
        late = device.post()
        journal.accept([late], "tablet-1")
        assert verify(filled).as_dict()["quarantine"] == {"revoked": 1}
        journal.admit(device.previous, "A. Person", "found at the site")

    assert verify(filled).ok


def test_an_entry_that_two_receipts_cover_or_none_does_not_fit(
    case: Path, journal: Journal
) -> None:
    """Signed by the program itself, on each store: the second receipt is named, or the entry."""
    fill(journal, batches=1)
    assert verify(case).ok
    at = json.loads(journal.entries(6, 1)[0].payload)["body"]
    again = dict(at) | {"first_sequence": 3, "last_sequence": 3}
    twice = journal.append(ProgramEntry("received", "device", "x", again, "a", "b", "c"))

    assert first(verify(case))["sequence"] in {3, twice.sequence}


def test_what_is_done_while_the_clock_jumps_still_fits(
    case: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day back, a year on, back again: every receipt is bound, and the order is the log's."""
    [one, _] = fill(journal, batches=1)
    moments = [timedelta(days=-1), timedelta(days=365), timedelta(hours=-2)]
    for jump in moments:
        moment = datetime.now(UTC) + jump
        for room in ("growth", "intake"):
            monkeypatch.setattr(f"portique.ledger.{room}.now", lambda at=moment: at)
        journal.accept([one.post(), one.post()], "tablet-1")
    clocks = [
        json.loads(held.payload)["hlc"]
        for held in journal.entries(0, 100)
        if json.loads(held.payload)["device_id"] == "portique"
    ]

    assert verify(case).ok
    ordered = [(each["wall_ms"], each["counter"]) for each in clocks]
    assert ordered == sorted(set(ordered))
    assert [alarm.kind for alarm in journal.alarms(rules=False)] == []
