"""What lies in `sources/`: every file has a kind, a hash and a status."""

from __future__ import annotations

import hashlib
import os
import sys

import pytest
from tests.collect.made_case import Authority, MadeCase, csv_text

from portique.collect.survey import survey
from portique.core.errors import Refused

SALE = csv_text("sale", {"sale_id": "S1", "sold_at_utc": "2025-04-01T00:00:00Z"})


def test_every_file_has_its_hash_and_size(case: MadeCase) -> None:
    """As delivered."""
    case.put("sale/a.csv", SALE)

    source = case.take().source("sale/a.csv")

    assert source["sha256"] == hashlib.sha256(SALE.encode()).hexdigest()
    assert source["size_bytes"] == len(SALE.encode())
    assert (source["status"], source["reader"], source["first_row_line"]) == (
        "used",
        "contract_csv",
        2,
    )


def test_hashes_that_are_known_are_not_computed_again(case: MadeCase) -> None:
    """A caller that has read the files hands over what it found."""
    case.put("sale/a.csv", SALE)

    (known,) = survey(case.folder, case.settings(), {"sources/sale/a.csv": "f" * 64})

    assert known.sha256 == "f" * 64


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("sale/.hidden.csv", "unreadable", "not read"),
        ("sale/~$a.csv", "unreadable", "not read"),
        ("sale/a.csv~", "unreadable", "not read"),
        ("sales/a.csv", "unreadable", "no kind sales"),
        ("a.csv", "unreadable", "lies in no folder"),
        ("sale/a.xlsx", "unreadable", "takes a workbook"),
        ("sale/a.zip", "unreadable", "takes an archive"),
    ],
)
def test_a_file_that_is_no_source_is_named_and_the_run_goes_on(
    case: MadeCase, path: str, status: str, words: str
) -> None:
    """Nothing in the folder is passed over without a word."""
    case.put(path, "x" if path.endswith(("xlsx", "zip")) else SALE)
    case.put("sale/good.csv", SALE)

    tables = case.take()

    assert tables.source(path)["status"] == status
    assert words in tables.source(path)["note"]
    assert len(tables.rows("sale")) == 1


def test_leftovers_do_not_change_the_numbers_of_files(case: MadeCase) -> None:
    """An editor's file comes and goes; the tables of the case stay as they are."""
    case.put("sale/b.csv", SALE)
    before = case.take("one").rows("sale")
    case.put("sale/.b.csv.swp", b"\0")

    assert case.take("two").rows("sale") == before


@pytest.mark.parametrize("kind", ["capture", "image", "traffic"])
def test_what_no_reader_takes_yet_is_held_under_its_authority(case: MadeCase, kind: str) -> None:
    """Kept and hashed; without an authority it is refused as any other."""
    case.put(f"{kind}/a.bin", b"\1\2")

    with pytest.raises(Refused, match="may not be used"):
        case.take("one")
    case.authorities = (Authority(covers=(kind,)),)

    assert case.take("two").source(f"{kind}/a.bin")["status"] == "held"


def test_a_link_is_refused_and_not_followed(case: MadeCase) -> None:
    """A link can lead out of the case, to data that no authority covers."""
    outside = case.folder / "outside.csv"
    outside.write_text(SALE, encoding="utf-8")
    (case.folder / "sources" / "sale").mkdir()
    (case.folder / "sources" / "sale" / "a.csv").symlink_to(outside)

    with pytest.raises(Refused) as told:
        case.take()

    assert "a link, not a file" in told.value.where
    assert case.take("two", leave_out_refused=True).rows("sale") == []


@pytest.mark.skipif(sys.platform == "win32", reason="names are bytes here")
def test_a_name_that_is_not_utf8_is_written_out(case: MadeCase) -> None:
    """Its bytes stand in the path as \\xNN."""
    folder = os.fsencode(case.folder / "sources" / "sale")
    os.mkdir(folder)  # noqa: PTH102 - the name is bytes
    with open(folder + b"/\xe9t\xe9.csv", "wb") as handle:  # noqa: PTH123
        handle.write(SALE.encode())

    tables = case.take()

    assert tables.source("sale/\\xe9t\\xe9.csv")["rows_used"] == 1


def test_an_empty_table_is_used_and_said(case: MadeCase) -> None:
    """A header without rows is an answer: there was nothing."""
    case.put("sale/a.csv", csv_text("sale"))

    source = case.take().source("sale/a.csv")

    assert source["status"] == "used"
    assert source["note"] == "the file has no rows"
