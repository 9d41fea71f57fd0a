"""What the outputs of a stage follow from, as hashes: when none of them changed, nothing does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import portique
from portique.core.case import CaseSettings
from portique.flow.stages import Stage

Inputs = dict[str, dict[str, str]]
"""Group (code, libraries, options, settings, files) -> name -> hash or value."""

_PACKAGE = Path(portique.__file__).parent
_SHARED_ROOMS = ("core", "engine")
_LIBRARIES = ("duckdb", "ibis-framework", "numpy", "pyarrow", "scipy")
"""What else decides a byte of the outputs, the writer of Parquet among them."""


def inputs_of(
    stage: Stage, settings: CaseSettings, options: Mapping[str, str], files: Mapping[str, str]
) -> Inputs:
    """Return everything that the outputs of a stage follow from.

    Args:
        stage: the stage.
        settings: of the case; only the fields that the stage looks at count.
        options: of the command, e.g. {"leave_out_refused": "yes"}.
        files: SHA-256 of each file that the stage reads, by name.
    """
    return {
        "code": {room: code_sha256(room) for room in (*_SHARED_ROOMS, *stage.rooms)},
        "files": dict(files),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "options": dict(options),
        "settings": {name: _sha256(_plain(getattr(settings, name))) for name in stage.settings},
    }


def fingerprint(inputs: Inputs) -> str:
    """Return one SHA-256 over the inputs, whatever order they were put together in.

    >>> fingerprint({"a": {"x": "1", "y": "2"}}) == fingerprint({"a": {"y": "2", "x": "1"}})
    True
    """
    return _sha256(inputs)


def difference(old: Inputs, new: Inputs) -> str:
    """Return in words which inputs changed, the first three by name.

    >>> difference({"settings": {"tacs": "1"}}, {"settings": {"tacs": "2"}})
    'settings changed: tacs'
    """
    said = []
    for group in sorted(new):
        before, after = old.get(group, {}), new[group]
        changed = [n for n in sorted(before.keys() | after) if before.get(n) != after.get(n)]
        if changed:
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            said.append(f"{group} changed: {', '.join(changed[:3])}{more}")
    return "; ".join(said)


@cache
def code_sha256(room: str) -> str:
    """Return one SHA-256 over the code and the package data of a room."""
    digest = hashlib.sha256()
    folder = _PACKAGE / room
    for path in sorted(folder.rglob("*"), key=lambda p: p.as_posix()):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@cache
def _version(library: str) -> str:
    return version(library)


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    """Return a setting as JSON can hold it, in one order."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(inner) for inner in value)
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.key if isinstance(value, ZoneInfo) else _scalar(value)


def _scalar(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
