"""What an order covers: acts, places, a period, from two signatures until it is revoked.

An act outside its authority is recorded and flagged, never refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portique.core.clock import Span, utc_text
from portique.ledger.act import Act, person
from portique.ledger.declared import (
    DECLARED,
    UNDECLARED,
    Declaration,
    read_declaration,
    why_not_declared,
)
from portique.ledger.deed import Deed, data_outside, one_of
from portique.ledger.flag import Flag
from portique.ledger.kinds import KINDS

SIGNATURES = 2


@dataclass(frozen=True)
class Signature:
    """One person's consent to an authority.

    Args:
        actor, role: who.
        moment: when; None: not stated, and then it does not count.
        ref: the entry.
    """

    actor: str
    role: str
    moment: datetime | None
    ref: str


@dataclass(frozen=True)
class Authority:
    """An order or request, as the entries about it leave it.

    Args:
        id: as the document is numbered.
        scope: words of `kinds` (search, seize, open, examine, dispose, data) or kinds of entry.
        sites, cells, exhibits, source_kinds: what it is limited to; empty: no such limit.
        period: when acts may be done under it, half-open.
        signatures: one a person, in order.
        in_force_utc: from when two people had signed, one of them a magistrate; None: not yet.
        revoked_utc: since when it holds no more; None: it was not revoked.
        asked: the entry that put it in words; empty: none did.
        request_sha256: of the words of the request; empty: made elsewhere.
        declared: what the case file said of it, in the order in which the journal was told.
    """

    id: str
    scope: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    exhibits: tuple[str, ...] = ()
    source_kinds: tuple[str, ...] = ()
    period: Span = field(default_factory=lambda: Span(None, None))
    signatures: tuple[Signature, ...] = ()
    in_force_utc: datetime | None = None
    revoked_utc: datetime | None = None
    asked: str = ""
    request_sha256: str = ""
    declared: tuple[Declaration, ...] = ()

    def status_at(self, moment: datetime) -> str:
        """Return requested, signed_once, in_force, expired or revoked; declared or withdrawn.

        The last two: only the case file speaks of it, or spoke.
        """
        if self.revoked_utc is not None and moment >= self.revoked_utc:
            return "revoked"
        if self.period.until_utc is not None and moment >= self.period.until_utc:
            return "expired"
        if self.in_force_utc is not None and moment >= self.in_force_utc:
            return "in_force"
        if self.declared and not self.asked:
            return "withdrawn" if self.declared[-1].is_withdrawn else "declared"
        return "signed_once" if self.signatures else "requested"

    def as_dict(self) -> dict[str, Any]:
        """Return it as the state holds it."""
        # Left out where there is none, so that older figures are the same bytes as ever.
        declared = {"declared": [each.as_dict() for each in self.declared]} if self.declared else {}
        return declared | {
            "scope": list(self.scope),
            "sites": list(self.sites),
            "cells": list(self.cells),
            "exhibits": list(self.exhibits),
            "source_kinds": list(self.source_kinds),
            "from_utc": _text(self.period.from_utc),
            "until_utc": _text(self.period.until_utc),
            "signatures": [
                {"actor": s.actor, "role": s.role, "at_utc": _text(s.moment), "entry": s.ref}
                for s in self.signatures
            ],
            "in_force_utc": _text(self.in_force_utc),
            "revoked_utc": _text(self.revoked_utc),
            "asked": self.asked,
            "request_sha256": self.request_sha256,
        }


def covers(authority: Authority | None, deed: Deed) -> list[str]:
    """Return why an authority does not cover an act, in a fixed order; empty: it does.

    >>> from portique.core.clock import parse_utc
    >>> noon = parse_utc("2025-05-20T12:00:00Z")
    >>> order = Authority("O-1", ("search",), cells=("C1",), in_force_utc=noon)
    >>> covers(order, Deed("found", noon, cell_id="C1"))
    []
    >>> covers(order, Deed("examined", noon, cell_id="C2"))
    ['its scope does not name examined']
    """
    if authority is None:
        return ["the journal holds no such authority"]
    undeclared = ["nobody declared it"]
    if authority.declared:
        undeclared = why_not_declared(authority.declared, authority.revoked_utc, deed)
    if not undeclared or (authority.declared and not authority.asked):
        return undeclared
    return [
        reason
        for reason in (
            _signed(authority, deed),
            _timely(authority, deed),
            _in_scope(authority, deed),
            *_in_place(authority, deed),
        )
        if reason
    ]


def _signed(authority: Authority, deed: Deed) -> str:
    if authority.in_force_utc is None:
        return "two people, one of them a magistrate, have not signed it"
    if deed.moment is not None and deed.moment < authority.in_force_utc:
        return "it was not signed by two people yet"
    return ""


def _timely(authority: Authority, deed: Deed) -> str:
    scope = _scope(deed)
    if deed.moment is None:
        return "when the act was done is not known"
    if authority.revoked_utc is not None and deed.moment >= authority.revoked_utc:
        return "it was revoked before"
    if scope == "data":
        return data_outside(authority.period, deed.data_period)
    if scope and not authority.period.holds(deed.moment):
        return "the act lies outside its period"
    return ""


def _in_scope(authority: Authority, deed: Deed) -> str:
    if deed.kind in KINDS and not _scope(deed):
        return ""
    words = {deed.kind, _scope(deed)} - {""}
    return "" if words & set(authority.scope) else f"its scope does not name {deed.kind}"


_WHERE_MATTERS = frozenset({"", "search", "seize"})


def _in_place(authority: Authority, deed: Deed) -> Iterable[str]:
    scope = _scope(deed)
    if scope in _WHERE_MATTERS:
        yield one_of(authority.sites, deed.site, "site")
        yield one_of(authority.cells, deed.cell_id, "cell")
    elif scope == "data":
        yield one_of(authority.source_kinds, deed.source_kind, "kind of source")
    else:
        yield one_of(authority.exhibits, deed.exhibit_id, "exhibit")


def _scope(deed: Deed) -> str:
    kind = KINDS.get(deed.kind)
    return kind.scope if kind else ""


def read_authority(authority_id: str, acts: Iterable[Act]) -> tuple[Authority, list[Flag]]:
    """Return an authority and what is wrong with it, from the acts about it in their order."""
    folded = _Folding(authority_id)
    for act in acts:
        folded.take(act)
    return folded.authority(), folded.flags


class _Folding:
    """An authority while its acts are gone through."""

    def __init__(self, authority_id: str) -> None:
        self.id = authority_id
        self.asked: Act | None = None
        self.signatures: list[Signature] = []
        self.signers: set[str] = set()
        self.revoked: datetime | None = None
        self.declared: list[Declaration] = []
        self.flags: list[Flag] = []
        self._steps: dict[str, Callable[[Act], None]] = {
            "authority_requested": self._requested,
            "authority_signed": self._signed,
            "authority_issued": self._issued,
            "authority_revoked": self._revoked,
            DECLARED: self._declared,
            UNDECLARED: self._declared,
        }

    def take(self, act: Act) -> None:
        self._steps[act.kind](act)

    def authority(self) -> Authority:
        asked = self.asked
        declared = tuple(sorted(self.declared, key=lambda each: (each.moment, each.ref)))
        if asked is None:
            return Authority(
                self.id,
                signatures=tuple(self.signatures),
                revoked_utc=self.revoked,
                declared=declared,
            )
        return Authority(
            id=self.id,
            scope=asked.texts("scope"),
            sites=asked.texts("sites"),
            cells=asked.texts("cells"),
            exhibits=asked.texts("exhibits"),
            source_kinds=asked.texts("source_kinds"),
            period=Span(asked.instant("from_utc"), asked.instant("until_utc")),
            signatures=tuple(self.signatures),
            in_force_utc=_in_force(self.signatures),
            revoked_utc=self.revoked,
            asked=asked.ref,
            request_sha256=asked.text("request_sha256"),
            declared=declared,
        )

    def _flag(self, what: str, act: Act) -> None:
        self.flags.append(Flag("authority", f"authority {self.id}: {what}", (act.ref,)))

    def _requested(self, act: Act) -> None:
        if self.asked is not None:
            self._flag("put in words twice; the first words hold", act)
            return
        self.asked = act

    def _signed(self, act: Act) -> None:
        if self.asked is None:
            self._flag("signed before anybody asked for it", act)
        if self.revoked is not None:
            self._flag("signed after it was revoked", act)
        if person(act.actor) in self.signers:
            self._flag("signed twice by one person, which counts once", act)
        else:
            self._sign(act.actor, act.role, act)

    def _sign(self, actor: str, role: str, act: Act) -> None:
        if actor.strip() and person(actor) not in self.signers:
            self.signers.add(person(actor))
            self.signatures.append(Signature(actor, role, act.moment, act.ref))

    def _issued(self, act: Act) -> None:
        """Take an order made elsewhere: its author and the second person have both signed it."""
        if self.asked is None:
            self.asked = act
        self._sign(act.actor, act.role, act)
        self._sign(act.text("second"), "second", act)

    def _declared(self, act: Act) -> None:
        """Take what the program says of the case file; of another device it is only flagged."""
        declaration = read_declaration(act)
        if declaration is not None:
            self.declared.append(declaration)

    def _revoked(self, act: Act) -> None:
        if act.moment is not None:
            self.revoked = min(self.revoked or act.moment, act.moment)
        else:
            self._flag("revoked at a time that is not known", act)


def _in_force(signatures: list[Signature]) -> datetime | None:
    """Return when the second person had signed, with a magistrate among those before."""
    counted: list[Signature] = []
    dated = [(s.moment, s.ref, s) for s in signatures if s.moment is not None]
    for moment, _, signature in sorted(dated, key=lambda each: each[:2]):
        counted.append(signature)
        if len(counted) >= SIGNATURES and any(s.role == "magistrate" for s in counted):
            return moment
    return None


def _text(moment: datetime | None) -> str | None:
    return utc_text(moment) if moment else None
