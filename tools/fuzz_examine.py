"""Fuzz every parser of the examination of images with atheris, one process at a time.

    python tools/fuzz_examine.py [--seconds 60] [--target NAME ...] [--keep FOLDER]   (`make fuzz`)

Each target runs for so many seconds of processor (and at most ten times as long by the clock) in
processes of its own, at the lowest priority, from the small images that the tests build. A target
fails on any exception that the walk over an image does not turn into a finding, on more than 1 GiB
of memory and on an input that takes more than 20 seconds; the input that did it is kept under
FOLDER, where the corpus is (`.fuzz`, never committed).
Prints executions and findings for each target; exit code 1 where anything was found.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
MOST_RSS_MIB = 1024
MOST_SECONDS = 20
LONGEST = 1 << 16
MOST_CLOCK = 10
ROUND_SECONDS = 20
"""A process lives no longer: what atheris notes of comparisons of arrays is never given back."""
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def main() -> int:
    """Run the targets that were asked for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--target", action="append")
    parser.add_argument("--keep", type=Path, default=ROOT / ".fuzz")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        return _fuzz(asked.here, asked.keep / asked.here, asked.seconds)
    rows = [_spawn(name, asked.keep, asked.seconds) for name in asked.target or sorted(TARGETS)]
    for row in rows:
        print(row["line"])
    print(f"{_processor_seconds():,.0f} seconds of processor")
    print(
        f"{sum(row['runs'] for row in rows):,} executions, {sum(r['failed'] for r in rows)} failed"
    )
    return int(any(row["failed"] for row in rows))


def _spawn(name: str, keep: Path, seconds: int) -> dict[str, Any]:
    folder = keep / name
    folder.mkdir(parents=True, exist_ok=True)
    runs, ended_with = 0, 0
    used_before, until = _processor_seconds(), time.monotonic() + MOST_CLOCK * seconds
    while not ended_with and time.monotonic() < until:
        left = seconds - int(_processor_seconds() - used_before)
        if left <= 0:
            break
        ended_with, more = _round(name, keep, max(1, min(left, ROUND_SECONDS)))
        runs += more
    took = _processor_seconds() - used_before
    what = "nothing found" if ended_with == 0 else f"FAILED, see {keep.name}/{name}.log"
    line = f"{name:<16}{runs:>12,} runs {took:>7.0f} s of processor   {what}"
    print(line, file=sys.stderr, flush=True)
    return {"line": line, "runs": runs, "failed": int(ended_with != 0)}


def _processor_seconds() -> float:
    """What the processes that have ended used, user and system."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _round(name: str, keep: Path, seconds: int) -> tuple[int, int]:
    """Fuzz in a new process; return what it ended with and how many inputs it tried."""
    words = ["--here", name, "--keep", str(keep), "--seconds", str(seconds)]
    log = keep / f"{name}.log"
    with log.open("wb") as file:
        ended_with = subprocess.run(
            ["nice", "-n", "19", sys.executable, __file__, *words],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            check=False,
        ).returncode
    found = _EXECUTED.findall(log.read_text(encoding="utf-8", errors="replace"))
    return ended_with, int(found[-1]) if found else 0


def _fuzz(name: str, folder: Path, seconds: int) -> int:
    """Fuzz one target in this process; libFuzzer ends the process itself."""
    import atheris  # noqa: PLC0415 - only the process that fuzzes loads it

    sys.path.insert(0, str(ROOT))
    # numba compiles the byte code of these as it is.
    with atheris.instrument_imports(
        include=["portique.examine", "tools.plain_lzma"],
        exclude=[
            "portique.examine.firmware.lzma_kernel",
            "portique.examine.firmware.functions",
        ],
    ):
        from tools import fuzz_targets  # noqa: PLC0415 - so that it is instrumented
    target, seeds = fuzz_targets.target(name)
    for number, seed in enumerate(seeds):
        (folder / f"seed{number}").write_bytes(seed)
    words = [sys.argv[0], str(folder), f"-max_total_time={seconds}", f"-max_len={LONGEST}"]
    words += [f"-rss_limit_mb={MOST_RSS_MIB}", f"-timeout={MOST_SECONDS}", "-reload=0"]
    words += [f"-artifact_prefix={folder.parent}/{name}-", "-print_final_stats=1", "-verbosity=1"]
    atheris.Setup(words, target)
    atheris.Fuzz()
    return 0


TARGETS = (
    "acts",
    "alice",
    "behaviours",
    "byte_lz",
    "content",
    "content_files",
    "drps",
    "fat",
    "flash_blocks",
    "functions",
    "items",
    "lzma",
    "nv",
    "pac",
    "references",
    "registers",
    "scatter",
    "strings",
    "unpack",
    "zimage",
)

if __name__ == "__main__":
    sys.exit(main())
