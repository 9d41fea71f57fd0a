"""The whole way on one invented operation: what has to hold of every table, file and log."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pytest

from portique.core.case import read_case
from portique.core.clock import micros
from portique.core.ids import read_number
from portique.core.progress import silent
from portique.core.tables import OUTPUT, REASONS, derived_tables
from portique.flow import handlers
from portique.flow.commands import Run
from portique.flow.permissions import Person
from portique.simulation.operation import simulate
from portique.simulation.recipe import parse_vary

ME = Person.here(None)


def tables_of(case: Path) -> dict[str, pa.Table]:
    """Return every derived table of a case."""
    return {p.stem: pq.read_table(p) for p in sorted((case / "derived").glob("*.parquet"))}


def hashes_of(case: Path) -> dict[str, str]:
    """Return the hash of every derived file."""
    files = sorted(p for p in (case / "derived").rglob("*") if p.is_file())
    return {
        p.relative_to(case).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


@pytest.fixture(scope="session")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny world with damaged files, run once."""
    out = tmp_path_factory.mktemp("operation")
    simulate(out, "tiny", 5, parse_vary(["dirty"]), silent)
    handlers.run(Run(out / "case"), ME)
    return out


def test_every_table_of_the_contract_is_there_with_its_columns(operation: Path) -> None:
    """Every derived table has exactly its declared schema, and the outer contract is complete."""
    tables = tables_of(operation / "case")

    assert set(OUTPUT) <= set(tables)
    for name, table in tables.items():
        assert table.schema.equals(derived_tables()[name].schema), name


def test_rows_lie_in_the_order_of_a_unique_key(operation: Path) -> None:
    """Every derived table is sorted by its key, and no key stands twice."""
    for name, table in tables_of(operation / "case").items():
        keys = list(derived_tables()[name].key)
        order = [(key, "ascending") for key in keys]
        assert table.select(keys).equals(table.select(keys).sort_by(order)), name
        assert len(table.group_by(keys).aggregate([])) == len(table), name


def test_posteriors_sum_to_one_and_strengths_are_finite(operation: Path) -> None:
    """Over the candidates of one handset, the row for "outside" or "nobody" included."""
    tables = tables_of(operation / "case")
    for name in ("placement", "attribution"):
        sums = tables[name].group_by("handset_id").aggregate([("posterior", "sum")])
        assert sums["posterior_sum"].to_pylist() == pytest.approx([1.0] * len(sums)), name
        assert pc.all(pc.is_finite(tables[name]["log10_lr"])).as_py(), name
        assert set(sums["handset_id"].to_pylist()) == set(
            tables["handset"]["handset_id"].to_pylist()
        )


def test_nobody_listed_is_at_least_as_probable_as_outside(operation: Path) -> None:
    """The posterior over users is unconditional."""
    tables = tables_of(operation / "case")

    def null_rows(name: str, column: str) -> dict[str, float]:
        rows = tables[name].filter(pc.is_null(tables[name][column]))
        return dict(zip(rows["handset_id"].to_pylist(), rows["posterior"].to_pylist(), strict=True))

    outside, nobody = null_rows("placement", "prison_id"), null_rows("attribution", "inmate_id")
    assert outside.keys() == nobody.keys()
    assert all(nobody[h] >= outside[h] - 1e-9 for h in outside)


def test_the_cell_of_a_user_is_where_he_is_held_at_the_horizon(operation: Path) -> None:
    """Every named user has an open stay in the cell that stands beside his name."""
    tables = tables_of(operation / "case")
    horizon = 1_747_684_800_000_000  # 2025-05-19T20:00:00Z
    stay = tables["stay"]
    start = pc.cast(stay["from_utc"], pa.int64()).to_pylist()
    end = pc.cast(stay["until_utc"], pa.int64()).to_pylist()
    held = {
        (inmate, cell)
        for inmate, cell, a, b in zip(
            stay["inmate_id"].to_pylist(), stay["cell_id"].to_pylist(), start, end, strict=True
        )
        if a <= horizon and (b is None or b >= horizon)
    }
    named = tables["attribution"].filter(pc.is_valid(tables["attribution"]["inmate_id"]))
    pairs = zip(named["inmate_id"].to_pylist(), named["cell_id"].to_pylist(), strict=True)
    assert set(pairs) <= held


def test_present_holders_have_their_days_of_use_in_words(operation: Path) -> None:
    """Each named candidate has a term `now`, with the strength that stands beside his name."""
    tables = tables_of(operation / "case")
    named = {
        (row["handset_id"], row["inmate_id"]): row["log10_lr"]
        for row in tables["attribution"].to_pylist()
        if row["inmate_id"]
    }
    now = [row for row in tables["attribution_term"].to_pylist() if row["term"] == "now"]

    assert now
    for row in now:
        key = row["handset_id"], row["inmate_id"]
        assert row["log10_lr"] == pytest.approx(named[key], abs=1e-5)
        declared = (
            r"declared( or met on a phone found on him)? on (none|\d+) of the \d+ days of use"
        )
        assert re.search(declared + " here", row["words"])


def test_targets_are_ranked_and_within_the_limit(operation: Path) -> None:
    """Best first, ranks without a gap, grounds for each."""
    target = tables_of(operation / "case")["target"]
    p_any = target["p_any"].to_pylist()

    assert target["rank"].to_pylist() == list(range(1, len(target) + 1))
    assert p_any == sorted(p_any, reverse=True)
    assert all(len(text) > 40 for text in target["grounds"].to_pylist())
    assert len(target) > 0


def test_what_is_set_aside_has_a_reason_of_the_closed_list(operation: Path) -> None:
    """The damaged world makes many reasons appear, and none that the contract does not know."""
    aside = tables_of(operation / "case")["set_aside"]
    reasons = set(aside["reason"].to_pylist())

    assert reasons <= set(REASONS)
    assert {
        "privileged",
        "malformed_row",
        "duplicate",
        "outside_period",
        "after_horizon",
    } <= reasons


def lawyers_of(case: Path) -> set[str]:
    """Return the digits of every number that the case declares as a lawyer's."""
    numbers: set[str] = set()
    for path in sorted((case / "sources/declared_contact").rglob("*")):
        table = pq.read_table(path) if path.suffix == ".parquet" else None
        if path.suffix == ".csv":
            table = pv.read_csv(
                path,
                parse_options=pv.ParseOptions(invalid_row_handler=lambda _: "skip"),
                convert_options=pv.ConvertOptions(
                    column_types={"msisdn": pa.string(), "relation": pa.string()},
                    include_columns=["msisdn", "relation"],
                ),
            )
        if table is not None:
            rows = table.filter(pc.equal(table["relation"], "lawyer"))
            numbers |= {read_number(str(n)).value for n in rows["msisdn"].to_pylist() if n}
    return {n.removeprefix("+33") for n in numbers if n}


def test_no_privileged_number_is_in_any_derived_table_log_or_page(operation: Path) -> None:
    """Lawyers' numbers, in any spelling, are searched in every text of everything derived."""
    case = operation / "case"
    lawyers = lawyers_of(case)
    assert lawyers
    for name, table in tables_of(case).items():
        for column in table.columns:
            flat = column
            while pa.types.is_list(flat.type):
                flat = pc.list_flatten(flat)
            if pa.types.is_string(flat.type):
                text = "\n".join(t for t in pc.unique(flat).to_pylist() if t)
                assert not [n for n in lawyers if n in text], name
    for path in [*(case / "derived").glob("*.[jh]*"), *(case / ".portique").glob("*.json*")]:
        text = path.read_text(encoding="utf-8")
        assert not [n for n in lawyers if n in text], path.name


def test_nothing_later_than_the_horizon_is_used(operation: Path) -> None:
    """No instant of a record, sale, find or offence lies after the knowledge horizon."""
    tables = tables_of(operation / "case")
    horizon = micros(read_case(operation / "case").as_of_utc)
    for name, column in (
        ("record", "started_at_utc"),
        ("sale", "sold_at_utc"),
        ("find", "found_at_utc"),
        ("offence", "occurred_at_utc"),
    ):
        if len(tables[name]):
            latest = pc.max(pc.cast(tables[name][column], pa.int64())).as_py()
            assert latest <= horizon, name


def test_two_runs_of_one_case_give_the_same_bytes(operation: Path, tmp_path: Path) -> None:
    """A copy of the sources, elsewhere, run from nothing: every derived file is identical."""
    again = tmp_path / "again"
    again.mkdir()
    shutil.copy(operation / "case/case.toml", again / "case.toml")
    shutil.copytree(operation / "case/sources", again / "sources")

    handlers.run(Run(again), ME)

    assert hashes_of(again) == hashes_of(operation / "case")


def test_an_unchanged_case_does_nothing_again(operation: Path) -> None:
    """A second run of the same case runs no stage."""
    result = handlers.run(Run(operation / "case"), ME)

    assert [s.name for s in result.stages if s.reason] == []
