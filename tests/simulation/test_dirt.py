"""Tests of damage to delivered files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulation.written_worlds import Written, hashes, write


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Return a tiny world with damaged files."""
    return write(tmp_path_factory.mktemp("dirty"), 3, "dirty")


def test_damage_breaks_files_in_every_way(dirty: Written) -> None:
    """Cut, empty, of another code page, separated by semicolons, with a mark of byte order."""
    files = {
        path.relative_to(dirty.sources).as_posix(): path.read_bytes()
        for path in dirty.sources.rglob("*.csv")
    }

    assert files["absence/empty.csv"] == b""
    assert not files["retained_record/cut.csv"].endswith(b"\n")
    assert b"from_utc" not in files["stay/short.csv"]
    assert files["find/old.csv"].startswith(b"find_id;")
    assert files["declared_contact/list-1.csv"].startswith(b"\xef\xbb\xbf")
    assert b"8.67E+14" in files["sale/ledger-2024.csv"]
    with pytest.raises(UnicodeDecodeError):
        files["sale/ledger-old.csv"].decode("utf-8")


def test_damage_moves_no_good_row(dirty: Written, tmp_path: Path) -> None:
    """Line by line, records are as without the damage, but for few broken and added rows."""
    whole = write(tmp_path, 3, "dirty", "is_dirty=false")
    broken = added = 0
    for path in sorted((whole.sources / "retained_record").glob("*.csv")):
        good = path.read_bytes().splitlines()
        now = (dirty.sources / "retained_record" / path.name).read_bytes().splitlines()
        broken += sum(a != b for a, b in zip(good, now, strict=False))
        added += len(now) - len(good)

    assert (broken, added) == (4, 5)
    assert hashes(dirty.out / "truth") == hashes(whole.out / "truth")
