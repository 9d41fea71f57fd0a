"""A journal against a list: any order of accepting, appending, enrolling, revoking, reopening."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.ledger.made_journal import MadeDevice, make_case, posted, values, written

from portique.core.errors import Refused
from portique.ledger.checkpoint import parse, verify
from portique.ledger.entry import read_json
from portique.ledger.journal import Journal, Posted, ProgramEntry

NAMES = ["d1", "d2", "d3"]


def root(leaves: list[bytes]) -> bytes:
    """Return the Merkle tree hash by its definition, from leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def includes(leaf: bytes, sequence: int, size: int, path: list[bytes], wanted: bytes) -> bool:
    """Return whether a proof of inclusion leads to a root (RFC 9162 section 2.1.3.2)."""
    at, last, reached = sequence, size - 1, leaf
    for each in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            reached = hashlib.sha256(b"\1" + each + reached).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            reached = hashlib.sha256(b"\1" + reached + each).digest()
        at, last = at >> 1, last >> 1
    return last == 0 and reached == wanted


class JournalAgainstList(RuleBasedStateMachine):
    """The model: payloads in order, who is enrolled, who is revoked."""

    @initialize()
    def begin(self) -> None:
        """Open a fresh journal."""
        self.place = Path(tempfile.mkdtemp())
        self.journal = Journal.open(make_case(self.place / "case"), create=True)
        self.devices = {name: MadeDevice(name) for name in NAMES}
        self.state: dict[str, str] = {}
        self.log: list[tuple[bytes, str]] = []
        """Payload and verdict of each entry of a device; of the program: its kind."""
        self.notes = [self.journal.checkpoint()]

    def teardown(self) -> None:
        """Close it."""
        if hasattr(self, "journal"):
            self.journal.close()
            shutil.rmtree(self.place)

    @rule(name=st.sampled_from(NAMES))
    def enrol(self, name: str) -> None:
        """A device is enrolled once."""
        try:
            self.journal.enrol([self.devices[name].new()], "A")
        except Refused:
            assert name in self.state
        else:
            assert name not in self.state
            self.state[name] = "enrolled"
            self.log.append((b"", "device_enrolled"))

    @rule(name=st.sampled_from(NAMES))
    def revoke(self, name: str) -> None:
        """A device that counts can be revoked."""
        try:
            self.journal.revoke(name, "A")
        except Refused:
            assert self.state.get(name) != "enrolled"
        else:
            assert self.state[name] == "enrolled"
            self.state[name] = "revoked"
            self.log.append((b"", "device_revoked"))

    @rule(
        wanted=st.lists(
            st.tuples(
                st.sampled_from(NAMES), st.integers(1, 4), st.integers(0, 2), st.integers(0, 9)
            ),
            min_size=1,
            max_size=5,
        )
    )
    def accept(self, wanted: list[tuple[str, int, int, int]]) -> None:
        """A batch of entries, some sent before, some in conflict, one in ten badly signed."""
        posts: list[Posted] = []
        expected: list[tuple[str, str | None]] = []
        added = False
        for name, number, variant, luck in wanted:
            payload = written(
                values(name, number, entry_id=f"{name}-{number}", body={"n": variant})
            )
            device = self.devices[name]
            signature = bytes(64) if luck == 0 else device.key.sign(payload)
            posts.append(posted(payload, signature))
            status, reason = self.verdict(name, number, payload, is_good=luck != 0)
            expected.append((status, reason))
            added = added or status == "stored" or (status == "conflict" and self.is_new(payload))
            if status in {"stored", "conflict"} and self.is_new(payload):
                self.log.append((payload, status))
        accepted = self.journal.accept(posts, "d1")
        if added:
            self.log.append((b"", "received"))
        assert [(each.status, each.reason) for each in accepted.results] == expected
        for post_payload, judged in zip(posts, accepted.results, strict=True):
            if judged.sequence is not None:
                held = self.journal.entries(judged.sequence, 1)[0]
                assert posted(held.payload, b"").payload == post_payload.payload
        self.notes.append(accepted.checkpoint)

    def is_new(self, payload: bytes) -> bool:
        """Return whether the list lacks a payload."""
        return payload not in {held for held, _ in self.log}

    def verdict(
        self, name: str, number: int, payload: bytes, *, is_good: bool
    ) -> tuple[str, str | None]:
        """Return what the naive list says of an entry."""
        for held, status in self.log:
            if held == payload:
                return ("conflict" if status == "conflict" else "known"), None
        if name not in self.state:
            return "invalid", "unknown device"
        if self.state[name] == "revoked":
            return "invalid", "revoked"
        if not is_good:
            return "invalid", "signature"
        places = [read_json(held) for held, _ in self.log if held]
        taken = any((p["device_id"], p["device_seq"]) == (name, number) for p in places)
        return ("conflict" if taken else "stored"), None

    @rule(count=st.integers(1, 3))
    def append(self, count: int) -> None:
        """The program writes some entries at once."""
        new = ProgramEntry("exported", "document", "x", {}, "A", "magistrate", "defence")
        self.journal.append_all([new] * count)
        self.log += [(b"", "exported")] * count

    @rule(create=st.booleans())
    def reopen(self, create: bool) -> None:
        """A new process opens the same case."""
        self.journal.close()
        self.journal = Journal.open(self.place / "case", create=create)

    @invariant()
    def the_log_is_the_list_and_its_tree_the_naive_one(self) -> None:
        """Payloads, kinds, root, every older checkpoint, and a proof of each leaf."""
        if not hasattr(self, "journal"):
            return
        held = self.journal.entries(0, 10_000)
        assert len(held) == len(self.log)
        leaves = []
        for each, (payload, word) in zip(held, self.log, strict=True):
            assert each.payload == payload or read_json(each.payload)["kind"] == word
            content = b"\0" + each.payload + each.signature
            leaves.append(hashlib.sha256(content).digest())
        note = self.journal.checkpoint()
        said = verify(note, self.journal.vkey())
        assert (said.size, said.root) == (len(held), root(leaves))
        for older in (parse(each) for each in self.notes[-5:]):
            assert root(leaves[: older.size]) == older.root
        for sequence in range(max(0, len(held) - 3), len(held)):
            leaf, path = self.journal.inclusion(sequence, len(held))
            assert leaf == leaves[sequence].hex()
            proof = [bytes.fromhex(each) for each in path]
            assert includes(leaves[sequence], sequence, len(held), proof, said.root)


JournalAgainstList.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, derandomize=True
)
TestJournalAgainstList = JournalAgainstList.TestCase
