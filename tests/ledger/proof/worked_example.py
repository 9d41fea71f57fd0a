"""The worked example of docs/verifier.md, computed: the page holds exactly these lines."""

from __future__ import annotations

import hashlib

from tests.ledger.proof.naive_pack import (
    ORIGIN,
    Log,
    b64,
    leaf_of,
    note_of,
    public_of,
    root_of,
    vkey_of,
)

PAGE = "docs/verifier.md"


def blocks() -> dict[str, str]:
    """Return the blocks of the page by name."""
    log = Log()
    log.enrol("tablet-1")
    entry = log.write("tablet-1", "found")
    log.batch([entry])
    leaves = [leaf_of(row) for row in log.rows]
    two = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    assert root_of(leaves) == hashlib.sha256(b"\x01" + two + leaves[2]).digest()
    key_hash = hashlib.sha256(ORIGIN.encode() + b"\n\x01" + public_of("checkpoint")).digest()[:4]
    payload = entry["payload"]
    leaf = [
        f"payload ({len(payload)} bytes)  {payload.decode()}",
        f"SHA-256 of the payload  {hashlib.sha256(payload).hexdigest()}",
        f"public key of tablet-1  {public_of('tablet-1').hex()}",
        f"signature  {entry['signature'].hex()}",
        f"leaf hash  {leaves[1].hex()}",
    ]
    tree = [
        *(f"leaf {number}  {leaf.hex()}" for number, leaf in enumerate(leaves)),
        f"leaves 0 and 1  {two.hex()}",
        f"root of 3  {root_of(leaves).hex()}",
        f"root of 0  {hashlib.sha256(b'').hexdigest()}",
    ]
    key = [
        f"public key  {public_of('checkpoint').hex()}",
        f"key hash  {key_hash.hex()}",
        f"vkey  {vkey_of('checkpoint')}",
        f"fingerprint  {hashlib.sha256(public_of('checkpoint')).hexdigest()}",
        f"base64 of the root  {b64(root_of(leaves))}",
    ]
    return {
        "leaf": "\n".join(leaf),
        "tree": "\n".join(tree),
        "key": "\n".join(key),
        "checkpoint": note_of(log.rows, "checkpoint").rstrip("\n"),
    }
