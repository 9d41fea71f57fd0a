"""Time and memory of one run on a simulated world, first and again (`make bench`).

    python tools/bench.py [--scale small] [--folder build/bench]

The world is kept, so that a second bench starts at once; what was derived is deleted first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

GIB = 2**20  # the system counts a process's memory in KiB


def main() -> int:
    """Simulate the world where it is missing, run it twice, print one line a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="small")
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    asked = parser.parse_args()
    world = asked.folder / asked.scale
    case = world / "case"
    if not case.is_dir():
        measure("simulate", "simulate", str(world), "--scale", asked.scale)
    shutil.rmtree(case / "derived", ignore_errors=True)
    shutil.rmtree(case / ".portique", ignore_errors=True)
    measure("run", "run", str(case))
    measure("run again", "run", str(case))
    return 0


def measure(what: str, *words: str) -> None:
    """Run one command of `portique` and print elapsed time, processor time and peak memory."""
    started = time.monotonic()
    command = [str(Path(sys.executable).with_name("portique")), *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    elapsed = time.monotonic() - started
    if status:
        raise SystemExit(f"portique {' '.join(words)} ended with {status >> 8}")
    print(
        f"{what:<10} {elapsed:8.1f} s elapsed {used.ru_utime + used.ru_stime:8.1f} s of processor "
        f"{used.ru_maxrss / GIB:6.2f} GiB at most"
    )


if __name__ == "__main__":
    sys.exit(main())
