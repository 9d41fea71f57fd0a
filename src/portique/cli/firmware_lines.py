"""The answer of `portique examine firmware`, as a person reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from portique.cli.options import flag_lines

_SHOWN = 40
_SHOWN_CODE = 16


def firmware_lines(told: dict[str, Any], name: str) -> Iterator[str]:
    """Yield the lines of what firmware is able to do.

    Args:
        told: as `--json` prints it.
        name: of the image.
    """
    yield f"Exhibit:  {told['exhibit'] or 'not stated'}  ({told['authority']})"
    yield from flag_lines(told)
    yield f"Image:    {name}  sha256 {told['image_sha256']}  ({told['image_bytes']:,} bytes)"
    yield f"Build:    {told['build'] or 'not named'}"
    yield f"Grade:    {told['grade']} (2 is a known indicator or a full chain, 6 is not examined)"
    yield f"  fr: {told['verdict']['fr']}"
    yield f"  en: {told['verdict']['en']}"
    texts = told["texts_referred_to"]
    share = "no" if texts["share"] is None else f"{texts['share']:.0%} of {texts['texts']:,}"
    yield f"Read:     {told['functions']:,} functions; code refers to {share} texts"
    for title, key in (("Behaviours:", "behaviours"), ("Shown to the user:", "explained")):
        yield ""
        yield title
        for each in told[key]:
            yield from _behaviour(each)
        if not told[key]:
            yield "  none in the examined part" if told["functions"] else "  no code was read"
    yield ""
    yield "Known indicators:"
    for each in told["indicators"]:
        where = ", ".join(filter(None, each["functions"])) or "no code refers to it"
        yield f"  {each['rule']} in {each['segment']} at {each['offset']:#x}: {where}"
        yield f"      source: {each.get('source', 'not said')}, {each.get('date', 'no date')}"
    if not told["indicators"]:
        yield "  none"
    yield ""
    counted = Counter(each["kind"] for each in told["items"])
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counted.items()))
    yield f"Items: {kinds or 'none'}; {told['baseline']['subtracted']:,} of vendors' kits left out"
    for each in told["items"][:_SHOWN]:
        yield f"  {_item(each)}"
    if len(told["items"]) > _SHOWN:
        yield f"  {len(told['items']) - _SHOWN} more (--json prints every one)"
    yield ""
    yield "Not examined:"
    for each in told["not_examined"][:_SHOWN]:
        yield f"  {each['what']}, {each['length']:,} bytes: {each['why']}"
    if not told["not_examined"]:
        yield "  nothing"


def _behaviour(each: dict[str, Any]) -> Iterator[str]:
    yield f"  {each['kind']} ({each['strength']})"
    for item in each["items"]:
        yield f"      {_item(item)}"
    for function in each["functions"]:
        place = function["address"] or f"{function['segment']}+{function['offset']:#x}"
        name = f" {function['name']}" if function["name"] else ""
        yield f"      function {place}{name}: {'; '.join(function['parts']) or 'calls them'}"
        for line in function["code"][:_SHOWN_CODE]:
            yield f"          {line}"


def _item(each: dict[str, Any]) -> str:
    place = each["address"] or f"{each['segment']}+{each['offset']:#x}"
    by = ", ".join(dict.fromkeys(one["how"] for one in each["references"])) or "nothing"
    service = f" [{each['service']}]" if each.get("service") else ""
    return (
        f"{each['kind']:<10} {place}  {each['value'][:80]!r} ({each['encoding']}; by {by}){service}"
    )
