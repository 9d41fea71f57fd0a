"""Check a journal pack without the program that made it, and without a network.

    python verify.py [DIR] [--checkpoint FILE]... [--vkey TEXT] [--record SIZE:ROOT]... [--json]

DIR is the unpacked pack or its .zip; left out: the folder in which this file lies. FILE is a
signed checkpoint, TEXT the journal's public key (vkey), SIZE:ROOT a line of a paper record (root
in hex), each from outside the pack. Needs Python 3.9 and, for signatures, `cryptography`.

Exit codes: 0 all fits, 1 something does not, 2 nothing unfit but a check was left out.
Conflicts, gaps, broken predecessors and close-outs that are not whole were signed by devices:
alarms, listed, no fault. The rules of the domain are not checked here, and it says so.
"""

from __future__ import annotations

import argparse
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from portique.ledger.standalone.chains import Chains
from portique.ledger.standalone.checks import (
    PROGRAM,
    Attachments,
    Devices,
    Receipts,
    Signatures,
)
from portique.ledger.standalone.reading import (
    Checkpoint,
    Entry,
    Fault,
    Key,
    Pack,
    Tree,
    Unfit,
    read_checkpoint,
    read_entry,
    read_json,
    read_vkey,
    sha256,
)

MOST_FAULTS = 50
UNREADABLE = (
    OSError,
    ValueError,
    RuntimeError,
    EOFError,
    MemoryError,
    LookupError,
    ArithmeticError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)
"""What reading hostile bytes can end in; anything else is a fault of this file."""

FORGED = (
    "No checkpoint, key or record from outside was given. A pack that was forged as a whole, with",
    "a key of its own, passes too: compare size, root and fingerprint with a record on paper, or",
    "give one with --checkpoint, --vkey or --record.",
)

NOT_CHECKED = (
    "rules of the domain (authority, custody, seals, roles, sums, corrections): "
    "`portique verify` on the case lists what breaks them, as alarms of the kind `rule`"
)
"""What `portique verify` looks at and this file does not: no fault, and nothing left out of it."""


def shortened(fault: BaseException) -> str:
    """Return what a fault says, on one line."""
    return " ".join(str(fault).split())[:200] or type(fault).__name__


class Check:
    """One examination of a pack: what does not fit, what is an alarm, what was left out.

    Args:
        pack: the files.
        vkey: the journal's key as known from elsewhere; empty: not known.
    """

    def __init__(self, pack: Pack, vkey: str = "") -> None:
        self.pack = pack
        self.faults: list[Fault] = []
        self.seen_reading = 0
        self.left_out: list[str] = []
        self.alarms: list[dict[str, Any]] = []
        self.outside: dict[int, list[tuple[str, bytes]]] = {}
        self.signatures, self.tree = Signatures(), Tree()
        self.chains, self.receipts = Chains(), Receipts()
        self.attachments = Attachments(pack)
        self.key: Key | None = None
        self.checkpoint: Checkpoint | None = None
        self.attempt("journal.pub", self._read_key)
        if vkey:
            self.attempt("--vkey", self._compare_key, vkey)
        self.attempt("checkpoint.txt", self._read_checkpoint)
        self.devices = self.attempt("devices.json", self._read_devices) or Devices([])

    def attempt(self, what: str, act: Callable[..., Any], *given: Any) -> Any:
        """Do one thing; where the material does not allow it, that is a fault of the material."""
        try:
            return act(*given)
        except UNREADABLE as fault:
            self.faults.append(Fault(None, None, f"{what}: {shortened(fault)}"))
            return None

    def _read_key(self) -> None:
        self.key = read_vkey(self.pack.read("journal.pub").decode("utf-8"))

    def _compare_key(self, vkey: str) -> None:
        outside = read_vkey(vkey.strip())
        if self.key != outside:
            raise Unfit("journal.pub is another key than the one given")

    def _read_checkpoint(self) -> None:
        self.checkpoint = read_checkpoint(self.pack.read("checkpoint.txt"))
        self._check_note(self.checkpoint)

    def _check_note(self, note: Checkpoint) -> None:
        if self.key is None:
            raise Unfit("its signature has no key to be held against")
        wrong = self.signatures.check_note(note, self.key)
        if wrong:
            raise Unfit(wrong)

    def _read_devices(self) -> Devices:
        return Devices(read_json(self.pack.read("devices.json")))

    def give_checkpoint(self, name: str, note: bytes) -> None:
        """Take in a signed checkpoint from outside."""

        def take() -> None:
            given = read_checkpoint(note)
            self.outside.setdefault(given.size, []).append((name, given.root))
            self._check_note(given)

        self.attempt(name, take)

    def give_record(self, record: str) -> None:
        """Take in size and root from a record on paper."""

        def take() -> None:
            size, _, root = record.partition(":")
            self.outside.setdefault(int(size), []).append((record[:24], bytes.fromhex(root)))

        self.attempt("--record", take)

    def run(self) -> None:
        """Read the entries, then what stands behind them."""
        self.attempt("entries.jsonl", self._read_entries)
        self.seen_reading = len(self.faults)
        for finish in (self.devices.finish, self.receipts.finish, self.attachments.finish):
            self.attempt("after the entries", self._take_faults, finish)
        self.attempt("checkpoint.txt", self._compare_root)
        for size in sorted(self.outside):
            if size > self.tree.size:
                names = ", ".join(name for name, _ in self.outside[size])
                what = f"{names}: of {size} entries, and here are {self.tree.size}"
                self.faults.append(Fault(None, None, what))
        found = [*self.chains.alarms(), *self.attachments.alarms()]
        self.alarms = sorted(found, key=lambda each: (each["sequences"], each["kind"]))
        if self.signatures.unchecked:
            self.left_out.append("every signature: the package `cryptography` is not installed")

    def _take_faults(self, finish: Callable[[], Iterator[Fault]]) -> None:
        for fault in finish():
            self.faults.append(fault)
            if len(self.faults) > 2 * MOST_FAULTS:
                raise Unfit("more of this kind")

    def _read_entries(self) -> None:
        if self.checkpoint is None:
            raise Unfit("not read: checkpoint.txt does not say of which case they are")
        case_id = self.checkpoint.origin.partition("/")[2]
        is_in_order = True
        exported = None
        self._compare_outside()
        for line in self.pack.lines("entries.jsonl"):
            place = self.tree.size
            entry = self._read_line(line, place, case_id)
            if entry is None:
                self.tree.add(sha256(b"?"))
            else:
                if entry.sequence != place and is_in_order:
                    is_in_order = False
                    said = f"the order: its sequence is {entry.sequence}, its place {place}"
                    self.faults.append(Fault(place, entry.said["entry_id"], said))
                self._take(entry._replace(sequence=place))
                if entry.device == PROGRAM and entry.said["kind"] == "exported":
                    exported = entry
            self._compare_outside()
            if len(self.faults) >= MOST_FAULTS or place >= self.checkpoint.size:
                raise Unfit(f"not read further than line {place + 1}")
        if exported is not None:
            self.attempt("the entry `exported`", self._compare_files, exported)

    def _read_line(self, line: bytes, place: int, case_id: str) -> Entry | None:
        try:
            return read_entry(line, case_id)
        except UNREADABLE as fault:
            said = f"line {place + 1} of entries.jsonl: {shortened(fault)}"
            self.faults.append(Fault(place, None, said))
            return None

    def _take(self, entry: Entry) -> None:
        self.tree.add(sha256(b"\x00" + entry.payload + entry.signature))
        public, wrong = self.devices.signer(entry)
        if public and self.signatures.fits(public, entry.signature, entry.payload) is False:
            wrong = "the signature does not fit: payload, signature or key were changed"
        if wrong:
            self.faults.append(entry.fault(wrong))
        is_program = entry.device == PROGRAM and wrong is None
        if is_program:
            self.faults.extend(self.devices.take(entry))
        self.faults.extend(self.receipts.take(entry, is_program=is_program))
        self.faults.extend(self.chains.take(entry))
        self.attachments.take(entry, is_program=is_program)

    def _compare_outside(self) -> None:
        for name, root in self.outside.get(self.tree.size, []):
            if root != self.tree.root():
                what = f"{name}: its root is not that of the first {self.tree.size} entries here"
                self.faults.append(Fault(None, None, what))

    def _compare_root(self) -> None:
        if self.checkpoint is None:
            return
        if self.tree.size != self.checkpoint.size:
            raise Unfit(f"is of {self.checkpoint.size} entries, and here are {self.tree.size}")
        if self.tree.root() != self.checkpoint.root:
            raise Unfit("its root is not that of these entries")

    def _compare_files(self, exported: Entry) -> None:
        files = exported.said["body"].get("files")
        for each in files if isinstance(files, list) else []:
            name, digest, size = each["name"], each["sha256"], each["bytes"]
            if self.attempt(name[:80], self.pack.holds, name, digest, size) is False:
                self.faults.append(exported.fault(f"{name[:80]} is not the file that was exported"))

    @property
    def first_bad(self) -> Fault | None:
        """Return the first entry that does not fit: by itself, else by what is said of it."""
        for faults in (self.faults[: self.seen_reading], self.faults):
            placed = [fault for fault in faults if fault.sequence is not None]
            if placed:
                return min(placed, key=lambda fault: fault.sequence or 0)
        return self.faults[0] if self.faults else None

    @property
    def exit_code(self) -> int:
        """Return 0, 1 or 2."""
        return 1 if self.faults else 2 if self.left_out else 0

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for --json."""
        first = self.first_bad
        return {
            "ok": not self.faults,
            "size": self.tree.size,
            "root": self.tree.root().hex(),
            "first_bad": first._asdict() if first else None,
            "faults": [fault._asdict() for fault in self.faults],
            "alarms": self.alarms,
            "gaps": self.chains.gaps(),
            "left_out": self.left_out,
            "not_checked_here": [NOT_CHECKED],
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person is told."""
        if self.checkpoint is not None:
            yield f"log          {self.checkpoint.origin}"
        yield f"size         {self.tree.size}"
        yield f"root         {self.tree.root().hex()}"
        if self.key is not None:
            yield f"fingerprint  {sha256(self.key.public).hex()} (SHA-256 of the journal's key)"
        for alarm in self.alarms[:MOST_FAULTS]:
            places = ", ".join(map(str, alarm["sequences"][:20]))
            yield f"alarm        {alarm['kind']}: {alarm['what']} (entries {places})"
        if len(self.alarms) > MOST_FAULTS:
            yield f"alarm        {len(self.alarms) - MOST_FAULTS} more; --json has all"
        for fault in self.faults[: MOST_FAULTS + 5]:
            place = "" if fault.sequence is None else f"entry {fault.sequence} ({fault.entry_id}): "
            yield f"NOT FITTING  {place}{fault.what}"
        for what in self.left_out:
            yield f"LEFT OUT     {what}"
        yield f"not here     {NOT_CHECKED}"
        yield ("all fits", "something does not fit", "nothing unfit, not all checked")[
            self.exit_code
        ]


def main(words: list[str] | None = None) -> int:
    """Check a pack, say what was found, and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dir", nargs="?", default=str(Path(__file__).resolve().parent))
    for name in ("--checkpoint", "--record"):
        parser.add_argument(name, action="append", default=[])
    parser.add_argument("--vkey", default="")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(words)
    try:
        check = Check(Pack(Path(asked.dir)), asked.vkey)
    except UNREADABLE as fault:
        say(f"NOT FITTING  {asked.dir}: {fault}")
        return 1
    for name in asked.checkpoint:
        try:
            check.give_checkpoint(name, Path(name).read_bytes())
        except OSError as fault:
            check.left_out.append(f"the checkpoint {name}: {fault}")
    for record in asked.record:
        check.give_record(record)
    check.run()
    if asked.json:
        say(json.dumps(check.as_dict()))
    else:
        for line in check.lines():
            say(line)
        if not (asked.checkpoint or asked.vkey or asked.record):
            for line in FORGED:
                say(line)
    return check.exit_code


def say(line: str) -> None:
    """Print one line; what a terminal would obey is printed as an escape."""
    sys.stdout.write((line if line.isprintable() else ascii(line)[1:-1]) + "\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main())
