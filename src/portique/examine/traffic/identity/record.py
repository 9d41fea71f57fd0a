"""The capture record: what was planted, when and how the phone was run, what the operator did."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from portique.core.clock import parse_utc
from portique.core.errors import Refused
from portique.core.ids import Imei, is_imsi

BEARERS = ("gsm", "gprs", "lte", "wifi", "bluetooth", "sim", "mixed")


@dataclass(frozen=True)
class Contact:
    """A planted entry of the phone book."""

    name: str
    number: str


@dataclass(frozen=True)
class RadioCell:
    """The radio cell of the lab."""

    mcc: str
    mnc: str
    lac: int
    ci: int


@dataclass(frozen=True)
class Action:
    """Something that the operator made the phone do: it is no act of the phone itself."""

    at_utc: datetime
    action: str
    to: str = ""


@dataclass(frozen=True)
class CaptureRecord:
    """What the lab wrote down about a capture; a field that lacks is coverage lost."""

    exhibit: str = ""
    bearer: str = ""
    started_at_utc: datetime | None = None
    ended_at_utc: datetime | None = None
    imei: str = ""
    imsi: str = ""
    iccid: str = ""
    msisdn: str = ""
    planted_contacts: tuple[Contact, ...] = ()
    planted_messages: tuple[str, ...] = ()
    cell: RadioCell | None = None
    first_boot: bool | None = None
    operator_actions: tuple[Action, ...] = ()
    notes: str = ""
    unknown: tuple[str, ...] = field(default=())

    def missing(self) -> list[str]:
        """Return the names of the fields without which something cannot be looked for."""
        looked_for = (
            "imei", "imsi", "iccid", "msisdn", "planted_contacts", "planted_messages", "cell",
        )  # fmt: skip
        return [name for name in looked_for if not getattr(self, name)]


def record_path(capture: Path) -> Path:
    """Return where the record of a capture lies unless another is named.

    >>> record_path(Path("x.pcap")).name
    'x.pcap.toml'
    """
    return capture.with_name(capture.name + ".toml")


def read_record(path: Path) -> CaptureRecord:
    """Read a capture record.

    Args:
        path: a TOML file.

    Raises:
        Refused: it is missing or no TOML, a field has a wrong form, or `exhibit` lacks.
    """
    if not path.is_file():
        raise Refused(
            "the capture has no record: what was planted in the phone is not known",
            where=str(path),
            mend="write one (docs/traffic.md shows it), name it with --record, "
            "or ask for an inconclusive answer with --without-record",
            code="EXA-010",
        )
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Refused(
            f"the capture record is no TOML: {fault}",
            where=str(path),
            mend="mend the line that it names",
            code="EXA-011",
        ) from fault
    try:
        return _record(told)
    except (ValueError, TypeError, KeyError) as fault:
        raise Refused(
            f"the capture record cannot be used: {_words(fault)}",
            where=str(path),
            mend="correct the field; docs/traffic.md lists the fields and their forms",
            code="EXA-012",
        ) from fault


def _words(fault: Exception) -> str:
    return f"the field {fault} lacks" if isinstance(fault, KeyError) else str(fault)


def _record(told: dict[str, Any]) -> CaptureRecord:
    known = set(CaptureRecord.__dataclass_fields__) - {"unknown"}
    bearer = _text(told, "bearer")
    if bearer and bearer not in BEARERS:
        raise ValueError(f"`bearer` is one of {', '.join(BEARERS)}; got {bearer!r}")
    exhibit = _text(told, "exhibit")
    if not exhibit:
        raise ValueError("`exhibit` lacks: an answer names what was examined")
    record = CaptureRecord(
        exhibit=exhibit,
        bearer=bearer,
        started_at_utc=_moment(told, "started_at_utc"),
        ended_at_utc=_moment(told, "ended_at_utc"),
        imei=_imei(_text(told, "imei")),
        imsi=_imsi(_text(told, "imsi")),
        iccid=_digits(told, "iccid", 18, 20),
        msisdn=_number(_text(told, "msisdn"), "msisdn"),
        planted_contacts=tuple(_contact(each) for each in _list(told, "planted_contacts")),
        planted_messages=tuple(_message(each) for each in _list(told, "planted_messages")),
        cell=_cell(told["cell"]) if "cell" in told else None,
        first_boot=_flag(told, "first_boot"),
        operator_actions=tuple(_action(each) for each in _list(told, "operator_actions")),
        notes=_text(told, "notes"),
        unknown=tuple(sorted(set(told) - known)),
    )
    started, ended = record.started_at_utc, record.ended_at_utc
    if started and ended and ended < started:
        raise ValueError("`ended_at_utc` lies before `started_at_utc`")
    return record


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise TypeError(f"`{name}` is a text in quotes; got {value!r}")
    return value.strip()


def _list(told: dict[str, Any], name: str) -> list[Any]:
    value = told.get(name, [])
    if not isinstance(value, list):
        raise TypeError(f"`{name}` is a list; got {value!r}")
    return value


def _flag(told: dict[str, Any], name: str) -> bool | None:
    value = told.get(name)
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"`{name}` is true or false; got {value!r}")
    return value


def _moment(told: dict[str, Any], name: str) -> datetime | None:
    value = told.get(name)
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if not isinstance(value, str):
        raise TypeError(f"`{name}` is an instant such as 2026-05-04T09:30:00Z; got {value!r}")
    return parse_utc(value)


def _imei(text: str) -> str:
    return text if not text else Imei.parse(text).as_written.strip()


def _imsi(text: str) -> str:
    if text and not is_imsi(text):
        raise ValueError(f"`imsi` has 14 or 15 digits; got {text!r}")
    return text


def _digits(told: dict[str, Any], name: str, least: int, most: int) -> str:
    text = _text(told, name).replace(" ", "")
    if text and not (text.isascii() and text.isdigit() and least <= len(text) <= most):
        raise ValueError(f"`{name}` has {least} to {most} digits; got {text!r}")
    return text


def _number(text: str, name: str) -> str:
    bare = text.replace(" ", "").replace(".", "")
    if bare and not (bare.removeprefix("+").isdigit() and bare.isascii()):
        raise ValueError(f"`{name}` is a number such as +33639981278; got {text!r}")
    return bare


def _contact(told: Any) -> Contact:
    if not isinstance(told, dict):
        raise TypeError(f"a planted contact has `name` and `number`; got {told!r}")
    return Contact(_text(told, "name"), _number(_text(told, "number"), "number"))


def _message(told: Any) -> str:
    if not isinstance(told, str):
        raise TypeError(f"a planted message is a text; got {told!r}")
    return told


def _cell(told: Any) -> RadioCell:
    if not isinstance(told, dict):
        raise TypeError(f"`cell` has mcc, mnc, lac and ci; got {told!r}")
    mnc = str(told["mnc"])
    return RadioCell(str(told["mcc"]), mnc.zfill(2), int(told["lac"]), int(told["ci"]))


def _action(told: Any) -> Action:
    if not isinstance(told, dict):
        raise TypeError(f"an operator action has `at_utc`, `action`, `to`; got {told!r}")
    moment = _moment(told, "at_utc")
    if moment is None:
        raise ValueError("an operator action says when, in `at_utc`")
    return Action(moment, _text(told, "action"), _text(told, "to"))
