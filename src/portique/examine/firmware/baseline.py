"""Texts that the vendors' own kits hold, as hashes: they say nothing of one phone.

`baseline.bin` holds the first eight bytes of the SHA-256 of each text, sorted; it was computed by
`tools/firmware_baseline.py` from public builds of MediaTek modules. It holds no text.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

HASH_BYTES = 8


def hash_of(value: str) -> bytes:
    """Return what stands for a text in the baseline."""
    return hashlib.sha256(value.encode("utf-8")).digest()[:HASH_BYTES]


@cache
def known() -> frozenset[bytes]:
    """Return the hashes of the baseline."""
    raw = (resources.files("portique.examine.firmware") / "baseline.bin").read_bytes()
    return frozenset(raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES))
