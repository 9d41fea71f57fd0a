"""Tests of what operators deliver, and of the truth about each row."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.simulation.written_worlds import Written, joined, read, write

from portique.core.tables import RECORD_KINDS
from portique.simulation.numbering import check_digits
from portique.simulation.recipe import parse_vary

INSTANT = pa.timestamp("us", tz="UTC")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Return a tiny world of many faults, none of which breaks a file."""
    faults = ("dirty", "is_dirty=false", "clock_error_small_s=240", "clock_error_large_s=3300")
    return write(tmp_path_factory.mktemp("tiny"), 3, *faults)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Return a tiny ordinary world."""
    return write(tmp_path_factory.mktemp("plain"), 3)


@pytest.fixture(scope="module")
def seen(tiny: Written) -> pa.Table:
    """Return the delivered rows, each beside its true phone."""
    return joined(tiny)


def test_each_row_shows_the_identity_of_its_true_phone(seen: pa.Table) -> None:
    """The first 14 digits of the row that a sighting points to are those of its phone."""
    written = pc.utf8_slice_codeunits(seen["imei"], 0, 14)

    assert seen["true_id"].null_count == 0
    assert pc.all(pc.equal(written, seen["imei_true"])).as_py()


def test_each_row_shows_a_subscription_of_its_true_phone(tiny: Written, seen: pa.Table) -> None:
    """Every subscription in the rows of a phone is among those that the truth names for it."""
    handsets = tiny.truth("handset")
    named = dict(zip(handsets["true_id"].to_pylist(), handsets["imsis"].to_pylist(), strict=True))
    pairs = seen.group_by(["true_id", "imsi"]).aggregate([])

    assert all(row["imsi"] in named[row["true_id"]] for row in pairs.to_pylist())


def test_identities_have_14_15_and_16_digits_and_few_wrong_check_digits(seen: pa.Table) -> None:
    """One operator writes 14 digits, one adds a software version, the others a check digit."""
    lengths = pc.utf8_length(seen["imei"])
    fifteen = seen.filter(pc.equal(lengths, 15))
    body = pc.cast(pc.utf8_slice_codeunits(fifteen["imei"], 0, 14), pa.int64()).to_numpy()
    last = pc.cast(pc.utf8_slice_codeunits(fifteen["imei"], 14, 15), pa.int64()).to_numpy()

    assert set(pc.unique(lengths).to_pylist()) == {14, 15, 16}
    assert (check_digits(body) != last).mean() == pytest.approx(0.02, rel=0.3)


def test_numbers_come_with_and_without_a_plus_sign(tiny: Written) -> None:
    """Each operator has its own way."""
    rows = tiny.kind("retained_record")
    plus = pc.starts_with(rows["msisdn"], "+")
    ways = pa.table({"operator": rows["operator"], "plus": plus}).group_by("operator")

    counted = ways.aggregate([("plus", "min"), ("plus", "max")]).to_pylist()
    assert all(row["plus_min"] == row["plus_max"] for row in counted)
    assert {row["plus_min"] for row in counted} == {True, False}


def test_rows_of_others_only_come_from_sectors_around_prisons(plain: Written) -> None:
    """Only the fleet was asked for by identity; all others lie in the answers by sector."""
    rows = joined(plain)
    by_imei = pc.match_substring(rows["source"], "by-imei")

    assert pc.all(rows.filter(by_imei)["in_fleet"]).as_py()
    assert rows.filter(pc.invert(by_imei))["sector_id"].null_count == 0


def test_some_rows_are_delivered_twice(plain: Written) -> None:
    """About the share of the recipe of the fleet's rows also comes with the sectors asked for."""
    rows = joined(plain)
    rows = rows.filter(rows["in_fleet"])
    by_imei = pc.match_substring(rows["source"], "by-imei")
    share = pc.sum(pc.invert(by_imei)).as_py() / pc.sum(by_imei).as_py()

    assert 0.02 < share <= parse_vary([]).delivered_twice_share * 1.2


def test_sectors_of_rows_are_in_the_register_of_that_instant(plain: Written) -> None:
    """Except for the few that no register knows, and for rows that no sector served."""
    rows, register = plain.kind("retained_record"), plain.kind("sector")
    when = pc.cast(rows["started_at_utc"], INSTANT)
    rows = pa.table({"sector_id": rows["sector_id"], "when": when})
    rows = rows.filter(pc.is_valid(rows["sector_id"]))
    spans = register.select(["sector_id", "valid_from_utc", "valid_until_utc"])
    both = rows.join(spans, keys="sector_id", join_type="inner")
    since = pc.fill_null(pc.greater_equal(both["when"], both["valid_from_utc"]), True)
    until = pc.fill_null(pc.less(both["when"], both["valid_until_utc"]), True)
    fits = pc.sum(pc.and_(since, until)).as_py()

    assert fits / len(rows) == pytest.approx(1 - parse_vary([]).sector_unknown_share, abs=0.002)


def test_operators_sort_their_rows_each_in_its_own_way(plain: Written) -> None:
    """One by time, one phone by phone; both by request, none in the same order as the other."""
    folder = plain.sources / "retained_record"
    by_time = read(folder / "20801-by-imei-1.parquet", "retained_record")["started_at_utc"]
    by_phone = read(folder / "20810-by-imei-1.csv", "retained_record")
    phones = pc.run_end_encode(by_phone["imei"].combine_chunks())

    assert by_time.to_pylist() == sorted(by_time.to_pylist())
    # Clones make two runs of one identity; nothing else does.
    assert len(phones.values) < 1.5 * len(pc.unique(by_phone["imei"]))


def test_answers_come_in_several_files_of_both_forms(tiny: Written) -> None:
    """Each operator writes CSV or Parquet, and begins another file when one is long."""
    names = [path.name for path in (tiny.sources / "retained_record").iterdir()]

    assert {name.rpartition(".")[2] for name in names} == {"csv", "parquet"}
    assert sum("20801-by-sector" in name for name in names) > 1
    assert {name[:5] for name in names} == {"20801", "20810", "20815", "20820"}


def test_kinds_and_instants_are_as_the_recipe_asks(tiny: Written, plain: Written) -> None:
    """Rows outside the period and after the horizon come only where a recipe asks for them."""

    def outside(world: Written) -> tuple[int, int]:
        second = pc.cast(world.kind("retained_record")["started_at_utc"], INSTANT)
        early = pc.less(second, pa.scalar("2024-06-01T00:00:00Z").cast(INSTANT))
        late = pc.greater(second, pa.scalar("2025-05-19T21:00:00Z").cast(INSTANT))
        return pc.sum(early).as_py(), pc.sum(late).as_py()

    assert set(pc.unique(plain.kind("retained_record")["kind"]).to_pylist()) == set(RECORD_KINDS)
    assert outside(plain) == (0, 0)
    assert min(outside(tiny)) > 20
