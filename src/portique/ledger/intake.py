"""Taking in entries: what is answered, what goes into the log, what into quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portique.engine.journal_store import SetAside
from portique.ledger.growth import Growth
from portique.ledger.judge import (
    CONFLICT,
    INVALID,
    KNOWN,
    STORED,
    Candidate,
    Judged,
    sha256_of,
)
from portique.ledger.program import instant_text, now, received_entry


@dataclass(frozen=True)
class Accepted:
    """What is answered to a batch.

    Args:
        results: one for each element, in the order sent.
        checkpoint: a signed checkpoint that covers all that is in the log of them.
    """

    results: tuple[Judged, ...]
    checkpoint: str


def take_in(growth: Growth, candidates: Sequence[Candidate], carrier: str) -> tuple[Judged, ...]:
    """Add a batch to the log: steps 4 to 7, then one `received` where something was added.

    An element that comes twice in one batch is stored, then known.
    """
    growth.look_up(each.fields for each in candidates if each.fields is not None)
    moment = now()
    at_utc = instant_text(moment)
    first = growth.tail.size
    results = tuple(_verdict(growth, each, carrier, at_utc) for each in candidates)
    last = growth.tail.size - 1
    if last >= first:
        growth.write(received_entry(first, last, at_utc, carrier), moment)
    return results


def _verdict(growth: Growth, candidate: Candidate, carrier: str, at_utc: str) -> Judged:
    fields = candidate.fields
    if fields is None:
        return _invalid(growth, candidate, candidate.reason or INVALID, carrier, at_utc)
    held = growth.held(fields)
    if held is not None:
        return Judged(fields.entry_id, CONFLICT if held[1] else KNOWN, held[0], None)
    refusal = candidate.refusal(growth.tail.devices.get(fields.device_id))
    if refusal is not None:
        return _invalid(growth, candidate, refusal, carrier, at_utc)
    sequence, is_conflict = growth.add(fields, candidate.signature, at_utc)
    return Judged(fields.entry_id, CONFLICT if is_conflict else STORED, sequence, None)


def _invalid(
    growth: Growth, candidate: Candidate, reason: str, carrier: str, at_utc: str
) -> Judged:
    fields = candidate.fields
    device = None if fields is None else growth.tail.devices.get(fields.device_id)
    is_signed = (
        device is not None
        and device.revoked_at_utc is not None
        and candidate.is_signed_by(device.public_key)
    )
    growth.set_aside(
        SetAside(
            material_sha256=sha256_of(candidate),
            reason=reason,
            is_signed=is_signed,
            seen=1,
            material=candidate.material,
            signature=candidate.signature,
            carrier=carrier,
            received_at_utc=at_utc,
            admitted=None,
        )
    )
    return Judged(candidate.entry_id, INVALID, None, reason)
