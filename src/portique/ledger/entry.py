"""One entry as it was written: strict reading of a payload, and writing one.

A payload is kept byte for byte; nothing here ever writes anew what a device signed.
Source: RFC 7493 (I-JSON), RFC 8259, RFC 4648 section 4; the journal's contract, sections 1 and 2.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

DEEPEST = 64
LONGEST_NUMBER = 400
FIRST_PREDECESSOR = "0" * 64
LARGEST_SEQ = 2**53 - 1
SHA256_HEX = re.compile(r"[0-9a-f]{64}")

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_DEEPENS = np.zeros(256, dtype=np.int8)
_DEEPENS[list(b"[{")] = 1
_DEEPENS[list(b"]}")] = -1


class Malformed(ValueError):  # noqa: N818 - a verdict, not a fault of ours
    """A payload that is no entry of this case: a short reason from a closed set of words.

    Args:
        reason: e.g. "json: key twice" or "field: device_seq".
        entry_id: where it could be read all the same.
    """

    def __init__(self, reason: str, entry_id: str | None = None) -> None:
        self.reason = reason
        self.entry_id = entry_id
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Fields:
    """An entry's payload, read and found whole; `raw` holds every field, also unknown ones.

    Args:
        payload: the bytes as received.
        payload_sha256: 32 bytes.
        raw: the JSON object.
        entry_key: 32 bytes under which the store finds entries of one `entry_id`, whatever its
            length.
        place_key: 32 bytes, of one (`device_id`, `device_seq`).
    """

    payload: bytes
    payload_sha256: bytes
    raw: dict[str, Any]
    entry_key: bytes
    place_key: bytes

    @property
    def entry_id(self) -> str:
        """As written; its form is not judged."""
        return str(self.raw["entry_id"])

    @property
    def device_id(self) -> str:
        """The device that made and signed it."""
        return str(self.raw["device_id"])

    @property
    def device_seq(self) -> int:
        """The device's own number; any whole number, its size is not judged."""
        return int(self.raw["device_seq"])

    @property
    def prev_device_hash(self) -> str:
        """As written."""
        return str(self.raw["prev_device_hash"])

    @property
    def kind(self) -> str:
        """As written."""
        return str(self.raw["kind"])

    @property
    def body(self) -> dict[str, Any]:
        """What the entry says; of any form."""
        body: dict[str, Any] = self.raw["body"]
        return body

    @property
    def attachments(self) -> list[str]:
        """The SHA-256 of each file that the entry names, as written, each once, in order."""
        return list(dict.fromkeys(str(each["sha256"]) for each in self.raw["attachments"]))


def _fields(payload: bytes, raw: dict[str, Any]) -> Fields:
    entry_id, place = raw["entry_id"], f"{raw['device_id']}\n{raw['device_seq']}"
    sha256 = hashlib.sha256(payload).digest()
    return Fields(payload, sha256, raw, _digest(entry_id), _digest(place))


def decode_base64(text: object) -> bytes:
    """Return the bytes of a base64 text.

    Raises:
        Malformed: no text, or not the one way to write these bytes: the alphabet of section 4,
            padded, without line breaks, with no stray bits at the end.

    Source: RFC 4648 sections 3.1, 3.5 and 4.

    >>> decode_base64("cG9ydGlxdWU=")
    b'portique'
    """
    if not isinstance(text, str):
        raise Malformed("base64")
    try:
        written = text.encode("ascii")
        content = binascii.a2b_base64(written)
    except (UnicodeEncodeError, binascii.Error):
        raise Malformed("base64") from None
    if binascii.b2a_base64(content, newline=False) != written:
        raise Malformed("base64")
    return content


def read_payload(payload: bytes, case_id: str) -> Fields:
    """Return a payload's fields: steps 2 and 3 of the judgement.

    Args:
        payload: the bytes as received.
        case_id: of the case that they have to belong to.

    Raises:
        Malformed: no I-JSON object, a field that is missing or of another type, or another case.
    """
    value = read_json(payload)
    if not isinstance(value, dict):
        raise Malformed("json: no object")
    wrong = _first_wrong(value)
    if wrong is not None:
        entry_id = value.get("entry_id")
        raise Malformed(wrong, entry_id if isinstance(entry_id, str) else None)
    if value["v"] != 1:
        raise Malformed("v", value["entry_id"])
    if value["case_id"] != case_id:
        raise Malformed("case_id", value["entry_id"])
    return _fields(payload, value)


def read_json(content: bytes) -> Any:
    """Return a JSON value, read as strictly as I-JSON asks.

    Nesting is measured and long numbers are refused before anything is built from them, so
    neither can exhaust the stack or the time.

    Raises:
        Malformed: with the rule that is broken.

    >>> read_json(b'{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("json: not UTF-8") from None
    if _depth_may_exceed(content):
        raise Malformed("json: nesting")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_fraction,
            parse_constant=_constant,
        )
    except json.JSONDecodeError:
        raise Malformed("json") from None
    except RecursionError:
        raise Malformed("json: nesting") from None
    if "\\u" in text and not _is_text_whole(value):
        raise Malformed("json: lone surrogate")
    return value


def _depth_may_exceed(content: bytes) -> bool:
    if content.count(b"[") + content.count(b"{") <= DEEPEST:
        return False
    bare = np.frombuffer(_STRING.sub(b"", content), dtype=np.uint8)
    return bool(len(bare)) and int(np.cumsum(_DEEPENS[bare], dtype=np.int64).max()) > DEEPEST


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Malformed("json: key twice")
    return made


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise Malformed("json: number too long")
    return int(text)


def _fraction(text: str) -> float:
    if len(text) > LONGEST_NUMBER:
        raise Malformed("json: number too long")
    return float(text)


def _constant(_: str) -> NoReturn:
    raise Malformed("json: not a number")


def _is_text_whole(value: Any) -> bool:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            try:
                each.encode("utf-8")
            except UnicodeEncodeError:
                return False
        elif isinstance(each, dict):
            waiting.extend(each)
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return True


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_hlc(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _is_integer(value.get("wall_ms"))
        and _is_integer(value.get("counter"))
    )


def _is_subject(value: object) -> bool:
    return isinstance(value, dict) and _is_text(value.get("type")) and _is_text(value.get("id"))


def _is_attachment(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _is_text(value.get("sha256"))
        and _is_integer(value.get("bytes"))
        and _is_text(value.get("media_type"))
    )


def _list_of(is_one: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(is_one, value))


FORMS: Mapping[str, Callable[[object], bool]] = {
    "v": _is_integer,
    "entry_id": _is_text,
    "case_id": _is_text,
    "kind": _is_text,
    "device_id": _is_text,
    "device_seq": _is_integer,
    "prev_device_hash": _is_text,
    "hlc": _is_hlc,
    "occurred_at_utc": _is_text,
    "time_source": _is_text,
    "actor": _is_text,
    "role": _is_text,
    "purpose": _is_text,
    "authority_id": lambda value: value is None or isinstance(value, str),
    "subject": _is_subject,
    "causes": _list_of(_is_text),
    "status": _is_text,
    "body": lambda value: isinstance(value, dict),
    "attachments": _list_of(_is_attachment),
}
"""The fields of an entry, in the order in which the program writes them, and their JSON types."""


def _first_wrong(value: dict[str, Any]) -> str | None:
    for name, has_form in FORMS.items():
        if name not in value or not has_form(value[name]):
            return f"field: {name}"
    return None


def write_payload(values: Mapping[str, Any]) -> bytes:
    """Return the payload of a new entry; see `write_fields`."""
    return write_fields(values).payload


def write_fields(values: Mapping[str, Any]) -> Fields:
    """Return a new entry, its payload written: the fields in the contract's order, then others.

    Args:
        values: every field of `FORMS`; more may follow.

    Raises:
        Malformed: something in it that an entry must not hold: a fault of the caller.
    """
    ordered = {name: values[name] for name in FORMS}
    ordered |= {name: value for name, value in values.items() if name not in FORMS}
    try:
        text = json.dumps(ordered, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        payload = text.encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed("json: lone surrogate") from None
    except ValueError:
        raise Malformed("json: not a number") from None
    return read_payload(payload, str(values["case_id"]))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()
