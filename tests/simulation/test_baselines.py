"""Tests of the simple ways to choose cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulation.marked_world import AS_OF, BEFORE, make_world, rewrite

from portique.simulation.baselines import (
    CONTACTS,
    LAST_SEEN,
    NEAR_CONTACTS,
    PRESENT_CONTACTS,
    RANDOM,
    Guess,
    Near,
    guess_cells,
    near_prisons,
    shared_contacts,
)
from portique.simulation.mark import mark

HANDSETS = ["H1", "H2", "H3", "H6", "H7"]


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Return the case of the world made by hand."""
    return make_world(tmp_path)[0]


def _guesses(case: Path) -> dict[str, Guess]:
    guesses, notes = guess_cells(case, HANDSETS, AS_OF, near_prisons(case, HANDSETS))
    assert notes == []
    return {guess.name: guess for guess in guesses}


def test_shared_contacts_are_counted_once_a_number(case: Path) -> None:
    """H1 calls what I1 declared; H2 calls what I2 and I4 declared, four times, one number each."""
    assert shared_contacts(case, HANDSETS) == {(0, "I1"): 1, (1, "I2"): 1, (1, "I4"): 1}


def test_contacts_alone_also_point_to_another_prison(case: Path) -> None:
    """C21 of PB is a door by contacts; it is none where the masts of PA serve the phone."""
    found = _guesses(case)

    assert found[CONTACTS].doors == [("C11",), ("C12",), ("C21",)]
    assert found[NEAR_CONTACTS].doors == [("C11",), ("C12",)]


def test_more_shared_numbers_come_first(case: Path) -> None:
    """I2 declares a second number that H2 calls, so his cell overtakes C11."""
    derived = case / "derived"
    rewrite(
        derived / "declared_contact.parquet",
        lambda row: row | ({"inmate_id": "I2"} if row["inmate_id"] == "I1" else {}),
    )
    rewrite(
        derived / "fleet_record.parquet",
        lambda row: row | ({"handset_id": "H2"} if row["handset_id"] == "H1" else {}),
    )

    assert _guesses(case)[CONTACTS].doors[0] == ("C12",)


def test_records_while_a_man_was_away_count_against_him(case: Path) -> None:
    """Two of the four records of H1 fall into an absence of I1: I2, never away, comes first."""
    assert _guesses(case)[PRESENT_CONTACTS].doors == [("C12",), ("C11",)]


def test_a_man_is_sought_where_he_is_held_at_the_horizon(case: Path) -> None:
    """A stay that ended before the horizon, or begins after it, is no door."""
    rewrite(
        case / "derived" / "stay.parquet",
        lambda row: (
            row | ({"until_utc": BEFORE.replace(day=9)} if row["inmate_id"] == "I2" else {})
        ),
    )

    assert ("C12",) not in _guesses(case)[CONTACTS].doors


def test_masts_put_a_phone_into_the_nearest_prison(case: Path) -> None:
    """Most records decide in one, the last record in the other."""
    rewrite(
        case / "derived" / "fleet_record.parquet",
        lambda row: row | ({"sector_id": "SB"} if row["source_row"] == 4 else {}),
    )

    found = near_prisons(case, HANDSETS)

    assert found is not None
    assert (found.most[0], found.last[0]) == ("PA", "PB")
    assert found.most[4] == "PB"


def test_a_mast_far_from_every_prison_puts_nobody_inside(case: Path) -> None:
    """Beyond 5 km there is no nearest prison."""
    rewrite(case / "derived" / "sector.parquet", lambda row: row | {"lat": row["lat"] + 1})

    assert near_prisons(case, HANDSETS) == Near({}, {})


def test_a_random_cell_gets_the_chance_of_its_prison(tmp_path: Path) -> None:
    """Three phones near PA (2 of 4 cells hold one), two near PB (2 of 2): 3.5 of 5 doors."""
    case, truth = make_world(tmp_path)

    found = mark(case, truth).targets.baselines

    for name in (RANDOM, LAST_SEEN):
        assert found[name][0].share == pytest.approx(3.5 / 5)
        assert found[name][0].wrong_doors == pytest.approx(1.5)


def test_every_baseline_searches_as_many_cells_at_the_first_tenth(tmp_path: Path) -> None:
    """Wrong doors are only compared at an equal number of searches."""
    found = mark(*make_world(tmp_path)).targets

    assert len(found.baselines) == 5
    assert {y[3].asked for y in found.baselines.values()} == {"first tenth"}
    assert {y[3].cells for y in found.baselines.values()} == {1}


@pytest.mark.parametrize("table", ["stay", "prison_cell", "declared_contact", "prison", "sector"])
def test_a_case_without_a_delivered_table_has_no_baselines_and_says_so(
    tmp_path: Path, table: str
) -> None:
    """The marks stand without them."""
    case, truth = make_world(tmp_path)
    (case / "derived" / f"{table}.parquet").unlink()

    found = mark(case, truth)

    assert found.targets.baselines == {}
    assert any(table in line for line in found.lines())


def test_a_case_without_absences_lacks_one_baseline(case: Path) -> None:
    """The others need no list of absences."""
    (case / "derived" / "absence.parquet").unlink()

    guesses, notes = guess_cells(case, HANDSETS, AS_OF, near_prisons(case, HANDSETS))

    assert PRESENT_CONTACTS not in {guess.name for guess in guesses}
    assert len(guesses) == 4
    assert notes == ["baselines are missing: the derived tables lack absence"]
