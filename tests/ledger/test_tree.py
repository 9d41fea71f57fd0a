"""The tree against RFC 6962, written down a second time from its definitions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    Node,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_of,
    root_of_leaves,
)

# The eight inputs, and their roots, that implementations of Certificate Transparency share.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def mth(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash by its definition."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return PATH(m, D[n]) by its definition."""
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    """Return SUBPROOF(m, D[n], b) by its definition."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if m <= k:
        return [*subproof(m, leaves[:k], whole=whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], whole=False), mth(leaves[:k])]


def grown(leaves: Sequence[bytes]) -> Node:
    """Return the nodes that a growing tree hands out."""
    nodes: dict[tuple[int, int], bytes] = {}
    edge = Frontier(0)
    for leaf in leaves:
        made = edge.append(leaf_hash(leaf, b""))
        nodes.update({(level, index): whole for level, index, whole in made})
    return lambda level, index: nodes[level, index]


def test_the_roots_are_those_that_others_publish() -> None:
    """From one leaf to eight, and of none."""
    for size, root in enumerate(ROOTS, 1):
        assert root_of_leaves(leaf_hash(each, b"") for each in INPUTS[:size]).hex() == root
    assert mth([]) == EMPTY_ROOT
    assert mth(INPUTS).hex() == ROOTS[-1]


@given(st.integers(0, 70))
def test_every_proof_is_the_one_of_the_definitions(size: int) -> None:
    """Roots, inclusion and consistency of every older tree, for every leaf."""
    leaves = [b"%d" % number for number in range(size)]
    node = grown(leaves)

    assert root_of(size, node) == mth(leaves)
    assert Frontier(size, node).root() == mth(leaves)
    for older in range(size + 1):
        assert root_of(older, node) == mth(leaves[:older])
        wanted = subproof(older, leaves, whole=True) if older else []
        assert consistency_path(older, size, node) == wanted
    for sequence in range(size):
        assert inclusion_path(sequence, size, node) == path(sequence, leaves)


@pytest.mark.parametrize(("sequence", "size"), [(0, 0), (3, 3), (-1, 3), (4, 3)])
def test_a_leaf_outside_the_tree_has_no_proof(sequence: int, size: int) -> None:
    """And so has a tree that ends before it begins."""
    with pytest.raises(LookupError):
        inclusion_path(sequence, size, grown(INPUTS))
    with pytest.raises(LookupError):
        consistency_path(size + 1, size, grown(INPUTS))


def test_the_leaf_is_payload_and_signature() -> None:
    """SHA-256 over 0x00, the payload and 64 bytes."""
    assert leaf_hash(b"p", b"s" * 64) == hashlib.sha256(b"\0p" + b"s" * 64).digest()
