"""Letting in what a revoked device signed: by a person, with a ground, in the log."""

from __future__ import annotations

import re
from collections.abc import Callable

from portique.core.errors import Refused
from portique.engine.journal_store import SetAside
from portique.ledger.devices import Device
from portique.ledger.entry import Fields, Malformed, read_payload
from portique.ledger.growth import Growth, Held
from portique.ledger.judge import is_signed
from portique.ledger.program import ProgramEntry, instant_text, now, received_entry

ADMITTED = "admitted"
_HEX = re.compile(r"[0-9a-f]{64}")


def admitting(payload_sha256: str, actor: str, ground: str) -> Callable[[Growth], Held]:
    """Return the letting in of one entry: `admitted`, the entry, then `received`.

    Its time of receipt is that of its admission: only this one can be bound. When it first came,
    and by whom, stands in `admitted`.

    Args:
        payload_sha256: hex hash of the payload in quarantine.
        actor: who lets it in.
        ground: why.

    Raises:
        Refused: when it is done: nothing of that hash is there, or it cannot be let in.
    """

    def fill(growth: Growth) -> Held:
        aside, fields = _found(growth, payload_sha256)
        moment = now()
        at_utc = instant_text(moment)
        body = {
            "payload_sha256": payload_sha256,
            "entry_id": fields.entry_id,
            "device_id": fields.device_id,
            "device_seq": fields.device_seq,
            "ground": ground,
            "carrier": aside.carrier,
            "quarantined_at_utc": aside.received_at_utc,
        }
        growth.write(
            ProgramEntry(
                ADMITTED, "device", fields.device_id, body, actor, "lead_investigator", ground
            ),
            moment,
        )
        signature = aside.signature or b""
        sequence, _ = growth.add(fields, signature, at_utc)
        growth.write(received_entry(sequence, sequence, at_utc, aside.carrier), moment)
        growth.writing.mark_admitted(aside.material_sha256, sequence)
        return Held(sequence, fields.payload, signature, at_utc)

    return fill


def _found(growth: Growth, payload_sha256: str) -> tuple[SetAside, Fields]:
    if not _HEX.fullmatch(payload_sha256):
        raise _refused(payload_sha256, "a payload is named by 64 lower-case hex digits")
    for aside in growth.writing.set_aside(bytes.fromhex(payload_sha256)):
        if not aside.is_signed or aside.material is None:
            continue
        try:
            fields = read_payload(aside.material, growth.case_id)
        except Malformed:
            continue
        if growth.held(fields) is not None:
            raise _refused(payload_sha256, "it is in the log already")
        device: Device | None = growth.tail.devices.get(fields.device_id)
        if device is not None and is_signed(
            device.public_key, aside.signature or b"", aside.material
        ):
            return aside, fields
    raise _refused(
        payload_sha256, "the quarantine holds no such payload that a revoked device signed"
    )


def _refused(payload_sha256: str, what: str) -> Refused:
    return Refused(
        f"{payload_sha256[:64]!r} cannot be let in: {what}",
        where="the quarantine of the journal",
        mend="name the SHA-256 of a payload that was refused as `revoked`",
        code="LED-012",
    )
