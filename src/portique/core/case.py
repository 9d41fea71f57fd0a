"""What `case.toml` says: title, horizon, fleet, limits, authorities."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portique.core.clock import Span
from portique.core.errors import Refused
from portique.core.ids import DIGITS
from portique.core.search_limits import SearchLimits, read_limits

CONTRACT_VERSION = 1
AUTHORITY_KINDS = frozenset({"requisition", "order", "letter_rogatory", "agreement"})


@dataclass(frozen=True)
class Authority:
    """The order or requisition under which data is held.

    Args:
        id: the authority's own number.
        kind: requisition, order, letter_rogatory or agreement.
        basis: code and article as written.
        issued_utc: when it was issued; None: not stated.
        covers: kinds of source.
        period: span of data covered.
    """

    id: str
    kind: str
    basis: str
    issued_utc: datetime | None
    covers: frozenset[str]
    period: Span


@dataclass(frozen=True)
class CaseSettings:
    """The settings of one case, checked.

    Args:
        case_id, title: as written.
        timezone: for display and hours of the day.
        as_of_utc: knowledge horizon; nothing later is used.
        tacs: type allocation codes known to be the supplier's.
        max_cells: how many cells can be searched.
        authorities: in file order.
        journal_url: of the journal; empty: in the case folder.
        search: every limit of the search, `max_cells` among them.
    """

    case_id: str
    title: str
    timezone: ZoneInfo
    as_of_utc: datetime
    tacs: tuple[str, ...]
    max_cells: int
    authorities: tuple[Authority, ...]
    journal_url: str = ""
    search: SearchLimits = field(default_factory=SearchLimits)

    def covering(self, kind: str) -> tuple[Authority, ...]:
        """Return the authorities that cover a kind of source."""
        return tuple(a for a in self.authorities if kind in a.covers)


def read_case(folder: Path) -> CaseSettings:
    """Return the settings of the case in a folder.

    Raises:
        Refused: no `case.toml`, one that cannot be read, or a field that is missing or wrong.
    """
    path = folder / "case.toml"
    if not path.is_file():
        raise Refused(
            "there is no case.toml in this folder",
            where=str(folder),
            mend="name a case folder, or make one with `portique init`",
            code="CASE-001",
        )
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Refused(
            f"case.toml cannot be read: {fault}",
            where=str(path),
            mend="correct the line that is named; the file is TOML in UTF-8",
            code="CASE-002",
        ) from fault
    return _settings(document, path)


def _settings(document: dict[str, Any], path: Path) -> CaseSettings:
    case = _section(document, "case", path)
    version = case.get("contract_version", 1)
    if version != CONTRACT_VERSION:
        raise _wrong(path, "case.contract_version", f"{CONTRACT_VERSION}, not {version!r}")
    search = read_limits(_optional(document, "search", path), partial(_wrong, path))
    return CaseSettings(
        case_id=_text(case, "id", path),
        title=str(case.get("title", case["id"])),
        timezone=_zone(case.get("timezone", "Europe/Paris"), path),
        as_of_utc=_instant(case.get("as_of_utc"), "case.as_of_utc", path),
        tacs=_tacs(_optional(document, "fleet", path).get("tacs", []), path),
        max_cells=search.max_cells,
        authorities=_authorities(document.get("authority", []), path),
        journal_url=str(_optional(document, "journal", path).get("url", "")),
        search=search,
    )


def _authorities(entries: object, path: Path) -> tuple[Authority, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _wrong(path, "authority", "written [[authority]], once for each")
    return tuple(_authority(entry, path) for entry in entries)


def _authority(entry: dict[str, Any], path: Path) -> Authority:
    name = _text(entry, "id", path)
    kind = str(entry.get("kind", ""))
    if kind not in AUTHORITY_KINDS:
        raise _wrong(
            path, f"authority {name}: kind", f"one of {sorted(AUTHORITY_KINDS)}, not {kind!r}"
        )
    covers = entry.get("covers", [])
    if not isinstance(covers, list) or not all(isinstance(c, str) for c in covers):
        raise _wrong(path, f"authority {name}: covers", "a list of kinds of source")
    start = _instant(entry.get("from_utc"), f"authority {name}: from_utc", path)
    end = _instant(entry.get("until_utc"), f"authority {name}: until_utc", path)
    if start >= end:
        raise _wrong(path, f"authority {name}: from_utc", "earlier than until_utc")
    issued = entry.get("issued_utc")
    return Authority(
        id=name,
        kind=kind,
        basis=str(entry.get("basis", "")),
        issued_utc=_instant(issued, f"authority {name}: issued_utc", path) if issued else None,
        covers=frozenset(covers),
        period=Span(start, end),
    )


def _section(document: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    section = document.get(name)
    if not isinstance(section, dict):
        raise _wrong(path, f"[{name}]", "a section of the file")
    return section


def _optional(document: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    return _section(document, name, path) if name in document else {}


def _text(section: dict[str, Any], name: str, path: Path) -> str:
    value = section.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(path, name, f"a text, not {value!r}")
    return value


def _instant(value: object, name: str, path: Path) -> datetime:
    if not isinstance(value, datetime):
        raise _wrong(path, name, f"a TOML date-time such as 2025-05-19T20:00:00Z, not {value!r}")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _zone(name: object, path: Path) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError) as fault:
        raise _wrong(path, "case.timezone", f"a zone such as Europe/Paris, not {name!r}") from fault


def _tacs(value: object, path: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(t, str) for t in value):
        raise _wrong(path, "fleet.tacs", "a list of texts")
    for tac in value:
        if len(tac) != 8 or not DIGITS.match(tac):
            raise _wrong(path, "fleet.tacs", f"codes of 8 digits, not {tac!r}")
    return tuple(value)


def _wrong(path: Path, name: str, wanted: str) -> Refused:
    return Refused(
        f"{name} has to be {wanted}",
        where=str(path),
        mend="correct case.toml; docs/reference/case-folder.md lists its fields",
        code="CASE-003",
    )
