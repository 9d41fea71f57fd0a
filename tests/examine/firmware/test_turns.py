"""Names in tables belong to one function each."""

from __future__ import annotations

from portique.examine.firmware.turns import function_of_name

START, ROWS = 0x1000, 5


def found(*, is_name_first: bool, before: str = "", after: str = "") -> list[int]:
    """Return how far from each name its function was found, in a table of five rows."""
    kinds = ("other", "function") if is_name_first else ("function", "other")
    table = {START + 4 * at: kinds[at % 2] for at in range(2 * ROWS)}
    table |= {START - 4: before, START + 8 * ROWS: after}
    names = [at for at, kind in table.items() if kind == "other" and START <= at < START + 8 * ROWS]
    known: dict[int, int] = {}
    return [
        function_of_name(at, lambda place: table.get(place, ""), known) and known[at] - at
        for at in names
    ]


def test_a_table_that_begins_with_a_name_has_each_before_its_function() -> None:
    """The first has a function on one side alone, and needs no rule."""
    assert found(is_name_first=True)[1:] == [4] * (ROWS - 1)


def test_a_table_that_begins_with_a_function_has_each_before_its_name() -> None:
    """Else each name would be that of the next function as well."""
    assert found(is_name_first=False)[:-1] == [-4] * (ROWS - 1)


def test_a_pointer_to_code_before_the_table_does_not_turn_it() -> None:
    """Where both ends are functions, names come first, as kits have it."""
    assert found(is_name_first=True, before="function") == [4] * ROWS


def test_a_name_with_one_function_beside_it_is_left_to_others() -> None:
    """0: not a table of names and functions in turn."""
    assert function_of_name(8, {4: "function"}.get, {}) == 0  # type: ignore[arg-type]
