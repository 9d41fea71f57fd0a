"""The state put together from what is known of each thing: what concerns several at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from portique.core.clock import Span
from portique.ledger.act import Act, whole
from portique.ledger.alarms import Alarm
from portique.ledger.authority import Authority, covers, read_authority
from portique.ledger.corrections import is_approved
from portique.ledger.custody import read_exhibit
from portique.ledger.deed import Deed
from portique.ledger.flag import Flag
from portique.ledger.kinds import KINDS
from portique.ledger.links import read_links
from portique.ledger.outcome import Places, national, read_sites, read_teams
from portique.ledger.rules import Breach
from portique.ledger.search import read_cell, read_handset
from portique.ledger.state import State, alarms

Subject = tuple[str, str]


@dataclass(frozen=True)
class Folded:
    """One thing as its acts leave it.

    Args:
        value: as the state holds it.
        flags: what is wrong with it.
        authority: of an authority, itself.
    """

    value: dict[str, Any]
    flags: tuple[Flag, ...]
    authority: Authority | None = None


@dataclass(frozen=True)
class Material:
    """What a state is put together from.

    Args:
        folded: every exhibit, cell, handset and authority.
        signed: every act as its device signed it, by ref.
        corrected: those that are corrected, as they read then.
        listed: the acts of one list (links, deeds, ...), in their order.
        gathered: the same in any order.
        corrections: every correction, whether it counts or not.
        counts: whether figures may use an act.
        contested: refs of entries that contradict each other.
        misfits: corrections that do not fit what they name, with why.
        breaches: what single entries break, with the refs of each.
        chain: (number, ref) of what is held of a device.
    """

    folded: Mapping[Subject, Folded]
    corrected: Mapping[str, Act]
    signed: Mapping[str, Act]
    listed: Callable[[str], list[Act]]
    gathered: Callable[[str], list[Act]]
    corrections: list[Act]
    counts: Callable[[str], bool]
    contested: list[tuple[str, ...]]
    misfits: list[tuple[str, Act]]
    breaches: Mapping[Breach, AbstractSet[str]]
    chain: Callable[[str], list[tuple[int, str]]]

    def named(self, what: str) -> dict[str, Folded]:
        """Return everything of one type by its id, in order of the ids."""
        return {name: self.folded[w, name] for w, name in sorted(self.folded) if w == what}


def fold(subject: Subject, acts: list[Act]) -> Folded:
    """Return what the acts about one thing leave of it.

    Args:
        subject: ("exhibit" | "cell" | "handset" | "authority", id).
        acts: in their order, at least one.
    """
    what, name = subject
    if what == "exhibit":
        exhibit = read_exhibit(name, acts)
        return Folded(exhibit.as_dict(), tuple(exhibit.flags))
    if what == "authority":
        authority, flags = read_authority(name, acts)
        return Folded(authority.as_dict(), tuple(flags), authority)
    value, flags = (read_cell if what == "cell" else read_handset)(name, acts)
    return Folded(value, tuple(flags))


def assemble(material: Material) -> State:
    """Return the state: each thing, and what only several of them together show."""
    seen = _Seen.of(material)
    exhibits = {
        n: {**x, "site": seen.places.of_exhibit(n)} for n, x in seen.places.exhibits.items()
    }
    cells = {
        n: {**c, "site": seen.places.of_cell(n), "exhibits": seen.seized.get(n, [])}
        for n, c in seen.places.cells.items()
    }
    handsets = {n: dict(f.value) for n, f in material.named("handset").items()}
    sites = read_sites(cells, exhibits, material.listed("opportunistic"), seen.places)
    flags = sorted(_flags(material, seen))
    value = {
        "authorities": {
            n: f.value | {"used_by": seen.used.get(n, [])}
            for n, f in material.named("authority").items()
        },
        "cells": cells,
        "contested": [_contest(refs, material) for refs in material.contested],
        "devices": seen.devices,
        "exhibits": exhibits,
        "flags": [{"rule": f.rule, "what": f.what, "entries": list(f.refs)} for f in flags],
        "handsets": handsets,
        "links": seen.links,
        "national": national(sites, cells, handsets, seen.links),
        "seals": seen.seals,
        "sites": sites,
        "teams": read_teams(cells),
    }
    return State(value, seen.authorities, tuple(flags), _Sequences(material.signed))


def alarms_of(material: Material) -> list[Alarm]:
    """Return what breaks a rule, as alarms."""
    places = {ref: act.sequence for ref, act in material.signed.items()}
    return alarms(_joined_flags(material, _Seen.of(material)), places, material.breaches)


class _Sequences(Mapping[str, int]):
    """Where each entry lies in the log, by payload hash."""

    def __init__(self, signed: Mapping[str, Act]) -> None:
        self._signed = signed

    def __getitem__(self, ref: str) -> int:
        return self._signed[ref].sequence

    def __iter__(self) -> Iterator[str]:
        return iter(self._signed)

    def __len__(self) -> int:
        return len(self._signed)


@dataclass(frozen=True)
class _Seen:
    """What several things together show, and what is wrong with it."""

    places: Places
    seized: Mapping[str, list[str]]
    authorities: Mapping[str, Authority]
    devices: dict[str, dict[str, Any]]
    links: list[dict[str, Any]]
    used: Mapping[str, list[str]]
    seals: dict[str, Any]
    flags: list[Flag]

    @classmethod
    def of(cls, material: Material) -> _Seen:
        exhibits = {n: f.value for n, f in material.named("exhibit").items()}
        cells = {n: f.value for n, f in material.named("cell").items()}
        orders = {n: f.authority for n, f in material.named("authority").items() if f.authority}
        devices, device_flags = _devices(material)
        places = Places(cells, exhibits, {n: d["site"] for n, d in devices.items()})
        links, link_flags = read_links(material.listed("links"))
        used, deed_flags = _deeds(material, orders, places)
        seals, seal_flags = _seals(exhibits)
        flags = [*device_flags, *link_flags, *deed_flags, *seal_flags]
        seized = _by_cell(exhibits)
        return cls(places, seized, orders, devices, links, used, seals, flags)


def _flags(material: Material, seen: _Seen) -> set[Flag]:
    of_entries = (Flag(*breach, _in_log(refs)) for breach, refs in material.breaches.items())
    return {*of_entries, *_joined_flags(material, seen)}


def _joined_flags(material: Material, seen: _Seen) -> set[Flag]:
    """Return what is wrong, but for what entries break by themselves."""
    return {
        *(flag for folded in material.folded.values() for flag in folded.flags),
        *seen.flags,
        *_found_and_nothing_seized(seen, material),
        *_about_corrections(material),
        *_authorless(material),
    }


def _by_cell(exhibits: Mapping[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Return the exhibits seized in each cell, in order of their ids."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for name in sorted(exhibits):
        grouped[exhibits[name]["cell_id"]].append(name)
    return grouped


def _in_log(refs: AbstractSet[str]) -> tuple[str, ...]:
    return tuple(sorted(refs))


def _contest(refs: tuple[str, ...], material: Material) -> dict[str, Any]:
    """Return one contradiction, with the side that a correction prefers where one does."""
    preferred = [ref for ref in refs if material.counts(ref)]
    return {"entries": list(refs), "preferred": preferred[0] if len(preferred) == 1 else None}


def _devices(material: Material) -> tuple[dict[str, dict[str, Any]], list[Flag]]:
    """Return each enrolled device with its site and its close-out, and close-outs with a gap."""
    devices: dict[str, dict[str, Any]] = {}
    flags = []
    for act in material.listed("device_enrolled"):
        if act.is_program and act.subject_id:
            said = {"site": act.text("site"), "label": act.text("label"), "closed_out": None}
            devices.setdefault(act.subject_id, said)
    for act in material.listed("close_out"):
        last, chain = whole(act.body.get("last_device_seq")), material.chain(act.device_id)
        held = [number for number, _ in chain if 1 <= number <= last]
        said_last = {ref for number, ref in chain if number == last}
        is_whole = len(set(held)) == last
        if not is_whole:
            flags.append(Flag("close_out", f"device {act.device_id}: entries missing", (act.ref,)))
        elif last and act.text("last_payload_sha256") not in said_last:
            what = f"device {act.device_id}: its last entry is another than it says"
            flags.append(Flag("close_out", what, (act.ref,)))
        if act.device_id in devices:
            devices[act.device_id]["closed_out"] = {"last_device_seq": last, "is_whole": is_whole}
    return devices, flags


def _deeds(
    material: Material, authorities: Mapping[str, Authority], places: Places
) -> tuple[dict[str, list[str]], list[Flag]]:
    """Return the acts that used each authority, and those that it does not cover."""
    used: dict[str, list[str]] = defaultdict(list)
    flags = []
    for act in material.gathered("deeds"):
        order = authorities.get(act.authority_id)
        reasons = covers(order, deed_of(act, places)) if order else _NOT_HELD
        if reasons:
            what = f"{act.kind} outside authority {act.authority_id}: {'; '.join(reasons)}"
            flags.append(Flag("authority", what, (act.ref,)))
        elif KINDS[act.kind].scope:
            used[act.authority_id].append(act.ref)
    return {name: sorted(refs) for name, refs in used.items()}, flags


_NOT_HELD = covers(None, Deed("", None))


def deed_of(act: Act, places: Places) -> Deed:
    """Return an act as an authority is asked about it."""
    return Deed(
        kind=act.kind,
        moment=act.moment,
        site=places.of_act(act),
        cell_id=act.cell_id,
        exhibit_id=act.exhibit_id,
        source_kind=act.text("source_kind"),
        data_period=Span(act.instant("from_utc"), act.instant("until_utc")),
    )


def _seals(exhibits: Mapping[str, dict[str, Any]]) -> tuple[dict[str, Any], list[Flag]]:
    """Return each seal number with where it was put, and numbers that were used twice."""
    seals: dict[str, list[dict[str, str]]] = defaultdict(list)
    for exhibit_id, exhibit in exhibits.items():
        for seal in exhibit["seals"]:
            seals[seal["number"]].append({"exhibit_id": exhibit_id, "entry": seal["entry"]})
    flags = []
    for number, uses in seals.items():
        names = sorted({use["exhibit_id"] for use in uses})
        if len(names) > 1:
            refs = tuple(sorted(use["entry"] for use in uses))
            flags.append(Flag("seal", f"seal {number} on {', '.join(names)}", refs))
    return dict(seals), flags


def _about_corrections(material: Material) -> Iterator[Flag]:
    if not material.corrections:
        return
    known = {act.entry_id for act in material.signed.values()} | material.signed.keys()
    for act in material.corrections:
        if not is_approved(act):
            yield Flag("correction", "a correction that no second person approved", (act.ref,))
        if act.text("target") not in known:
            yield Flag("correction", "a correction of an entry that is not held", (act.ref,))
    for why, act in material.misfits:
        yield Flag("correction", f"a correction that {why}", (act.ref,))


def _authorless(material: Material) -> Iterator[Flag]:
    """Yield facts that rest on a judgement and that nobody answers for."""
    listed = material.listed("authorless")
    if not listed:
        return
    acts = {**material.signed, **material.corrected}.values()
    judged = {a.entry_id for a in acts if a.status == "assessment"}
    for act in listed:
        if judged.intersection(act.causes):
            what = f"{act.kind} is a fact made from a judgement, without an author"
            yield Flag("assessment", what, (act.ref,))


def _found_and_nothing_seized(seen: _Seen, material: Material) -> Iterator[Flag]:
    bare = {
        name
        for name, cell in seen.places.cells.items()
        if cell["state"] == "found" and name not in seen.seized
    }
    by_cell = {
        act.subject_id: act.ref
        for act in (material.listed("found") if bare else ())
        if act.kind == "found"
    }
    for name in bare & by_cell.keys():
        what = f"cell {name}: found, and no exhibit was seized there"
        yield Flag("custody", what, (by_cell[name],))
