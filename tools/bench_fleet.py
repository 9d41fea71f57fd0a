"""Time and memory of `examine fleet` on invented images of 4 MiB, made on the fly.

    python tools/bench_fleet.py [--dumps 1000] [--behaviours] [--json FILE]   (`make bench-fleet`)

The generator runs in the same two processes as the examination, because twenty gigabytes on a disk
would measure the disk; its own time is measured apart and said. Memory is that of all processes
together. The answer is compared with what the generator made: builds, and modified phones.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from portique.examine.content.examine import Asked  # noqa: E402 - after the path to tools
from portique.examine.fleet.dump import Source  # noqa: E402
from portique.examine.fleet.examine import examine_sources  # noqa: E402
from portique.flow.images import firmware_findings  # noqa: E402
from tools import fleet_dumps  # noqa: E402

SIZE = 4 << 20
SAMPLED = 40


class Memory(threading.Thread):
    """Samples the resident memory of this process and its children."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_mib = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        """Sample four times a second."""
        while not self.over.wait(0.25):
            own = Path("/proc/self/task").glob("*/children")
            pids = ["self", *" ".join(path.read_text() for path in own).split()]
            self.most_mib = max(self.most_mib, sum(_resident_mib(pid) for pid in pids))


def _resident_mib(pid: str) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 2**20


def main() -> int:
    """Run the bench; print the figures, and write them with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dumps", type=int, default=1000)
    parser.add_argument("--behaviours", action="store_true", help="examine each build's firmware")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    sources = [Source(f"{n:05}", fleet_dumps.Synthetic(n, SIZE)) for n in range(asked.dumps)]
    generator_s = _generator_s(sources)
    memory = Memory()
    memory.start()
    started, before_s = time.monotonic(), _cpu_s()
    told, _ = examine_sources(
        sources, Asked(), examiner=firmware_findings if asked.behaviours else None
    )
    took = time.monotonic() - started
    memory.over.set()
    row = {
        "dumps": asked.dumps,
        "mib_each": SIZE >> 20,
        "wall_s": round(took, 1),
        "cpu_s": round(_cpu_s() - before_s, 1),
        "dumps_per_s": round(asked.dumps / took, 1),
        "generator_s_each": round(generator_s, 4),
        "most_mib": round(memory.most_mib),
        **_compared(told),
    }
    for name, value in row.items():
        print(f"{name:<22}{value}")
    if asked.json:
        asked.json.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
    return 0


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _generator_s(sources: list[Source]) -> float:
    """Return seconds of the generator for one image of a build that was made before."""
    some = sources[:SAMPLED]
    for source in some:
        source.read()
    started = time.process_time()
    for source in some:
        source.read()
    return (time.process_time() - started) / len(some)


def _compared(told: dict[str, Any]) -> dict[str, Any]:
    phones = told["phones"]
    wanted = {n for n in range(len(phones)) if fleet_dumps.is_modified(n)}
    found = {n for n, phone in enumerate(phones) if phone["modified"]}
    products = {fleet_dumps.build_of(n) // fleet_dumps.PER_PRODUCT for n in range(len(phones))}
    return {
        "builds": len(told["builds"]),
        "products_made": len(products),
        "codes": sum(len(build["codes"]) for build in told["builds"]),
        "modified_found": f"{len(found & wanted)} of {len(wanted)}",
        "modified_wrongly": len(found - wanted),
        "messages": sum(len(phone["content"]["messages"]) for phone in phones),
        "imeis": sum(len(phone["content"]["imeis"]) for phone in phones),
    }


if __name__ == "__main__":
    sys.exit(main())
