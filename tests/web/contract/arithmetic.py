"""What a stranger computes of the log: leaves, roots, proofs, notes; nothing of the package.

Source: RFC 6962 section 2.1, RFC 9162 sections 2.1.3.2 and 2.1.4.2, C2SP signed-note.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def leaf(payload: bytes, signature: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + payload + signature).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves, as the definition says it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node(root(leaves[:half]), root(leaves[half:]))


def is_in(leaf_hash: bytes, sequence: int, size: int, path: Sequence[bytes], top: bytes) -> bool:
    """Return whether a path leads from a leaf to a root."""
    place, last, found = sequence, size - 1, leaf_hash
    for each in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node(each, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, each)
        place, last = place >> 1, last >> 1
    return last == 0 and found == top


def begins(old: int, new: int, path: Sequence[bytes], olds: bytes, news: bytes) -> bool:
    """Return whether a path shows that the tree of `new` leaves begins with that of `old`."""
    if old in {0, new}:
        return not path and (old == 0 or olds == news)
    steps = [olds, *path] if old & (old - 1) == 0 else list(path)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    one = other = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            one, other = node(each, one), node(each, other)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            other = node(other, each)
        place, last = place >> 1, last >> 1
    return last == 0 and one == olds and other == news


class Note(NamedTuple):
    """What a signed checkpoint says."""

    origin: str
    size: int
    root: bytes


def read_note(text: str, vkey: str) -> Note:
    """Return a checkpoint whose signature fits a vkey; fail otherwise."""
    name, key_hash, key = vkey.strip().split("+", 2)
    public = base64.b64decode(key, validate=True)
    assert public[0] == 1
    assert hashlib.sha256(f"{name}\n".encode() + public).digest()[:4].hex() == key_hash
    said, _, signed = text.partition("\n\n")
    dash, signer, blob = signed.rstrip("\n").split(" ")
    raw = base64.b64decode(blob, validate=True)
    assert (dash, signer, raw[:4].hex()) == ("\u2014", name, key_hash)
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], f"{said}\n".encode())
    origin, size, top = said.split("\n")[:3]
    assert text.endswith("\n")
    return Note(origin, int(size), base64.b64decode(top, validate=True))
