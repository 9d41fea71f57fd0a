"""The words of a request: French for every term that locating gives."""

from __future__ import annotations

import pytest

from portique.authorise.wording import TERMS, french
from portique.locate import users


def test_every_term_of_a_user_has_a_name_in_both_languages() -> None:
    """A term that has none would stand in a request as a dash."""
    assert {*users.TERMS, "now"} <= TERMS.keys()


@pytest.mark.parametrize("count", [0, 1, 12])
def test_contacts_of_contacts_are_said_in_french(count: int) -> None:
    """The count stands, and nothing English is left."""
    said = french(
        f"exchanges with {count} numbers that nobody declared and that exchange with numbers this "
        "inmate declared"
    )

    assert said.startswith(f"échanges avec {count} numéros")
    assert "exchange" not in said
