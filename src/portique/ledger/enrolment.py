"""Enrolling and revoking devices: what is refused, and the entries that say it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from portique.core.errors import Refused
from portique.ledger.devices import ENROLLED, PROGRAM, REVOKED, NewDevice
from portique.ledger.growth import Growth, Held
from portique.ledger.program import ProgramEntry


def enrolling(new: Sequence[NewDevice], actor: str) -> Callable[[Growth], list[Held]]:
    """Return the writing of devices into the log, all or none.

    Raises:
        Refused: when it is done: an id or key that is known or occurs twice, or that is none.
    """

    def fill(growth: Growth) -> list[Held]:
        ids = {PROGRAM, *growth.tail.devices}
        keys = {device.public_key for device in growth.tail.devices.values()}
        keys.add(growth.keys.program.public_key().public_bytes_raw())
        for device in new:
            fault = device.fault()
            if fault is not None:
                raise _refused(device, fault)
            if device.id in ids:
                raise _refused(device, "this device id is known already, or stands twice")
            if device.public_key in keys:
                raise _refused(device, "this public key is known already, or stands twice")
            ids.add(device.id)
            keys.add(device.public_key)
        return growth.write_all([_enrolled(device, actor) for device in new])

    return fill


def revoking(device_id: str, actor: str) -> Callable[[Growth], Held]:
    """Return the writing of a revocation into the log.

    Raises:
        Refused: when it is done: no such device, or one that is revoked already.
    """

    def fill(growth: Growth) -> Held:
        device = growth.tail.devices.get(device_id)
        if device is None or device.revoked_at_utc is not None:
            state = "is not enrolled" if device is None else "is revoked already"
            raise Refused(
                f"the device {device_id!r} {state}",
                where="the journal",
                mend="name a device that counts; the log's own entries list them",
                code="LED-011",
            )
        return growth.write(
            ProgramEntry(REVOKED, "device", device_id, {}, actor, "administrator", "revocation")
        )

    return fill


def _enrolled(device: NewDevice, actor: str) -> ProgramEntry:
    body = {
        "public_key": base64.b64encode(device.public_key).decode(),
        "label": device.label,
        "site": device.site,
    }
    return ProgramEntry(
        ENROLLED, "device", device.id, body, actor, "administrator", "preparing a device"
    )


def _refused(device: NewDevice, what: str) -> Refused:
    return Refused(
        f"the device {device.id!r} cannot be enrolled: {what}",
        where="the journal",
        mend="give each device an id and a key of its own; a revoked one never comes back",
        code="LED-010",
    )
