"""Contacts and calls in the NVRAM files of MediaTek phones.

Contacts: either the record of a SIM (3GPP TS 51.011, 10.5.1: name, length, kind of number, ten
octets of digits, two more), or names in one file (`MP0C_*`) and numbers in another (`MP0H_*`),
whose lines stand at the same place. Calls: a count, a filling byte and ten entries of 84 bytes, as
public headers of that software have them. All by form, because names vary by build; no real dump
was at hand, so each line says which layout it was read by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from portique.examine.content.clock import Told, phone_time
from portique.examine.content.material import Stored, is_blank, records
from portique.examine.traffic.radio import gsm7

_KINDS = frozenset({0x81, 0x91, 0xA1})
_DIGITS = "0123456789*#pwe"
_CALL_BYTES = 84
_CALLS = 10
_CALLS_FILE = 2 + _CALLS * _CALL_BYTES
_CALL_LISTS = ("dialled", "missed", "received")
_NAME_STRIDES = range(10, 100)
_MOST_RECORDS = 2_000
_FEWEST = 2
SIM_RECORD = "name and number as on a SIM"
TWO_FILES = "names and numbers in two files, joined by their place"
CALLS = "ten calls of 84 bytes"


@dataclass(frozen=True)
class Contact:
    """One contact.

    Args:
        name: as decoded; "" where none.
        number: with `+` when international; "" where none.
        is_deleted: the file was deleted; a deleted line of a file is blank.
        source: files.
        offset: of the number's record, else of the name's, in the image.
        layout: how it was read.
    """

    name: str
    number: str
    is_deleted: bool
    source: str
    offset: int | None
    layout: str

    def as_dict(self) -> dict[str, object]:
        """Return it for the answer."""
        return {
            "kind": "contact",
            "name": self.name,
            "number": self.number,
            "deleted": self.is_deleted,
            "source": self.source,
            "offset": self.offset,
            "layout": self.layout,
        }


@dataclass(frozen=True)
class Call:
    """One line of a list of calls.

    Args:
        list_name: dialled, missed or received, by the list's place in the file.
        number: the other end.
        name: as the phone stored it beside the call.
        count: how many times in a row.
        told: by the phone's own clock.
        is_deleted: behind the count of entries, or in a deleted file.
        source: the file.
        offset: of the entry in the image.
    """

    list_name: str
    number: str
    name: str
    count: int
    told: Told
    is_deleted: bool
    source: str
    offset: int | None

    def as_dict(self) -> dict[str, object]:
        """Return it for the answer."""
        return {
            "kind": "call",
            "list": self.list_name,
            "number": self.number,
            "name": self.name,
            "count": self.count,
            "time": self.told.as_dict(),
            "deleted": self.is_deleted,
            "source": self.source,
            "offset": self.offset,
            "layout": CALLS,
        }


def number_of(length: int, field: bytes) -> str | None:
    """Return the number of a field: kind, then digits two by two; None: it holds no number.

    Args:
        length: octets in use, the kind counted.
        field: kind and digits, with filling of 0xFF or 0x00 behind them.

    >>> number_of(7, bytes.fromhex("91331674325476ffffffff"))
    '+336147234567'
    """
    if not 2 <= length <= len(field) or field[0] not in _KINDS or not is_blank(field[length:]):
        return None
    nibbles = [nibble for octet in field[1:length] for nibble in (octet & 15, octet >> 4)]
    if nibbles[-1] == 15:
        nibbles.pop()
    if not nibbles or 15 in nibbles:
        return None
    return ("+" if field[0] == 0x91 else "") + "".join(_DIGITS[nibble] for nibble in nibbles)


def name_of(field: bytes) -> str | None:
    """Return the name of an alpha field; None: it holds none.

    Coded as 3GPP TS 11.11, annex B says (0x80: UCS-2; else the default alphabet up to 0xFF), or as
    little-endian UCS-2 up to zero.
    """
    if not field or is_blank(field):
        return None
    if field[0] == 0x80:
        text = field[1 : len(field) - (len(field) - 1) % 2].decode("utf-16-be", "replace")
        name = text.split("\uffff")[0].split("\0")[0]
    elif 0 < field[0] < 0x80 and field[1:2] == b"\0":
        text = field[: len(field) // 2 * 2].decode("utf-16-le", "replace")
        name = text.split("\0")[0].split("\uffff")[0]
    else:
        used = field.rstrip(b"\xff").rstrip(b"\0")
        if not used or max(used) > 0x7F:
            return None
        name = gsm7.text_of(list(used))
    return name if name and name.isprintable() and "\ufffd" not in name else None


def contacts_of(files: list[Stored]) -> Iterator[Contact]:
    """Yield the contacts of all files, whole records first."""
    for file in files:
        yield from _whole(file)
    names = [file for file in files if file.last_part[1:5] == "P0C_"]
    numbers = [file for file in files if file.last_part[1:5] == "P0H_"]
    for place, file in enumerate(numbers):
        yield from _split(names[place] if place < len(names) else None, file)


def _whole(file: Stored) -> list[Contact]:
    """Return the contacts of a file whose every used record is name and number as on a SIM."""
    best: list[Contact] = []
    if file.last_part[1:5] in {"PA3_", "P0C_", "P0H_"} or b"\xff" not in file.content:
        return best
    for stride in _strides(file):
        for rest in (14, 16):
            found = _as_on_sim(file, stride, rest)
            if len(found) > max(len(best), _FEWEST - 1):
                best = found
    return best


def _strides(file: Stored) -> list[int]:
    """Return the lengths of records that fill a file; every length where none does."""
    whole = [stride for stride in _NAME_STRIDES if len(file.content) % stride == 0]
    return whole or list(_NAME_STRIDES)


def _as_on_sim(file: Stored, stride: int, rest: int) -> list[Contact]:
    found: list[Contact] = []
    for at, record in records(file.content[: stride * _MOST_RECORDS], stride):
        if is_blank(record[:-2]):
            continue
        alpha = stride - rest
        number = number_of(record[alpha], record[alpha + 1 : alpha + 12]) if alpha > 0 else None
        name = name_of(record[:alpha])
        if number is None or name is None:
            return []
        place = file.place(at)
        found.append(Contact(name, number, file.is_deleted, file.name, place, SIM_RECORD))
    return found


def _split(names: Stored | None, numbers: Stored) -> list[Contact]:
    told = _fitted(names, _name_record) if names is not None else {}
    best = _fitted(numbers, _number_record)
    named = {place: name for place, (_, name) in told.items()}
    source = numbers.name if names is None else f"{names.name}, {numbers.name}"
    deleted = numbers.is_deleted or (names is not None and names.is_deleted)
    return [
        Contact(named.get(place, ""), number, deleted, source, numbers.place(at), TWO_FILES)
        for place, (at, number) in sorted(best.items())
    ]


def _fitted(file: Stored, read: Callable[[bytes], str | None]) -> dict[int, tuple[int, str]]:
    """Return (offset, text) of records by their place, for the length that fits most of them."""
    best: dict[int, tuple[int, str]] = {}
    for stride in _strides(file):
        found: dict[int, tuple[int, str]] = {}
        for place, (at, record) in enumerate(
            records(file.content[: stride * _MOST_RECORDS], stride)
        ):
            if is_blank(record[:-2]):
                continue
            text = read(record)
            if text is None:
                found = {}
                break
            found[place] = (at, text)
        # A half of the right length fits as well, every second record blank: the longest is right.
        if len(found) >= len(best):
            best = found
    return best


def _name_record(record: bytes) -> str | None:
    return name_of(record) or name_of(record[:-2])


def _number_record(record: bytes) -> str | None:
    for start in range(4):
        for end in (len(record), len(record) - 2):
            number = number_of(record[start], record[start + 1 : end])
            if number is not None:
                return number
    return None


def calls_of(files: list[Stored]) -> Iterator[Call]:
    """Yield the calls of every file that has the form of lists of calls."""
    for file in files:
        for stride in (_CALLS_FILE + 2, _CALLS_FILE):
            lists = list(records(file.content[: stride * len(_CALL_LISTS)], stride))
            if lists and len(file.content) % stride == 0 and all(_is_list(r) for _, r in lists):
                for number, (at, record) in enumerate(lists):
                    yield from _calls(file, at, record, _CALL_LISTS[number])
                break


def _is_list(record: bytes) -> bool:
    if is_blank(record):
        return True
    count = record[0]
    if not 0 < count <= _CALLS:
        return False
    return all(_entry(record, number) is not None for number in range(count))


def _entry(record: bytes, number: int) -> tuple[str, str, int, Told] | None:
    """Return number, name, count and time of one entry; None: it holds no call."""
    entry = record[2 + number * _CALL_BYTES : 2 + (number + 1) * _CALL_BYTES]
    name_length, length, told = entry[0], entry[35], phone_time(entry[36:43])
    digits = number_of(length, entry[43:84])
    if name_length > 32 or told is None or digits is None:
        return None
    return digits, name_of(entry[2 : 2 + name_length]) or "", entry[34], told


def _calls(file: Stored, at: int, record: bytes, list_name: str) -> Iterator[Call]:
    for number in range(_CALLS):
        if (found := _entry(record, number)) is None:
            continue
        digits, name, count, told = found
        deleted = file.is_deleted or number >= record[0]
        offset = file.place(at + 2 + number * _CALL_BYTES)
        yield Call(list_name, digits, name, count, told, deleted, file.name, offset)
