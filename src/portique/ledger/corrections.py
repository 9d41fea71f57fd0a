"""What a later entry corrects in an earlier one: approved by a second person, or without effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from portique.ledger.act import Act, instant, same_person, text

_OUTER: dict[str, tuple[Callable[[Act], Any], Callable[[Act, Any], Act]]] = {
    "authority_id": (
        lambda act: act.authority_id or None,
        lambda act, new: replace(act, authority_id=text(new)),
    ),
    "occurred_at_utc": (
        lambda act: act.moment_text,
        lambda act, new: replace(act, moment=instant(new)),
    ),
    "subject.id": (
        lambda act: act.subject_id,
        lambda act, new: replace(act, subject_id=text(new)),
    ),
}
"""Members outside the body that can be corrected: how each is read, and written."""


def is_approved(correction: Act) -> bool:
    """Return whether a second person approved a correction.

    What one person says does not change what another signed.
    """
    second = correction.text("approved_by")
    return bool(second.strip()) and not same_person(second, correction.actor)


def amended(act: Act, corrections: Iterable[Act]) -> tuple[Act, list[tuple[str, Act]]]:
    """Return an act as corrected, and each correction that does not fit it with why.

    Args:
        act: as its device signed it.
        corrections: those that name it and count, in their order.
    """
    misfits = []
    for correction in corrections:
        name = correction.text("field").removeprefix("body.")
        old, new = correction.body.get("old"), correction.body.get("new")
        if not _can_be_corrected(name, act.body):
            misfits.append(("names a field that is not corrected", correction))
        elif not _same(_value(act, name), old):
            misfits.append(("states an old value that does not stand there", correction))
        elif name in _OUTER:
            act = _OUTER[name][1](act, new)
        else:
            act = act.with_body(name, new)
    return act, misfits


def _can_be_corrected(name: str, body: Mapping[str, Any]) -> bool:
    return name in _OUTER or (bool(name) and name != "sealed" and "." not in name and bool(body))


def _value(act: Act, name: str) -> Any:
    return _OUTER[name][0](act) if name in _OUTER else act.body.get(name)


def _same(stands: Any, stated: Any) -> bool:
    """Return whether two values of JSON are the same; true is not 1."""
    return type(stands) is type(stated) and stands == stated
