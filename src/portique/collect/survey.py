"""What lies in `sources/`: every file with its kind, hash, authorities, reader and status."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from portique.collect.reader import HEAD_BYTES, Head
from portique.collect.registry import choose_reader, companion_reader, read_head
from portique.core.case import CaseSettings
from portique.core.errors import Problem, Refused
from portique.core.tables import HELD_KINDS, INPUT, REFERENCE_KINDS

Hashes = Callable[[Path], str] | Mapping[str, str] | None
"""SHA-256 by path, or by path below the case folder ("sources/sale/a.csv"); None: computed."""

_LEFTOVER_ENDINGS = ("~", ".swp", ".swo", ".tmp", ".bak", ".part", ".partial", ".crdownload")
_LEFTOVER_NAMES = frozenset({"thumbs.db", "desktop.ini"})
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class PlannedSource:
    """What a run would do with one file.

    Args:
        path: below `sources/`, with `/`.
        kind: the first folder; empty for a file outside every folder.
        reader: name of the reader; empty: none.
        sha256: lower-case hex; empty: the file cannot be opened.
        size_bytes: bytes.
        authority_ids: authorities that cover its kind.
        status: used, refused, unreadable or held.
        reason: why, in words; empty when there is nothing to say.
        file: where it lies on this machine; stored nowhere.
        companion: used by a reader beside another file, without rows of its own.
        lacks_authority: refused because no authority covers its kind.
    """

    path: str
    kind: str
    reader: str
    sha256: str
    size_bytes: int
    authority_ids: tuple[str, ...]
    status: str
    reason: str
    file: Path
    companion: bool = False
    lacks_authority: bool = False


def survey(case_folder: Path, settings: CaseSettings, hashes: Hashes = None) -> list[PlannedSource]:
    """Return every file below `sources/`, by path; files that are no source come last.

    Leftovers of editors and hidden files are named and not read; they stand at the end so that
    they do not change the numbers of the others.
    """
    folder = case_folder / "sources"
    found = [_planned(path, folder, settings, hashes) for path in files_below(folder)]
    return sorted(found, key=lambda planned: (is_leftover(planned.path), planned.path))


def is_leftover(path: str) -> bool:
    """Return whether a name is of a hidden file or an editor's leftover.

    >>> is_leftover("sale/.ledger.csv"), is_leftover("sale/ledger.csv~"), is_leftover("sale/a.csv")
    (True, True, False)
    """
    parts = path.lower().split("/")
    hidden = any(part.startswith((".", "~$")) for part in parts)
    return hidden or parts[-1].endswith(_LEFTOVER_ENDINGS) or parts[-1] in _LEFTOVER_NAMES


def file_sha256(path: Path) -> str:
    """Return the lower-case hex SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def files_below(folder: Path) -> Iterator[Path]:
    """Yield what is no folder; a link to a folder is yielded, never followed.

    Raises:
        OSError: a folder that may not be read, which must not pass for an empty one: a list of
            lawyers' numbers could lie in it.
    """
    if folder.is_dir():
        yield from _walked(folder)


def _walked(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, onerror=_raised):
        folders.sort()
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from (Path(place) / name for name in sorted(names) + links)


def _raised(fault: OSError) -> None:
    raise fault


def _planned(path: Path, folder: Path, settings: CaseSettings, hashes: Hashes) -> PlannedSource:
    shown = _shown(path.relative_to(folder))
    kind = shown.split("/")[0] if "/" in shown else ""
    authorities = () if kind in REFERENCE_KINDS else settings.covering(kind)
    blank = PlannedSource(
        shown, kind, "", "", 0, tuple(a.id for a in authorities), "unreadable", "", path
    )
    if is_leftover(shown):
        return replace(blank, reason="a hidden file or an editor's leftover: not read")
    if path.is_symlink():
        return replace(blank, status="refused", reason="a link, not a file: copy the file itself")
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            return replace(blank, reason="no regular file: not read")
        digest = _hash_of(path, folder, hashes)
        start = read_head(os.fspath(path))
    except OSError as fault:
        return replace(blank, reason=f"cannot be opened: {fault.strerror}")
    known = replace(blank, sha256=digest, size_bytes=info.st_size)
    return _judged(known, Head(path, kind, start), settings)


def _judged(known: PlannedSource, head: Head, settings: CaseSettings) -> PlannedSource:
    """Return the file with its status: authority first, then form."""
    if known.kind not in INPUT and known.kind not in HELD_KINDS:
        return replace(known, reason=_no_kind(known.kind))
    if known.kind not in REFERENCE_KINDS and not settings.covering(known.kind):
        words = f"no authority covers the kind {known.kind}"
        return replace(known, status="refused", reason=words, lacks_authority=True)
    if known.kind in HELD_KINDS:
        words = "kept and hashed; no reader in this version"
        return replace(known, status="held", reason=words)
    return with_reader(known, head)


def with_reader(known: PlannedSource, head: Head | None = None) -> PlannedSource:
    """Return the file with the reader that takes it, or with the reason why none does."""
    if known.size_bytes == 0:
        return replace(known, reason="the file is empty (0 bytes)")
    head = head or Head(known.file, known.kind, read_head(os.fspath(known.file), HEAD_BYTES))
    try:
        return replace(known, reader=choose_reader(head), status="used")
    except Refused as refused:
        return replace(known, status="refused", reason=refused.what)
    except Problem as problem:
        beside = companion_reader(head)
        if beside:
            words = "read beside the files that refer to it"
            return replace(known, reader=beside, status="used", reason=words, companion=True)
        return replace(known, reason=problem.what)


def _no_kind(kind: str) -> str:
    if not kind:
        return "lies in no folder of a kind: not read"
    return f"the contract has no kind {kind}: not read"


def _hash_of(path: Path, folder: Path, hashes: Hashes) -> str:
    if isinstance(hashes, Mapping):
        known = hashes.get(path.relative_to(folder.parent).as_posix())
        return known if known is not None else file_sha256(path)
    return hashes(path) if hashes is not None else file_sha256(path)


def _shown(relative: Path) -> str:
    """Return a path as text: bytes that are not UTF-8 are written as \\xNN."""
    return os.fsencode(relative.as_posix()).decode("utf-8", "backslashreplace")
