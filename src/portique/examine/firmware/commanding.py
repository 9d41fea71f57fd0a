"""Commands carried out: what came in is compared with words, or given to what sends and dials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from portique.examine.firmware import words
from portique.examine.firmware.evidence import Evidence
from portique.examine.firmware.given import PLACES, Site, whole
from portique.examine.firmware.saying import HUB, Use, from_outside, known_acts, words_given

_FEWEST_WORDS = 3
_FEWEST_ACTS = 2


def commands(evidence: Evidence, found: list[Site]) -> Iterator[Use]:
    """Yield commands told by words: three of them, with an act that is known by word or by code.

    Args:
        evidence: of the program.
        found: calls under a function.
    """
    groups: dict[tuple[int, int], list[Site]] = defaultdict(list)
    for site in found:
        if site.callee >= 0 and words_given(site):
            groups[site.function, site.callee].append(site)
    for site in found:
        if site.letters:
            groups[site.function, -1].append(site)
    for (function, compare), group in groups.items():
        told = {whole(each) for site in group for each in words_given(site)}
        told |= {letter for site in group for letter in site.letters}
        if len(told) < _FEWEST_WORDS:
            continue
        acts = [
            each
            for each in found
            if each.function == function
            and (each.callee != compare or (each.callee < 0 and not each.letters))
            and each.place > group[0].place
            and (each.callee < 0 or len(evidence.program.callers[each.callee]) <= HUB)
        ]
        if not acts or not _comes_from_outside(group):
            continue
        # A title of a menu has spaces: what a server or a message says in one word has none.
        known = sum(bool(words.ACT_WORD.match(each)) for each in told if " " not in each.strip())
        called = {each.callee for each in acts}
        called |= {each.callee for each in found if each.function in called}
        below = [each for each in found if each.function in called]
        if (
            known >= _FEWEST_ACTS
            or (known and _is_known_to_act(evidence, [*acts, *below]))
            or any(_acts_on_what_came(evidence, each) for each in [*acts, *below])
        ):
            yield Use("remote_command", "partial", ("command", *PLACES), tuple([*group, *acts][:8]))


def carried_out(evidence: Evidence, found: list[Site]) -> Iterator[Use]:
    """Yield commands told by acts alone: what came in is given to what sends, and to what dials.

    Args:
        evidence: of the program.
        found: calls under a function.
    """
    acts = [each for each in found if _acts_on_what_came(evidence, each)]
    kinds = {act for each in acts for act in known_acts(evidence, each)}
    if len(kinds) > 1 and any(each.holders(*PLACES) for each in found):
        yield Use("remote_command", "partial", ("command", *PLACES), tuple(acts[:8]))


def _acts_on_what_came(evidence: Evidence, site: Site) -> bool:
    """Return whether what is known to send or dial is given what a host or a message said."""
    if not known_acts(evidence, site):
        return False
    known = {each for each, acts in evidence.acts.items() if "hook" in acts}
    return bool(from_outside(site)) or any(
        each.part == "incoming" and each.place in known
        for carried in site.arguments
        for each in carried
    )


def _comes_from_outside(group: list[Site]) -> bool:
    """Return whether most comparisons decide something, on what came in or what a call got."""
    asked = [each for each in group if each.is_asked]
    outside = [each for each in group if each.holders("incoming", *PLACES)]
    at_once = any(each.letters or len(words_given(each)) >= _FEWEST_WORDS for each in group)
    return (at_once or len(asked) >= _FEWEST_WORDS - 1) and bool(outside)


def _is_known_to_act(evidence: Evidence, acts: list[Site]) -> bool:
    """Return whether an act is known, by its name, its traces or its use, to send or to dial."""
    return any(known_acts(evidence, site) for site in acts)
