"""Which codes of a fleet are one build: exactly the same, or of nearly the same functions.

Codes that differ are compared in two steps: TLSH of the unpacked code says which pairs are worth
the second look (same product 24 to 33, others 120 to 166 on real builds), then the share of common
functions decides (0.91 to 0.93 against 0.11 to 0.41). Codes of one name are compared in any case.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tlsh

from portique.core.errors import Refused
from portique.examine.firmware.functions import FEWEST_BYTES, functions_of
from portique.examine.firmware.unpack import unpack

CANDIDATE_BELOW = 40
SAME_FROM = 0.9
_CODE_KINDS = (
    "boot", "boot_extended", "rom", "alice_branches", "zimage_branches", "boot_zimage_branches",
    "dcmcmp_branches", "stone", "memory", "drps",
)  # fmt: skip
_LISTED = 50

Hashes = npt.NDArray[np.uint64]
Examiner = Callable[[Path], dict[str, Any]]
"""What `examine firmware` says of an image file."""


@dataclass(frozen=True)
class Code:
    """One distinct code, unpacked once.

    Args:
        sha256: of the code as it stands in the image.
        build_string: as the image has it.
        tlsh: of the unpacked code; "" where that is too short or too even.
        functions: hashes of its functions, sorted, each once.
        places: where each function was seen first: segment and address, in the order of hashes.
        explained_share: of the first image that has it.
        findings: what `examine firmware` says, or that it was not asked.
        why: why it could not be unpacked; "" where it could.
    """

    sha256: str
    build_string: str
    tlsh: str = ""
    functions: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))
    places: list[str] = field(default_factory=list)
    explained_share: float = 0.0
    findings: dict[str, Any] = field(default_factory=dict)
    why: str = ""


def unpacked_code(image: bytes, sha256: str, build_string: str, examiner: Examiner | None) -> Code:
    """Return one code, unpacked and, where an examiner is given, examined.

    Args:
        image: the first image that has it.
        sha256: of the code.
        build_string: as the image has it.
        examiner: `examine firmware`; None: not asked.
    """
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "image.bin", Path(folder) / "out"
        path.write_bytes(image)
        try:
            account = unpack(path, out)
            findings = examiner(path) if examiner else _NOT_ASKED
        except Refused as fault:
            return Code(sha256, build_string, findings=_NOT_ASKED, why=fault.what)
        parts = [
            (each, (out / each["file"]).read_bytes())
            for each in account["segments"]
            if each["segment"] in _CODE_KINDS
        ]
    functions, places = _functions(parts)
    digest = tlsh.hash(b"".join(content for _, content in parts))
    return Code(
        sha256=sha256,
        build_string=build_string,
        tlsh="" if digest == "TNULL" else str(digest),
        functions=functions,
        places=places,
        explained_share=account["explained_share"],
        findings=findings,
    )


_NOT_ASKED: dict[str, Any] = {"state": "firmware not examined for behaviours"}


def _functions(parts: Sequence[tuple[dict[str, Any], bytes]]) -> tuple[Hashes, list[str]]:
    seen: dict[int, str] = {}
    for account, content in parts:
        address = int(account["address"] or "0", 16)
        found = functions_of(content, address)
        long_enough = np.flatnonzero(found.ends - found.starts >= FEWEST_BYTES)
        for number in long_enough.tolist():
            place = f"{account['segment']}:{address + int(found.starts[number]):#010x}"
            seen.setdefault(int(found.hashes[number]), place)
    ordered = sorted(seen)
    return np.array(ordered, np.uint64), [seen[each] for each in ordered]


def likeness(first: Code, second: Code) -> float:
    """Return the share of functions that two codes have in common, by all that either has."""
    common = len(np.intersect1d(first.functions, second.functions, assume_unique=True))
    either = len(first.functions) + len(second.functions) - common
    return common / either if either else 0.0


def alike(codes: Sequence[Code]) -> list[tuple[int, int, float]]:
    """Return the pairs of codes that are one build, with the share of common functions."""
    found = []
    digests = [_digest(code.tlsh) for code in codes]
    for first, second in combinations(range(len(codes)), 2):
        one, other = digests[first], digests[second]
        named = codes[first].build_string and (
            codes[first].build_string == codes[second].build_string
        )
        near = one is not None and other is not None and one.diff(other) < CANDIDATE_BELOW
        if not (named or near):
            continue
        share = likeness(codes[first], codes[second])
        if share >= SAME_FROM:
            found.append((first, second, share))
    return found


def _digest(text: str) -> Any:
    if not text:
        return None
    digest = tlsh.Tlsh()
    digest.fromTlshStr(text)
    return digest


def grouped(count: int, pairs: Sequence[tuple[int, int, float]]) -> list[list[int]]:
    """Return groups of numbers that pairs connect, each sorted, by their least member.

    >>> grouped(4, [(0, 2, 1.0), (2, 3, 1.0)])
    [[0, 2, 3], [1]]
    """
    head = list(range(count))

    def root(number: int) -> int:
        while head[number] != number:
            head[number] = head[head[number]]
            number = head[number]
        return number

    for first, second, _ in pairs:
        low, high = sorted((root(first), root(second)))
        head[high] = low
    groups: dict[int, list[int]] = {}
    for number in range(count):
        groups.setdefault(root(number), []).append(number)
    return list(groups.values())


def differing(code: Code, reference: Code) -> dict[str, Any]:
    """Return which functions a code has that the reference lacks, and which it lacks."""
    added = np.flatnonzero(~np.isin(code.functions, reference.functions)).tolist()
    gone = np.flatnonzero(~np.isin(reference.functions, code.functions)).tolist()
    words = f"{len(added):,} functions that its build lacks, {len(gone):,} of its build lack"
    if code.why or reference.why:
        words = f"functions not compared: {code.why or reference.why}"
    elif not added and not gone:
        words = "the same functions: the difference is in data, or in what was not unpacked"
    return {
        "words": words,
        "reference_code_sha256": reference.sha256,
        "functions_added": [code.places[each] for each in added[:_LISTED]],
        "functions_added_count": len(added),
        "functions_gone": [reference.places[each] for each in gone[:_LISTED]],
        "functions_gone_count": len(gone),
    }
