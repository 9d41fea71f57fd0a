"""A projection kept on the disk, so that a command does not begin with the first entry.

Disposable: whatever does not fit the log, the program or its own seal is thrown away, and the
projection is made anew from the entries. The seal is made with a key of the case, so that nobody
who cannot sign for the program can make a file that is believed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import msgspec

from portique.ledger.act import Act
from portique.ledger.assembly import Folded
from portique.ledger.flag import Flag
from portique.ledger.projection import Projection

FORMAT = 2
"""Of the file and of what the rules make of entries; another one is thrown away."""
_SEAL_BYTES = 32


class Covered(msgspec.Struct, frozen=True):
    """What a stored projection is of.

    Args:
        case_id: of the case.
        size, root: of the checkpoint; root in hex.
        received_at_utc: of the last entry.
        version: of the program that made it.
        format: `FORMAT`.
    """

    case_id: str
    size: int
    root: str
    received_at_utc: str
    version: str
    format: int = FORMAT


class _Thing(msgspec.Struct):
    what: str
    name: str
    refs: list[str]
    value: dict[str, Any] | None = None
    flags: list[Flag] = []


class _Stored(msgspec.Struct):
    covered: Covered
    acts: list[Act]
    stamps: list[tuple[int | float, int | float, int]]
    corrected: list[Act]
    misfits: dict[str, list[tuple[str, str]]]
    choices: list[str]
    breaches: list[tuple[str, str, list[str]]]
    things: list[_Thing]


def pack(projection: Projection, covered: Covered, key: bytes) -> bytes | None:
    """Return a projection as bytes; None: something in an entry has no such form.

    Args:
        projection: of the entries that `covered` names.
        covered: what it is of.
        key: secret of the case.
    """
    projection.alarms()  # folds what was not folded yet
    stored = _Stored(
        covered,
        list(projection.signed.values()),
        [projection.ordering.stamp(ref) for ref in projection.signed],
        list(projection.corrected.values()),
        {ref: [(why, act.ref) for why, act in found] for ref, found in projection.misfits.items()},
        projection.contested.choices(),
        [(*breach, list(refs)) for breach, refs in projection.breaches.items()],
        list(_things(projection)),
    )
    try:
        content = msgspec.msgpack.encode(stored)
    except (OverflowError, UnicodeError, ValueError, TypeError, RecursionError):
        return None
    return hmac.digest(key, content, hashlib.sha256) + content


def _things(projection: Projection) -> Iterator[_Thing]:
    for subject, refs in projection.about.items():
        folded = projection.folded.get(subject)
        thing = _Thing(*subject, list(refs))
        if folded is not None and folded.authority is None:
            thing.value, thing.flags = folded.value, list(folded.flags)
        yield thing


def unpack(content: bytes, key: bytes) -> tuple[Covered, Projection]:
    """Return what was packed.

    Raises:
        ValueError: other bytes than were packed with this key, or by another program.
    """
    seal, packed = content[:_SEAL_BYTES], content[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, hmac.digest(key, packed, hashlib.sha256)):
        raise ValueError("the seal does not fit")
    stored = _decode(packed)
    if stored.covered.format != FORMAT:
        raise ValueError("another format")
    return stored.covered, _restored(stored)


_decode = msgspec.msgpack.Decoder(_Stored).decode


def _restored(stored: _Stored) -> Projection:
    made = Projection()
    for act, stamp in zip(stored.acts, stored.stamps, strict=True):
        made.hold(act)
        made.ordering.restore(act, stamp)
    made.corrected.update((act.ref, act) for act in stored.corrected)
    for ref, found in stored.misfits.items():
        made.misfits[ref] = [(why, made.signed[naming]) for why, naming in found]
    for ref in stored.choices:
        made.contested.choose(made.signed[ref])
    for rule, what, refs in stored.breaches:
        made.breaches[rule, what] = set(refs)
    for thing in stored.things:
        subject = (thing.what, thing.name)
        made.about[subject] = dict.fromkeys(thing.refs)
        if thing.value is not None:
            made.folded[subject] = Folded(thing.value, tuple(thing.flags))
        elif thing.what == "authority":
            made.dirty.add(subject)
    return made
