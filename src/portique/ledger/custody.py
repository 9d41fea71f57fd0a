"""One exhibit: its state, its one holder at any instant, its seals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from portique.ledger.act import Act, same_person
from portique.ledger.flag import Flag

ENDED = frozenset({"returned", "destroyed"})
NOT_STATED = "(not stated)"
"""Holder of an exhibit that somebody took without saying who."""
UNTAKEN = "handed over, and taken over by nobody"
MOVES = frozenset({"handed_over", "taken_over", "returned", "destroyed"})

ALLOWED_FROM: dict[str, frozenset[str]] = {
    "seized": frozenset({""}),
    "sealed": frozenset({"seized", "taken_over"}),
    "handed_over": frozenset({"seized", "sealed", "resealed", "taken_over"}),
    "taken_over": frozenset({"handed_over"}),
    "seal_opened": frozenset({"sealed", "resealed", "taken_over"}),
    "examined": frozenset({"seal_opened", "examined"}),
    "resealed": frozenset({"seal_opened", "examined"}),
    "returned": frozenset({"sealed", "resealed", "taken_over"}),
    "destroyed": frozenset({"sealed", "resealed", "taken_over"}),
}
"""Steps of the state machine: from which states each may be reached. "" is: not seized yet."""


@dataclass(frozen=True)
class Tenure:
    """From when somebody held an exhibit; until the next tenure of the line.

    Args:
        holder: who.
        from_utc: when it began, as text; None: not stated.
        entry: payload hash of the entry that says so.
        role: of who entered it: what a reader without a right to names is shown.
    """

    holder: str
    from_utc: str | None
    entry: str
    role: str


@dataclass
class Exhibit:
    """An exhibit while its acts are gone through, in their order.

    Args:
        state: word of the state machine; empty: nobody seized it.
        line: who held it, one after the other; the last is the holder.
        under_way: the hand-over that nobody took yet; None: none.
        seal: number of the closed seal; empty: it is open or was never sealed.
        is_provisional: that seal waits for the one that replaces it.
        is_opened: its seal was opened and it was not resealed since.
        seals: numbers put on it, with the entry of each; `numbers`: each once.
        notes: damaged, lost, disputed: what was said.
    """

    id: str
    state: str = ""
    line: list[Tenure] = field(default_factory=list)
    under_way: Act | None = None
    seal: str = ""
    is_provisional: bool = False
    is_opened: bool = False
    seals: list[tuple[str, str]] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    notes: list[dict[str, Any]] = field(default_factory=list)
    examinations: int = 0
    unlock_attempts: int = 0
    origin: Act | None = None
    history: list[Act] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)

    @property
    def holder(self) -> str:
        """Who holds it now; empty: nobody held it yet."""
        return self.line[-1].holder if self.line else ""

    def flag(self, rule: str, what: str, *acts: Act) -> None:
        """Note a breach."""
        said = f"exhibit {self.id}: {what}"
        self.flags.append(Flag(rule, said, tuple(act.ref for act in acts)))

    def take(self, act: Act) -> None:
        """Go on by one act. Whatever it says happened: a wrong step is flagged and taken."""
        self._check_step(act)
        self._check_clock(act)
        STEPS[act.kind](self, act)
        if act.kind in ALLOWED_FROM:
            self.state = act.kind
        self.history.append(act)

    def end(self) -> None:
        """Flag what is still open after the last act."""
        if self.under_way is not None:
            self.flag("custody", UNTAKEN, self.under_way)

    def hold(self, holder: str, act: Act) -> None:
        """Begin a tenure, also that of somebody who is not named."""
        self.line.append(Tenure(holder.strip() or NOT_STATED, act.moment_text, act.ref, act.role))

    def as_dict(self) -> dict[str, Any]:
        """Return it as the state holds it."""
        origin = self.origin
        return {
            "state": self.state,
            "holder": self.holder,
            "handed_over_to": self.under_way.text("to") if self.under_way else None,
            "handed_over_in": self.under_way.entry_id if self.under_way else None,
            "line": [
                {"holder": t.holder, "role": t.role, "from_utc": t.from_utc, "entry": t.entry}
                for t in self.line
            ],
            "seal": self.seal or None,
            "is_opened": self.is_opened,
            "seals": [{"number": number, "entry": ref} for number, ref in self.seals],
            "notes": self.notes,
            "examinations": self.examinations,
            "unlock_attempts": self.unlock_attempts,
            "what": origin.text("what") if origin else "",
            "cell_id": origin.cell_id if origin else "",
            "said_site": origin.site if origin else "",
            "seized_on": origin.device_id if origin else "",
            "handset_id": origin.text("handset_id") if origin else "",
            "seized_at_utc": origin.moment_text if origin else None,
            "entries": [act.ref for act in self.history],
        }

    def _check_step(self, act: Act) -> None:
        if self.state in ENDED:
            self.flag("transition", f"{act.kind} after it was {self.state}", act)
        elif act.kind in ALLOWED_FROM and self.state not in self._allowed_from(act.kind):
            self.flag("transition", f"{act.kind} while {self.state or 'not seized'}", act)
        elif act.kind not in ALLOWED_FROM and not self.state:
            self.flag("transition", f"{act.kind} before it was seized", act)
        if act.kind in MOVES and self.is_opened:
            self.flag("seal", f"{act.kind} with its seal open", act)
        if act.kind in {"handed_over", *ENDED} and not self.seal and not self.is_opened:
            self.flag("seal", f"{act.kind} without a seal", act)

    def _allowed_from(self, kind: str) -> frozenset[str]:
        """Return from which states a step may be reached now.

        A provisional seal is no state of its own, and is opened as any seal is: before whom, why
        and under what are asked for, and a new number follows.
        """
        is_shut = bool(self.seal) and self.is_provisional
        extra = frozenset({"seized"}) if kind == "seal_opened" and is_shut else frozenset[str]()
        return ALLOWED_FROM[kind] | extra

    def _check_clock(self, act: Act) -> None:
        before = self.history[-1].moment if self.history else None
        if before is not None and act.moment is not None and act.moment < before:
            self.flag("time", f"{act.kind} is dated before what it follows", act)


def read_exhibit(exhibit_id: str, acts: Iterable[Act]) -> Exhibit:
    """Return an exhibit from the acts about it, in their order."""
    exhibit = Exhibit(exhibit_id)
    for act in acts:
        exhibit.take(act)
    exhibit.end()
    return exhibit


def _seized(exhibit: Exhibit, act: Act) -> None:
    if exhibit.origin is None:
        exhibit.origin = act
    exhibit.hold(act.text("holder") or act.actor, act)


def _sealed(exhibit: Exhibit, act: Act) -> None:
    number = act.text("seal_number")
    if exhibit.seal and not exhibit.is_provisional:
        exhibit.flag("seal", f"{act.kind} while sealed: nobody opened the seal before", act)
    if number in exhibit.numbers:
        exhibit.flag("seal", f"seal {number} put on it twice", act)
    if number:
        exhibit.seals.append((number, act.ref))
        exhibit.numbers.add(number)
    exhibit.seal = number
    exhibit.is_provisional = act.kind == "provisional_seal"
    exhibit.is_opened = False


def _opened(exhibit: Exhibit, act: Act) -> None:
    if not exhibit.seal:
        exhibit.flag("seal", "a seal was opened that was not closed", act)
    elif act.text("seal_number") != exhibit.seal:
        exhibit.flag("seal", f"another seal was opened than the one on it ({exhibit.seal})", act)
    exhibit.seal = ""
    exhibit.is_opened = True


def _handed_over(exhibit: Exhibit, act: Act) -> None:
    if exhibit.under_way is not None:
        exhibit.flag("custody", "handed over twice, taken over by nobody between", act)
    giver = act.text("from") or act.actor
    if exhibit.holder and not same_person(giver, exhibit.holder):
        exhibit.flag("custody", "handed over by somebody who does not hold it", act)
    exhibit.under_way = act


def _taken_over(exhibit: Exhibit, act: Act) -> None:
    taker = act.text("holder") or act.actor
    out = exhibit.under_way
    if out is None:
        exhibit.flag("custody", "taken over, and handed over by nobody", act)
    else:
        if not same_person(out.text("to"), taker):
            exhibit.flag("custody", "taken over by another than it was handed to", out, act)
        giver = out.text("from") or out.actor
        if not same_person(act.text("from"), giver):
            exhibit.flag("custody", "taken over from another than who handed it over", out, act)
    exhibit.under_way = None
    exhibit.hold(taker, act)


def _looked_into(exhibit: Exhibit, act: Act) -> None:
    if exhibit.seal:
        exhibit.flag("seal", f"{act.kind} while sealed", act)
    if act.kind == "examined":
        exhibit.examinations += 1
    else:
        exhibit.unlock_attempts += 1


def _ended(exhibit: Exhibit, act: Act) -> None:
    if exhibit.under_way is not None:
        exhibit.flag("custody", f"{act.kind} while it was under way to somebody", act)
        exhibit.under_way = None
    if exhibit.holder and not same_person(exhibit.holder, act.actor):
        exhibit.flag("custody", f"{act.kind} by somebody who does not hold it", act)
    if act.kind == "returned":
        exhibit.hold(act.text("to"), act)


def _noted(exhibit: Exhibit, act: Act) -> None:
    exhibit.notes.append(
        {
            "kind": act.kind,
            "what": act.text("what"),
            "at_utc": act.moment_text,
            "entry": act.ref,
        }
    )


STEPS: dict[str, Callable[[Exhibit, Act], None]] = {
    "seized": _seized,
    "sealed": _sealed,
    "provisional_seal": _sealed,
    "resealed": _sealed,
    "seal_opened": _opened,
    "handed_over": _handed_over,
    "taken_over": _taken_over,
    "examined": _looked_into,
    "unlock_attempt": _looked_into,
    "returned": _ended,
    "destroyed": _ended,
    "damaged": _noted,
    "lost": _noted,
    "disputed": _noted,
}
