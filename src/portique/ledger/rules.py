"""What one entry can be held to by itself: its kind, subject, body, role, second person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from portique.ledger.act import Act, instant, same_person, whole
from portique.ledger.kinds import CASE_WIDE, KINDS, Field, Kind

Breach = tuple[str, str]
"""Name of the rule, and what breaks it. Words without identifiers: alike breaches are one alarm."""

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")

_FITS: dict[str, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str) and bool(value.strip()),
    "text_or_null": lambda value: value is None or isinstance(value, str),
    "texts": lambda value: isinstance(value, list) and all(isinstance(v, str) for v in value),
    "integer": lambda value: whole(value) >= 0,
    "flag": lambda value: isinstance(value, bool),
    "instant": lambda value: instant(value) is not None,
    "sha256": lambda value: isinstance(value, str) and bool(_SHA256.match(value)),
    "any": lambda _: True,
}


def breaches(act: Act) -> tuple[Breach, ...]:
    """Return the rules that an entry breaks whatever else was done, in a fixed order.

    Args:
        act: as corrected, where a correction counts.
    """
    if not act.is_read:
        return (("body", "a payload is no JSON object"),)
    kind = KINDS.get(act.kind)
    if kind is None:
        return (("kind", f"unknown kind {act.kind[:64]!r}"),)
    shape = _shape(act)
    if shape is None:
        return tuple(_broken(act, kind))
    if shape not in _KNOWN:
        if len(_KNOWN) >= _SHAPES:
            _KNOWN.clear()
        _KNOWN[shape] = tuple(_broken(act, kind))
    return _KNOWN[shape]


_SHAPES = 4096
_KNOWN: dict[object, tuple[Breach, ...]] = {}


def _shape(act: Act) -> object:
    """Return all that the rules of one entry look at, where that is short; else None.

    Most entries of a day are alike: their bodies hold the same few names, each with a text.
    """
    if act.kind in _LOOKED_INTO or not all(type(v) is str and v.strip() for v in act.body.values()):
        return None
    return (
        *(act.kind, act.device_id, act.subject_type, not act.subject_id, act.role, act.actor),
        *(act.status, not act.authority_id, act.moment is None, tuple(act.body)),
    )


_LOOKED_INTO = frozenset(
    name
    for name, kind in KINDS.items()
    if kind.second or {field.type for field in kind.fields} - {"text", "texts", "text_or_null"}
)
"""Kinds of which the values in the body matter, and not only whether there is a text."""


def _broken(act: Act, kind: Kind) -> Iterator[Breach]:
    name = act.kind
    if kind.by_program and not act.is_program:
        yield "kind", f"{name} counts only when the program enters it"
    if act.subject_type not in kind.subjects and kind.subjects != CASE_WIDE:
        yield "subject", f"{name} is about {' or '.join(kind.subjects)}"
    if not act.subject_id:
        yield "subject", f"{name} does not say about which one"
    if act.subject_type == "seal" and kind.subjects != CASE_WIDE and not act.exhibit_id:
        yield "subject", f"{name} names a seal and not the exhibit"
    for field in kind.fields:
        yield from _field(act, field)
    if act.moment is None:
        yield "time", f"{name} does not say when"
    yield from _people(act, kind)
    if kind.needs_authority and not act.authority_id:
        yield "authority", f"{name} names no authority"
    if name == "seal_opened" and not act.attachments:
        yield "seal", "a seal was opened without a photograph"
    if name == "seal_opened" and not act.texts("witnesses"):
        yield "seal", "a seal was opened without a witness"


def _people(act: Act, kind: Kind) -> Iterator[Breach]:
    """Yield what is wrong with who did it; of what the program enters itself, nothing."""
    if kind.by_program:
        return
    if not act.actor.strip():
        yield "author", f"{act.kind} names nobody who did it"
    if kind.roles and act.role not in kind.roles:
        yield "role", f"{act.kind} entered in the role {act.role[:32] or 'of nobody'}"
    second = act.text(kind.second) if kind.second else ""
    if second and same_person(second, act.actor):
        yield "two people", f"{act.kind} needs two people, and names one twice"
    if kind.is_assessment and act.status == "fact" and _has_no_author(act):
        yield "assessment", f"{act.kind} is a judgement, and stands as a fact without an author"


def _has_no_author(act: Act) -> bool:
    return not act.actor.strip() or act.actor == "portique"


def is_fact_without_author(act: Act) -> bool:
    """Return whether an entry is a fact that nobody answers for, whatever it rests on."""
    return act.status == "fact" and _has_no_author(act)


def _field(act: Act, field: Field) -> Iterator[Breach]:
    if field.name not in act.body:
        if field.is_required:
            yield "body", f"{act.kind} lacks {field.name}"
    elif not _FITS[field.type](act.body[field.name]):
        yield "body", f"{act.kind}: {field.name} is no {field.type}"
