"""The loop of the LZMA decoder: one text, run compiled by numba or as plain Python.

All state lies in sequences that the caller makes (`new_state`), so that one call may stop between
two symbols and the next go on. Compiled, they are numpy arrays, and nobody checks their bounds:
every index here is bounded by what was checked before, as the comments say. Nothing is raised: the
loop returns why it stopped.

The functions that are compiled together lie in this one file, because numba takes a stored
compilation for fresh as long as this file alone is unchanged.

Source: the public LZMA specification (7-Zip SDK, lzma-specification).
"""

from __future__ import annotations

from typing import Any

TOP = 1 << 24
HALF = 1 << 10
END_MARK = 0xFFFFFFFF
FULL, END, STARVED, TOO_FAR, TOO_LONG = range(5)
"""Why the loop stopped: output reached, end mark, input used up, match past window or size."""

RANGE, CODE, READ = range(3)
"""Places in `coder`: range, code, bytes read; more than there are when the stream has ended."""
BEHIND = 64
"""Zero bytes that must stand behind a stream: a symbol reads at most one byte for each bit."""
STATE, REP0, REP1, REP2, REP3, MADE = range(6)
"""Places in `walk`: state, last four distances less one, and bytes of window and output made."""

_IS_MATCH = 0
_IS_REP = _IS_MATCH + (12 << 4)
_IS_REP0 = _IS_REP + 12
_IS_REP1 = _IS_REP0 + 12
_IS_REP2 = _IS_REP1 + 12
_IS_LONG = _IS_REP2 + 12
_SLOTS = _IS_LONG + (12 << 4)
_SPECIAL = _SLOTS + (4 << 6)
_ALIGN = _SPECIAL + 128 + 16
_LENGTHS = _ALIGN + 16
_LENGTH_ODDS = 2 + (16 << 3) + (16 << 3) + 256
_REP_LENGTHS = _LENGTHS + _LENGTH_ODDS
_LITERALS = _REP_LENGTHS + _LENGTH_ODDS

Numbers = Any
"""A list of int, or a numpy array of integers when compiled."""


def count_odds(lc: int, lp: int) -> int:
    """Return how many odds a stream of these properties needs, each beginning at `HALF`."""
    return _LITERALS + (0x300 << (lc + lp))


def descend(data: Numbers, coder: Numbers, odds: Numbers, place: Numbers) -> int:
    """Return the leaf of a tree of odds that the next bits lead to.

    Nearly all time is spent here, so range, code and position are kept out of memory meanwhile.

    Args:
        data: the stream, with `BEHIND` zero bytes behind it.
        coder: see `RANGE`.
        odds: of everything; each learns from its bit.
        place: where the tree's odds begin, the node to begin at, the least number of a leaf.
    """
    base, leaf = place[0], place[2]
    node: int = place[1]
    span, code, at = coder[RANGE], coder[CODE], coder[READ]
    while node < leaf:
        odd = int(odds[base + node])
        bound = (span >> 11) * odd
        if code < bound:
            span = bound
            odds[base + node] = odd + ((2048 - odd) >> 5)
            node <<= 1
        else:
            span -= bound
            code -= bound
            odds[base + node] = odd - (odd >> 5)
            node = node << 1 | 1
        if span < TOP:
            span <<= 8
            code = (code << 8 | int(data[at])) & 0xFFFFFFFF
            at += 1
    coder[RANGE], coder[CODE], coder[READ] = span, code, at
    return node


def bit(data: Numbers, coder: Numbers, odds: Numbers, index: int) -> int:
    """Return one bit, by the odds at an index."""
    return descend(data, coder, odds, (index - 1, 1, 2)) & 1


def direct(data: Numbers, coder: Numbers, count: int) -> int:
    """Return bits that have even odds."""
    value = 0
    span, code, at = coder[RANGE], coder[CODE], coder[READ]
    for _ in range(count):
        span >>= 1
        value <<= 1
        if code >= span:
            code -= span
            value |= 1
        if span < TOP:
            span <<= 8
            code = (code << 8 | int(data[at])) & 0xFFFFFFFF
            at += 1
    coder[RANGE], coder[CODE], coder[READ] = span, code, at
    return value


def tree(data: Numbers, coder: Numbers, odds: Numbers, base: int, bits: int) -> int:
    """Return a number whose bits are coded from the highest; it uses 2 ** bits odds."""
    return descend(data, coder, odds, (base, 1, 1 << bits)) - (1 << bits)


def reverse_tree(data: Numbers, coder: Numbers, odds: Numbers, base: int, bits: int) -> int:
    """Return a number whose bits are coded from the lowest; it uses 2 ** bits odds."""
    leaf = descend(data, coder, odds, (base, 1, 1 << bits))
    value = 0
    for _ in range(bits):
        value = value << 1 | leaf & 1
        leaf >>= 1
    return value


def read_length(data: Numbers, coder: Numbers, odds: Numbers, base: int, position: int) -> int:
    """Return the length of a match, 2 to 273; position is below 16."""
    if not bit(data, coder, odds, base):
        return 2 + tree(data, coder, odds, base + 2 + (position << 3), 3)
    if not bit(data, coder, odds, base + 1):
        return 10 + tree(data, coder, odds, base + 130 + (position << 3), 3)
    return 18 + tree(data, coder, odds, base + 258, 8)


def read_distance(data: Numbers, coder: Numbers, odds: Numbers, length: int) -> int:
    """Return the distance of a new match less one, up to 2 ** 32 - 1."""
    slot = tree(data, coder, odds, _SLOTS + (min(length - 2, 3) << 6), 6)
    if slot < 4:
        return slot
    bits = (slot >> 1) - 1
    distance = (2 | slot & 1) << bits
    if slot < 14:
        return distance + reverse_tree(data, coder, odds, _SPECIAL + distance - slot, bits)
    distance += direct(data, coder, bits - 4) << 4
    return distance + reverse_tree(data, coder, odds, _ALIGN, 4)


def read_literal(data: Numbers, coder: Numbers, odds: Numbers, base: int, match: int) -> int:
    """Return one byte; `match` is the byte that the last match would go on with, or -1."""
    node = 1
    if match >= 0:
        while node < 0x100:
            wanted = match >> 7 & 1
            match <<= 1
            found = bit(data, coder, odds, base + ((1 + wanted) << 8) + node)
            node = node << 1 | found
            if found != wanted:
                break
    return descend(data, coder, odds, (base, node, 0x100)) & 0xFF


def repeat(data: Numbers, coder: Numbers, odds: Numbers, walk: Numbers, position: int) -> int:
    """Return the length of a match at one of the last four distances, which becomes the first."""
    state = walk[STATE]
    if not bit(data, coder, odds, _IS_REP0 + state):
        if not bit(data, coder, odds, _IS_LONG + (state << 4) + position):
            walk[STATE] = 9 if state < 7 else 11
            return 1
    else:
        place = REP1
        if bit(data, coder, odds, _IS_REP1 + state):
            place = REP2 + bit(data, coder, odds, _IS_REP2 + state)
        distance = walk[place]
        for each in range(place, REP0, -1):
            walk[each] = walk[each - 1]
        walk[REP0] = distance
    walk[STATE] = 8 if state < 7 else 11
    return read_length(data, coder, odds, _REP_LENGTHS, position)


def match_length(data: Numbers, coder: Numbers, odds: Numbers, walk: Numbers, position: int) -> int:
    """Return the length of the next match, 0 at the end mark; its distance becomes the first."""
    if bit(data, coder, odds, _IS_REP + walk[STATE]):
        return repeat(data, coder, odds, walk, position)
    length = read_length(data, coder, odds, _LENGTHS, position)
    walk[STATE] = 7 if walk[STATE] < 7 else 10
    distance = read_distance(data, coder, odds, length)
    if distance == END_MARK:
        return 0
    for each in range(REP3, REP0, -1):
        walk[each] = walk[each - 1]
    walk[REP0] = distance
    return length


def put_literal(
    data: Numbers, coder: Numbers, odds: Numbers, walk: Numbers, out: Numbers, shape: Numbers
) -> None:
    """Add one byte to the output; behind a match, its distance was found to lie inside."""
    lc, lp, start = shape[0], shape[1], shape[4]
    made, state = walk[MADE], walk[STATE]
    before = int(out[made - 1]) if made > start else 0
    place = (made - start) & ((1 << lp) - 1)
    base = _LITERALS + 0x300 * ((place << lc) + (before >> (8 - lc)))
    match = -1
    if state >= 7 and shape[3]:
        match = int(out[made - walk[REP0] - 1])
    out[made] = read_literal(data, coder, odds, base, match)
    walk[MADE] = made + 1
    if state < 4:
        walk[STATE] = 0
    else:
        walk[STATE] = state - 3 if state < 10 else state - 6


def run(
    data: Numbers, coder: Numbers, odds: Numbers, walk: Numbers, out: Numbers, shape: Numbers
) -> int:
    """Decode until `shape[5]` bytes are made or something ends it; return why it stopped.

    Args:
        data: the stream.
        coder: see `RANGE`.
        odds: `count_odds` numbers.
        walk: see `STATE`.
        out: window and room for the output.
        shape: lc, lp, pb, whether literals may be matched, where output starts, where to pause,
            length of the stream.
    """
    mask = (1 << shape[2]) - 1
    while walk[MADE] < shape[5]:
        position = (walk[MADE] - shape[4]) & mask
        if not bit(data, coder, odds, _IS_MATCH + (walk[STATE] << 4) + position):
            put_literal(data, coder, odds, walk, out, shape)
            if coder[READ] > shape[6]:
                return STARVED
            continue
        length = match_length(data, coder, odds, walk, position)
        if coder[READ] > shape[6]:
            return STARVED
        if length == 0:
            return END
        made, distance = walk[MADE], walk[REP0] + 1
        if distance > made:
            return TOO_FAR
        if made + length > len(out):
            return TOO_LONG
        for place in range(made, made + length):
            out[place] = out[place - distance]
        walk[MADE] = made + length
    return FULL


PARTS = (
    descend, bit, direct, tree, reverse_tree, read_length, read_distance, read_literal,
    repeat, match_length, put_literal,
)  # fmt: skip
"""What `run` calls, each after what it calls itself: the order in which numba is told of them."""
