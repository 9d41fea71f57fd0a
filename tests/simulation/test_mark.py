"""Tests of marking, on a tiny world made by hand whose every figure can be counted."""

from __future__ import annotations

import json
from math import log2
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.simulation.marked_world import make_world, rewrite, write

from portique.core.errors import Refused
from portique.simulation.mark import Marks, mark


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, Path]:
    """Return case and truth of the world made by hand."""
    return make_world(tmp_path)


@pytest.fixture
def marks(world: tuple[Path, Path]) -> Marks:
    """Return its marks."""
    return mark(*world)


def test_recall_counts_phones_that_could_be_seen(marks: Marks) -> None:
    """Of six phones of the fleet one was never seen; of the five others four were found."""
    found = marks.handsets

    assert (found.in_fleet, found.never_seen, found.seen) == (6, 1, 5)
    assert (found.paired, found.recall) == (4, 0.8)
    assert found.rows_covered == 1.0  # 4/4, 4/4, 3/4, 4/4: the median


def test_a_handset_that_is_not_of_the_fleet_counts_against_precision(marks: Marks) -> None:
    """H6 is a true phone, but the supplier never sold it."""
    assert marks.handsets.precision == 0.8
    assert (marks.handsets.second, marks.handsets.other) == (0, 1)


def test_a_second_prediction_of_one_phone_counts_against_precision(
    world: tuple[Path, Path],
) -> None:
    """One row of T7 as a handset of their own: one of the two is right, not both."""
    case, truth = world
    derived = case / "derived"
    rewrite(
        derived / "fleet_record.parquet",
        lambda row: row | ({"handset_id": "H8"} if row["source_row"] == 24 else {}),
    )
    names = pq.read_table(derived / "handset.parquet").to_pylist()
    write(derived / "handset.parquet", [*names, {"handset_id": "H8"}])

    found = mark(case, truth).handsets

    assert (found.paired, found.derived, found.second, found.other) == (4, 6, 1, 1)
    assert found.precision == pytest.approx(4 / 6)
    assert found.recall == 0.8


def test_clones_are_marked_by_how_their_rows_were_parted(marks: Marks) -> None:
    """Two phones on one IMEI with one row astray of eight: (9 - 39/7) / (12.5 - 39/7)."""
    found = marks.clones

    assert (found.imeis, found.true_phones, found.derived_handsets) == (1, 2, 2)
    assert found.adjusted_rand == pytest.approx((9 - 39 / 7) / (12.5 - 39 / 7))
    assert found.right_count == 1.0


def test_places_are_marked_on_one_trial_a_handset(marks: Marks) -> None:
    """H1 and H2 inside PA (LR 100, 10), H7 inside PB without a row (LR 1), H3 outside (LR 1/10)."""
    found = marks.places
    inside = (log2(1 + 1 / 100) + log2(1 + 1 / 10) + log2(1 + 1)) / 3

    assert (found.trials.trials_h1, found.trials.trials_h2, found.missing) == (3, 1, 1)
    assert found.trials.cllr == pytest.approx((inside + log2(1 + 1 / 10)) / 2)
    assert found.trials.cllr_min == pytest.approx(0.0)
    assert found.right_place == 0.75


def test_phones_that_were_not_found_cost_as_much_as_no_evidence(marks: Marks) -> None:
    """T4, seen inside and never derived, is a trial of LR 1 where every phone counts."""
    inside = (log2(1 + 1 / 100) + log2(1 + 1 / 10) + 2 * log2(1 + 1)) / 4

    assert marks.places.cllr_every_phone == pytest.approx((inside + log2(1 + 1 / 10)) / 2)


def test_masts_alone_place_a_neighbour_inside(marks: Marks) -> None:
    """The baseline puts T3, who lives next to PA, into it; the three others are right."""
    assert marks.places.right_place_by_most == 0.75
    assert marks.places.right_place_by_last == 0.75


def test_users_and_cells_are_marked_over_named_candidates(marks: Marks) -> None:
    """H1 has its user first, H2 second, H7 none: 1/3 first, 2/3 among three."""
    found = marks.users

    assert (found.handsets, found.listed) == (3, 2)
    assert found.user.top1 == pytest.approx(1 / 3)
    assert found.user.top3 == pytest.approx(2 / 3)
    assert found.cell.top1 == pytest.approx(1 / 3)
    assert found.cell.top3 == pytest.approx(2 / 3)


def test_the_trials_of_users_are_every_true_and_every_other_candidate(marks: Marks) -> None:
    """True: LR 10, 1, and 1 for who is not listed; others: I2 for H1, I3 for H2."""
    trials = marks.users.trials
    true = (log2(1 + 1 / 10) + 1 + 1) / 3
    other = (log2(1 + 1 / 10) + log2(1 + 10**0.5)) / 2

    assert trials.cllr == pytest.approx((true + other) / 2)


def test_cellmates_who_tie_share_the_chance(world: tuple[Path, Path]) -> None:
    """Two candidates of one posterior, one of them right: half a hit, and no tie between cells."""
    case, truth = world
    rewrite(
        case / "derived" / "attribution.parquet",
        lambda row: row | ({"posterior": 0.4, "cell_id": "C11"} if row["inmate_id"] else {}),
    )

    found = mark(case, truth).users

    assert found.user.top1 == pytest.approx((0.5 + 0.5 + 0) / 3)
    assert found.cell.top1 == pytest.approx((1 + 0 + 0) / 3)


def test_innocents_are_people_named_first_who_have_no_phone(marks: Marks) -> None:
    """I3 is named for H2 at one half, and uses no phone of the fleet."""
    found = marks.users.named

    assert (found.inmates, found.wrongly, found.even, found.even_wrongly) == (2, 1, 2, 1)


def test_yield_is_the_share_of_cells_searched_that_hold_a_phone(marks: Marks) -> None:
    """C11 and C12 hold one, C13 none; the first tenth of three cells is one cell."""
    found = {each.asked: each for each in marks.targets.yields}

    assert (found["10"].cells, found["10"].wrong_doors) == (3, 1.0)
    assert found["10"].share == pytest.approx(2 / 3)
    assert (found["first tenth"].cells, found["first tenth"].share) == (1, 1.0)
    assert (found["max_cells"].cells, found["max_cells"].handsets_per_cell) == (2, 1.0)
    assert marks.targets.cells_with_phone == 4


def test_probabilities_of_cells_are_marked_against_what_lies_there(marks: Marks) -> None:
    """0.9 and 0.5 where there is a phone, 0.1 where there is none."""
    assert marks.targets.brier == pytest.approx((0.1**2 + 0.5**2 + 0.1**2) / 3)
    assert marks.targets.groups is not None
    assert marks.targets.groups.came.tolist() == [0.0, 1.0, 1.0]


def test_a_phone_that_was_never_seen_still_makes_a_search_worth_it(
    world: tuple[Path, Path],
) -> None:
    """T5 lies in C22 and is found by whoever opens that door."""
    case, truth = world
    rewrite(case / "derived" / "target.parquet", lambda row: row | {"cell_id": "C22"})

    assert mark(case, truth).targets.yields[0].share == 1.0


@pytest.mark.parametrize("table", ["placement", "attribution", "target"])
def test_a_result_without_one_of_its_tables_is_not_marked(
    world: tuple[Path, Path], table: str
) -> None:
    """The message names the table that lacks."""
    case, truth = world
    (case / "derived" / f"{table}.parquet").unlink()

    with pytest.raises(Refused, match=f"table {table} is missing"):
        mark(case, truth)


@pytest.mark.parametrize("table", ["placement", "attribution", "target"])
def test_an_empty_result_is_marked_as_one(world: tuple[Path, Path], table: str) -> None:
    """Nothing placed, nobody named or no door: no figure is made up."""
    case, truth = world
    path = case / "derived" / f"{table}.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)

    found = mark(case, truth)

    assert all("None" not in line and "nan" not in line for line in found.lines())
    if table == "target":
        assert found.targets.brier is None
        assert found.targets.yields[0].share is None
    if table == "placement":
        assert found.places.trials.cllr == pytest.approx(1.0)


def test_a_run_that_found_nothing_has_no_recall(world: tuple[Path, Path]) -> None:
    """It is marked, with nothing right and nothing wrong; it is no truth of another world."""
    case, truth = world
    for table in ("handset", "fleet_record", "placement", "attribution", "target"):
        path = case / "derived" / f"{table}.parquet"
        pq.write_table(pq.read_table(path).slice(0, 0), path)

    found = mark(case, truth)

    assert (found.handsets.recall, found.handsets.precision) == (0.0, None)
    assert found.clones.adjusted_rand is None
    assert found.users.named.inmates == 0
    assert all("None" not in line and "nan" not in line for line in found.lines())


def test_a_world_without_anybody_outside_has_no_cost(world: tuple[Path, Path]) -> None:
    """A cost needs trials of both kinds."""
    case, truth = world
    rewrite(
        truth / "handset.parquet",
        lambda row: row | ({} if row["prison_id"] else {"in_fleet": False}),
    )

    found = mark(case, truth)

    assert found.places.trials.cllr is None
    assert any("both kinds" in line for line in found.lines())


def test_marks_are_plain_values_for_a_machine(marks: Marks) -> None:
    """They pass through JSON unchanged, without the points behind the plots."""
    found = marks.as_dict()

    assert json.loads(json.dumps(found)) == found
    assert found["handsets"]["recall"] == 0.8
    assert "h1" not in found["places"]["trials"]
    assert "ranking" not in found["targets"]
    assert found["targets"]["groups"]["trials"] == [1, 1, 1]


def test_the_lines_say_the_main_figures(marks: Marks) -> None:
    """Recall, right places and doors searched for nothing are in what a person reads."""
    text = "\n".join(marks.lines())

    assert "80.0% (4 of 5 seen)" in text
    assert "right prison or outside    75.0%" in text
    assert "first tenth: 100.0% of 1 cells" in text


def test_the_same_case_is_marked_the_same(world: tuple[Path, Path], marks: Marks) -> None:
    """Marking twice gives the same bytes."""
    assert json.dumps(mark(*world).as_dict()) == json.dumps(marks.as_dict())
