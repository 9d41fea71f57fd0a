"""Behaviours: parts that come together in one function, or in what one function calls.

Texts alone prove nothing: benign builds are full of addresses and of commands for messages. A
behaviour is told only where code refers to its parts in one function or its neighbourhood: what
that function calls, and what these call. Where the same neighbourhood asks the user, it is told as
explained and not as a behaviour.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from portique.examine.firmware.evidence import Evidence
from portique.examine.firmware.given import Site
from portique.examine.firmware.items import Item
from portique.examine.firmware.passing import sites
from portique.examine.firmware.saying import Use
from portique.examine.firmware.strings import Text
from portique.examine.firmware.uses import bodies_of, keepers, uses

KINDS = ("sale_report", "identity_sms", "premium_sms", "sms_interception", "remote_command")
STRENGTHS = ("full", "partial", "strings")
_HUB = 40
"""A function that so many others call is of general use: it ties nothing together."""
_WIDE = 6
_MOST_IN_TREE = 80
_DEPTH = 2
_MOST_TOLD = 12
_FEWEST_COMMANDS = 2
_NEAR = 1024
_ACTS = frozenset({"send_sms", "net", "hook", "suppress", "dial", "identity"})
_SAID = _ACTS | {"ui", "prompt"}
"""What a function beyond the neighbourhood adds to it: what it does, and that the user sees it."""
Parts = dict[str, list[tuple[int, Item | Text | None]]]
"""Part -> functions, and what each refers to; None: its own name says it."""
_TOLD = frozenset({"identity", "number", "short_code", "command", "server_text", "act_word"})
_TOLD |= {"url", "host", "ip"}
"""Parts of which a behaviour must name one: where to, what of, or at which word."""
Wanted = tuple[str, str, tuple[str, ...]]
_COMMAND_PARTS = ("command", "server_text", "act_word")
_DESTINATIONS = ("url", "host", "ip")


@dataclass(frozen=True)
class Behaviour:
    """One behaviour.

    Args:
        kind: one of `KINDS`.
        strength: one of `STRENGTHS`.
        parts: part -> functions and what they refer to.
        root: function under which the parts come together; -1: texts alone.
        is_shown: the user sees something of it.
        calls: that are given what shows it.
    """

    kind: str
    strength: str
    parts: Parts
    root: int
    is_shown: bool = False
    calls: tuple[Site, ...] = ()

    @property
    def functions(self) -> list[int]:
        """Return the functions that hold a part, and the root."""
        held = {function for part in self.parts.values() for function, _ in part}
        return sorted((held | {self.root} | {each.function for each in self.calls}) - {-1})

    @property
    def items(self) -> list[Item]:
        """Return the evidence items of all parts."""
        found = (what for part in self.parts.values() for _, what in part)
        return list(dict.fromkeys(each for each in found if isinstance(each, Item)))


def behaviours(evidence: Evidence) -> tuple[list[Behaviour], list[Behaviour]]:
    """Return the behaviours, strongest first, and those that the user sees."""
    found: list[Behaviour] = []
    bounded = evidence.program.bounded
    for root in _roots(evidence):
        if bounded.is_over("behaviours of more functions"):
            break
        with bounded.part(f"function {root}", "looking for behaviours"):
            found += _judge(evidence, root)
    keeping = keepers(site for each in found if _is_paid_by_use(each) for site in each.calls)
    order = sorted(
        (each for each in found if not _is_only_kept(each, keeping)),
        key=lambda each: (
            KINDS.index(each.kind),
            STRENGTHS.index(each.strength),
            each.is_shown,
            not each.calls,
            len(each.functions),
            each.root,
        ),
    )
    told: list[Behaviour] = []
    taken: set[tuple[str, int]] = set()
    for each in order:
        places = {(each.kind, function) for function in each.functions}
        if places & taken or sum(one.kind == each.kind for one in told) >= _MOST_TOLD:
            continue
        taken |= places
        told.append(each)
    hidden = [each for each in told if not each.is_shown]
    kinds = {each.kind for each in told}
    hidden += [each for each in _by_texts_alone(evidence) if each.kind not in kinds]
    return hidden, [each for each in told if each.is_shown]


def _is_paid_by_use(each: Behaviour) -> bool:
    return each.kind == "premium_sms" and bool(each.calls)


def _is_only_kept(each: Behaviour, keeping: set[int]) -> bool:
    return _is_paid_by_use(each) and all(site.callee in keeping for site in each.calls)


def _roots(evidence: Evidence) -> list[int]:
    """Return functions that hold a part, and those that call them, two steps up."""
    seeds = {
        function
        for function, parts in evidence.own.items()
        if set(parts)
        & {
            "identity",
            "number",
            "short_code",
            "command",
            "server_text",
            "hook",
            "suppress",
            "send_sms",
            *_DESTINATIONS,
        }
    }
    seeds |= {
        function
        for function, parts in evidence.own.items()
        if len({each.value for each in parts.get("act_word", ())}) > 1
    }
    seeds |= {
        caller for function in evidence.named for caller in evidence.program.callers[function]
    }
    roots, edge = set(seeds), seeds
    for step in range(2 * _DEPTH):
        edge = {
            caller
            for function in edge
            if len(evidence.program.callers[function]) <= _HUB
            for caller in evidence.program.callers[function]
        } - roots
        roots |= {each for each in edge if step < _DEPTH or evidence.program.pointed_to_from(each)}
    return sorted(roots - evidence.lookups)


def _tree(evidence: Evidence, root: int) -> list[tuple[int, int]]:
    """Return (function, depth) of what a function calls; known and much-called ones end it."""
    found = {root: 0}
    edge = [root]
    for depth in range(1, _DEPTH + 1):
        following = []
        for function in edge:
            if function != root and _ends(evidence, function):
                continue
            for callee in evidence.program.callees[function]:
                if callee not in found and len(found) < _MOST_IN_TREE:
                    found[callee] = depth
                    following.append(callee)
        edge = following
    return list(found.items())


def _ends(evidence: Evidence, function: int) -> bool:
    return function in evidence.named or len(evidence.program.callers[function]) > _HUB


def _parts(evidence: Evidence, root: int) -> Parts:
    parts: Parts = {}
    branches: set[int] = set()
    tree = _tree(evidence, root)
    for function, depth in [*tree, *_beyond(evidence, tree).items()]:
        if depth and evidence.named.get(function):
            for label in evidence.named[function]:
                parts.setdefault(label, []).append((function, None))
            continue
        if depth > _DEPTH or (depth and len(evidence.program.callers[function]) > _HUB):
            own = evidence.own.get(function, {})
            for label in (_SAID if depth > _DEPTH else _ACTS) & set(own):
                parts.setdefault(label, []).append((function, own[label][0]))
            continue
        for label, what in evidence.own.get(function, {}).items():
            if label == "short_code" and depth == _DEPTH and not evidence.own.get(root):
                continue  # a bare number, far from everything
            parts.setdefault(label, []).extend((function, each) for each in what)
            if depth:
                branches.add(function)
    dispatches = len(evidence.program.callees[root]) > _WIDE and not evidence.own.get(root)
    return {} if dispatches and len(branches) > 1 else parts


def _beyond(evidence: Evidence, tree: list[tuple[int, int]]) -> dict[int, int]:
    """Return what lies one call below a tree and says of itself what it does.

    By the name under which it is looked up, or by its own traces and commands: work that is passed
    on along a chain ends in such a function.
    """
    inside = {function for function, _ in tree}
    return {
        callee: _DEPTH + 1
        for function, depth in tree
        if depth == _DEPTH and not _ends(evidence, function)
        for callee in evidence.program.callees[function]
        if callee not in inside
        and (callee in evidence.named or _SAID & set(evidence.own.get(callee, ())))
    }


def _judge(evidence: Evidence, root: int) -> Iterator[Behaviour]:
    parts = _parts(evidence, root)
    asks = _is_asked_for(evidence, root)
    is_shown = "prompt" in parts or asks
    wants = [*_identity(parts), *_premium(parts), *_interception(parts), *_commands(parts)]
    for kind, strength, names in wants:
        held = {name: parts[name] for name in names if name in parts}
        if not any(what is not None for part in _TOLD & set(held) for _, what in held[part]):
            continue  # acts alone: every phone has functions that receive, delete and send
        # Something is drawn on the screen: not surely without the user.
        is_sure = "ui" not in parts and not _rests_on_use(evidence, held)
        sure = strength if is_sure else "partial"
        yield Behaviour(kind, sure, held, root, is_shown)
    is_handler = "hook" in evidence.acts.get(root, ())
    if not is_handler and not _may_be_used(parts) and not _leads_on(evidence, root):
        return
    for use in uses(evidence, sites(evidence, root)):
        said = bodies_of(use) if use.kind == "premium_sms" else set()
        others = {what for _, what in parts.get("prompt", [])} - said
        yield _used(use, root, "ui" in parts, bool(others) or asks)


def _rests_on_use(evidence: Evidence, held: Parts) -> bool:
    """Return whether an act is known only by how the phone itself uses what does it."""
    return any(
        all((function, act) in evidence.by_use for function, _ in held[act])
        for act in ("send_sms", "dial")
        if act in held
    )


def _may_be_used(parts: Parts) -> bool:
    """Return whether there is something under a function whose way is worth following."""
    have = set(parts)
    return bool(
        have & {"number", "short_code", "send_sms", *_DESTINATIONS}
        or any(len(_distinct(parts.get(each, []))) > 1 for each in _COMMAND_PARTS)
    )


def _leads_on(evidence: Evidence, root: int) -> bool:
    """Return whether a handler hands on, along a chain of calls, to what names a destination."""
    if not evidence.program.pointed_to_from(root):
        return False
    seen, edge = {root}, {root}
    for _ in range(2 * _DEPTH):
        edge = {
            callee
            for function in edge
            if not _ends(evidence, function) and len(evidence.program.callees[function]) <= _HUB
            for callee in evidence.program.callees[function]
        } - seen
        seen |= edge
        if len(seen) > _MOST_IN_TREE:
            return False
        if any({"number", *_DESTINATIONS} & set(evidence.own.get(each, ())) for each in edge):
            return True
    return False


def _used(use: Use, root: int, is_drawn: bool, is_shown: bool) -> Behaviour:
    held: Parts = {}
    for site in use.sites:
        for each in site.given(*use.parts):
            if (site.function, each.what) not in held.setdefault(each.part, []):
                held[each.part].append((site.function, each.what))
    strength = "partial" if is_drawn else use.strength
    return Behaviour(use.kind, strength, held, root, is_shown, use.sites)


def _identity(parts: Parts) -> Iterator[Wanted]:
    have = set(parts)
    destination = have & set(_DESTINATIONS)
    if "identity" in have and destination and ("net" in have or not _by_modem(parts["identity"])):
        strength = "full" if "net" in have else "partial"
        yield "sale_report", strength, ("identity", "net", *sorted(destination))
    if "identity" in have and "number" in have and ("send_sms" in have or not destination):
        strength = "full" if "send_sms" in have else "partial"
        yield "identity_sms", strength, ("identity", "number", "send_sms")
    elif {"identity", "short_code", "send_sms"} <= have:
        yield "identity_sms", "partial", ("identity", "short_code", "send_sms")


def _by_modem(held: list[tuple[int, Item | Text | None]]) -> bool:
    """Return whether the identity is only asked of a modem: a test that shows it does the same."""
    return all(what is not None and what.value.startswith("AT+") for _, what in held)


def _premium(parts: Parts) -> Iterator[Wanted]:
    have = set(parts)
    destination = have & set(_DESTINATIONS)
    has_words = len(_distinct(parts.get("server_text", []))) >= _FEWEST_COMMANDS
    if {"short_code", "send_sms"} <= have:
        yield "premium_sms", "full", ("short_code", "send_sms")
    elif "send_sms" in have and has_words and (destination or "net" in have):
        strength = "full" if "net" in have else "partial"
        yield "premium_sms", strength, ("server_text", "send_sms", "net", *sorted(destination))


def _interception(parts: Parts) -> Iterator[Wanted]:
    have = set(parts)
    destination = have & set(_DESTINATIONS)
    way = ("hook", "suppress", "net", "number", *sorted(destination))
    if {"hook", "suppress"} <= have:
        together = {at for at, _ in parts["hook"]} & {at for at, _ in parts["suppress"]}
        if have & {"net", "number"} or destination:
            yield "sms_interception", "full", way
        elif together:
            yield "sms_interception", "partial", way
    elif {"hook", "net"} <= have and destination:
        yield "sms_interception", "partial", way


def _commands(parts: Parts) -> Iterator[Wanted]:
    have = set(parts)
    commands = _distinct(parts.get("command", []))
    source = have & {"net", "hook"}
    sink = have & {"send_sms", "dial", "suppress"}
    destination = have & set(_DESTINATIONS)
    if len(commands) >= _FEWEST_COMMANDS and source and sink:
        yield "remote_command", "full", ("command", *sorted(source | sink))
    elif len(commands) > _FEWEST_COMMANDS and source and destination:
        yield "remote_command", "partial", ("command", *sorted(source | destination))


def _is_asked_for(evidence: Evidence, root: int) -> bool:
    """Return whether a function one or two calls above asks the user, or calls what asks."""
    edge = {root}
    for _ in range(_DEPTH):
        edge = {
            caller
            for function in edge
            if len(evidence.program.callers[function]) <= _HUB
            for caller in evidence.program.callers[function]
        }
        beside = {
            callee
            for function in edge
            if len(evidence.program.callees[function]) <= _WIDE
            for callee in evidence.program.callees[function]
            if len(evidence.program.callers[callee]) <= _HUB
        }
        if any("prompt" in evidence.own.get(function, {}) for function in edge | beside):
            return True
    return False


def _distinct(found: list[tuple[int, Item | Text | None]]) -> set[str]:
    return {each.value for _, each in found if each is not None}


def _by_texts_alone(evidence: Evidence) -> Iterator[Behaviour]:
    """Yield sale reports and identity messages whose texts lie near each other, without code."""
    found: list[tuple[int, Behaviour]] = []
    for kind, wanted in (("sale_report", _DESTINATIONS), ("identity_sms", ("number",))):
        others = sorted(
            (each.text.segment, each.text.offset, number)
            for number, each in enumerate(evidence.items)
            if each.kind in wanted and not each.service
        )
        for number, item in enumerate(evidence.items):
            if item.kind != "identity":
                continue
            segment, offset = item.text.segment, item.text.offset
            at = bisect_left(others, (segment, offset - _NEAR, 0))
            if at < len(others) and others[at][:2] <= (segment, offset + _NEAR):
                other = evidence.items[others[at][2]]
                parts: Parts = {"identity": [(-1, item)], other.kind: [(-1, other)]}
                found.append((number, Behaviour(kind, "strings", parts, -1)))
                break
    yield from (each for _, each in sorted(found, key=lambda told: told[0]))
