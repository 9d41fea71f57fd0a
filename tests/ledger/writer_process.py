"""A process that writes a journal until it is killed, and says what was acknowledged.

Arguments: the case folder, a number for its entries. Prints the sequence and hash of each entry
that `accept` has answered for, one line each.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.ledger.made_journal import MadeDevice

from portique.ledger.journal import Journal
from portique.ledger.program import hex_sha256


def main(case: Path, run: int) -> None:
    """Write without end."""
    device = MadeDevice("d1")
    device.seq = run * 1_000_000
    with Journal.open(case, create=True) as journal:
        while True:
            payloads = [device.payload() for _ in range(5)]
            accepted = journal.accept([device.sign(each) for each in payloads], "d1")
            for payload, judged in zip(payloads, accepted.results, strict=True):
                print(judged.sequence, hex_sha256(payload), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
