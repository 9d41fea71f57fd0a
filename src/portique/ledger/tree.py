"""The Merkle tree over the log: hashes, roots and proofs.

Every whole subtree's hash is a node `(level, index)`: level 0 are the leaves, and node (l, i)
stands over leaves i * 2^l up to (i + 1) * 2^l. Whole nodes never change as the log grows.

Source: RFC 6962 section 2.1 (the same tree as RFC 9162).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

Node = Callable[[int, int], bytes]
"""`node(level, index)` returns the 32 bytes of a whole subtree's hash."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(payload: bytes, signature: bytes) -> bytes:
    """Return the hash of one entry as a leaf: SHA-256(0x00, payload, 64 signature bytes)."""
    return hashlib.sha256(b"\x00" + payload + signature).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees: SHA-256(0x01, left, right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: the whole subtrees that no larger one holds yet.

    Args:
        size: number of leaves.
        node: returns the stored hash of a whole subtree; asked once for each 1 in `size`.

    >>> edge = Frontier(0)
    >>> [len(edge.append(leaf_hash(b"%d" % n, b""))) for n in range(4)]
    [1, 2, 1, 3]
    """

    def __init__(self, size: int, node: Node | None = None) -> None:
        self.size = size
        self._edge: list[tuple[int, bytes]] = []
        if node is not None:
            self._edge = [(level, node(level, index)) for level, index in whole_parts(0, size)]

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Take in one leaf and return the nodes that became whole: (level, index, hash)."""
        level, index, whole = 0, self.size, leaf
        made = [(0, index, leaf)]
        while self._edge and self._edge[-1][0] == level:
            whole = node_hash(self._edge.pop()[1], whole)
            level, index = level + 1, index >> 1
            made.append((level, index, whole))
        self._edge.append((level, whole))
        self.size += 1
        return made

    def copy(self) -> Frontier:
        """Return another edge that grows by itself."""
        made = Frontier(0)
        made.size, made._edge = self.size, list(self._edge)
        return made

    def root(self) -> bytes:
        """Return the root over all leaves."""
        return _folded([whole for _, whole in self._edge])


def whole_parts(first: int, count: int) -> list[tuple[int, int]]:
    """Return the whole subtrees, left to right, that make up leaves [first, first + count).

    `first` is where a subtree of that size can begin, as in every split of RFC 6962.

    >>> whole_parts(0, 7)
    [(2, 0), (1, 2), (0, 6)]
    """
    parts = []
    while count:
        level = count.bit_length() - 1
        parts.append((level, first >> level))
        first, count = first + (1 << level), count - (1 << level)
    return parts


def root_of(size: int, node: Node) -> bytes:
    """Return the root of the tree when it had `size` leaves."""
    return _span(0, size, node)


def root_of_leaves(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes, nothing kept."""
    edge = Frontier(0)
    for leaf in leaves:
        edge.append(leaf)
    return edge.root()


def inclusion_path(sequence: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that a leaf is in the tree of `size` leaves, from the leaf upwards.

    Raises:
        LookupError: there is no such leaf in a tree of that size.

    Source: RFC 6962 section 2.1.1.
    """
    if not 0 <= sequence < size:
        raise LookupError(f"no leaf {sequence} in a tree of {size}")
    path = []
    first, count = 0, size
    while count > 1:
        left = _split(count)
        if sequence < first + left:
            path.append(_span(first + left, count - left, node))
            count = left
        else:
            path.append(_span(first, left, node))
            first, count = first + left, count - left
    return path[::-1]


def consistency_path(older: int, newer: int, node: Node) -> list[bytes]:
    """Return the proof that the tree of `older` leaves begins the tree of `newer` leaves.

    Empty where there is nothing to prove: `older` is 0, or both are the same.

    Raises:
        LookupError: `older` is larger than `newer`, or below 0.

    Source: RFC 6962 section 2.1.2.
    """
    if not 0 <= older <= newer:
        raise LookupError(f"no tree of {older} leaves before one of {newer}")
    if older in {0, newer}:
        return []
    path: list[bytes] = []
    first, count, is_old_root = 0, newer, True
    while older != first + count:
        left = _split(count)
        if older <= first + left:
            path.append(_span(first + left, count - left, node))
            count = left
        else:
            path.append(_span(first, left, node))
            first, count, is_old_root = first + left, count - left, False
    if not is_old_root:
        path.append(_span(first, count, node))
    return path[::-1]


def _split(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _span(first: int, count: int, node: Node) -> bytes:
    return _folded([node(level, index) for level, index in whole_parts(first, count)])


def _folded(parts: list[bytes]) -> bytes:
    if not parts:
        return EMPTY_ROOT
    whole = parts[-1]
    for part in reversed(parts[:-1]):
        whole = node_hash(part, whole)
    return whole
