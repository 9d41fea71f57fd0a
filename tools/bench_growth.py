"""How time grows with records: identify and locate over worlds of several scales (`make bench`).

    python -m tools.bench_growth [WORLD...] [--scales tiny,small] [--folder build/bench]

A world is a folder with `case/derived` as `portique run` left it. It is only read: both stages
write into a folder of their own. For every world: records, seconds of processor of each stage, and
memory at most, each world in a process of its own. Then the exponent p of
`seconds = a (n log n)^p`: 1 or less means that time grows no faster than n log n.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from portique.core.case import read_case
from portique.core.progress import silent
from portique.core.tables import INPUT
from portique.engine.store import Store
from portique.identify.stage import run as identify
from portique.locate.stage import run as locate
from tools.machine import Busyness

GIB = 2**20  # the system counts a process's memory in KiB
STAGES = {"identify": identify, "locate": locate}
READ = ("source", "record", "sighting", "tac_name", "set_aside", *INPUT)
"""Tables that `collect` wrote."""


def main() -> int:
    """Measure every world, smallest first, and print the exponent over all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world", nargs="*", type=Path)
    parser.add_argument("--scales", default="tiny,small", help="simulated where no world is given")
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(stages_of(asked.one)))
        return 0
    machine = Busyness()
    worlds = asked.world or [simulated(asked.folder / scale) for scale in asked.scales.split(",")]
    rows = sorted(measure(world) for world in worlds)
    print("\n".join(report(rows)))
    print(machine.line())
    return 0


def simulated(world: Path) -> Path:
    """Return a world of the scale that its folder is named after, simulated and run if missing."""
    portique = str(Path(sys.executable).with_name("portique"))
    if not (world / "case").is_dir():
        subprocess.run([portique, "simulate", str(world), "--scale", world.name], check=True)
    if not (world / "case/derived/record.parquet").is_file():
        subprocess.run([portique, "run", str(world / "case")], check=True, capture_output=True)
    return world


Row = tuple[int, dict[str, float], float]
"""Records, seconds of processor of each stage, GiB at most."""


def measure(world: Path) -> Row:
    """Run both stages on one world in a process of its own."""
    records = pq.read_metadata(world / "case/derived/record.parquet").num_rows
    with tempfile.TemporaryFile() as out:
        command = [sys.executable, "-m", "tools.bench_growth", "--one", str(world)]
        process = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        out.seek(0)
        said = out.read()
    if status:
        raise SystemExit(f"{world}: identify or locate ended with {status >> 8}")
    return records, json.loads(said), round(used.ru_maxrss / GIB, 2)


def stages_of(world: Path) -> dict[str, float]:
    """Return the seconds of processor of each stage; what they write is thrown away."""
    case = world.resolve() / "case"
    settings, took = read_case(case), {}
    scratch = Path(tempfile.mkdtemp())
    try:
        derived = scratch / "derived"
        derived.mkdir()
        for name in READ:
            table = case / "derived" / f"{name}.parquet"
            if table.is_file():
                (derived / table.name).symlink_to(table)
        with Store(derived, scratch / "spill", memory_gib=2.0) as store:
            for name, run in STAGES.items():
                begun = time.process_time()
                run(settings, store, silent)
                took[name] = round(time.process_time() - begun, 2)
    finally:
        shutil.rmtree(scratch)
    return took


def report(rows: list[Row]) -> Iterator[str]:
    """Yield one line a world, then how time grows."""
    heads = (("records", 12), ("identify", 10), ("locate", 10), ("both", 10), ("us / n ln n", 12))
    yield " ".join(f"{head:>{width}}" for head, width in (*heads, ("GiB", 6)))
    for records, took, gib in rows:
        both = sum(took.values())
        each = 1e6 * both / n_log_n(records)
        yield (
            f"{records:>12,} {took['identify']:>8.1f} s {took['locate']:>8.1f} s {both:>8.1f} s "
            f"{each:>12.3f} {gib:>6.2f}"
        )
    totals = [(records, sum(took.values())) for records, took, _ in rows]
    for (fewer, less), (more, longer) in pairwise(totals):
        if more > fewer:
            step = exponent([(fewer, less), (more, longer)])
            yield f"from {fewer:,} to {more:,} records: (n log n)^{step:.2f}"
    if len({records for records, _ in totals}) > 1:
        yield f"over all: (n log n)^{exponent(totals):.2f}"


def n_log_n(records: int) -> float:
    """Return n ln n, at least 1."""
    return max(1.0, records * math.log(max(2, records)))


def exponent(totals: list[tuple[int, float]]) -> float:
    """Return p of seconds = a (n log n)^p, by least squares on both logarithms.

    >>> round(exponent([(n, 3 * n_log_n(n)) for n in (1_000, 50_000, 10**6)]), 6)
    1.0
    """
    x = np.log([n_log_n(records) for records, _ in totals])
    y = np.log([max(seconds, 1e-3) for _, seconds in totals])
    return float(np.polyfit(x, y, 1)[0])


if __name__ == "__main__":
    sys.exit(main())
