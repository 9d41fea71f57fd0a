"""Files that entries name: received once, whole, under their hash, before anything is said."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice

from portique.ledger import attachments
from portique.ledger.attachments import OtherHash, TooLarge, TooManyUnnamed
from portique.ledger.entry import read_json
from portique.ledger.journal import Busy, Journal
from portique.ledger.program import hex_sha256


def put(journal: Journal, content: bytes, carrier: str = "d1") -> str:
    """Send a file under its right name."""
    return journal.put_attachment(hex_sha256(content), io.BytesIO(content), carrier)


def naming(content: bytes) -> list[dict[str, object]]:
    """Return what an entry says of a file."""
    return [{"sha256": hex_sha256(content), "bytes": len(content), "media_type": "image/jpeg"}]


def partials(journal: Journal) -> list[Path]:
    """Return what is left of files that were not taken in."""
    return list(journal.attachments.glob(".partial*"))


def test_the_first_receipt_is_in_the_log_and_the_second_is_known(
    journal: Journal, device: MadeDevice
) -> None:
    """The file lies under its hash, and `attachment_received` binds it."""
    assert put(journal, b"photo") == "created"
    assert put(journal, b"photo") == "known"

    assert journal.size() == 2
    entry = read_json(journal.entries(1, 1)[0].payload)
    assert entry["kind"] == "attachment_received"
    assert entry["body"] == {"sha256": hex_sha256(b"photo"), "bytes": 5}
    assert (journal.attachments / hex_sha256(b"photo")).read_bytes() == b"photo"
    assert partials(journal) == []


def test_an_entry_may_come_before_its_file(journal: Journal, device: MadeDevice) -> None:
    """It is shown as incomplete until then."""
    journal.accept([device.post(attachments=naming(b"photo"))], "d1")
    assert [alarm.kind for alarm in journal.alarms(rules=False)] == ["incomplete"]
    put(journal, b"photo")
    assert journal.alarms(rules=False) == []


@pytest.mark.parametrize("name", ["", "A" * 64, "0" * 63, "../" + "0" * 61, "0" * 64 + "\n"])
def test_a_name_that_is_no_hash_is_refused(journal: Journal, name: str) -> None:
    """64 lower-case hex digits, and nothing that leads elsewhere."""
    with pytest.raises(OtherHash):
        journal.put_attachment(name, io.BytesIO(b""), "d1")


def test_another_content_is_refused_and_leaves_nothing(journal: Journal) -> None:
    """Also under the name of a file that is known."""
    put(journal, b"photo")
    for name in (hex_sha256(b"photo"), hex_sha256(b"never")):
        with pytest.raises(OtherHash):
            journal.put_attachment(name, io.BytesIO(b"other"), "d1")
    assert (journal.attachments / hex_sha256(b"photo")).read_bytes() == b"photo"
    assert partials(journal) == []
    assert journal.size() == 1


def test_a_file_has_at_most_64_mib(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte more is refused while it is read."""
    assert attachments.MOST_BYTES == 64 * 1024 * 1024
    monkeypatch.setattr(attachments, "MOST_BYTES", 1000)
    assert put(journal, bytes(1000)) == "created"
    with pytest.raises(TooLarge):
        put(journal, bytes(1001))
    assert partials(journal) == []


def test_a_carrier_may_send_a_bounded_lot_that_no_entry_names(
    journal: Journal, device: MadeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries that name them make room, before or after; other carriers are counted apart."""
    assert attachments.MOST_UNNAMED_BYTES == 1024**3
    monkeypatch.setattr(attachments, "MOST_UNNAMED_BYTES", 1000)
    put(journal, b"a" * 600)
    with pytest.raises(TooManyUnnamed):
        put(journal, b"b" * 600)
    assert put(journal, b"b" * 600, "d2") == "created"
    assert put(journal, b"a" * 600) == "known"

    journal.accept([device.post(attachments=naming(b"c" * 900))], "d1")
    assert put(journal, b"c" * 900) == "created"
    journal.accept([device.post(attachments=naming(b"a" * 600))], "d1")
    assert put(journal, b"d" * 1000) == "created"
    with pytest.raises(TooManyUnnamed):
        put(journal, b"e")


def test_a_file_that_was_lost_is_put_back(journal: Journal) -> None:
    """The log knows it already; the content is taken all the same."""
    put(journal, b"photo")
    path = journal.attachments / hex_sha256(b"photo")
    path.unlink()
    assert put(journal, b"photo") == "known"
    assert path.read_bytes() == b"photo"


def test_a_full_disk_is_busy_and_leaves_nothing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same file is taken when there is room."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Busy):
            put(journal, b"photo")
    assert partials(journal) == []
    assert put(journal, b"photo") == "created"


def test_what_a_broken_connection_sends_is_not_kept(journal: Journal) -> None:
    """Reading that ends in a fault leaves nothing."""

    class Broken(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        journal.put_attachment("0" * 64, Broken(), "d1")
    assert partials(journal) == []


def test_what_an_ended_process_left_is_swept(case: Path, journal: Journal) -> None:
    """After an hour, at the next start; a file that is just coming stays."""
    journal.attachments.mkdir()
    old, fresh = (journal.attachments / f".partial-{name}" for name in ("old", "fresh"))
    old.write_bytes(b"x")
    fresh.write_bytes(b"x")
    os.utime(old, (0, 0))
    with Journal.open(case, create=True):
        assert partials(journal) == [fresh]
