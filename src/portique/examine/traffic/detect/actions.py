"""What the operator of the lab did explains what it caused, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable

from portique.core.clock import micros
from portique.examine.traffic.identity.record import Action, CaptureRecord

BEFORE_US, AFTER_US = 15_000_000, 180_000_000
"""Clocks of the lab and of the capture may differ by seconds; a message may wait for minutes."""


def cause(record: CaptureRecord, at_us: int, to: str) -> Action | None:
    """Return the operator's action that explains something sent to an end; None: none does.

    Args:
        record: of the capture.
        at_us: when it was sent.
        to: number or host that it went to.
    """
    for action in record.operator_actions:
        asked = micros(action.at_utc)
        if asked - BEFORE_US <= at_us <= asked + AFTER_US and _same(action.to, to):
            return action
    return None


def cause_of_all(record: CaptureRecord, moments_us: Iterable[int], to: str) -> Action | None:
    """Return the action that explains the first contact when each contact has one; else None.

    An operator who once called up a page does not explain that the phone goes back at night.
    """
    if not record.operator_actions:
        return None
    causes = [cause(record, moment, to) for moment in moments_us]
    return causes[0] if causes and None not in causes else None


def _same(asked: str, reached: str) -> bool:
    if not asked or not reached:
        return False
    digits = (re.sub(r"\D", "", asked), re.sub(r"\D", "", reached))
    if all(len(each) >= 6 for each in digits) and not re.search("[a-z]", asked + reached):
        return digits[0][-9:] == digits[1][-9:]
    if digits[0] == digits[1] and digits[0] and asked.strip("+").isdigit():
        return True
    bare = re.sub(r"\A[a-z]+://", "", asked.lower()).split("/")[0]
    return bare == reached.lower() or reached.lower().endswith("." + bare)
