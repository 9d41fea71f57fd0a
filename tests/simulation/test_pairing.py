"""Tests of pairing derived handsets with true phones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulation.marked_world import SOURCE, make_world, rewrite

from portique.core.errors import Refused
from portique.simulation.marking_bases import infer_bases
from portique.simulation.marking_input import UNKNOWN, read_truth
from portique.simulation.pairing import match, pair

lines = st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 5)), min_size=1, max_size=60)


def _paired(case: Path, truth: Path) -> dict[str, str | None]:
    phones = read_truth(truth)
    found = pair(case, truth, phones)
    names = [phones.true_id[t] if t != UNKNOWN else None for t in found.true.tolist()]
    return dict(zip(found.handset_id, names, strict=True))


@pytest.mark.parametrize("base", [0, 1, 2])
def test_rows_are_paired_wherever_the_truth_begins_to_count(tmp_path: Path, base: int) -> None:
    """A truth that counts from 0, from 1 or by lines with a header gives the same pairs."""
    case, truth = make_world(tmp_path, base)

    found = pair(case, truth, read_truth(truth))

    assert [(b.source, b.base, b.agree, b.of) for b in found.bases] == [(SOURCE, base, 20, 20)]
    assert _paired(case, truth) == {"H1": "T1", "H2": "T2", "H3": "T3", "H6": "T6", "H7": "T7"}


@pytest.mark.parametrize(
    "written", ["case/sources/" + SOURCE, "./" + SOURCE, "/x/sources/" + SOURCE]
)
def test_the_path_of_a_source_may_be_written_from_further_up(tmp_path: Path, written: str) -> None:
    """Another program may name the file from its own folder."""
    case, truth = make_world(tmp_path)
    rewrite(truth / "sighting.parquet", lambda row: row | {"source": written})

    assert _paired(case, truth)["H1"] == "T1"


def test_a_truth_of_another_world_is_refused(tmp_path: Path) -> None:
    """Where no base makes the IMEIs agree, no figure is given."""
    case, truth = make_world(tmp_path)
    rewrite(truth / "sighting.parquet", lambda row: row | {"row": 500 + row["row"]})

    with pytest.raises(Refused) as refused:
        pair(case, truth, read_truth(truth))

    assert refused.value.code == "MARK-004"


@pytest.mark.parametrize("table", ["handset", "fleet_record", "source"])
def test_a_folder_of_another_program_is_told_which_table_lacks(tmp_path: Path, table: str) -> None:
    """The message names the table."""
    case, truth = make_world(tmp_path)
    (case / "derived" / f"{table}.parquet").unlink()

    with pytest.raises(Refused) as refused:
        pair(case, truth, read_truth(truth))

    assert refused.value.code == "MARK-001"
    assert f"table {table} is missing" in refused.value.what


def test_a_column_that_lacks_is_named(tmp_path: Path) -> None:
    """So is a damaged file."""
    case, truth = make_world(tmp_path)
    path = truth / "sighting.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["row"]), path)
    with pytest.raises(Refused, match="sighting lacks row"):
        pair(case, truth, read_truth(truth))

    path.write_bytes(b"PAR1 cut short")
    with pytest.raises(Refused, match="cannot be read"):
        pair(case, truth, read_truth(truth))


def test_a_phone_that_stands_twice_in_the_truth_is_refused(tmp_path: Path) -> None:
    """`true_id` is the key of the truth."""
    _, truth = make_world(tmp_path)
    rewrite(truth / "handset.parquet", lambda row: row | {"true_id": "T1"})

    with pytest.raises(Refused) as refused:
        read_truth(truth)

    assert refused.value.code == "MARK-003"


def test_users_may_be_written_as_a_text(tmp_path: Path) -> None:
    """A list, or names separated by semicolons."""
    _, truth = make_world(tmp_path)
    rewrite(truth / "handset.parquet", lambda row: row | {"inmate_ids": "I1; I2"})

    assert read_truth(truth).users[0] == {"I1", "I2"}


def test_a_file_whose_rows_are_all_of_one_phone_counts_as_the_others_do() -> None:
    """Every base agrees on it, so the files of the same form decide."""
    source = np.array([0, 0, 0, 1, 1, 2])
    agreement = np.array([0b001, 0b001, 0b011, 0b111, 0b111, 0b100])
    paths = {0: "a.csv", 1: "b.csv", 2: "c.parquet"}

    found = infer_bases(paths, source, agreement)

    assert {number: base.base for number, base in found.items()} == {0: 0, 1: 0, 2: 2}


def test_one_file_of_another_world_is_refused_even_among_right_ones() -> None:
    """A file with enough rows stands for itself."""
    source = np.repeat([0, 1], [1_000, 30])
    agreement = np.repeat([0b010, 0b000], [1_000, 30])

    with pytest.raises(Refused, match="0 of 30 rows"):
        infer_bases({0: "a.csv", 1: "b.csv"}, source, agreement)


def test_less_than_half_of_the_rows_is_no_pair() -> None:
    """A handset of 5 rows of which 2 are of a phone is not that phone; half of 4 is."""
    phone, shared = match(np.array([0] * 5 + [1] * 4), np.array([3, 3, -1, -1, 4, 5, 5, -1, -1]), 2)

    assert phone.tolist() == [UNKNOWN, 5]
    assert shared.tolist() == [0, 2]


@given(lines)
def test_pairs_are_one_to_one_and_share_at_least_half(rows: list[tuple[int, int]]) -> None:
    """No phone is two handsets, and each pair holds at least half of its handset's rows."""
    handset, true = np.array([h for h, _ in rows]), np.array([t for _, t in rows])

    phone, shared = match(handset, true, 6)

    paired = phone[phone != UNKNOWN].tolist()
    assert len(paired) == len(set(paired))
    for h in range(6):
        if phone[h] != UNKNOWN:
            assert shared[h] == ((handset == h) & (true == phone[h])).sum()
            assert 2 * shared[h] >= (handset == h).sum()


@given(lines, st.data())
def test_pairs_do_not_depend_on_the_order_of_rows(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    """A shuffle gives the same pairs."""
    turned = data.draw(st.permutations(rows))
    first = match(np.array([h for h, _ in rows]), np.array([t for _, t in rows]), 6)
    second = match(np.array([h for h, _ in turned]), np.array([t for _, t in turned]), 6)

    assert first[0].tolist() == second[0].tolist()
    assert first[1].tolist() == second[1].tolist()
