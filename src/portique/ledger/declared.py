"""What the case file declares of an order that was made outside the journal.

Nobody signed it here. So it covers what a case file can cover, data of the kinds that it names and
the examination of such material, and nothing for which two people sign in the journal: no search,
no seizure, no opening of a seal, no disposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portique.core.clock import Span, utc_text
from portique.ledger.act import Act
from portique.ledger.deed import Deed, data_outside, one_of

DECLARED, UNDECLARED = "authority_declared", "authority_undeclared"
OF_DATA = frozenset({"source_received", "examined"})
"""Kinds of entry that a declaration can cover."""


@dataclass(frozen=True)
class Declaration:
    """What the case file said of one order, from an instant on.

    Args:
        moment: when the program entered it.
        ref: payload hash of that entry.
        document_kind: requisition, order, letter_rogatory or agreement.
        basis: code and article as written; empty: not stated.
        issued_utc: when it was issued; None: not stated.
        source_kinds: kinds of source that it covers.
        period: of data.
        is_withdrawn: it stood in the case file no more.
    """

    moment: datetime
    ref: str
    document_kind: str = ""
    basis: str = ""
    issued_utc: datetime | None = None
    source_kinds: tuple[str, ...] = ()
    period: Span = field(default_factory=lambda: Span(None, None))
    is_withdrawn: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as the state holds it."""
        return {
            "at_utc": utc_text(self.moment),
            "entry": self.ref,
            "kind": self.document_kind,
            "basis": self.basis,
            "issued_utc": _text(self.issued_utc),
            "source_kinds": list(self.source_kinds),
            "from_utc": _text(self.period.from_utc),
            "until_utc": _text(self.period.until_utc),
            "is_withdrawn": self.is_withdrawn,
        }


def read_declaration(act: Act) -> Declaration | None:
    """Return what an entry declares; None: another than the program says it, or it has no date."""
    if not act.is_program or act.moment is None:
        return None
    if act.kind == UNDECLARED:
        return Declaration(act.moment, act.ref, is_withdrawn=True)
    return Declaration(
        moment=act.moment,
        ref=act.ref,
        document_kind=act.text("document_kind"),
        basis=act.text("basis"),
        issued_utc=act.instant("issued_utc"),
        source_kinds=act.texts("source_kinds"),
        period=Span(act.instant("from_utc"), act.instant("until_utc")),
    )


def why_not_declared(
    declared: Sequence[Declaration], revoked_utc: datetime | None, deed: Deed
) -> list[str]:
    """Return why what was declared does not cover an act, in a fixed order; empty: it does.

    The words count that stood in the case file, as the journal knows it, when the act was done.

    Args:
        declared: what was declared of one order, in the order of its moments.
        revoked_utc: since when it holds no more; None: it was not revoked.
        deed: the act.
    """
    if deed.kind not in OF_DATA:
        return ["it is only declared in the case file: two people have not signed it"]
    if deed.moment is None:
        return ["when the act was done is not known"]
    before = [each for each in declared if each.moment <= deed.moment]
    if not before:
        return ["it was declared in the case file only after the act"]
    last = before[-1]
    if last.is_withdrawn:
        return ["it stood in the case file no more"]
    reasons = (
        "it was revoked before" if revoked_utc is not None and deed.moment >= revoked_utc else "",
        "it was issued after the act" if last.issued_utc and deed.moment < last.issued_utc else "",
        _kind_outside(last, deed),
        _period_outside(last, deed),
    )
    return [reason for reason in reasons if reason]


def _kind_outside(last: Declaration, deed: Deed) -> str:
    # An empty list covers nothing: a case file names each kind.
    return one_of(last.source_kinds or ("",), deed.source_kind or " ", "kind of source")


def _period_outside(last: Declaration, deed: Deed) -> str:
    """Return whether the data lie outside; an image of a phone has no instants to compare."""
    data = deed.data_period
    is_undated = data is None or data.from_utc is None or data.until_utc is None
    if deed.kind == "examined" and is_undated:
        return ""
    return data_outside(last.period, data)


def _text(moment: datetime | None) -> str | None:
    return utc_text(moment) if moment else None
