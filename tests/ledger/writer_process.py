"""A process that writes a journal until it is killed, and says what was acknowledged."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from tests.ledger.made_journal import MadeDevice

from portique.ledger.journal import Journal
from portique.ledger.program import hex_sha256


def write(case: Path, run: int, told: Connection) -> None:
    """Write without end, and tell sequence and hash of each entry that was acknowledged.

    Args:
        case: the case folder.
        run: a number for its entries.
        told: takes one line for each entry.
    """
    device = MadeDevice("d1")
    device.seq = run * 1_000_000
    with Journal.open(case, create=True) as journal:
        while True:
            payloads = [device.payload() for _ in range(5)]
            accepted = journal.accept([device.sign(each) for each in payloads], "d1")
            for payload, judged in zip(payloads, accepted.results, strict=True):
                told.send_bytes(f"{judged.sequence} {hex_sha256(payload)}".encode())
