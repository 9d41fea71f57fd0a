"""Registers from lists: what is constructed says so, what is not known stays empty."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from portique.collect.readers import sectors_azimuth_csv, sites_csv
from portique.collect.sectors import COLUMNS, build_register
from portique.core.errors import Problem, Refused
from portique.core.ids import is_sector_id

KIND = "sector"


@pytest.fixture
def sites(samples: Path) -> Path:
    """Return a list of five sites."""
    return samples / "sites_csv" / "sites.csv"


@pytest.fixture
def cells(samples: Path) -> Path:
    """Return a list of five cells whose file names the network 208 99."""
    return samples / "sectors_azimuth_csv" / "20899_cells.csv"


def test_a_site_is_one_omnidirectional_row_with_a_constructed_identity(
    take_in: Any, sites: Path
) -> None:
    """Nothing that the list does not say is filled in, and no record can name the row."""
    taken = take_in(sites, KIND)

    assert taken.reader == "sites_csv"
    first = taken.rows[1]
    assert {name: value for name, value in first.items() if value is not None} == {
        "sector_id": "constructed:20801:48.8501:2.3501",
        "operator": "20801",
        "lat": 48.8501,
        "lon": 2.3501,
    }
    assert not is_sector_id(first["sector_id"])
    assert sites_csv.NOTE in taken.notes


def test_a_site_without_service_and_one_without_place_are_counted(
    take_in: Any, sites: Path
) -> None:
    """Row 3 has no generation, row 5 no longitude; a repeated site is left to the intake."""
    taken = take_in(sites, KIND)

    assert taken.rows_in == 5
    assert taken.faults == {("malformed_row", "sites without a service of any generation"): 1}
    assert taken.reasons == {1: "", 2: "", 4: "", 5: "malformed_row"}
    assert taken.rows[4] == taken.rows[1]


def test_a_list_that_tells_of_no_3g_cannot_say_that_a_site_has_no_service(
    take_in: Any, samples: Path
) -> None:
    """2G and 4G are 0, and the site may still have 3G: it is kept."""
    taken = take_in(samples / "sites_csv" / "without_3g.csv", KIND)

    assert [row["operator"] for row in taken.used()] == ["20801"]


def test_a_cell_has_the_identity_that_network_and_file_give_it(take_in: Any, cells: Path) -> None:
    """The ECGI, 4G, and the azimuth as charted; width and range are not known."""
    taken = take_in(cells, KIND)

    assert taken.reader == "sectors_azimuth_csv"
    first = taken.rows[1]
    assert {name: value for name, value in first.items() if value is not None} == {
        "sector_id": "208-99-129097582",
        "operator": "20899",
        "technology": "4G",
        "lat": 48.8501,
        "lon": 2.3501,
        "azimuth_deg": 277.0,
    }
    assert is_sector_id(first["sector_id"])


def test_an_unknown_azimuth_is_omnidirectional_and_a_wrong_one_sets_the_row_aside(
    take_in: Any, cells: Path
) -> None:
    """-1 and empty are not known; 1000 degrees and an identity of 29 bits are none."""
    taken = take_in(cells, KIND)

    assert [taken.rows[number]["azimuth_deg"] for number in (2, 3)] == [None, None]
    assert sectors_azimuth_csv.NO_AZIMUTH in taken.notes
    assert taken.reasons == {1: "", 2: "", 3: "", 4: "malformed_identifier", 5: "malformed_row"}


@pytest.mark.parametrize(
    ("place", "identity"),
    [
        ("23420_merged_cells_eutra.csv", "234-20-7"),
        ("23420-cells.csv", "234-20-7"),
        ("23420/cells.csv", "234-20-7"),
        ("23410/23430/cells.csv", "234-30-7"),
        ("2342_cells.csv", "eci:7"),
        ("202503_cells.csv", "eci:7"),
        ("20250302.csv", "eci:7"),
        ("cells.csv", "eci:7"),
    ],
)
def test_the_network_stands_in_the_path_or_is_not_known(
    tmp_path: Path, take_in: Any, place: str, identity: str
) -> None:
    """Five digits at the start of the file's name, else of the nearest folder below the kind."""
    path = tmp_path / "99999" / "sources" / KIND / place
    path.parent.mkdir(parents=True)
    path.write_text("ECellID,Longitude,Latitude,Azimuth\n7,2.35,48.85,90\n", "utf-8")

    taken = take_in(path, KIND, tmp_path / "99999" / "sources")

    assert taken.rows[1]["sector_id"] == identity
    assert (sectors_azimuth_csv.NO_NETWORK in taken.notes) == identity.startswith("eci")


def _register(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_register_of_sites_has_one_row_for_each_generation(tmp_path: Path, sites: Path) -> None:
    """Two sites with five generations in all; each row says of which row it was made."""
    made = build_register(sites, tmp_path / "sector" / "register.csv")

    rows = _register(tmp_path / "sector" / "register.csv")
    assert tuple(rows[0]) == COLUMNS
    assert [(row["sector_id"], row["technology"], row["delivered_row"]) for row in rows] == [
        ("constructed:20801:48.8501:2.3501:2G", "2G", "1"),
        ("constructed:20801:48.8501:2.3501:3G", "3G", "1"),
        ("constructed:20801:48.8501:2.3501:4G", "4G", "1"),
        ("constructed:20815:48.8601:2.3601:3G", "3G", "2"),
        ("constructed:20815:48.8601:2.3601:4G", "4G", "2"),
    ]
    assert (made["rows_read"], made["sectors"]) == (5, 5)
    assert made["set_aside"] == {"duplicate": 1, "malformed_row": 2}


def test_a_register_is_a_source_of_the_contract(tmp_path: Path, take_in: Any, cells: Path) -> None:
    """What was written is taken in by the contract's reader with the same sectors."""
    register = tmp_path / "register.csv"
    build_register(cells, register)

    taken, given = take_in(register, KIND), take_in(cells, KIND)

    assert taken.reader == "contract_csv"
    assert taken.used() == given.used()


def test_the_same_list_gives_the_same_bytes(tmp_path: Path, sites: Path) -> None:
    """No clock, no path and no order of a set goes into a register."""
    first, second = tmp_path / "a.csv", tmp_path / "b" / "c.csv"
    build_register(sites, first)
    build_register(sites, second)

    assert first.read_bytes() == second.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b"]


def test_a_register_is_never_written_over_a_file(tmp_path: Path, sites: Path) -> None:
    """A used register is evidence of what a run knew."""
    register = tmp_path / "register.csv"
    register.write_text("kept", "utf-8")

    with pytest.raises(Refused, match="already"):
        build_register(sites, register)
    assert register.read_text("utf-8") == "kept"


def test_what_is_no_list_is_refused_and_leaves_nothing(tmp_path: Path, cells: Path) -> None:
    """A register, a file of nothing, and a name that would not be read as CSV."""
    register = tmp_path / "register.csv"
    build_register(cells, register)
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")

    with pytest.raises(Refused, match="own form"):
        build_register(register, tmp_path / "again.csv")
    with pytest.raises(Problem, match="no reader"):
        build_register(empty, tmp_path / "again.csv")
    with pytest.raises(Refused, match="CSV"):
        build_register(cells, tmp_path / "register.parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.csv", "register.csv"]


def test_a_column_named_twice_leaves_no_half_register(tmp_path: Path) -> None:
    """The fault comes when the rows are read; nothing stays in the register's place."""
    listed = tmp_path / "sites.csv"
    listed.write_text("mccmnc,lat,lat,lon,g4\n20801,1,1,2,1\n", "utf-8")

    with pytest.raises(Problem, match="more than once"):
        build_register(listed, tmp_path / "register.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["sites.csv"]


def test_the_public_list_of_sites_is_read_whole(public_lists: Path, take_in: Any) -> None:
    """14,814 rows: 790 without service, the others with an operator of France."""
    taken = take_in(public_lists / "sites_near_prisons_5km.csv", KIND)

    assert taken.rows_in == 14_814
    assert list(taken.faults.values()) == [790]
    assert len(taken.used()) == 14_024
    assert {row["operator"] for row in taken.used()} == {"20801", "20810", "20815", "20820"}


def test_the_public_list_of_sites_makes_a_register(public_lists: Path, tmp_path: Path) -> None:
    """Every row of the list is in the register or counted, and no sector stands there twice."""
    register = tmp_path / "register.csv"
    made = build_register(public_lists / "sites_near_prisons_5km.csv", register)

    rows = _register(register)
    assert len({row["sector_id"] for row in rows}) == len(rows) == made["sectors"]
    used = len({row["delivered_row"] for row in rows})
    assert used + sum(made["set_aside"].values()) == made["rows_read"] == 14_814


def test_the_charted_cells_are_read_whole(public_lists: Path, take_in: Any) -> None:
    """884 cells of one county; their file does not name the network."""
    taken = take_in(public_lists / "sectors_gb_sample.csv", KIND)

    assert len(taken.used()) == taken.rows_in == 884
    assert all(0 <= row["azimuth_deg"] < 360 for row in taken.used())
    assert sectors_azimuth_csv.NO_NETWORK in taken.notes
