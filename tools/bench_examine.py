"""Speed of unpacking against plain-Python decoders of the same formats, in one run.

    python tools/bench_examine.py [--json FILE] [--image FILE]    (`make bench-examine`)

ALICE and ZIMAGE are decoded by the package and by `plain_alice` and `plain_lzma`, on segments that
the tests' encoders make, and on real builds where $PORTIQUE_REAL_DATA names them. Then a whole
image of 16 MiB, or the one that --image names, is examined: by `examine phone`, which unpacks it
once, by the three commands of which it gives the answers, and by unblob's attempt where that is
installed or $UNBLOB names it. All begin after one run that compiles what a new machine lacks; of
three runs the one with the least time of processor is told. Memory is each process's peak.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.examine.content import phones  # noqa: E402 - after the path to tests
from tests.examine.firmware import images  # noqa: E402
from tests.examine.firmware.volumes import flash_blocks  # noqa: E402

from portique.examine.firmware import alice, branches, lzma_stream, zimage  # noqa: E402
from portique.examine.firmware.lzma_stream import Properties  # noqa: E402
from tools import fleet_dumps, plain_alice, plain_lzma  # noqa: E402

IMAGE_BYTES = 16 << 20
_ROUNDS = 5
_RUNS = 3
_ALONE = 13
_KNOWN = {"94e2972d": "LinkIt ONE 1.0.34", "4621800f": "SIM800C 1418B02"}
Row = dict[str, Any]


def main() -> int:
    """Run the bench; print the figures, and write them with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--image", type=Path, help="an image to examine in place of the built one")
    asked = parser.parse_args()
    whole = whole_image(
        asked.image
    )  # first, while this process is small: a child begins with its memory
    rows: list[Row] = []
    first_call_s = _first_call_s()
    for name, image in [("built", built()), *real()]:
        rows += decoders(name, image)
    print(f"{'segment':<30}{'MB':>7}{'ours MB/s':>11}{'plain MB/s':>12}{'times':>8}")
    for row in rows:
        print(
            f"{row['segment']:<30}{row['mb']:>7.2f}{row['ours']:>11.1f}{row['plain']:>12.2f}"
            f"{row['ours'] / row['plain']:>8.0f}"
        )
    print(
        f"first call of the compiled loop: {first_call_s:.1f} s (stored: {_first_call_s():.1f} s)"
    )
    for each in whole:
        print(
            f"{each['program']:<22}{each['cpu_s']:>8.1f} s CPU {each['clock_s']:>8.1f} s clock"
            f"{each['rss_mib']:>7.0f} MiB"
            f"  {each['what']}"
        )
    if asked.json:
        told = {"decoders": rows, "whole": whole, "first_call_s": first_call_s}
        asked.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0


def _first_call_s() -> float:
    """Return seconds until the compiled loop has run once, in a new process."""
    code = (
        "from portique.examine.firmware.lzma_stream import *;import time;t=time.monotonic();"
        "decode(bytes(40), Properties(2, 0, 2), 0, is_compiled=True);print(time.monotonic()-t)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return float(found.stdout)


def built() -> bytes:
    """Return a VIVA file whose code repeats as code does: some megabytes of it."""
    code = b"".join(fleet_dumps.functions(1, 3_000))
    chance = np.random.default_rng(2)
    pieces = [code[at : at + 64] for at in chance.integers(0, len(code) - 64, 18_000).tolist()]
    plain = b"".join(pieces)
    plain = plain[: len(plain) // 128 * 128]
    return images.viva(plain, plain[: 700 << 10], zimage.window_of(plain[: 64 << 10]), 1)


def real() -> list[tuple[str, bytes]]:
    """Return real builds that are known by hash, where they are at hand."""
    folder = Path(os.environ.get("PORTIQUE_REAL_DATA", ROOT / ".." / "shared" / "real"))
    found: dict[str, bytes] = {}
    for path in sorted((folder / "firmware").rglob("*")):
        if path.is_file() and path.stat().st_size < 8 << 20:
            content = path.read_bytes()
            name = _KNOWN.get(hashlib.sha256(content).hexdigest()[:8])
            if name:
                found[name] = content
    return sorted(found.items())


def decoders(name: str, image: bytes) -> list[Row]:
    """Return the speeds of both decoders on the segments of a VIVA file."""
    at = image.find(b"ALICE_")
    found = alice.decode(image, at)
    rows = [
        _row(
            f"ALICE, {name}",
            lambda: alice.decode(image, at).plain,
            lambda: plain_alice.decode(image, at),
        )
    ]
    start = image.find((1).to_bytes(4, "little") + (3).to_bytes(4, "little") + b"\x18\0\0\0")
    if start < 0 or image[start + 24] != 0x5C:
        return rows
    window = zimage.window_of(branches.mend_alice(found.plain, found.header.version))
    if name == "built":
        window = zimage.window_of(found.plain[: 64 << 10])
    length = zimage.length_at(image, start)
    stream = image[start + zimage.HEADER_BYTES + _ALONE : start + length]
    size = int.from_bytes(image[start + 20 : start + 24], "little")
    properties = Properties.of(0x5C)
    rows.append(
        _row(
            f"ZIMAGE, {name}",
            lambda: lzma_stream.decode(stream, properties, size, window=window)[0],
            lambda: plain_lzma.decode(stream, properties, size, window)[0],
        )
    )
    return rows


def _row(segment: str, ours: Callable[[], bytes], plain: Callable[[], bytes]) -> Row:
    first = ours()
    started = time.process_time()
    for _ in range(_ROUNDS):
        ours()
    ours_s = (time.process_time() - started) / _ROUNDS
    started = time.process_time()
    second = plain()
    plain_s = time.process_time() - started
    if first != second:
        raise AssertionError(f"{segment}: the decoders do not agree")
    mb = len(first) / 1e6
    return {"segment": segment, "mb": mb, "ours": mb / ours_s, "plain": mb / plain_s}


def whole_image(given: Path | None = None) -> list[Row]:
    """Return time and memory of the whole examination of an image, and of unblob's attempt.

    Args:
        given: the image; None: one of 16 MiB is built, with ROM, ALICE, ZIMAGE and a user area.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = given.resolve() if given else _built_image(Path(folder) / "image.bin")
        portique = [str(Path(sys.executable).parent / "portique"), "examine"]
        _run("first", [*portique, "phone", str(path), "--json"], "")
        alone = [
            _best("examine unpack", [*portique, "unpack", str(path), "{out}", "--json"], "parts"),
            _best("examine firmware", [*portique, "firmware", str(path), "--json"], "what it does"),
            _best("examine content", [*portique, "content", str(path), "--json"], "what it holds"),
        ]
        phone = [*portique, "phone", str(path), "--out", "{out}", "--json"]
        rows = [_best("examine phone", phone, "parts, what it does and holds: one unpacking")]
        rows += [*alone, _together(alone)]
        unblob = shutil.which(os.environ.get("UNBLOB", "unblob"))
        if unblob is None:
            absent = {"program": "unblob", "cpu_s": 0.0, "clock_s": 0.0, "rss_mib": 0.0}
            rows.append({**absent, "what": "not installed: pip install unblob, UNBLOB=its path"})
        else:
            rows.append(_best("unblob", [unblob, "-e", "{out}", str(path)], "parts that it knows"))
    return rows


def _built_image(path: Path) -> Path:
    code = fleet_dumps.image(0, 2 << 20).rstrip(b"\xff") + b"\xff" * 4096
    firmware = (code + built()).ljust(12 << 20, b"\xff")
    area = flash_blocks(phones.volume(phones.FILES))
    path.write_bytes((firmware + area).ljust(IMAGE_BYTES, b"\xff"))
    return path


def _best(program: str, command: list[str], what: str) -> Row:
    """Return the run with the least time of processor; each writes into a folder of its own."""
    runs = []
    for _ in range(_RUNS):
        with tempfile.TemporaryDirectory() as folder:
            words = [word.replace("{out}", f"{folder}/out") for word in command]
            runs.append(_run(program, words, what))
    return min(runs, key=lambda row: float(row["cpu_s"]))


def _together(rows: list[Row]) -> Row:
    total: Row = {name: sum(row[name] for row in rows) for name in ("cpu_s", "clock_s")}
    peak = max(row["rss_mib"] for row in rows)
    return {**total, "program": "the three commands", "rss_mib": peak, "what": "the same answers"}


def _run(program: str, command: list[str], what: str) -> Row:
    started = time.monotonic()
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with (
        tempfile.TemporaryDirectory() as here,  # unblob writes its log where it is started
        subprocess.Popen(command, cwd=here, **quiet) as child,
    ):
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return {
        "program": program,
        "cpu_s": used.ru_utime + used.ru_stime,
        "clock_s": time.monotonic() - started,
        "rss_mib": used.ru_maxrss / 1024,
        "what": what if child.returncode == 0 else f"exit code {child.returncode}",
    }


if __name__ == "__main__":
    sys.exit(main())
