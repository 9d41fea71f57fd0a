"""Messages that come in and are passed on: to a number or a host that the code names."""

from __future__ import annotations

from collections.abc import Iterator

from portique.examine.firmware.evidence import KEEPS, Evidence
from portique.examine.firmware.given import PLACES, Site
from portique.examine.firmware.saying import (
    HUB,
    Use,
    formats,
    is_put_together,
    words_given,
)


def interception(evidence: Evidence, found: list[Site], sinks: list[Site]) -> Iterator[Use]:
    """Yield what gives a message that came in to a call, together with where it shall go.

    Args:
        evidence: of the program.
        found: calls under a function.
        sinks: of these, the calls that may send.
    """
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
            parts = ("number", *PLACES)
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
    return formats(site) or (is_general and site.is_kept and not site.is_asked)


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
    if any(each not in numbers or is_put_together(site, each) for each in came if numbers):
        return True
    copied = any(each.how in {"buffer", "record"} for each in site.given("incoming"))
    if copied and site.holders(*PLACES):
        return True
    first = [
        number
        for number, carried in enumerate(site.arguments)
        if any(each.part in PLACES and each.how in {"register", "result"} for each in carried)
    ]
    return any(number < at for number in first for at in came)


def _asks_who(site: Site) -> bool:
    """Return whether what came in is compared with a word or a number."""
    return site.is_asked and bool(site.holders("incoming")) and bool(words_given(site))


def _answers_two_ways(evidence: Evidence, handler: int) -> bool:
    """Return whether a handler ends with different constants: handled, or passed on."""
    told = evidence.program.trace(handler)
    ends = {each.number for each in told.returns if each.kind == "constant"}
    return len(ends) > 1
