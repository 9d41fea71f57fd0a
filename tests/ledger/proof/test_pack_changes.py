"""Whatever is changed in a pack is found, and its place is named."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.proof.naive_pack import Log, b64, invented, public_of, vkey_of

from portique.ledger.standalone.reading import Pack
from portique.ledger.standalone.verify import Check

ROWS = len(invented().rows)
places = st.integers(0, ROWS - 1)
masks = st.integers(1, 255)


def checked(log: Log, change: Callable[[Path], object] = Path.exists, **outside: Any) -> Check:
    """Return what is found in a log's pack after a change of its files."""
    folder = Path(tempfile.mkdtemp())
    try:
        log.save(folder / "pack")
        change(folder / "pack")
        check = Check(Pack(folder / "pack"), outside.get("vkey", ""))
        for note in outside.get("notes", ()):
            check.give_checkpoint("paper.txt", note.encode())
        if "record" in outside:
            check.give_record(outside["record"])
        check.run()
        return check
    finally:
        shutil.rmtree(folder)


def place(check: Check) -> int | None:
    """Return the place of the first fault."""
    assert check.exit_code == 1
    assert check.first_bad is not None
    return check.first_bad.sequence


def flipped(content: bytes, at: int, mask: int) -> bytes:
    """Return bytes with one of them changed."""
    at %= len(content)
    return content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :]


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of entries.jsonl."""
    return [json.loads(line) for line in (folder / "entries.jsonl").read_text().splitlines()]


def put_rows(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write the lines of entries.jsonl."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "entries.jsonl").write_text(text)


def test_an_untouched_pack_fits() -> None:
    """Nothing is found, nothing is left out, and the root is that of the checkpoint."""
    log = invented()
    check = checked(log)

    assert check.exit_code == 0
    assert check.alarms == []
    assert b64(check.tree.root()) == log.note().split("\n")[2]


@given(places, st.integers(0, 10_000), masks, st.sampled_from(["payload", "signature"]))
def test_a_changed_byte_of_payload_or_signature_is_found_where_it_is(
    at: int, offset: int, mask: int, part: str
) -> None:
    """The signature no longer fits, or the payload is no entry any more: in that very row."""
    log = invented()
    log.rows[at][part] = flipped(log.rows[at][part], offset, mask)

    assert place(checked(log)) == at


@given(places, st.integers(0, 10_000), masks)
def test_a_changed_byte_under_the_old_checkpoint_is_found(at: int, offset: int, mask: int) -> None:
    """Where only entries.jsonl changes, the root differs as well."""
    honest, log = invented(), invented()
    log.rows[at]["payload"] = flipped(log.rows[at]["payload"], offset, mask)

    check = checked(log, lambda folder: (folder / "checkpoint.txt").write_text(honest.note()))

    assert place(check) == at
    assert any("root" in fault.what for fault in check.faults)


@given(places, st.integers(-3, 2**70))
def test_another_sequence_is_found_where_it_is(at: int, sequence: int) -> None:
    """A row that says another place than its own does not fit."""
    log = invented()
    log.rows[at]["sequence"] = sequence

    assert sequence == at or place(checked(log)) == at


@given(places, st.text(max_size=25))
def test_another_time_of_receipt_is_found_where_it_is(at: int, text: str) -> None:
    """`received` binds the times of devices' entries; the program's are their own."""
    log = invented()
    log.rows[at]["received_at_utc"] = text

    assert place(checked(log)) == at


@given(st.sampled_from(["portique", "tablet-1", "tablet-2"]), st.integers(0, 31), masks)
def test_a_changed_key_of_a_device_is_found(device: str, offset: int, mask: int) -> None:
    """devices.json is not what the log enrolled, or nothing of that device fits."""
    log = invented()
    for each in log.devices:
        if each["id"] == device:
            each["public_key"] = b64(flipped(public_of(device), offset, mask))

    assert checked(log).exit_code == 1


@pytest.mark.parametrize("field", ["from", "until", "id"])
@pytest.mark.parametrize("row", [1, 2])
def test_what_devices_json_says_is_what_the_log_says(field: str, row: int) -> None:
    """Another time of enrolment or revocation, or another name, is found."""
    log = invented()
    log.devices[row][field] = "2025-01-01T00:00:00Z"

    assert checked(log).exit_code == 1


@given(st.sampled_from(["checkpoint.txt", "journal.pub"]), st.integers(0, 10_000), masks)
def test_a_changed_byte_of_checkpoint_or_key_is_found(name: str, offset: int, mask: int) -> None:
    """There is one way to write each, so no byte is without meaning."""

    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(flipped(content, offset, mask))

    check = checked(invented(), change)

    assert check.exit_code == 1
    assert any(fault.what.startswith(("checkpoint.txt", "journal.pub")) for fault in check.faults)


@given(st.integers(0, 26), masks)
def test_a_changed_byte_of_an_attachment_is_found(offset: int, mask: int) -> None:
    """The entry that says it came is named."""
    log = invented()
    (name,) = log.files
    log.files[name] = flipped(log.files[name], offset, mask)

    assert place(checked(log)) == 2


def test_a_missing_or_foreign_attachment_is_found() -> None:
    """One that is gone, and one that nobody sent; a destroyed one may be gone."""
    log = invented()
    (name,) = log.files
    content = log.files.pop(name)
    assert place(checked(log)) == 2

    log.program("attachment_destroyed", {"sha256": name})
    assert checked(log).exit_code == 0

    log.files = {name: content, "0" * 64: b"foreign"}
    assert checked(log).exit_code == 1


@given(places, st.booleans())
def test_a_deleted_entry_is_found(at: int, is_renumbered: bool) -> None:
    """The numbers have a hole; where they were written anew, the root is another."""

    def change(folder: Path) -> None:
        rows = rows_of(folder)
        del rows[at]
        for number, row in enumerate(rows):
            row["sequence"] = number if is_renumbered else row["sequence"]
        put_rows(folder, rows)

    check = checked(invented(), change)

    assert check.exit_code == 1
    if not is_renumbered and at < ROWS - 1:
        assert place(check) == at
    assert any("checkpoint.txt" in fault.what for fault in check.faults)


@given(places, places, st.booleans())
def test_swapped_entries_are_found(one: int, other: int, is_renumbered: bool) -> None:
    """The order is part of what the root binds."""

    def change(folder: Path) -> None:
        rows = rows_of(folder)
        rows[one], rows[other] = rows[other], rows[one]
        for number, row in enumerate(rows):
            row["sequence"] = number if is_renumbered else row["sequence"]
        put_rows(folder, rows)

    check = checked(invented(), change)

    if one == other:
        assert check.exit_code == 0
    else:
        assert check.exit_code == 1
        assert is_renumbered or place(check) == min(one, other)


@given(st.integers(0, 100_000))
def test_a_cut_file_is_found(length: int) -> None:
    """Wherever entries.jsonl ends early, entries of the checkpoint are missing."""

    def change(folder: Path) -> None:
        content = (folder / "entries.jsonl").read_bytes()
        (folder / "entries.jsonl").write_bytes(content[: length % len(content)])

    assert checked(invented(), change).exit_code == 1


@given(places, places)
def test_an_inserted_entry_is_found(at: int, copied: int) -> None:
    """A second copy of an entry is no entry."""

    def change(folder: Path) -> None:
        rows = rows_of(folder)
        rows.insert(at, dict(rows[copied]))
        for number, row in enumerate(rows):
            row["sequence"] = number
        put_rows(folder, rows)

    assert checked(invented(), change).exit_code == 1


@given(places)
def test_a_copy_is_found_also_under_a_checkpoint_of_its_own(copied: int) -> None:
    """Who holds the checkpoint key cannot count an act twice either."""
    log = invented()
    log.rows.append(dict(log.rows[copied]) | {"sequence": ROWS})

    assert place(checked(log)) == ROWS


def forked() -> Log:
    """Return another history, whole and consistent, under keys of its own."""
    log = invented("another checkpoint key")
    log.batch([log.write("tablet-1", "handed_over")])
    return log


def test_a_fork_of_the_whole_log_passes_without_anything_from_outside() -> None:
    """This is the limit of every pack that is checked by itself: it has to be known."""
    assert checked(forked()).exit_code == 0


def test_a_fork_is_found_with_a_checkpoint_a_key_or_a_record_from_outside() -> None:
    """Each of the three is enough."""
    honest = invented()
    root = checked(honest).tree.root().hex()
    key = vkey_of(honest.signer)

    assert checked(forked(), notes=[honest.note()]).exit_code == 1
    assert checked(forked(), vkey=key).exit_code == 1
    assert checked(forked(), record=f"4:{'0' * 64}").exit_code == 1
    assert checked(honest, notes=[honest.note(), honest.note(4)], vkey=key).exit_code == 0
    assert checked(honest, record=f"{ROWS}:{root}").exit_code == 0


def test_a_history_rewritten_under_the_same_key_is_found_by_an_older_checkpoint() -> None:
    """The checkpoint key signs both, but only one begins with what was kept outside."""
    honest, rewritten = invented(), Log()
    for device in ("tablet-2", "tablet-1"):
        rewritten.enrol(device)
    rewritten.batch([rewritten.write("tablet-1", "seized")])

    assert checked(rewritten).exit_code == 0
    check = checked(rewritten, notes=[honest.note(1)])
    assert check.exit_code == 1
    assert "first 1 entries" in check.faults[0].what


def test_a_log_that_lost_its_end_is_found_by_a_newer_checkpoint() -> None:
    """A pack that was cut and signed anew has fewer entries than the record."""
    honest, cut = invented(), invented()
    del cut.rows[-1]

    assert checked(cut).exit_code == 0
    assert checked(cut, notes=[honest.note()]).exit_code == 1
