"""Behaviours told by what calls are given, whatever the functions are called.

A call that is given a number and a text writes a message; one that is given a destination and a
buffer with the identity, or a handle that came from a call with the destination, sends it there.
Who compares what came in with words, one after another, and calls something in between, carries out
commands. None of these rules asks for a name. What only they say is told as a partial chain, but
where the identity itself is given to a call together with its destination.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portique.examine.firmware import words
from portique.examine.firmware.evidence import KEEPS, Evidence
from portique.examine.firmware.items import Item
from portique.examine.firmware.passing import Given, Site
from portique.examine.firmware.strings import Text

HUB = 40
_PLACES = ("url", "host", "ip")
_FORMAT = re.compile(r"%[-+ #0-9.]*l?[a-zA-Z]")
_BODY = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9*#][A-Za-z0-9 .,!*#+-]{1,70}")
_DIGITS = re.compile(r"[1-9]\d{6,11}")
_FILE = re.compile(r"\.[a-z]{1,4}$", re.I)
_LONGEST_WORD = 20
_FEWEST_WORDS = 3
_FEWEST_ACTS = 2
_FEWEST_FILLED = 2
_WORDY = frozenset({"text", "command", "server_text", "act_word", "prompt"})
_COPIED = frozenset({"buffer", "record", "result"})


@dataclass(frozen=True)
class Use:
    """What the arguments of calls say.

    Args:
        kind: of behaviour.
        strength: "full" or "partial".
        parts: names of the parts that it rests on, beside what the calls are given.
        sites: calls that show it.
    """

    kind: str
    strength: str
    parts: tuple[str, ...]
    sites: tuple[Site, ...]


def uses(evidence: Evidence, found: list[Site]) -> Iterator[Use]:
    """Yield the behaviours that calls under a function show.

    Args:
        evidence: of the program.
        found: calls under a function, `passing.sites`.
    """
    sinks = [each for each in found if is_sink(evidence, each)]
    yield from _identity(evidence, sinks)
    yield from _premium(evidence, found)
    yield from _interception(evidence, found, sinks)
    yield from _commands(evidence, found)
    yield from _carried_out(evidence, found)


def is_sink(evidence: Evidence, site: Site) -> bool:
    """Return whether a call may send what it is given: it neither formats, fills nor is a hub."""
    if _is_sending(evidence, site):
        return True
    is_general = site.callee >= 0 and len(evidence.program.callers[site.callee]) > HUB
    return not (is_general or site.is_kept or _formats(site))


def _formats(site: Site) -> bool:
    return any(
        each.how == "register" and each.what is not None and _FORMAT.search(_whole(each))
        for carried in site.arguments
        for each in carried
    )


def _whole(given: Given) -> str:
    what = given.what
    if what is None:
        return ""
    return what.text.value if isinstance(what, Item) else what.value


def _identity(evidence: Evidence, sinks: list[Site]) -> Iterator[Use]:
    for site in sinks:
        if not site.holders("identity"):
            yield from _by_length(site)
            continue
        if site.holders(*_PLACES):
            yield Use("sale_report", "full", ("identity", *_PLACES), (site,))
        if _apart(site, ("identity",), ("number",)):
            yield Use("identity_sms", "full", ("identity", "number"), (site,))
        elif _apart(site, ("identity",), ("short_code",)) and (
            _is_written(site) or _is_sending(evidence, site)
        ):
            yield Use("identity_sms", "partial", ("identity", "short_code"), (site,))


def _is_written(site: Site) -> bool:
    """Return whether a text names the identity: digits that were read could be any number's."""
    return any(each.what is not None for each in site.given("identity"))


def _by_length(site: Site) -> Iterator[Use]:
    """Yield what is said by two buffers of an IMEI's length that calls filled one after another."""
    filled = {each.place for each in site.given("filled") if each.how != "register"}
    if len(filled) < _FEWEST_FILLED or site.holders("incoming"):
        return
    numbers = site.holders("number")
    if any(at not in numbers for at in site.holders("filled")) and numbers:
        yield Use("identity_sms", "partial", ("number", "filled"), (site,))
    elif site.holders(*_PLACES) and not numbers:
        yield Use("sale_report", "partial", (*_PLACES, "filled"), (site,))


def _apart(site: Site, first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Return whether two arguments carry two parts, or one record that code put together does."""
    one, other = site.holders(*first), site.holders(*second)
    if not one or not other:
        return False
    if one != other or len(one) > 1:
        return True
    return _is_put_together(site, one[0])


def _premium(evidence: Evidence, found: list[Site]) -> Iterator[Use]:
    for site in found:
        is_general = site.callee >= 0 and len(evidence.program.callers[site.callee]) > HUB
        if is_general or _formats(site) or not _is_sending(evidence, site):
            continue
        if _is_paid(site):
            yield Use("premium_sms", "partial", ("short_code",), (site,))
        elif _is_to_digits(site):
            yield Use("premium_sms", "partial", ("text",), (site,))
    sent = [each for each in found if _is_sending(evidence, each) and len(_from_outside(each)) > 1]
    if sent:
        yield Use("premium_sms", "full", _PLACES, tuple(sent[:4]))
    by_word = [each for each in found if _said_by_words(each)]
    if by_word:
        yield Use("premium_sms", "partial", ("server_text", *_PLACES), tuple(by_word[:4]))


def _is_sending(evidence: Evidence, site: Site) -> bool:
    """Return whether what is called is known, by its name or its traces, to send a message."""
    own = evidence.own.get(site.callee, ())
    return "send_sms" in evidence.named.get(site.callee, ()) or "send_sms" in own


def keepers(found: Iterable[Site]) -> set[int]:
    """Return the functions that are given more than one short code, each with a text.

    They keep pairs of a code and a title (networks, tests, services) and send nothing.

    Args:
        found: calls with a short code and a text, of the whole program.
    """
    codes: dict[int, set[str]] = defaultdict(set)
    for site in found:
        codes[site.callee] |= {_whole(each) for each in site.given("short_code")}
    return {callee for callee, held in codes.items() if callee >= 0 and len(held) > 1}


def _is_paid(site: Site) -> bool:
    """Return whether a call is given a short code, and a text in another argument."""
    codes = site.holders("short_code")
    for number in codes:
        if site.is_kept and (number == 0 or _bodies(site.arguments[0])):
            continue
        others = [at for at in range(len(site.arguments)) if at not in codes]
        if any(_bodies(site.arguments[at]) for at in others):
            return True
        if _is_put_together(site, number) and _bodies(site.arguments[number]):
            return True
    return False


def _is_to_digits(site: Site) -> bool:
    """Return whether what sends is given constant digits and, in another argument, constant words.

    Codes of services may have more than six digits (China: 106 and more).
    """
    digits = [
        at
        for at, carried in enumerate(site.arguments)
        if any(_DIGITS.fullmatch(_whole(each)) for each in carried if each.part == "text")
    ]
    return any(
        _bodies(carried) for at, carried in enumerate(site.arguments) if digits and at not in digits
    )


def _is_put_together(site: Site, number: int) -> bool:
    """Return whether an argument is a record: stored field by field, or behind a handle."""
    carried = site.arguments[number]
    is_record = all(each.how == "record" for each in carried)
    is_handle = number == 0 and site.memory is not None and site.memory[1] == "result"
    return (is_record or is_handle) and not site.is_kept


def _bodies(carried: Iterable[Given]) -> list[Given]:
    """Return what an argument carries that a person could send: words, no name of a file."""
    return [
        each
        for each in carried
        if each.how != "result"
        and each.part in _WORDY
        and _BODY.fullmatch(_whole(each).strip())
        and not _FILE.search(_whole(each))
    ]


def bodies_of(use: Use) -> set[Item | Text | None]:
    """Return the texts that calls of a use are given to send."""
    carried = [given for site in use.sites for given in site.arguments]
    return {each.what for given in carried for each in _bodies(given)}


def _said_by_words(site: Site) -> bool:
    """Return whether two arguments carry what two words looked up: a number's and a text's.

    Where words say nothing, what was looked up must have come from a destination.
    """
    found = list(_looked_up(site))
    numbers = {at for at, each in found if words.NUMBER_WORD.match(_whole(each))}
    bodies = {at for at, each in found if words.BODY_WORD.match(_whole(each))}
    if numbers and bodies and len(numbers | bodies) > 1:
        return True
    own = [
        {_whole(each) for number, each in found if number == at and each.part not in _PLACES}
        for at in _from_outside(site)
    ]
    return sum(bool(mine - set().union(*own[:at])) for at, mine in enumerate(own)) > 1


def _from_outside(site: Site) -> list[int]:
    """Return the arguments that carry what a call with a destination returned or filled."""
    return [
        at
        for at, carried in enumerate(site.arguments)
        if any(each.part in _PLACES and each.how in _COPIED for each in carried)
    ]


def _looked_up(site: Site) -> Iterator[tuple[int, Given]]:
    for at, carried in enumerate(site.arguments):
        for each in carried:
            if each.how in _COPIED and 0 < len(_whole(each)) <= _LONGEST_WORD:
                yield at, each


def _interception(evidence: Evidence, found: list[Site], sinks: list[Site]) -> Iterator[Use]:
    for site in sinks:
        handlers = {each.place for each in site.given("incoming")}
        if not handlers or not _forwards(site) or not _is_of_messages(evidence, found, handlers):
            continue
        choices = [each for each in found if _asks_who(each)]
        to_number = bool(site.holders("number"))
        is_written = any(each.how == "buffer" for each in site.given("incoming")) or any(
            _copies(evidence, each) and any(each.arguments[1:]) and each.holders("incoming")
            for each in found
        )
        if (
            to_number
            or is_written
            or choices
            or any(_answers_two_ways(evidence, each) for each in handlers)
        ):
            parts = ("number", *_PLACES)
            is_kept_back = any(_keeps_back(evidence, each) for each in handlers)
            strength = "full" if is_kept_back else "partial"
            yield Use("sms_interception", strength, parts, (site, *choices[:3]))


def _keeps_back(evidence: Evidence, handler: int) -> bool:
    """Return whether a handler takes in messages, and by what it returns the user is not told."""
    takes_in = evidence.acts.get(handler, {}).get("hook") == KEEPS
    return takes_in and _answers_two_ways(evidence, handler)


def _copies(evidence: Evidence, site: Site) -> bool:
    """Return whether a call formats, or is one of those that everything calls to copy."""
    is_general = site.callee >= 0 and len(evidence.program.callers[site.callee]) > HUB
    return _formats(site) or (is_general and site.is_kept and not site.is_asked)


def _is_of_messages(evidence: Evidence, found: list[Site], handlers: set[int]) -> bool:
    """Return whether a handler, or else a function near it, is known to take in messages.

    Without that, a page that is opened from a list has the same shape.
    """
    known = {each for each in evidence.acts if "hook" in evidence.acts[each]}
    if known & handlers:
        return True
    if any("hook" in evidence.own.get(each, ()) for each in known):
        return False
    near = handlers | {each.function for each in found} | {each.callee for each in found}
    return any({"hook", "suppress"} & set(evidence.own.get(each, ())) for each in near)


def _forwards(site: Site) -> bool:
    """Return whether what came in is given to a call together with where it shall go.

    A handle that comes in (`send(handle, request)`) is no content: content is what was copied, or
    what stands behind the destination.
    """
    came = site.holders("incoming")
    numbers = site.holders("number")
    if any(each not in numbers or _is_put_together(site, each) for each in came if numbers):
        return True
    copied = any(each.how in {"buffer", "record"} for each in site.given("incoming"))
    if copied and site.holders(*_PLACES):
        return True
    first = [
        number
        for number, carried in enumerate(site.arguments)
        if any(each.part in _PLACES and each.how in {"register", "result"} for each in carried)
    ]
    return any(number < at for number in first for at in came)


def _asks_who(site: Site) -> bool:
    """Return whether what came in is compared with a word or a number."""
    return site.is_asked and bool(site.holders("incoming")) and bool(_words(site))


def _answers_two_ways(evidence: Evidence, handler: int) -> bool:
    """Return whether a handler ends with different constants: handled, or passed on."""
    told = evidence.program.trace(handler)
    ends = {each.number for each in told.returns if each.kind == "constant"}
    return len(ends) > 1


def _words(site: Site) -> list[Given]:
    """Return constant words that a call is given directly."""
    return [
        each
        for carried in site.arguments
        for each in carried
        if each.how == "register"
        and each.what is not None
        and 0 < len(_whole(each).strip()) <= _LONGEST_WORD
    ]


def _commands(evidence: Evidence, found: list[Site]) -> Iterator[Use]:
    groups: dict[tuple[int, int], list[Site]] = defaultdict(list)
    for site in found:
        if site.callee >= 0 and _words(site):
            groups[site.function, site.callee].append(site)
    for site in found:
        if site.letters:
            groups[site.function, -1].append(site)
    for (function, compare), group in groups.items():
        told = {_whole(each) for site in group for each in _words(site)}
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
        below = [each for each in found if each.function in called]
        if (
            known >= _FEWEST_ACTS
            or (known and _is_known_to_act(evidence, [*acts, *below]))
            or any(_acts_on_what_came(evidence, each) for each in [*acts, *below])
        ):
            yield Use(
                "remote_command", "partial", ("command", *_PLACES), tuple([*group, *acts][:8])
            )


def _carried_out(evidence: Evidence, found: list[Site]) -> Iterator[Use]:
    """Yield commands told by acts alone: what came in is given to what sends, and to what dials."""
    acts = [each for each in found if _acts_on_what_came(evidence, each)]
    kinds = {act for each in acts for act in _known_acts(evidence, each)}
    if len(kinds) > 1 and any(each.holders(*_PLACES) for each in found):
        yield Use("remote_command", "partial", ("command", *_PLACES), tuple(acts[:8]))


def _acts_on_what_came(evidence: Evidence, site: Site) -> bool:
    """Return whether what is known to send or dial is given what a host or a message said."""
    if not _known_acts(evidence, site):
        return False
    known = {each for each, acts in evidence.acts.items() if "hook" in acts}
    return bool(_from_outside(site)) or any(
        each.part == "incoming" and each.place in known
        for carried in site.arguments
        for each in carried
    )


def _known_acts(evidence: Evidence, site: Site) -> set[str]:
    own = set(evidence.own.get(site.callee, ()))
    return {"send_sms", "dial"} & (evidence.named.get(site.callee, set()) | own)


def _comes_from_outside(group: list[Site]) -> bool:
    """Return whether most comparisons decide something, on what came in or what a call got."""
    asked = [each for each in group if each.is_asked]
    outside = [each for each in group if each.holders("incoming", *_PLACES)]
    at_once = any(each.letters or len(_words(each)) >= _FEWEST_WORDS for each in group)
    return (at_once or len(asked) >= _FEWEST_WORDS - 1) and bool(outside)


def _is_known_to_act(evidence: Evidence, acts: list[Site]) -> bool:
    """Return whether an act is known, by its name, its traces or its use, to send or to dial."""
    return any(_known_acts(evidence, site) for site in acts)


def _is_looked_up(carried: tuple[Given, ...]) -> bool:
    """Return whether an argument came in, or is what a word looked up in a host's text."""
    if any(each.part == "incoming" or each.how == "result" for each in carried):
        return True
    copied = [each for each in carried if each.how in _COPIED and each.what is not None]
    is_from_host = any(each.part in _PLACES for each in copied)
    return is_from_host and any(
        each.part not in _PLACES and 0 < len(_whole(each)) <= _LONGEST_WORD for each in copied
    )
