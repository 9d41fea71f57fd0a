"""Requests: their words, what never stands in them, and their pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portique.authorise.document import content, pdf
from portique.authorise.grounds import without_other_numbers
from portique.authorise.wording import WORDS, french

REQUEST: dict[str, Any] = {
    "authority_id": "DA-C1-20250520",
    "case": {
        "id": "c",
        "title": "Supplier X",
        "timezone": "Europe/Paris",
        "as_of_utc": "2025-05-19T20:00:00Z",
    },
    "checkpoint": {"size": 3, "root": "ab" * 32},
    "target_sha256": "cd" * 32,
    "prison": "Nord",
    "prison_id": "P1",
    "cell_id": "C1",
    "building": "A",
    "floor": None,
    "from_utc": "2025-05-20T04:00:00Z",
    "until_utc": "2025-05-20T19:00:00Z",
    "scope": ["search", "seize"],
    "basis": "",
    "held_under": [{"id": "REQ-1", "kind": "requisition", "basis": "CPP 77-1-1"}],
    "p_any": 0.8,
    "expected_handsets": 0.8,
    "handsets": [
        {
            "handset_id": "H-00101701000001-1",
            "imei": "00101701000001",
            "model": "Mini",
            "p_here": 0.8,
            "records": 12,
            "days": 5,
            "place_log10_lr": 1.7,
            "inmate_id": "I1",
            "user_log10_lr": -1.2,
            "terms": [
                {"term": "contacts", "log10_lr": 1.2, "words": "words that nobody translated"}
            ],
        }
    ],
}


def test_the_french_document_holds_french_alone() -> None:
    """A finding without words in the catalogue is given by its strength, never in English."""
    told = json.dumps(content(REQUEST, "fr"), ensure_ascii=False)

    assert "words that nobody translated" not in told
    assert "+1,20" in told
    assert "0,800" in told
    assert "words that nobody translated" in json.dumps(content(REQUEST, "en"))


def test_evidence_against_is_said_to_be_against() -> None:
    """A negative log10 LR does not read as support."""
    assert "moderate support against this statement" in json.dumps(content(REQUEST, "en"))
    assert "un soutien modéré contre cette hypothèse" in json.dumps(
        content(REQUEST, "fr"), ensure_ascii=False
    )


@pytest.mark.parametrize("language", ["fr", "en"])
def test_two_compiles_are_byte_identical(language: str) -> None:
    """The same request gives the same PDF."""
    first = pdf(REQUEST, language)

    assert first == pdf(REQUEST, language)
    assert first.startswith(b"%PDF")


def test_numbers_of_other_people_are_hidden_in_every_form() -> None:
    """With + or without, also where they end a sentence; the fleet's own stay."""
    text = "H-00101701000001-1: +33722222222, 33722222222, 0722222222. From +33711111111."

    assert without_other_numbers(text, {"33711111111"}) == (
        "H-00101701000001-1: [number not shown], [number not shown], [number not shown]. "
        "From +33711111111."
    )


def test_the_catalogue_has_both_languages() -> None:
    """Every entry says something in French and in English, save the note of the reading copy."""
    assert [name for name, (fr, en) in WORDS.items() if not fr or not en] == ["reading_copy"]


def test_a_date_in_a_finding_is_written_as_the_french_do() -> None:
    """Day, month, year."""
    said = french(
        "numbers this inmate declared on 32 of the 64 days of use here, last on 2025-05-19, with 0 "
        "days of use after that"
    )
    assert "le 19/05/2025" in said
