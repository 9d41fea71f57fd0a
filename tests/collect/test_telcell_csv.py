"""Measurements in the form of telcell: both headers, offsets, who the subscriber is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portique.collect.reader import Head
from portique.collect.readers import telcell_csv
from portique.core.clock import utc_text

KIND = "retained_record"


@pytest.fixture
def folder(samples: Path) -> Path:
    """Return the folder with a file of each header form."""
    return samples / "telcell_csv"


def test_a_measurement_is_a_sighting_of_a_device_of_its_owner(take_in: Any, folder: Path) -> None:
    """Every column of a whole row."""
    taken = take_in(folder / "measurements.csv", KIND)

    assert taken.reader == "telcell_csv"
    first = taken.rows[1]
    assert utc_text(first.pop("seen_at_utc")) == "2025-03-02T08:15:30Z"
    assert first == {
        "subscriber": "Ada/phone 1",
        "kind": "measurement",
        "counterpart": None,
        "duration_s": None,
        "sector": "208-1-7-4711",
        "lat": 48.8501,
        "lon": 2.3501,
        "azimuth_deg": 120.0,
    }


def test_an_offset_is_followed(take_in: Any, folder: Path) -> None:
    """10:15:30.25 at +02:00 is a quarter of a second after the first row."""
    rows = take_in(folder / "measurements.csv", KIND).rows

    assert (rows[2]["seen_at_utc"] - rows[1]["seen_at_utc"]).total_seconds() == 0.25
    assert rows[2]["azimuth_deg"] is None


def test_the_old_header_gives_the_same_columns(take_in: Any, folder: Path) -> None:
    """Track and sensor stand for owner and device; a last line without an end is a row."""
    taken = take_in(folder / "tracks.csv", KIND)

    assert taken.reader == "telcell_csv"
    assert [row["subscriber"] for row in taken.used()] == ["T1/S1", "T1/S1"]
    assert [row["sector"] for row in taken.used()] == [None, None]
    assert "the last line has no line end" in taken.notes


def test_rows_that_cannot_be_are_counted_under_a_reason(take_in: Any, folder: Path) -> None:
    """No device is no subscriber; 98 degrees north is no place; the others are used."""
    taken = take_in(folder / "measurements.csv", KIND)

    assert taken.rows_in == 5
    assert taken.reasons == {1: "", 2: "", 3: "malformed_identifier", 4: "", 5: "malformed_row"}
    assert taken.rows[4]["subscriber"] == "/phone 1"
    assert taken.rows[4]["azimuth_deg"] == 350.0


def test_only_a_timestamp_without_an_offset_is_said(take_in: Any, folder: Path) -> None:
    """Row 4 of the one file has none; the other file has an offset in every row."""
    assert telcell_csv.NO_ZONE in take_in(folder / "measurements.csv", KIND).notes
    assert telcell_csv.NO_ZONE not in take_in(folder / "tracks.csv", KIND).notes


@pytest.mark.parametrize(
    "line",
    [
        b"id,owner,device,timestamp",
        b"id,owner,device,timestamp,celldb.wgs84.lon,celldb.wgs84.lat",
        b"\xff\xfe",
        b"",
    ],
)
def test_half_a_header_is_not_recognised(line: bytes) -> None:
    """A mix of the two forms is neither."""
    assert telcell_csv.recognises(Head(Path("a.csv"), KIND, line)).level == "no"


def test_in_the_folder_of_another_kind_it_is_not_recognised(folder: Path) -> None:
    """Only the folder of records is read as sightings."""
    start = (folder / "measurements.csv").read_bytes()

    assert telcell_csv.recognises(Head(Path("a.csv"), "offence", start)).level == "no"
