"""Tests of whole invented operations: registers, ledger, totals, and the truth about phones."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pyarrow.compute as pc
import pytest
from tests.simulation.written_worlds import Written, hashes, joined, write

from portique.core.errors import Refused
from portique.core.progress import silent
from portique.core.tables import INPUT
from portique.simulation.operation import simulate
from portique.simulation.recipe import SCALES, parse_vary

INVENTED_NUMBER = re.compile(r"(\+?33|0)7[12]\d{7}|888|3179")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Return a tiny world of many faults, none of which breaks a file."""
    faults = ("dirty", "is_dirty=false", "clock_error_small_s=240", "clock_error_large_s=3300")
    return write(tmp_path_factory.mktemp("tiny"), 3, *faults)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Return a tiny ordinary world."""
    return write(tmp_path_factory.mktemp("plain"), 3)


@pytest.mark.parametrize("kind", sorted(INPUT))
def test_every_kind_has_the_columns_of_the_contract(tiny: Written, kind: str) -> None:
    """Each file names exactly these columns, and required ones are never empty."""
    rows = tiny.kind(kind)

    assert rows.column_names == ["source", "row", *INPUT[kind].names]
    assert len(rows) > 0
    for name in INPUT[kind].required:
        assert rows[name].null_count == 0, name


def test_a_world_delivers_as_many_rows_as_its_scale_says(tiny: Written) -> None:
    """Exactly, and each row has one true phone."""
    rows, sightings = tiny.kind("retained_record"), tiny.truth("sighting")

    assert len(rows) == SCALES["tiny"].records
    assert len(sightings) == len(rows)
    assert len(sightings.group_by(["source", "row"]).aggregate([])) == len(rows)


def test_nobody_real_has_these_numbers_and_identities(plain: Written) -> None:
    """Numbers are of +33 71 and +33 72 or short codes, identities of test allocation codes."""
    rows = plain.kind("retained_record")
    numbers = {*pc.unique(rows["msisdn"]).to_pylist(), *pc.unique(rows["counterpart"]).to_pylist()}
    for numbered in plain.kind("declared_contact")["msisdn"].to_pylist():
        numbers.add(numbered.replace(" ", ""))
    for text in plain.kind("offence")["numbers"].to_pylist():
        numbers.update(one for one in text.split(";") if not one.startswith("001"))
    imeis = [*pc.unique(rows["imei"]).to_pylist(), *plain.kind("find")["imei"].to_pylist()]
    imeis += [re.sub(r"[ -]", "", one or "001") for one in plain.kind("sale")["imei"].to_pylist()]
    cut = parse_vary([]).undecided_number_share

    odd = [n for n in numbers if n and not INVENTED_NUMBER.fullmatch(n)]
    assert len(odd) < 5 * cut * len(rows)
    assert all(re.fullmatch(r"337[12]\d{6}", n) for n in odd)  # those that lost a digit
    assert all(re.match(r"001", one) for one in imeis)


def test_the_ledger_is_as_dirty_as_the_recipe_says(plain: Written) -> None:
    """Identities are whole, missing or cut; some lines sell several phones."""
    sales = plain.kind("sale")
    lengths = pc.utf8_length(sales["imei"])

    assert sales["sale_id"].null_count == 0
    assert len(pc.unique(sales["sale_id"])) == len(sales)
    assert sales["imei"].null_count > 0
    assert pc.any(pc.equal(lengths, 15)).as_py()
    assert pc.max(sales["quantity"]).as_py() > 1
    assert pc.sum(sales["quantity"]).as_py() >= SCALES["tiny"].fleet


def test_clones_repeat_one_identity_in_ledger_and_truth(tmp_path: Path) -> None:
    """In a world of clones several true phones, and several lines, have the same identity."""
    world = write(tmp_path, 3, "clones", "imei_exact_share=1", "quantity_line_share=0")
    phones, sales = world.truth("handset"), world.kind("sale")
    phones = phones.filter(phones["in_fleet"])

    assert len(pc.unique(phones["imei"])) < 0.8 * len(phones)
    assert len(pc.unique(sales["imei"])) < 0.8 * len(sales)


def test_the_truth_names_cells_and_inmates_of_the_registers(plain: Written) -> None:
    """Whoever uses a phone inside is held in its cell at the horizon."""
    phones = plain.truth("handset").to_pylist()
    cells = dict(
        zip(
            plain.kind("prison_cell")["cell_id"].to_pylist(),
            plain.kind("prison_cell")["prison_id"].to_pylist(),
            strict=True,
        )
    )
    held = {
        (stay["inmate_id"], stay["cell_id"])
        for stay in plain.kind("stay").to_pylist()
        if stay["until_utc"] is None
    }
    inside = [phone for phone in phones if phone["cell_id"]]

    assert len({phone["true_id"] for phone in phones}) == len(phones)
    assert sum(phone["in_fleet"] for phone in inside) > 5
    for phone in inside:
        assert cells[phone["cell_id"]] == phone["prison_id"]
        assert (phone["inmate_ids"][0], phone["cell_id"]) in held


def test_neighbours_are_among_the_declared_contacts_of_inmates(plain: Written) -> None:
    """Some relatives live nearby: their own phones are in the records, and call their family."""
    rows = joined(plain)
    rows = rows.filter(pc.invert(rows["in_fleet"]))
    spelled = plain.kind("declared_contact")["msisdn"].to_pylist()
    declared = {"33" + re.sub(r"\D", "", one)[-9:] for one in spelled}
    own = {one.removeprefix("+") for one in pc.unique(rows["msisdn"]).to_pylist()}

    assert len(own & declared) > 10


def test_the_case_names_its_horizon_authorities_and_codes(plain: Written) -> None:
    """Every kind that needs an authority has one, and fewer codes are listed than sold."""
    case = tomllib.loads((plain.out / "case/case.toml").read_text(encoding="utf-8"))
    covered = {kind for authority in case["authority"] for kind in authority["covers"]}

    assert case["case"]["as_of_utc"].isoformat() == "2025-05-19T20:00:00+00:00"
    assert covered == set(INPUT) - {"sector", "prison", "prison_cell"}
    assert case["fleet"]["tacs"] == ["00101701", "00101702"]
    assert case["search"]["max_cells"] > 0


def test_one_seed_gives_one_world(tmp_path: Path) -> None:
    """The same bytes again, also over what an earlier call wrote, and other bytes otherwise."""
    one, again = write(tmp_path / "one", 7, "dirty"), write(tmp_path / "again", 8)
    before = hashes(one.out)
    (again.out / "case/derived").mkdir()
    (again.out / "case/derived/old.parquet").write_bytes(b"")
    other = hashes(again.out)

    assert hashes(write(tmp_path / "again", 7, "dirty").out) == before
    assert before != other


def test_a_scale_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """Nothing is written then."""
    with pytest.raises(Refused, match="no scale 'huge'"):
        simulate(tmp_path / "out", "huge", 1, parse_vary([]), silent)

    assert not (tmp_path / "out").exists()
