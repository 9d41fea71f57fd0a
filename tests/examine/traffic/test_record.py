"""The capture record, the countries, the numbers: read with good errors, and judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.examine.traffic import lab as planted
from tests.examine.traffic.conftest import Examine
from tests.examine.traffic.country_files import country_file, network_file
from tests.examine.traffic.lab import Lab

from portique.core.errors import Refused
from portique.examine.traffic import country
from portique.examine.traffic.detect import known, numbers
from portique.examine.traffic.detect.beacons import beacon
from portique.examine.traffic.examine import Asked, examine
from portique.examine.traffic.identity.record import read_record


def test_a_record_is_read_whole(tmp_path: Path) -> None:
    """Every field of the contract."""
    lab = Lab()
    lab.action("sent a short message", planted.CONTACT)

    record = read_record(Path(f"{lab.save(tmp_path, bearer='gprs')}.toml"))

    assert (record.exhibit, record.bearer, record.imei) == ("SC-7", "gprs", planted.IMEI)
    assert record.cell is not None
    assert (record.cell.mcc, record.cell.lac) == ("208", 4660)
    assert record.planted_contacts[0].number == planted.CONTACT
    assert record.operator_actions[0].to == planted.CONTACT
    assert record.first_boot is True
    assert record.missing() == []


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ('exhibit = "x', "EXA-011", "no TOML"),
        ("", "EXA-012", "`exhibit` lacks"),
        ('exhibit = "x"\nimei = "123"', "EXA-012", "14 to 16 digits"),
        ('exhibit = "x"\nimsi = "20801"', "EXA-012", "14 or 15 digits"),
        ('exhibit = "x"\nimei = 101017063233479', "EXA-012", "a text in quotes"),
        ('exhibit = "x"\nbearer = "nmt"', "EXA-012", "one of gsm"),
        ('exhibit = "x"\ncell = { mcc = "208" }', "EXA-012", "'mnc' lacks"),
        ('exhibit = "x"\nplanted_contacts = ["Jo"]', "EXA-012", "`name` and `number`"),
        ('exhibit = "x"\noperator_actions = [{ action = "a" }]', "EXA-012", "says when"),
        ('exhibit = "x"\nfirst_boot = "yes"', "EXA-012", "true or false"),
        (
            'exhibit = "x"\nstarted_at_utc = 2026-01-02T00:00:00Z\n'
            "ended_at_utc = 2026-01-01T00:00:00Z",
            "EXA-012",
            "lies before",
        ),
    ],
)
def test_a_faulty_record_says_what_is_wrong(
    tmp_path: Path, text: str, code: str, says: str
) -> None:
    """The field and the form that it should have."""
    path = tmp_path / "r.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(Refused, match=says) as refused:
        read_record(path)

    assert refused.value.code == code


def test_without_a_record_the_command_is_refused_or_inconclusive(tmp_path: Path) -> None:
    """Exit code 2, or grade 6 with the reason."""
    lab = Lab()
    lab.look_up("a.example")
    path = lab.save(tmp_path)
    Path(f"{path}.toml").unlink()

    with pytest.raises(Refused) as refused:
        examine(path, Asked())
    told = examine(path, Asked(without_record=True))

    assert refused.value.code == "EXA-010"
    assert told["grade"] == 6
    assert "no capture record" in told["verdict"]["en"]


def test_a_field_that_lacks_is_coverage_lost(tmp_path: Path) -> None:
    """What was not planted cannot be looked for, and what is too short neither."""
    path = Lab().save(tmp_path)
    path.write_bytes(path.read_bytes() + b"")
    text = 'exhibit = "x"\nplanted_messages = ["oui"]\ncolour = "red"\n'
    Path(f"{path}.toml").write_text(text, encoding="utf-8")

    told = examine(path, Asked())

    lost = {each["reason"] for each in told["coverage"]["lost"]}
    assert "the record has no imei: not looked for" in lost
    assert "too short to be told from chance, not looked for: message 'oui'" in lost
    assert "the record has unknown fields: colour" in lost
    assert {"what": "imsi", "why": "not in the capture record"} in told["not_examined"]


def test_frames_outside_the_stated_time_are_told(answer_of: Examine) -> None:
    """A clock that is wrong, or the record of another run."""
    lab = Lab(now=planted.STARTED + 9 * 86400)
    lab.look_up("a.example")

    lost = {each["reason"] for each in answer_of(lab)["coverage"]["lost"]}

    assert any("outside the time" in reason for reason in lost)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("+33639981278", numbers.HOME),
        ("0639981278", numbers.HOME),
        ("+8613912345678", numbers.FOREIGN),
        ("+33899123456", numbers.PREMIUM),
        ("112", numbers.FREE),
        ("123456", numbers.SHORT),
        ("ORANGE", numbers.NAME),
    ],
)
def test_numbers_are_judged_from_home(number: str, kind: str) -> None:
    """French plan, foreign plans, short codes."""
    assert numbers.kind(number, "FR") == kind


def test_a_name_that_only_looks_like_home_is_not_home() -> None:
    """Domains are compared from their end."""
    assert known.is_home("mms.orange.fr")
    assert not known.is_home("mms.orange.fr.evil.example")
    assert not known.is_home("xorange.fr")


def test_nine_contacts_are_no_beacon_and_irregular_ones_neither() -> None:
    """At least ten, and regular."""
    minute = 60_000_000

    assert beacon([n * minute for n in range(9)]) is None
    assert beacon([n * minute for n in range(10)]) is not None
    assert beacon([n * n * n * minute for n in range(30)]) is None


def test_without_country_files_the_country_is_unknown_and_said_to_be(
    answer_of: Examine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Null with a reason, never a guess."""
    monkeypatch.delenv(country.SETTING, raising=False)
    monkeypatch.setattr(country, "PACKED", tmp_path)
    lab = Lab()
    lab.exchange("203.0.113.5", 7001, b"hello")

    told = answer_of(lab)

    assert told["bytes_by_country"][0]["country"] is None
    assert "no country data" in {each["reason"] for each in told["coverage"]["lost"]}


def test_a_folder_without_country_files_is_refused(tmp_path: Path) -> None:
    """And a damaged file too."""
    with pytest.raises(Refused) as none:
        country.Countries(tmp_path)
    (tmp_path / "x.mmdb").write_bytes(b"not a database")
    with pytest.raises(Refused) as damaged:
        country.Countries(tmp_path)

    assert (none.value.code, damaged.value.code) == ("EXA-020", "EXA-021")


def test_each_source_of_countries_keeps_its_answer(tmp_path: Path) -> None:
    """Two files that disagree are both told, and no country is agreed on."""
    countries = tmp_path / "countries"
    countries.mkdir()
    (countries / "one.mmdb").write_bytes(country_file("RU"))
    (countries / "two.mmdb").write_bytes(country_file("CN"))
    lab = Lab()
    lab.exchange("203.0.113.5", 7001, b"hello")

    told = examine(lab.save(tmp_path), Asked(countries=countries))

    row = told["bytes_by_country"][0]
    assert row["by_source"] == {"one": "RU", "two": "CN"}
    assert row["country"] is None
    assert told["observations"][0]["peer_country"] == {"one": "RU", "two": "CN"}


def test_each_source_of_networks_keeps_its_answer(tmp_path: Path) -> None:
    """The number is told where sources agree; a source of networks is none of countries."""
    countries = tmp_path / "countries"
    countries.mkdir()
    (countries / "land.mmdb").write_bytes(country_file("RU"))
    (countries / "net-a.mmdb").write_bytes(network_file(64496, "Example Holder"))
    lab = Lab()
    lab.exchange("203.0.113.5", 7001, b"hello")
    path = lab.save(tmp_path)

    agreed = examine(path, Asked(countries=countries))
    (countries / "net-b.mmdb").write_bytes(network_file(64511, "Another"))
    disputed = examine(path, Asked(countries=countries))

    first, second = agreed["observations"][0], disputed["observations"][0]
    assert (first["asn"], first["peer_country"]) == (64496, {"land": "RU"})
    assert first["networks"] == {"net-a": {"asn": 64496, "holder": "Example Holder"}}
    assert second["asn"] is None
    assert {each["asn"] for each in second["networks"].values()} == {64496, 64511}
    assert agreed["bytes_by_country"][0]["country"] == "RU"
    assert "asn" not in {each["what"] for each in agreed["not_examined"]}


def test_without_a_source_of_networks_the_answer_says_so(tmp_path: Path) -> None:
    """A file of countries alone names no network: null, with the reason."""
    (tmp_path / "land.mmdb").write_bytes(country_file("RU"))
    lab = Lab()
    lab.exchange("203.0.113.5", 7001, b"hello")

    told = examine(lab.save(tmp_path), Asked(countries=tmp_path))

    assert told["observations"][0]["asn"] is None
    assert "asn" in {each["what"] for each in told["not_examined"]}
