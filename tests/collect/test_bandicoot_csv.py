"""Records in the form of bandicoot: kinds, places from the list beside them, local time."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from portique.collect.reader import Head, Request
from portique.collect.readers import bandicoot_csv
from portique.collect.registry import choose_reader, companion_reader, read_head
from portique.core.clock import utc_text
from portique.core.errors import Problem
from portique.core.tables import SIGHTING

KIND = "retained_record"


@pytest.fixture
def sample(samples: Path) -> Path:
    """Return one person's records; the list of antennas lies beside them."""
    return samples / "bandicoot_csv" / "zoe.csv"


def _head(path: Path, kind: str = KIND) -> Head:
    return Head(path, kind, read_head(str(path)))


def test_a_call_is_a_sighting_of_the_person_the_file_is_named_after(
    take_in: Any, sample: Path
) -> None:
    """Every column of a whole row, and no column in which an IMEI could stand."""
    taken = take_in(sample, KIND)

    assert taken.reader == "bandicoot_csv"
    first = taken.rows[1]
    assert utc_text(first.pop("seen_at_utc")) == "2025-03-02T08:15:30Z"
    assert first == {
        "subscriber": "zoe",
        "kind": "call_out",
        "counterpart": "N1",
        "duration_s": 62,
        "sector": "A1",
        "lat": 48.8501,
        "lon": 2.3501,
        "azimuth_deg": None,
    }
    assert not any("imei" in name for name in SIGHTING.names)


def test_words_in_another_case_are_the_same_words(take_in: Any, sample: Path) -> None:
    """`Call,In` is a call that came in; `gps` is a measurement."""
    taken = take_in(sample, KIND)

    assert [taken.rows[number]["kind"] for number in (2, 3, 4)] == [
        "sms_in",
        "call_in",
        "measurement",
    ]


def test_an_antenna_without_one_place_has_none_and_that_is_said(take_in: Any, sample: Path) -> None:
    """A2 stands there twice with one place; A3 with two; A9 does not stand there."""
    taken = take_in(sample, KIND)

    assert taken.rows[2]["lat"] == 48.8602
    assert taken.rows[3]["lat"] is None
    assert taken.rows[4]["lon"] is None
    assert bandicoot_csv.UNPLACED in taken.notes


def test_rows_that_cannot_be_are_counted_under_a_reason(take_in: Any, sample: Path) -> None:
    """A fax, a day that does not exist, and a row of six fields; none is lost."""
    taken = take_in(sample, KIND)

    assert taken.rows_in == 7
    assert sorted(taken.faults.items()) == [
        (("malformed_row", "interaction and direction are not bandicoot's words"), 1),
        (("malformed_row", "rows with too few or too many fields"), 1),
    ]
    assert {row: reason for row, reason in taken.reasons.items() if reason} == {6: "malformed_time"}
    assert taken.lines[6] == 7


def test_time_without_a_zone_is_read_as_utc_and_said(take_in: Any, sample: Path) -> None:
    """The reader knows no zone, and the note of the file says what it did."""
    assert bandicoot_csv.NO_ZONE in take_in(sample, KIND).notes


def test_the_list_of_antennas_is_a_companion_and_gives_no_rows(samples: Path) -> None:
    """No reader takes it for a source; its rows are counted, without columns."""
    antennas = samples / "bandicoot_csv" / "antennas.csv"

    with pytest.raises(Problem):
        choose_reader(_head(antennas))
    assert companion_reader(_head(antennas)) == "bandicoot_csv"
    assert companion_reader(_head(antennas, "sector")) == ""
    blocks = list(bandicoot_csv.rows(Request(antennas, SIGHTING, samples)))
    assert sum(block.rows_in for block in blocks) == 6
    assert all(block.columns == {} for block in blocks)


def test_the_nearest_list_above_is_used_and_none_outside_the_kind(
    tmp_path: Path, take_in: Any, sample: Path
) -> None:
    """From the file's folder up to `sources/retained_record`, not beyond."""
    sources = tmp_path / "sources"
    (sources / KIND / "a" / "b").mkdir(parents=True)
    records = shutil.copy(sample, sources / KIND / "a" / "b" / "zoe.csv")

    shutil.copy(sample.with_name("antennas.csv"), sources / "antennas.csv")
    without = take_in(Path(records), KIND, sources)
    shutil.copy(sample.with_name("antennas.csv"), sources / KIND / "towers.csv")
    with_list = take_in(Path(records), KIND, sources)

    assert without.rows[1]["lat"] is None
    assert bandicoot_csv.NO_LIST in without.notes
    assert with_list.rows[1]["lat"] == 48.8501


def test_a_hidden_list_and_a_link_are_not_used(tmp_path: Path, take_in: Any, sample: Path) -> None:
    """What a run does not read as a source is no source of places either."""
    records = Path(shutil.copy(sample, tmp_path / "zoe.csv"))
    shutil.copy(sample.with_name("antennas.csv"), tmp_path / ".antennas.csv")
    (tmp_path / "linked.csv").symlink_to(sample.with_name("antennas.csv"))

    assert take_in(records, KIND).rows[1]["lat"] is None


def test_an_old_list_names_its_antennas_place_id(
    tmp_path: Path, take_in: Any, sample: Path
) -> None:
    """The column had another name in old versions."""
    records = Path(shutil.copy(sample, tmp_path / "zoe.csv"))
    (tmp_path / "towers.csv").write_text("place_id,latitude,longitude\nA1,1.5,2.5\n", "utf-8")

    assert take_in(records, KIND).rows[1]["lat"] == 1.5


def test_places_in_the_rows_go_before_the_list(tmp_path: Path, take_in: Any) -> None:
    """A row with both coordinates has its own place; with one of them, that of its antenna."""
    head = "interaction,direction,correspondent_id,datetime,antenna_id,latitude,longitude\n"
    (tmp_path / "antennas.csv").write_text("antenna_id,latitude,longitude\nA1,1.5,2.5\n", "utf-8")
    records = tmp_path / "zoe.csv"
    records.write_text(
        head + "gps,,,2025-03-02 11:00:00,A1,48.5,2.25\ncall,in,N1,2025-03-02T11:00:00Z,A1,48.5,\n",
        "utf-8",
    )

    taken = take_in(records, KIND)

    assert [(row["lat"], row["lon"]) for row in taken.used()] == [(48.5, 2.25), (1.5, 2.5)]
    assert bandicoot_csv.OWN_PLACES in taken.notes


def test_a_name_that_is_no_text_still_names_the_subscriber(tmp_path: Path, take_in: Any) -> None:
    """Bytes that are not UTF-8 in a file's name are written out, and stop nothing."""
    records = tmp_path / b"z\xe9.csv".decode("utf-8", "surrogateescape")
    records.write_text(
        "interaction,direction,correspondent_id,datetime\ncall,in,N1,2025-03-02 11:00:00\n", "utf-8"
    )

    assert take_in(records, KIND).rows[1]["subscriber"] == r"z\xe9"


def test_in_the_folder_of_another_kind_it_is_not_recognised(sample: Path) -> None:
    """Only the folder of records is read as sightings; elsewhere its rows would be nobody's."""
    answer = bandicoot_csv.recognises(_head(sample, "sale"))

    assert answer.level == "no"
    assert "retained_record" in answer.reason


def test_the_volunteers_records_are_read_whole(real_data: Path, take_in: Any) -> None:
    """The real sample: 314 rows, 75 of them calls, every one with a place of the list."""
    taken = take_in(real_data / "records" / "ego.csv", KIND)

    rows = taken.used()
    assert len(rows) == taken.rows_in == 314
    assert sum(row["kind"].startswith("call") for row in rows) == 75
    assert sum(row["duration_s"] is not None for row in rows) == 75
    assert all(row["lat"] is not None for row in rows)
    assert len({row["sector"] for row in rows}) == 10
    assert utc_text(rows[0]["seen_at_utc"]) == "2014-03-02T07:13:30Z"
