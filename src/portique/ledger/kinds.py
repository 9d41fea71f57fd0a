"""The kinds of entry: what each says, of what, under what, and by whom.

A table and nothing else. An entry that does not fit its row is kept and flagged, never refused:
what happened is logged, whether it was lawful is a flag.
"""

from __future__ import annotations

from dataclasses import dataclass

INVESTIGATORS = frozenset({"lead_investigator", "analyst"})
DESK = INVESTIGATORS | {"magistrate"}
SITE = frozenset({"search_team", "site_coordinator", "lead_investigator"})
KEEPERS = SITE | {"exhibit_custodian", "examiner"}
CUSTODIANS = frozenset({"exhibit_custodian", "lead_investigator"})
EXAMINERS = frozenset({"examiner", "lead_investigator"})
SIGNERS = frozenset({"magistrate", "lead_investigator"})
ANYBODY: frozenset[str] = frozenset()
"""Roles of a kind that anybody may enter; also of what the program enters itself."""

CASE_WIDE = ("handset", "cell", "exhibit", "seal", "person", "document", "device", "site")
"""Types of subject that the contract names."""


@dataclass(frozen=True)
class Field:
    """One member of an entry's `body`.

    Args:
        name: as written.
        type: text, texts, integer, flag, instant, sha256 or object.
        is_required: whether the entry is flagged without it.
    """

    name: str
    type: str = "text"
    is_required: bool = True


@dataclass(frozen=True)
class Kind:
    """What one kind of entry has to say.

    Args:
        subjects: types of subject that it can be about.
        fields: members of its body; more may stand there.
        roles: who may enter it; empty: anybody.
        scope: word of an authority's scope under which it falls; empty: none is asked.
        needs_authority: whether it is flagged when it names none.
        second: member of the body that names the second person; empty: one person suffices.
        is_assessment: a judgement, which becomes a fact only by somebody who says so.
        by_program: counts only when the program's own device signed it.
    """

    subjects: tuple[str, ...]
    fields: tuple[Field, ...] = ()
    roles: frozenset[str] = ANYBODY
    scope: str = ""
    needs_authority: bool = False
    second: str = ""
    is_assessment: bool = False
    by_program: bool = False


def _maybe(name: str, type_: str = "text") -> Field:
    return Field(name, type_, is_required=False)


_PLACE = (_maybe("site"), _maybe("cell_id"))
_FOUND = (*_PLACE, _maybe("handset_id"), _maybe("exhibit_id"), _maybe("imei"), _maybe("team"))
_SUSPECTED = (*_PLACE, _maybe("handset_ids", "texts"))
_PERIOD = (_maybe("from_utc", "instant"), _maybe("until_utc", "instant"))
_ORDER = (
    Field("scope", "texts"),
    *_PERIOD,
    _maybe("sites", "texts"),
    _maybe("cells", "texts"),
    _maybe("exhibits", "texts"),
    _maybe("source_kinds", "texts"),
    _maybe("basis"),
)
_WANTED = ("handset", "cell")

KINDS: dict[str, Kind] = {
    # A handset, and the cell where it is thought to be.
    "suspected": Kind(("handset",), _SUSPECTED, DESK, is_assessment=True),
    "identified": Kind(("handset",), _SUSPECTED, DESK, is_assessment=True),
    "located": Kind(("handset",), _SUSPECTED, DESK, is_assessment=True),
    "targeted": Kind(_WANTED, _SUSPECTED, DESK, is_assessment=True),
    "authorised": Kind(_WANTED, _SUSPECTED, SIGNERS, needs_authority=True),
    "search_started": Kind(
        _WANTED,
        (*_PLACE, _maybe("team"), _maybe("present", "texts")),
        SITE,
        scope="search",
        needs_authority=True,
    ),
    "found": Kind(_WANTED, _FOUND, SITE, scope="search"),
    "not_found": Kind(_WANTED, (*_PLACE, _maybe("team")), SITE, scope="search"),
    "search_aborted": Kind(
        _WANTED, (*_PLACE, Field("reason"), _maybe("team")), SITE, scope="search"
    ),
    # What is found beside the targets rests on the search during which it was found.
    "opportunistic_find": Kind(("cell", "exhibit", "handset", "site"), _FOUND, SITE),
    "linked": Kind(
        ("handset", "exhibit"),
        (_maybe("handset_id"), _maybe("exhibit_id"), Field("reason")),
        DESK | EXAMINERS,
        is_assessment=True,
    ),
    "link_withdrawn": Kind(
        ("handset", "exhibit"),
        (_maybe("handset_id"), _maybe("exhibit_id"), Field("reason")),
        DESK | EXAMINERS,
    ),
    "supplier_premises_searched": Kind(
        ("site", "document"),
        (_maybe("present", "texts"), _maybe("note")),
        SITE | SIGNERS,
        scope="search",
        needs_authority=True,
    ),
    "site_closed": Kind(("site", "document"), (_maybe("note"),), SITE | SIGNERS),
    # An exhibit and its seals.
    "seized": Kind(
        ("exhibit",),
        (
            *_PLACE,
            _maybe("what"),
            _maybe("handset_id"),
            _maybe("imei"),
            _maybe("team"),
            _maybe("holder"),
            _maybe("find"),
        ),
        SITE | CUSTODIANS,
        scope="seize",
        needs_authority=True,
    ),
    "sealed": Kind(("exhibit", "seal"), (Field("seal_number"), _maybe("exhibit_id")), KEEPERS),
    "provisional_seal": Kind(
        ("exhibit", "seal"), (Field("seal_number"), _maybe("exhibit_id")), KEEPERS
    ),
    "handed_over": Kind(("exhibit",), (Field("to"), _maybe("from")), KEEPERS),
    "taken_over": Kind(("exhibit",), (Field("from"), _maybe("holder")), KEEPERS),
    "seal_opened": Kind(
        ("exhibit", "seal"),
        (
            Field("seal_number"),
            Field("reason"),
            Field("witnesses", "texts"),
            Field("second"),
            _maybe("exhibit_id"),
        ),
        EXAMINERS | CUSTODIANS,
        scope="open",
        needs_authority=True,
        second="second",
    ),
    "examined": Kind(
        ("exhibit",),
        (
            Field("tool"),
            Field("tool_version"),
            _maybe("of_sha256"),
            _maybe("result_sha256", "sha256"),
            _maybe("conclusion"),
            _maybe("source_kind"),
            *_PERIOD,
        ),
        EXAMINERS,
        scope="examine",
        needs_authority=True,
    ),
    "unlock_attempt": Kind(
        ("exhibit",),
        (Field("method"), Field("succeeded", "flag")),
        EXAMINERS,
        scope="examine",
        needs_authority=True,
    ),
    "resealed": Kind(("exhibit", "seal"), (Field("seal_number"), _maybe("exhibit_id")), KEEPERS),
    "returned": Kind(
        ("exhibit",),
        (Field("to"), Field("second")),
        CUSTODIANS | SIGNERS,
        scope="dispose",
        needs_authority=True,
        second="second",
    ),
    "destroyed": Kind(
        ("exhibit",),
        (Field("method"), Field("second")),
        CUSTODIANS | SIGNERS,
        scope="dispose",
        needs_authority=True,
        second="second",
    ),
    "damaged": Kind(("exhibit", "seal"), (Field("what"),), KEEPERS),
    "lost": Kind(("exhibit", "seal"), (Field("what"),), KEEPERS),
    "disputed": Kind(("exhibit", "seal", "cell", "handset", "document"), (Field("what"),)),
    # Authority. Subject: the document.
    "authority_requested": Kind(("document",), _ORDER, DESK),
    "authority_signed": Kind(("document",), (), SIGNERS),
    "authority_issued": Kind(
        ("document",), (*_ORDER, Field("second")), frozenset({"magistrate"}), second="second"
    ),
    "authority_revoked": Kind(("document",), (Field("reason"),), SIGNERS),
    # What the case file says of an order made elsewhere: it covers data, and no act of two people.
    "authority_declared": Kind(
        ("document",),
        (
            Field("document_kind"),
            Field("source_kinds", "texts"),
            Field("from_utc", "instant"),
            Field("until_utc", "instant"),
            _maybe("issued_utc", "instant"),
            _maybe("basis"),
            Field("case_toml_sha256", "sha256"),
        ),
        by_program=True,
    ),
    "authority_undeclared": Kind(
        ("document",), (Field("case_toml_sha256", "sha256"),), by_program=True
    ),
    "source_received": Kind(
        ("document",),
        (Field("source_kind"), Field("sha256", "sha256"), _maybe("path"), *_PERIOD),
        DESK,
        scope="data",
        needs_authority=True,
    ),
    "role_granted": Kind(
        ("person",), (Field("role"), Field("second"), *_PERIOD), SIGNERS, second="second"
    ),
    # The search day of a site, closed by who coordinates it.
    "search_closed": Kind(
        ("site",),
        (
            *(Field(name, "integer") for name in ("targeted", "seized", "not_found", "aborted")),
            *(Field(name, "integer") for name in ("not_searched", "opportunistic", "exhibits")),
            Field("size", "integer"),
        ),
        SITE,
    ),
    # The journal itself.
    "correction": Kind(
        CASE_WIDE,
        (
            Field("target"),
            Field("field"),
            Field("old", "any"),
            Field("new", "any"),
            Field("reason"),
            Field("approved_by"),
        ),
        second="approved_by",
    ),
    "close_out": Kind(
        ("device",), (Field("last_device_seq", "integer"), Field("last_payload_sha256", "sha256"))
    ),
    "reconciled": Kind(
        ("document", "site"),
        (
            Field("tally_sha256", "sha256"),
            Field("differences", "integer"),
            Field("size", "integer"),
        ),
        SITE | CUSTODIANS,
    ),
    "device_enrolled": Kind(
        ("device",),
        (Field("public_key"), Field("label"), Field("site", "text_or_null")),
        by_program=True,
    ),
    "device_revoked": Kind(("device",), by_program=True),
    "received": Kind(CASE_WIDE, by_program=True),
    "exported": Kind(CASE_WIDE, by_program=True),
    "admitted": Kind(CASE_WIDE, by_program=True),
    "attachment_received": Kind(CASE_WIDE, by_program=True),
    "attachment_destroyed": Kind(CASE_WIDE, by_program=True),
    "subject_key_destroyed": Kind(CASE_WIDE, by_program=True),
}
"""Every kind that the program knows; another is kept, and flagged."""

HANDSET_STEPS = (
    "suspected",
    "identified",
    "located",
    "targeted",
    "authorised",
    "search_started",
    "found",
    "not_found",
)
SEARCH_KINDS = frozenset({*HANDSET_STEPS, "search_aborted"})
EXHIBIT_KINDS = frozenset(
    {
        "seized",
        "sealed",
        "provisional_seal",
        "handed_over",
        "taken_over",
        "seal_opened",
        "examined",
        "unlock_attempt",
        "resealed",
        "returned",
        "destroyed",
        "damaged",
        "lost",
        "disputed",
    }
)
AUTHORITY_KINDS = frozenset(
    {
        "authority_requested",
        "authority_signed",
        "authority_issued",
        "authority_revoked",
        "authority_declared",
        "authority_undeclared",
    }
)
LINKING_KINDS = frozenset({"found", "opportunistic_find", "seized", "linked", "link_withdrawn"})
