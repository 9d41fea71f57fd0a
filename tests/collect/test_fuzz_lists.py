"""Lists that are no source of rows, damaged: a register and names of models count every row."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.damage import DAMAGES, Damage, damaged

from portique.collect.reader import Request
from portique.collect.registry import all_readers
from portique.collect.sectors import build_register
from portique.collect.tac import read_tac_names
from portique.core.errors import Problem
from portique.core.tables import INPUT

SAMPLES = Path(__file__).parents[1] / "data" / "collect"
LISTS = (
    SAMPLES / "sites_csv" / "sites.csv",
    SAMPLES / "sectors_azimuth_csv" / "20899_cells.csv",
)


@pytest.mark.parametrize("good", LISTS, ids=lambda good: good.name)
def test_a_register_of_a_damaged_list_counts_every_row(
    good: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each row of the list is in the register or set aside, or there is no register."""
    folder = tmp_path_factory.mktemp(good.stem)
    delivered, register = folder / good.name, folder / "register.csv"
    content = good.read_bytes()

    @given(DAMAGES)
    def check(damages: list[Damage]) -> None:
        delivered.write_bytes(damaged(content, damages))
        register.unlink(missing_ok=True)
        try:
            made = build_register(delivered, register)
        except Problem:
            assert not register.exists()
            return
        block = next(all_readers()["contract_csv"].rows(Request(register, INPUT["sector"], folder)))
        assert len(block.row) == made["sectors"]
        assert not block.faults
        assert sum(made["set_aside"].values()) <= made["rows_read"]

    check()


@given(st.sampled_from(("osmocom.csv", "tidy.csv")), DAMAGES)
def test_a_damaged_list_of_codes_counts_every_row(
    tmp_path_factory: pytest.TempPathFactory, name: str, damages: list[Damage]
) -> None:
    """Rows used and rows left out make up the rows of the list, or it is no list."""
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(damaged((SAMPLES / "tac" / name).read_bytes(), damages))
    with suppress(Problem):
        read = read_tac_names(path)
        assert len(read.names) + sum(read.left_out.values()) == read.rows_read
