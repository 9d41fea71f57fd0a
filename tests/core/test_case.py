"""A case.toml is read, or refused in words that name the field and the file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from portique.core.case import CaseSettings, read_case
from portique.core.errors import Refused

CASE = """
[case]
id = "x"
as_of_utc = 2025-05-19T20:00:00Z
"""
AUTHORITY = """
[[authority]]
id = "REQ-1"
kind = "requisition"
covers = ["sale"]
from_utc = 2025-01-01T00:00:00Z
until_utc = 2025-02-01T00:00:00Z
"""


def _read(folder: Path, text: str | bytes) -> CaseSettings:
    content = text.encode() if isinstance(text, str) else text
    (folder / "case.toml").write_bytes(content)
    return read_case(folder)


def test_a_case_needs_an_id_and_a_horizon_alone(tmp_path: Path) -> None:
    """Everything else has a stated default."""
    settings = _read(tmp_path, CASE)

    assert (settings.case_id, settings.title, settings.max_cells) == ("x", "x", 500)
    assert settings.as_of_utc == datetime(2025, 5, 19, 20, tzinfo=UTC)
    assert settings.timezone.key == "Europe/Paris"
    assert settings.authorities == ()


def test_the_mark_that_editors_put_before_a_text_is_no_fault(tmp_path: Path) -> None:
    """Some save UTF-8 with a byte order mark."""
    assert _read(tmp_path, "\ufeff" + CASE).case_id == "x"


def test_an_instant_with_another_offset_is_the_same_instant(tmp_path: Path) -> None:
    """Stored times are UTC, whatever zone the file was written in."""
    settings = _read(tmp_path, CASE.replace("20:00:00Z", "22:00:00+02:00"))

    assert settings.as_of_utc == datetime(2025, 5, 19, 20, tzinfo=UTC)


def test_a_folder_without_a_case_is_refused(tmp_path: Path) -> None:
    """The folder is named, and how to make a case."""
    with pytest.raises(Refused, match=r"no case\.toml") as found:
        read_case(tmp_path)
    assert found.value.code == "CASE-001"
    assert found.value.where == str(tmp_path)


@pytest.mark.parametrize("text", ["[case", "a = ", 'id = "x"\nid = "y"', b'[case]\nid = "\xe9"'])
def test_a_file_that_is_no_toml_is_refused_with_its_fault(
    tmp_path: Path, text: str | bytes
) -> None:
    """Cut brackets, missing values, a field said twice, another encoding."""
    with pytest.raises(Refused, match=r"case\.toml cannot be read: ") as found:
        _read(tmp_path, text)
    assert found.value.code == "CASE-002"
    assert found.value.where == str(tmp_path / "case.toml")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "[case]"),
        ("case = 3", "[case]"),
        ("[case]\nas_of_utc = 2025-05-19T20:00:00Z", "id"),
        ('[case]\nid = ""\nas_of_utc = 2025-05-19T20:00:00Z', "id"),
        ('[case]\nid = "x"', "case.as_of_utc"),
        ('[case]\nid = "x"\nas_of_utc = "2025-05-19"', "case.as_of_utc"),
        ('[case]\nid = "x"\nas_of_utc = 2025-05-19', "case.as_of_utc"),
        (CASE + 'timezone = "Europe/Atlantis"', "case.timezone"),
        (CASE + "contract_version = 2", "case.contract_version"),
        ("fleet = 3" + CASE, "[fleet]"),
        ("search = 3" + CASE, "[search]"),
        ('journal = "x"' + CASE, "[journal]"),
        (CASE + '[fleet]\ntacs = "35555555"', "fleet.tacs"),
        (CASE + "[fleet]\ntacs = [35555555]", "fleet.tacs"),
        (CASE + '[fleet]\ntacs = ["3555555"]', "fleet.tacs"),
        (CASE + "[search]\nmax_cells = -1", "search.max_cells"),
        (CASE + "[search]\nmax_cells = true", "search.max_cells"),
        ("authority = 3" + CASE, "authority"),
        ("authority = [3]" + CASE, "authority"),
        (CASE + '[authority]\nid = "REQ-1"', "authority"),
        (CASE + AUTHORITY.replace('id = "REQ-1"', ""), "id"),
        (CASE + AUTHORITY.replace("requisition", "favour"), "authority REQ-1: kind"),
        (CASE + AUTHORITY.replace('["sale"]', '"sale"'), "authority REQ-1: covers"),
        (CASE + AUTHORITY.replace("2025-02", "2024-02"), "authority REQ-1: from_utc"),
        (CASE + AUTHORITY.replace("until_utc", "until"), "authority REQ-1: until_utc"),
    ],
)
def test_a_field_that_is_wrong_is_named(tmp_path: Path, text: str, name: str) -> None:
    """With what it has to be, the file, and where the fields are listed."""
    with pytest.raises(Refused) as found:
        _read(tmp_path, text)
    assert found.value.code == "CASE-003"
    assert found.value.what.startswith(f"{name} has to be ")
    assert found.value.where == str(tmp_path / "case.toml")
