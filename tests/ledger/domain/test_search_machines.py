"""Handset, cell and authority against naive models, step by step."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from portique.core.clock import parse_utc, utc_text
from portique.ledger.projection import Projection

NOON = parse_utc("2025-05-20T12:00:00Z")

EDGES = {
    *(("", step) for step in ("suspected", "identified", "located", "targeted")),
    ("suspected", "suspected"),
    ("suspected", "identified"),
    ("identified", "identified"),
    ("identified", "located"),
    ("located", "located"),
    ("located", "targeted"),
    ("targeted", "targeted"),
    ("targeted", "authorised"),
    ("authorised", "authorised"),
    ("authorised", "search_started"),
    ("search_started", "found"),
    ("search_started", "not_found"),
    ("search_started", "search_aborted"),
    ("search_aborted", "search_started"),
    ("not_found", "located"),
    ("not_found", "targeted"),
}
"""The state machine as a list, written down a second time."""
STEPS = sorted({step for _, step in EDGES})
OUTCOMES = {"found": "seized", "not_found": "not_found", "search_aborted": "aborted"}


class Grown(RuleBasedStateMachine):
    """Acts that one device writes, and the projection that grows by each."""

    @initialize()
    def begin(self) -> None:
        """Start with nothing written."""
        self.grown = Projection()
        self.rows: list[Any] = []

    def act(self, kind: str, subject: tuple[str, str], **outer: Any) -> int:
        """Write an act and return its number."""
        number = len(self.rows)
        entry = {
            "kind": kind,
            "entry_id": str(number),
            "device_id": "d",
            "device_seq": number + 1,
            "hlc": {"wall_ms": number, "counter": 0},
            "actor": "anna",
            "subject": {"type": subject[0], "id": subject[1]},
            "body": {},
        }
        payload = json.dumps(entry | outer).encode()
        self.rows.append(SimpleNamespace(sequence=number, payload=payload, received_at_utc=""))
        self.grown.add(self.rows[-1:])
        return number

    @invariant()
    def a_fresh_projection_says_the_same(self) -> None:
        """Also of entries that came the other way round."""
        fresh = Projection()
        fresh.add(reversed(self.rows))
        assert fresh.state().canonical == self.grown.state().canonical


class HandsetsAndCells(Grown):
    """Any steps of two handsets and two cells, next to a model that keeps the last word of each."""

    @initialize()
    def nobody(self) -> None:
        """Nothing is thought of anything."""
        self.last: dict[tuple[str, str], str] = {}
        self.outcome: dict[tuple[str, str], str] = {}
        self.aimed: set[tuple[str, str]] = set()
        self.wrong: set[int] = set()

    @rule(
        what=st.sampled_from(["handset", "cell"]),
        name=st.sampled_from("AB"),
        step=st.sampled_from(STEPS),
    )
    def step(self, what: str, name: str, step: str) -> None:
        """Something is said or done, whether it may follow or not."""
        number = self.act(step, (what, name))
        self._took(what, name, step)
        if (self.before, step) not in EDGES:
            self.wrong.add(number)

    @rule(name=st.sampled_from("AB"))
    def search_as_it_should_be(self, name: str) -> None:
        """A morning in order, so that the right path is gone often."""
        for step in ("targeted", "authorised", "search_started", "not_found"):
            self.step("cell", name, step)

    @rule(cell=st.sampled_from("AB"), handset=st.sampled_from("AB"))
    def find_in_a_cell(self, cell: str, handset: str) -> None:
        """The step is the cell's, and judged there; the handset takes it over."""
        number = self.act("found", ("cell", cell), body={"handset_id": handset})
        self._took("handset", handset, "found")
        self._took("cell", cell, "found")
        if (self.before, "found") not in EDGES:
            self.wrong.add(number)

    def _took(self, what: str, name: str, step: str) -> None:
        key = (what, name)
        self.before = self.last.get(key, "")
        self.last[key] = step
        if step == "targeted":
            self.aimed.add(key)
        if step == "search_started":
            self.outcome.pop(key, None)
        self.outcome |= {key: OUTCOMES[step]} if step in OUTCOMES else {}

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        """State, target and outcome of each, and a flag for each wrong step and no other."""
        state = self.grown.state()
        for (what, name), step in self.last.items():
            told = state.value[f"{what}s"][name]
            nothing = "not_searched" if what == "cell" else ""
            assert told["state"] == step
            assert told["is_targeted"] == ((what, name) in self.aimed)
            assert told["outcome"] == self.outcome.get((what, name), nothing)
        flagged = [f for f in state.flags if f.rule == "transition"]
        assert {state.sequences[ref] for f in flagged for ref in f.refs} == self.wrong

    @invariant()
    def every_target_has_one_outcome(self) -> None:
        """Invariant 8, of cells and of handsets."""
        for counts in self.grown.state().value["national"].values():
            parts = (counts[n] for n in ("seized", "not_found", "not_searched", "aborted"))
            assert counts["targeted"] == sum(parts)


class OneAuthority(Grown):
    """The life of an order: asked, signed, used, expired or revoked, at instants of any order."""

    @initialize()
    def nobody(self) -> None:
        """Nobody asked for it."""
        self.is_asked = False
        self.signed: list[tuple[datetime, str, str]] = []
        self.revoked: list[datetime] = []
        self.acts: dict[int, datetime] = {}

    def _at(self, hour: int) -> dict[str, str]:
        return {"occurred_at_utc": utc_text(NOON + timedelta(hours=hour))}

    @rule(hour=st.integers(0, 9))
    def ask(self, hour: int) -> None:
        """Somebody asks for a search from 12 to 20 h; only the first words hold."""
        body = {"scope": ["search"], "from_utc": utc_text(NOON)}
        body["until_utc"] = utc_text(NOON + timedelta(hours=8))
        self.act("authority_requested", ("document", "O-1"), body=body, **self._at(hour))
        self.is_asked = True

    @rule(
        hour=st.integers(0, 9),
        who=st.sampled_from(["anna", "Anna ", "marie", "bruno"]),
        role=st.sampled_from(["magistrate", "lead_investigator"]),
    )
    def sign(self, hour: int, who: str, role: str) -> None:
        """Somebody signs; a second signature of one person is none."""
        said = self._at(hour) | {"actor": who, "role": role}
        self.act("authority_signed", ("document", "O-1"), **said)
        name = who.strip().lower()
        if name not in {known for _, known, _ in self.signed}:
            self.signed.append((NOON + timedelta(hours=hour), name, role))

    @rule(hour=st.integers(0, 9))
    def revoke(self, hour: int) -> None:
        """Somebody ends it."""
        self.act("authority_revoked", ("document", "O-1"), **self._at(hour))
        self.revoked.append(NOON + timedelta(hours=hour))

    @rule(hour=st.integers(-1, 9))
    def use(self, hour: int) -> None:
        """A cell is searched under it."""
        number = self.act("found", ("cell", "C"), authority_id="O-1", **self._at(hour))
        self.acts[number] = NOON + timedelta(hours=hour)

    def _in_force(self, moment: datetime) -> bool:
        before = [role for at, _, role in self.signed if at <= moment]
        is_ended = any(moment >= each for each in self.revoked)
        return self.is_asked and len(before) > 1 and "magistrate" in before and not is_ended

    @invariant()
    def an_act_is_covered_or_flagged(self) -> None:
        """Two signatures before it, one a magistrate's; within the period; not revoked."""
        state = self.grown.state()
        outside = {
            state.sequences[ref]
            for flag in state.flags
            if flag.rule == "authority" and "outside authority" in flag.what
            for ref in flag.refs
        }
        end = NOON + timedelta(hours=8)
        covered = {n for n, at in self.acts.items() if self._in_force(at) and NOON <= at < end}
        assert outside == self.acts.keys() - covered
        if "O-1" in state.value["authorities"]:
            used = state.value["authorities"]["O-1"]["used_by"]
            assert {state.sequences[ref] for ref in used} == covered

    @invariant()
    def its_status_is_as_the_model_says(self) -> None:
        """At any hour, whatever was entered last."""
        order = self.grown.state().authorities.get("O-1")
        for hour in range(10) if order else ():
            moment = NOON + timedelta(hours=hour)
            status = order.status_at(moment) if order else ""
            if any(moment >= each for each in self.revoked):
                assert status == "revoked"
            elif self.is_asked and hour >= 8:
                assert status == "expired"
            else:
                assert (status == "in_force") == self._in_force(moment)


for machine in (HandsetsAndCells, OneAuthority):
    machine.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestHandsetsAndCells = HandsetsAndCells.TestCase
TestOneAuthority = OneAuthority.TestCase
