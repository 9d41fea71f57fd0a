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

from portique.examine.firmware import words
from portique.examine.firmware.commanding import carried_out, commands
from portique.examine.firmware.evidence import Evidence
from portique.examine.firmware.given import PLACES, Given, Site, whole
from portique.examine.firmware.interception import interception
from portique.examine.firmware.items import Item
from portique.examine.firmware.saying import (
    COPIED,
    HUB,
    LONGEST_WORD,
    Use,
    formats,
    from_outside,
    is_put_together,
    is_sending,
    is_sink,
)
from portique.examine.firmware.strings import Text

_BODY = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9*#][A-Za-z0-9 .,!*#+-]{1,70}")
_DIGITS = re.compile(r"[1-9]\d{6,11}")
_FILE = re.compile(r"\.[a-z]{1,4}$", re.I)
_FEWEST_FILLED = 2
_WORDY = frozenset({"text", "command", "server_text", "act_word", "prompt"})


def uses(evidence: Evidence, found: list[Site]) -> Iterator[Use]:
    """Yield the behaviours that calls under a function show.

    Args:
        evidence: of the program.
        found: calls under a function, `passing.sites`.
    """
    sinks = [each for each in found if is_sink(evidence, each)]
    yield from _identity(evidence, sinks)
    yield from _premium(evidence, found)
    yield from interception(evidence, found, sinks)
    yield from commands(evidence, found)
    yield from carried_out(evidence, found)


def _identity(evidence: Evidence, sinks: list[Site]) -> Iterator[Use]:
    for site in sinks:
        if not site.holders("identity"):
            yield from _by_length(site)
            continue
        if site.holders(*PLACES):
            yield Use("sale_report", "full", ("identity", *PLACES), (site,))
        if _apart(site, ("identity",), ("number",)):
            yield Use("identity_sms", "full", ("identity", "number"), (site,))
        elif _apart(site, ("identity",), ("short_code",)) and (
            _is_written(site) or is_sending(evidence, site)
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
    elif site.holders(*PLACES) and not numbers:
        yield Use("sale_report", "partial", (*PLACES, "filled"), (site,))


def _apart(site: Site, first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Return whether two arguments carry two parts, or one record that code put together does."""
    one, other = site.holders(*first), site.holders(*second)
    if not one or not other:
        return False
    if one != other or len(one) > 1:
        return True
    return is_put_together(site, one[0])


def _premium(evidence: Evidence, found: list[Site]) -> Iterator[Use]:
    for site in found:
        is_general = site.callee >= 0 and len(evidence.program.callers[site.callee]) > HUB
        if is_general or formats(site) or not is_sending(evidence, site):
            continue
        if _is_paid(site):
            yield Use("premium_sms", "partial", ("short_code",), (site,))
        elif _is_to_digits(site):
            yield Use("premium_sms", "partial", ("text",), (site,))
    sent = [each for each in found if is_sending(evidence, each) and len(from_outside(each)) > 1]
    if sent:
        is_proven = any((each.callee, "send_sms") not in evidence.by_use for each in sent)
        yield Use("premium_sms", "full" if is_proven else "partial", PLACES, tuple(sent[:4]))
    by_word = [each for each in found if _said_by_words(each)]
    if by_word:
        yield Use("premium_sms", "partial", ("server_text", *PLACES), tuple(by_word[:4]))


def keepers(found: Iterable[Site]) -> set[int]:
    """Return the functions that are given more than one short code, each with a text.

    They keep pairs of a code and a title (networks, tests, services) and send nothing.

    Args:
        found: calls with a short code and a text, of the whole program.
    """
    codes: dict[int, set[str]] = defaultdict(set)
    for site in found:
        codes[site.callee] |= {whole(each) for each in site.given("short_code")}
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
        if is_put_together(site, number) and _bodies(site.arguments[number]):
            return True
    return False


def _is_to_digits(site: Site) -> bool:
    """Return whether what sends is given constant digits and, in another argument, constant words.

    Codes of services may have more than six digits (China: 106 and more).
    """
    digits = [
        at
        for at, carried in enumerate(site.arguments)
        if any(_DIGITS.fullmatch(whole(each)) for each in carried if each.part == "text")
    ]
    return any(
        _bodies(carried) for at, carried in enumerate(site.arguments) if digits and at not in digits
    )


def _bodies(carried: Iterable[Given]) -> list[Given]:
    """Return what an argument carries that a person could send: words, no name of a file."""
    return [
        each
        for each in carried
        if each.how != "result"
        and each.part in _WORDY
        and _BODY.fullmatch(whole(each).strip())
        and not _FILE.search(whole(each))
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
    numbers = {at for at, each in found if words.NUMBER_WORD.match(whole(each))}
    bodies = {at for at, each in found if words.BODY_WORD.match(whole(each))}
    if numbers and bodies and len(numbers | bodies) > 1:
        return True
    own = [
        {whole(each) for number, each in found if number == at and each.part not in PLACES}
        for at in from_outside(site)
    ]
    return sum(bool(mine - set().union(*own[:at])) for at, mine in enumerate(own)) > 1


def _looked_up(site: Site) -> Iterator[tuple[int, Given]]:
    for at, carried in enumerate(site.arguments):
        for each in carried:
            if each.how in COPIED and 0 < len(whole(each)) <= LONGEST_WORD:
                yield at, each
