"""Short messages: records of a phone's memory, decoded, deleted ones too, long ones joined.

A record is the one of a SIM (3GPP TS 51.011, 10.5.3): a status octet, the number of the message
centre, the unit. MediaTek's `MPA3_*` puts them in records of 184 bytes and 2 of checksum, older
builds in 176 (public headers of that software; no real dump was at hand). Spreadtrum has an NV item
of 232 bytes with the unit at 0x12 (notes; no real dump either). A record is taken only where a
whole unit stands in it and nothing but filling behind: chance bytes do not pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from portique.examine.content.clock import Told, centre_time
from portique.examine.content.material import Stored, is_blank, records
from portique.examine.traffic.radio import tpdu
from portique.examine.traffic.radio.tpdu import ShortMessage
from portique.examine.traffic.undecoded import Undecoded

STRIDES = (186, 184, 178, 176)
_SIM_RECORD = 176
_SPREADTRUM_BYTES = 232
_SPREADTRUM_UNIT = 0x12
_STATUS = {0: "free", 1: "read", 3: "unread", 5: "sent", 7: "to be sent", 13: "sent", 21: "sent"}
_DIRECTION = {tpdu.DELIVER: "received", tpdu.SUBMIT: "sent", tpdu.REPORT: "report"}
_ADDRESS_KINDS = frozenset({0x81, 0x91, 0xA1, 0xB1, 0xC1, 0xD0, 0x80, 0x90, 0xA0, 0x85, 0x89})
_LONGEST_TEXT = {"gsm7": 160, "ucs2": 140, "data": 140}
_FEWEST_BY_FORM = 2
MEDIATEK = "MediaTek record of short messages"
SPREADTRUM = "Spreadtrum NV item of 232 bytes"


@dataclass(frozen=True)
class Message:
    """One message, or one part of a long one.

    Args:
        unit: as decoded.
        centre: number of the message centre; "" where none is stored.
        status: what the record says of it; "" where the layout has none that is known.
        told: when the centre had it; None for what was written on the phone.
        is_deleted: record, item or file is marked as free.
        source: name of file or item.
        offset: of the record in the image; None where that is not known.
        layout: of the record, as `docs/content.md` names it.
        parts: offsets of the records that it was joined from, and None for each that lacks.
    """

    unit: ShortMessage
    centre: str
    status: str
    told: Told | None
    is_deleted: bool
    source: str
    offset: int | None
    layout: str
    parts: tuple[int | None, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return it for the answer."""
        unit = self.unit
        return {
            "kind": "sms",
            "direction": _DIRECTION[unit.kind],
            "number": unit.number,
            "text": unit.text,
            "data_hex": unit.raw.hex() if tpdu.alphabet(unit.coding) == "data" else None,
            "alphabet": tpdu.alphabet(unit.coding),
            "national_tables": list(unit.tables) if any(unit.tables) else None,
            "class": unit.message_class,
            "silent": unit.is_silent,
            "port": unit.port,
            "centre": self.centre,
            "status": self.status,
            "time": None if self.told is None else self.told.as_dict(),
            "deleted": self.is_deleted,
            "source": self.source,
            "offset": self.offset,
            "layout": self.layout,
            "parts": list(self.parts) or None,
        }


def in_file(file: Stored) -> list[Message]:
    """Return the messages of a file: by its name, else where its form leaves no doubt.

    Names vary by build, so a file of another name counts where every used record holds a message,
    and at least two do.
    """
    best: list[Message] = []
    is_named = file.last_part[1:5] == "PA3_"
    for stride in STRIDES:
        found, others = _in_records(file, stride)
        if not is_named and (others or len(found) < _FEWEST_BY_FORM):
            continue
        if len(found) > len(best):
            best = found
    return best


def _in_records(file: Stored, stride: int) -> tuple[list[Message], int]:
    found: list[Message] = []
    others = 0
    for at, record in records(file.content, stride):
        if is_blank(record[1:_SIM_RECORD]):
            continue
        message = of_record(record[:_SIM_RECORD], file, at)
        if message is None:
            others += 1
            if others > _FEWEST_BY_FORM + len(found):
                break
        else:
            found.append(message)
    return found, others


def of_record(record: bytes, file: Stored, at: int) -> Message | None:
    """Return the message of a record laid out as on a SIM; None: it holds none."""
    status = _STATUS.get(record[0])
    if status is None:
        return None
    found = _unit(record, 1)
    if found is None:
        return None
    deleted = file.is_deleted or status == "free"
    return Message(
        found[1], found[0], status, centre_time(found[1].stamp), deleted,
        file.name, file.place(at), MEDIATEK,
    )  # fmt: skip


def in_item(item: Stored) -> Message | None:
    """Return the message of a Spreadtrum NV item; None: it holds none."""
    if len(item.content) != _SPREADTRUM_BYTES:
        return None
    found = _unit(item.content, _SPREADTRUM_UNIT) or _bare_unit(item.content, _SPREADTRUM_UNIT)
    if found is None:
        return None
    return Message(
        found[1], found[0], "", centre_time(found[1].stamp), item.is_deleted,
        item.name, item.place(0), SPREADTRUM,
    )  # fmt: skip


def _unit(record: bytes, at: int) -> tuple[str, ShortMessage] | None:
    """Return the centre's number and the unit behind it; None: they do not stand there."""
    length = record[at]
    if length > 11 or (length and (length < 2 or record[at + 1] not in _ADDRESS_KINDS)):
        return None
    try:
        centre, end = tpdu.address(record, at, octets=True)
    except IndexError:
        return None
    found = _bare_unit(record, end)
    return None if found is None else (centre, found[1])


def _bare_unit(record: bytes, at: int) -> tuple[str, ShortMessage] | None:
    unit = record[at:]
    if len(unit) < 8 or unit[0] & 3 == 3:
        return None
    kind_at = 2 if unit[0] & 3 == 0 else 3
    if unit[kind_at] not in _ADDRESS_KINDS or unit[kind_at - 1] > 20:
        return None
    try:
        found = tpdu.read(unit, uplink=unit[0] & 3 == 1)
    except Undecoded:
        return None
    if found.kind not in _DIRECTION or not _is_sane(found, unit):
        return None
    return "", found


def _is_sane(found: ShortMessage, unit: bytes) -> bool:
    """Return whether a unit ends inside its record, has a time that exists and letters that do."""
    if found.size > len(unit) or not is_blank(unit[found.size :]):
        return False
    if found.kind != tpdu.SUBMIT and centre_time(found.stamp) is None:
        return False
    return len(found.text) <= _LONGEST_TEXT[tpdu.alphabet(found.coding)]


def joined(messages: list[Message]) -> list[Message]:
    """Return messages with the parts of long ones put together, in the order of their first part.

    Parts belong together that have the same other end, direction, reference and count, and of
    which none stands twice; what lacks is said in the text, in brackets.
    """
    groups: dict[tuple[object, ...], list[dict[int, Message]]] = {}
    order: list[Message | dict[int, Message]] = []
    for message in messages:
        part = message.unit.part
        if part is None or not 0 < part[2] <= part[1]:
            order.append(message)
            continue
        key = (message.unit.kind, message.unit.number, part[0], part[1])
        sets = groups.setdefault(key, [])
        for known in sets:
            if part[2] not in known:
                known[part[2]] = message
                break
        else:
            sets.append({part[2]: message})
            order.append(sets[-1])
    return [each if isinstance(each, Message) else _together(each) for each in order]


def _together(parts: dict[int, Message]) -> Message:
    first = parts[min(parts)]
    assert first.unit.part is not None  # noqa: S101 - only such messages are grouped
    count = first.unit.part[1]
    texts = [
        parts[number].unit.text if number in parts else f"[part {number} of {count} lacks]"
        for number in range(1, count + 1)
    ]
    return replace(
        first,
        unit=replace(first.unit, text="".join(texts)),
        is_deleted=any(each.is_deleted for each in parts.values()),
        parts=tuple(
            parts[number].offset if number in parts else None for number in range(1, count + 1)
        ),
    )


def messages_of(files: list[Stored], items: list[Stored]) -> Iterator[Message]:
    """Yield every message of files and items, parts apart, in the order of the image."""
    for file in files:
        yield from in_file(file)
    for item in items:
        if message := in_item(item):
            yield message
