"""What each function has to do with: by the texts that it refers to, and by its own name.

No build has symbols. A function is known by a name where the kit looks names up (a text, then a
pointer to the function: as MediaTek's run-time kit resolves its calls, or as a table); otherwise
only by what it refers to: commands of a modem, requests of HTTP, names in its traces.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from portique.examine.firmware import baseline, words
from portique.examine.firmware.decoded import decoded
from portique.examine.firmware.functions import Places
from portique.examine.firmware.items import Item, kinds_of, service_of
from portique.examine.firmware.program import Program, Reference
from portique.examine.firmware.referring import BY_POINTER, WAYS
from portique.examine.firmware.screen_words import SCREEN_LABELS
from portique.examine.firmware.sieve import worth_reading
from portique.examine.firmware.strings import MOST_TEXTS, Text, texts

_NAME = re.compile(r"[A-Za-z_]\w{4,60}")
_BEHIND = 24
_BYTES_OF_CODE = 4
_RECORD_GAP = 4
_MOST_NAMES = 12
_MOST_LOADED = 8
_LOOK_AT_CLOCK = 256
_FEWEST_COUNTED = 6
_PLACE = attrgetter("offset", "encoding")
_DIRECT = frozenset({"literal", "adr"})
KEEPS = "is given messages, and decides whether the user is told"
"""How a handler of messages is known whose result the caller compares before it tells the user."""
Parts = dict[str, list[Item | Text]]


@dataclass
class Evidence:
    """Everything that was read out of a program.

    Args:
        program: the code.
        items: evidence items, in the order of segments and offsets.
        own: function -> part -> what it refers to that makes this part.
        named: function -> parts that its own name says.
        names: function -> its name, where the kit looks it up.
        loads: address of a text, of a pointer to it, or of an instruction that loads either ->
            what the text is a part of, and the text.
        acts: function -> act that nothing names -> how it is known (`acts.py`).
        by_use: (function, act) that only the phone's own use of the function shows.
        lookups: functions that look names up: what they refer to, they do not do.
        subtracted: items that stand in the baseline.
        counts: texts by how they are referred to.
        left: what was not looked at, in words.
    """

    program: Program
    items: list[Item] = field(default_factory=list)
    own: dict[int, Parts] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    named: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    names: dict[int, str] = field(default_factory=dict)
    loads: dict[int, list[tuple[str, Item | Text]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    acts: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    by_use: set[tuple[int, str]] = field(default_factory=set)
    lookups: set[int] = field(default_factory=set)
    subtracted: int = 0
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    left: list[str] = field(default_factory=list)


def gather(program: Program, *, subtract: bool = True) -> Evidence:
    """Return the evidence in a program.

    Args:
        program: the code.
        subtract: leave out what stands in the baseline.
    """
    evidence = Evidence(program)
    known = baseline.known() if subtract else frozenset()
    for number, segment in enumerate(program.segments):
        if program.bounded.is_over(f"texts of {segment.name}"):
            continue
        with program.bounded.part(segment.name, "looking for texts"):
            _gather_of(evidence, number, known)
    if not program.bounded.is_over("texts that code decodes"):
        with program.bounded.part("texts that code decodes", "looking for them"):
            _decoded(evidence)
    _forget_tables(evidence)
    return evidence


def _decoded(evidence: Evidence) -> None:
    """Take the texts that calls of decoders bring out, at the place where they then stand."""
    for each in decoded(evidence.program):
        before = len(evidence.items)
        labels = words.labels_of(each.text.value)
        for kind, value in kinds_of(each.text, labels):
            item = Item(kind, value, each.text, (each.reference,), service_of(kind, value))
            if not item.service:
                evidence.items.append(item)
        taken: list[tuple[str, Item | Text]] = [
            (item.kind, item) for item in evidence.items[before:]
        ]
        taken += [(label, each.text) for label in sorted(labels - {"command"})]
        for part, what in taken or [("text", each.text)]:
            if part != "text":
                evidence.own[each.reference.function][part].append(what)
            for place in {each.reference.place, each.address} - {None}:
                _loaded(evidence, place or 0, part, what)


def _gather_of(evidence: Evidence, number: int, known: frozenset[bytes]) -> None:
    program = evidence.program
    segment = program.segments[number]
    found = sorted(texts(number, segment.data), key=_PLACE)
    cuts, gaps = _cuts(program, number, found[:MOST_TEXTS])
    worth = _worth(cuts)
    lows = np.fromiter((each.offset for each in cuts), np.int64, len(cuts)) + program.bases[number]
    lengths = np.fromiter((each.length for each in cuts), np.int64, len(cuts))
    ways = program.referred.ways(lows, lows + np.maximum(lengths, 1), gaps)
    counted = np.fromiter((each.encoding == "ascii" for each in cuts), np.bool_, len(cuts))
    counted &= lengths >= _FEWEST_COUNTED
    for way, how in enumerate(WAYS):
        if (many := int(np.count_nonzero(counted & (ways == way)))) and way != BY_POINTER:
            evidence.counts[how] += many
    read = np.flatnonzero(worth | (counted & (ways == BY_POINTER)))
    for seen, at in enumerate(read.tolist()):
        if seen % _LOOK_AT_CLOCK == 0 and program.bounded.is_over(f"more texts of {segment.name}"):
            return
        low, text = int(lows[at]), cuts[at]
        is_referred_to = WAYS[ways[at]] != "none"
        found_by = (
            program.references(low, low + max(text.length, 1), int(gaps[at]))
            if is_referred_to
            else []
        )
        if counted[at] and ways[at] == BY_POINTER:
            evidence.counts[found_by[0].how if found_by else "none"] += 1
        if worth[at]:
            _take(evidence, text, found_by, known)
    if len(found) > MOST_TEXTS:
        evidence.left.append(f"texts of {segment.name} beyond the first {MOST_TEXTS:,}")


def _worth(cuts: list[Text]) -> npt.NDArray[np.bool_]:
    """Return which texts may say something; each distinct one is looked at once."""
    values = list(dict.fromkeys(each.value for each in cuts))
    worth = dict(zip(values, worth_reading(values).tolist(), strict=True))
    return np.fromiter((worth[each.value] for each in cuts), np.bool_, len(cuts))


def _cuts(program: Program, number: int, found: list[Text]) -> tuple[list[Text], Places]:
    """Return texts from each place to which something refers, and the gap before each.

    A gap is the bytes between a text and the plain one before it; other encodings have their own.
    """
    starts = np.fromiter((each.offset for each in found), np.int64, len(found))
    ends = starts + np.fromiter((each.length for each in found), np.int64, len(found))
    plain = np.fromiter((each.encoding == "ascii" for each in found), np.bool_, len(found))
    gaps = np.full(len(found), _RECORD_GAP)
    gaps[plain] = starts[plain] - np.concatenate([[0], ends[plain][:-1]])[: np.sum(plain)] - 1
    base = program.bases[number]
    inside = program.referred.is_referred_into(base + starts + 1, base + ends)
    cuts: list[Text] = []
    gap_of: list[int] = []
    for text, gap, is_cut in zip(found, gaps.tolist(), inside.tolist(), strict=True):
        for cut in _as_referred_to(program, text) if is_cut else (text,):
            is_end = cut.offset - text.offset > _BYTES_OF_CODE
            if not (is_end and words.SHORT_CODE.fullmatch(cut.value)):
                cuts.append(cut)
                gap_of.append(gap)
    return cuts, np.asarray(gap_of, np.int64)


def _as_referred_to(program: Program, text: Text) -> Iterator[Text]:
    """Yield a text from each place to which something refers.

    Bytes of code before a text may look like letters of it; and code may use only its end.
    """
    start = program.address(text.segment, text.offset)
    width = 2 if text.encoding.startswith("utf-16") else 1
    targets = program.targets(start, start + text.length - 3 * width)
    if not targets or targets == [start] or text.encoding == "gsm-7":
        yield text
        return
    inside = [(each - start) // width for each in targets if (each - start) % width == 0]
    if not inside or inside[0] > _BYTES_OF_CODE:
        inside.insert(0, 0)
    for skipped in dict.fromkeys(inside):
        yield text._replace(
            offset=text.offset + skipped * width,
            length=text.length - skipped * width,
            value=text.value[skipped:],
        )


def _take(evidence: Evidence, text: Text, found: list[Reference], known: frozenset[bytes]) -> None:
    start = evidence.program.address(text.segment, text.offset)
    labels = words.labels_of(text.value)
    if labels and _NAME.fullmatch(text.value):
        found = _name(evidence, text, labels, found)
    kinds = list(kinds_of(text, labels))
    if not kinds and not labels:
        return
    is_known = bool(known) and baseline.hash_of(text.value) in known
    for kind, value in kinds:
        if is_known and kind != "short_code":
            evidence.subtracted += 1
            continue
        if kind in {"short_code", "command"} and (not found or text.encoding == "gsm-7"):
            continue
        item = Item(kind, value, text, tuple(found), service_of(kind, value))
        evidence.items.append(item)
        if not item.service:
            _own(evidence, found, kind, item)
            _loaded(evidence, start, kind, item)
    _shown(evidence, text, labels & SCREEN_LABELS, found)
    for label in labels - {"command"} - SCREEN_LABELS:
        if label != "identity" or not is_known:
            _own(evidence, found, label, text)
            _loaded(evidence, start, label, text)


def _shown(evidence: Evidence, text: Text, labels: frozenset[str], found: list[Reference]) -> None:
    """Note who shows the user a text about messages: no one that refers to what lies before."""
    for label in sorted(labels):
        for each in found:
            if each.how != "record":
                evidence.own[each.function][label].append(text)


def _own(evidence: Evidence, found: list[Reference], part: str, what: Item | Text) -> None:
    for each in found:
        evidence.own[each.function][part].append(what)
        _loaded(evidence, each.place, part, what)


def _loaded(evidence: Evidence, place: int, part: str, what: Item | Text) -> None:
    held = evidence.loads[place]
    if len(held) < _MOST_LOADED and (part, what) not in held:
        held.append((part, what))


def _name(
    evidence: Evidence, text: Text, labels: frozenset[str], found: list[Reference]
) -> list[Reference]:
    """Give a name to the function behind it; return the references that are not such a look-up."""
    rest = []
    for each in found:
        functions: list[int] = []
        if each.how in _DIRECT:
            behind = evidence.program.next_function_pointer(each.place, _BEHIND)
            functions = [behind] if behind >= 0 else []
            evidence.lookups |= {each.function} if functions else set()
        elif each.how == "table":
            functions = [each.function]
        elif each.how == "pointer":
            functions = evidence.program.functions_near(each.place)
        for function in functions:
            evidence.named[function] |= labels
            evidence.names.setdefault(function, text.value)
        if not functions:
            rest.append(each)
    return rest


def _forget_tables(evidence: Evidence) -> None:
    """Leave out what a function owns that refers to names of every kind: it looks names up."""
    api = set(words.API)
    for parts in evidence.own.values():
        names = {
            each.value
            for label in api & set(parts)
            for each in parts[label]
            if isinstance(each, Text) and _NAME.fullmatch(each.value)
        }
        if len(names) > _MOST_NAMES:
            for label in api:
                parts.pop(label, None)
