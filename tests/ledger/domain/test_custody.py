"""Exhibits against a naive model: one holder at any instant, seals, and steps of the machine."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from portique.ledger.projection import Projection

SEALINGS = ["sealed", "provisional_seal", "resealed"]
PEOPLE = st.sampled_from(["anna", "bruno", "clara"])

EDGES = {
    ("", "seized"),
    ("seized", "sealed"),
    ("taken_over", "sealed"),
    ("seized", "handed_over"),
    ("sealed", "handed_over"),
    ("resealed", "handed_over"),
    ("taken_over", "handed_over"),
    ("handed_over", "taken_over"),
    ("sealed", "seal_opened"),
    ("resealed", "seal_opened"),
    ("taken_over", "seal_opened"),
    ("seal_opened", "examined"),
    ("examined", "examined"),
    ("seal_opened", "resealed"),
    ("examined", "resealed"),
    ("sealed", "returned"),
    ("resealed", "returned"),
    ("taken_over", "returned"),
    ("sealed", "destroyed"),
    ("resealed", "destroyed"),
    ("taken_over", "destroyed"),
}
"""The state machine as a list, written down a second time."""


class OneExhibit(RuleBasedStateMachine):
    """Any acts on one exhibit, next to a model that only knows the last word of each."""

    @initialize()
    def begin(self) -> None:
        """Start with nothing written."""
        self.grown = Projection()
        self.rows: list[Any] = []
        self.state = ""
        self.holder: str | None = None
        self.out: tuple[str, str] | None = None
        self.is_sealed = self.is_open = self.is_provisional = False
        self.wrong: dict[str, set[int]] = {"transition": set(), "custody": set()}
        self.numbers: list[str] = []

    def act(self, kind: str, actor: str, **body: Any) -> None:
        """Write the act, grow the projection, and note what the model thinks of the step."""
        number = len(self.rows)
        entry = {
            "kind": kind,
            "entry_id": str(number),
            "device_id": "d",
            "device_seq": number + 1,
            "hlc": {"wall_ms": number, "counter": 0},
            "actor": actor,
            "subject": {"type": "exhibit", "id": "E1"},
            "body": body,
        }
        row = SimpleNamespace(
            sequence=number, payload=json.dumps(entry).encode(), received_at_utc=""
        )
        self.rows.append(row)
        self.grown.add([row])
        if not self.may(kind):
            self.wrong["transition"].add(number)
        if kind != "provisional_seal":
            self.state = kind

    def may(self, kind: str) -> bool:
        """Return whether the machine allows a step now; a provisional seal is no state of it."""
        if kind == "provisional_seal":
            return self.state not in {"", "returned", "destroyed"}
        if (self.state, kind) == ("seized", "seal_opened"):
            return self.is_provisional
        return (self.state, kind) in EDGES

    @rule(who=PEOPLE)
    def seize(self, who: str) -> None:
        """Somebody seizes it, perhaps again."""
        self.act("seized", who)
        self.holder = who

    @rule(who=PEOPLE, kind=st.sampled_from(SEALINGS), number=st.integers(1, 99))
    def seal(self, who: str, kind: str, number: int) -> None:
        """Somebody puts a seal on it."""
        self.act(kind, who, seal_number=str(number))
        self.numbers.append(str(number))
        self.is_sealed, self.is_open = True, False
        self.is_provisional = kind == "provisional_seal"

    @rule(who=PEOPLE, to=PEOPLE)
    def hand_over(self, who: str, to: str) -> None:
        """Somebody gives it away, who may not hold it."""
        if self.out is not None or (self.holder is not None and who != self.holder):
            self.wrong["custody"].add(len(self.rows))
        self.act("handed_over", who, to=to)
        self.out = (who, to)

    @rule(who=PEOPLE, giver=PEOPLE)
    def take_over(self, who: str, giver: str) -> None:
        """Somebody takes it, from somebody."""
        if self.out != (giver, who):
            self.wrong["custody"].add(len(self.rows))
        self.act("taken_over", who, **{"from": giver})
        self.out, self.holder = None, who

    @rule(who=PEOPLE)
    def open_seal(self, who: str) -> None:
        """Somebody opens the seal that is on it, or says so."""
        number = self.numbers[-1] if self.is_sealed else "none"
        self.act("seal_opened", who, seal_number=number)
        self.is_sealed, self.is_open, self.is_provisional = False, True, False

    @rule(who=PEOPLE)
    def examine(self, who: str) -> None:
        """Somebody looks into it."""
        self.act("examined", who, tool="x", tool_version="1")

    @rule(who=PEOPLE, kind=st.sampled_from(["returned", "destroyed"]), to=PEOPLE)
    def dispose(self, who: str, kind: str, to: str) -> None:
        """Somebody ends it."""
        if self.out is not None or (self.holder is not None and who != self.holder):
            self.wrong["custody"].add(len(self.rows))
        self.act(kind, who, to=to)
        self.out = None
        if kind == "returned":
            self.holder = to

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        """State, holder and seal; and a fresh projection says the same."""
        state = self.grown.state()
        exhibit = state.value["exhibits"].get("E1")
        if exhibit is None:
            assert not self.rows
            return
        fresh = Projection()
        fresh.add(reversed(self.rows))
        assert fresh.state().canonical == state.canonical
        assert exhibit["state"] == self.state
        assert (exhibit["holder"] or None) == self.holder
        assert bool(exhibit["seal"]) == self.is_sealed
        assert exhibit["is_opened"] == self.is_open

    @invariant()
    def it_has_exactly_one_holder_from_the_first_on(self) -> None:
        """Tenures follow one another: no instant has two, none since the first has nobody."""
        exhibit = self.grown.state().value["exhibits"].get("E1", {"line": []})
        assert all(tenure["holder"] for tenure in exhibit["line"])
        assert len({tenure["entry"] for tenure in exhibit["line"]}) == len(exhibit["line"])

    @invariant()
    def each_wrong_step_is_flagged_and_no_right_one(self) -> None:
        """Every wrong step and every unpaired hand-over has its flag; an open one as well."""
        flagged: dict[str, set[int]] = {"transition": set(), "custody": set()}
        state = self.grown.state()
        for flag in state.flags:
            if flag.rule in flagged:
                flagged[flag.rule].update([max(state.sequences[ref] for ref in flag.refs)])
        assert flagged["transition"] == self.wrong["transition"]
        still_out = set(flagged["custody"] - self.wrong["custody"])
        assert self.wrong["custody"] <= flagged["custody"]
        assert len(still_out) <= (self.out is not None)
        if self.out is not None:
            assert flagged["custody"]


OneExhibit.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestOneExhibit = OneExhibit.TestCase
