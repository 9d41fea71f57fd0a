"""Examine one capture: read it once, look at what was gathered, answer."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portique.core.progress import Progress, silent
from portique.examine.traffic import answer
from portique.examine.traffic.content.reader import ContentReader
from portique.examine.traffic.country import HOME_UNKNOWN, Countries, of_network
from portique.examine.traffic.coverage import Coverage
from portique.examine.traffic.detect import indicators, leaks, messages, peers
from portique.examine.traffic.detect.indicators import NONE, Indicators, read_indicators
from portique.examine.traffic.facts import Facts
from portique.examine.traffic.files.capture import Capture
from portique.examine.traffic.identity.planted import patterns
from portique.examine.traffic.identity.record import CaptureRecord, read_record, record_path
from portique.examine.traffic.identity.search import Search
from portique.examine.traffic.network.conversations import Conversations
from portique.examine.traffic.observation import Observation
from portique.examine.traffic.radio.radio import Radio
from portique.examine.traffic.texts import Texts
from portique.examine.traffic.walk import Walk


@dataclass(frozen=True)
class Gathered:
    """What one pass over a capture gave.

    Args:
        facts: what was found.
        coverage: what was read and what was lost.
    """

    facts: Facts
    coverage: Coverage


@dataclass(frozen=True)
class Asked:
    """How an examination is asked for.

    Args:
        record: where the capture record lies; None: beside the capture.
        without_record: go on without one; the answer is then inconclusive.
        countries: folder of country files; None: as set or built in.
        indicators: a STIX 2 bundle of known hosts and addresses; None: there is none.
        cross_check: compares with an independent decoder; None: do not. Takes the capture and
            what was gathered, and returns what stands under `cross_check` in the answer.
    """

    record: Path | None = None
    without_record: bool = False
    countries: Path | None = None
    indicators: Path | None = None
    cross_check: Callable[[Path, Gathered], dict[str, Any]] | None = None


def examine(path: Path, asked: Asked, progress: Progress = silent) -> dict[str, Any]:
    """Return the answer for one capture; docs/traffic.md describes its fields.

    Args:
        path: a pcap or pcapng file.
        asked: how.
        progress: told what is done.

    Raises:
        Refused: the capture, its record or the country files cannot be used.
    """
    capture = Capture(path)
    try:
        record = _record(path, asked)
        countries = Countries(asked.countries)
        known = read_indicators(asked.indicators) if asked.indicators else NONE
        progress("hashing the capture", 0, 0)
        digest = capture.sha256()
        progress("reading the capture", 0, 0)
        gathered = gather(capture, record or CaptureRecord())
    finally:
        capture.close()
    if known.unused:
        gathered.coverage.note(f"{known.unused} indicators name no host or address: not looked for")
    observed = observe(gathered.facts, record or CaptureRecord(), known)
    told = answer.build(
        answer.Material(digest, record, gathered.coverage, gathered.facts, observed, countries)
    )
    if asked.cross_check is not None:
        progress("comparing with the other decoder", 0, 0)
        told["cross_check"] = asked.cross_check(path, gathered)
        answer.apply_cross_check(told)
    return told


def gather(capture: Capture, record: CaptureRecord) -> Gathered:
    """Read a capture once."""
    facts, coverage = Facts(), Coverage()
    search = Search(patterns(record))
    reader = ContentReader(search, facts, coverage)
    texts = Texts(search, facts)
    radio = Radio(texts.take, coverage.lose)
    walk = Walk(coverage, Conversations(reader), radio)
    with _no_collector():
        walk.capture(capture, record.bearer or None)
    reader.close()
    texts.close()
    return Gathered(facts, coverage)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the collector of cycles out of the pass: it would walk every open conversation again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def observe(facts: Facts, record: CaptureRecord, known: Indicators = NONE) -> list[Observation]:
    """Return every observation, in an order that depends on the capture alone."""
    home = (of_network(record.cell.mcc) if record.cell else None) or HOME_UNKNOWN
    found = [
        *leaks.observations(facts, record),
        *messages.observations(facts, record, home),
        *indicators.observations(facts, known),
        *peers.observations(facts, record, leaks.leaking_ends(facts)),
    ]
    return sorted(found, key=_order)


def _order(each: Observation) -> tuple[Any, ...]:
    return (
        each.grade,
        each.first_us,
        each.frames[:1],
        each.rule,
        each.identifier_kind or "",
        each.encoding or "",
        each.ip or "",
        each.host or "",
        each.number or "",
        each.last_us,
        each.words.get("en", ""),
    )


def _record(path: Path, asked: Asked) -> CaptureRecord | None:
    beside = record_path(path)
    if asked.record is None and asked.without_record and not beside.is_file():
        return None
    return read_record(asked.record or beside)
