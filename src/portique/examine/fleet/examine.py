"""Group the images of a fleet into builds, examine each once, and say which phones differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from portique.core.errors import Refused
from portique.core.progress import Progress, silent
from portique.examine.content.examine import Asked
from portique.examine.firmware.folder import Folder
from portique.examine.fleet import builds, picture
from portique.examine.fleet.builds import Code, Examiner
from portique.examine.fleet.dump import Dump, Reader, Source, read_dump

MOST_DUMPS = 20_000
MOST_CODES = 500
_PROCESSES = 2
_AT_ONCE = 64
_AS_BUILD, _MODIFIED, _ALIKE = "code of a build", "modified, same name", "alike, another name"


def examine(
    folder: Path,
    asked: Asked,
    out: Path | None = None,
    progress: Progress = silent,
    examiner: Examiner | None = None,
) -> dict[str, Any]:
    """Return builds and phones of a folder of images, and write them where a place is named.

    Args:
        folder: every file below it is taken for an image.
        asked: as for the content of one image.
        out: missing or empty; receives fleet.json, clusters.svg and phones/.
        progress: told what is done.
        examiner: `examine firmware`, asked once a build; None: not asked.

    Raises:
        Refused: no files, too many, or the place to write to holds something.
    """
    sources = [Source(name, Reader(folder / name)) for name in names_in(folder)]
    target = Folder(out) if out is not None else None
    told, chart = examine_sources(sources, asked, progress, examiner)
    if target is not None:
        _write(target, told, chart)
    return told


def names_in(folder: Path) -> list[str]:
    """Return the paths of the images below a folder, in the order of the answer.

    Raises:
        Refused: there are none, or too many.
    """
    if not folder.is_dir():
        raise Refused(
            "there is no such folder",
            where=str(folder),
            mend="name the folder in which the images lie",
            code="EXA-063",
        )
    found = sorted(
        path.relative_to(folder).as_posix()
        for path in islice(folder.rglob("*"), 10 * MOST_DUMPS)
        if path.is_symlink() or path.is_file()
    )
    if not 0 < len(found) <= MOST_DUMPS:
        raise Refused(
            f"a fleet has 1 to {MOST_DUMPS:,} images; this folder has {len(found):,} files",
            where=str(folder),
            mend="name a folder that holds the images of phones and nothing else",
            code="EXA-062",
        )
    return found


def examine_sources(
    sources: Sequence[Source],
    asked: Asked,
    progress: Progress = silent,
    examiner: Examiner | None = None,
) -> tuple[dict[str, Any], str]:
    """Return the account of a fleet and the picture of its clusters as SVG.

    Args:
        sources: images in the order of the answer; read in two processes, a few at a time.
        asked: as for the content of one image.
        progress: told what is done.
        examiner: `examine firmware`; None: not asked.
    """
    dumps = list(_dumps(sources, asked, progress))
    codes = _codes(sources, dumps, examiner, progress)
    pairs = builds.alike(codes)
    groups = builds.grouped(len(codes), pairs)
    phones_of = Counter(dump.code_sha256 for dump in dumps if not dump.why)
    rows, marks = _builds(codes, groups, phones_of)
    chart = picture.clusters(
        codes,
        [_kind(marks[code.sha256]) for code in codes],
        f"{len(dumps):,} images, {len(codes):,} codes, {len(groups):,} builds",
    )
    told = {
        "authority": asked.authority,
        "dumps": len(dumps),
        "unreadable": sum(bool(dump.why) for dump in dumps),
        "builds": rows,
        "phones": [_phone(dump, marks) for dump in dumps],
    }
    return told, chart.svg()


def _dumps(sources: Sequence[Source], asked: Asked, progress: Progress) -> Iterator[Dump]:
    """Yield what was read, in the order of the sources; few images are in memory at a time."""
    if len(sources) < _AT_ONCE:
        for source in sources:
            yield read_dump(source, asked)
        return
    with ProcessPoolExecutor(
        _PROCESSES, get_context("spawn"), initializer=_begin, initargs=(asked,)
    ) as pool:
        for done, dump in enumerate(pool.map(_read, sources, chunksize=8)):
            progress("reading images", done, len(sources))
            yield dump


_of_process: list[Asked] = []


def _begin(asked: Asked) -> None:
    _of_process[:] = [asked]


def _read(source: Source) -> Dump:
    return read_dump(source, _of_process[0])


def _codes(
    sources: Sequence[Source], dumps: Sequence[Dump], examiner: Examiner | None, progress: Progress
) -> list[Code]:
    """Return every distinct code, from the first image that has it; the most frequent first."""
    first: dict[str, int] = {}
    for number, dump in enumerate(dumps):
        if not dump.why:
            first.setdefault(dump.code_sha256, number)
    counted = Counter(dump.code_sha256 for dump in dumps if not dump.why)
    order = sorted(first, key=lambda sha256: (-counted[sha256], first[sha256]))
    codes = []
    for done, sha256 in enumerate(order):
        progress("unpacking builds", done, len(order))
        dump = dumps[first[sha256]]
        if done < MOST_CODES:
            image = sources[first[sha256]].read()
            codes.append(builds.unpacked_code(image, sha256, dump.build_string, examiner))
        else:
            why = f"more than {MOST_CODES} distinct codes: not unpacked"
            codes.append(Code(sha256, dump.build_string, findings={"state": why}, why=why))
    return codes


def _builds(
    codes: Sequence[Code], groups: Sequence[Sequence[int]], phones_of: Counter[str]
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return a row for each build, and for each code its build and how it differs from it."""
    rows: list[dict[str, Any]] = []
    marks: dict[str, dict[str, Any]] = {}
    named = _references(codes)
    for number, group in enumerate(groups, 1):
        build = f"B{number:03}"
        lead = codes[group[0]]
        listed = []
        for member in group:
            code = codes[member]
            reference = named.get(code.build_string, lead) if code.build_string else lead
            differs = None if code is reference else builds.differing(code, reference)
            is_modified = (
                differs is not None
                and bool(code.build_string)
                and (code.build_string == reference.build_string)
            )
            marks[code.sha256] = {
                "build": build,
                "modified": differs if is_modified else None,
                "differs": differs is not None,
            }
            listed.append(_listed(code, phones_of, lead, differs))
        rows.append(
            {
                "build": build,
                "build_string": lead.build_string,
                "phones": sum(phones_of[codes[member].sha256] for member in group),
                "codes": listed,
                "findings": lead.findings,
            }
        )
    return rows, marks


def _references(codes: Sequence[Code]) -> dict[str, Code]:
    """Return the code of each name that most phones have: what others of that name differ from."""
    found: dict[str, Code] = {}
    for code in codes:
        if code.build_string:
            found.setdefault(code.build_string, code)
    return found


def _listed(
    code: Code, phones_of: Counter[str], lead: Code, differs: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "code_sha256": code.sha256,
        "build_string": code.build_string,
        "phones": phones_of[code.sha256],
        "functions": len(code.functions),
        "common_functions": round(builds.likeness(code, lead), 4),
        "explained_share": code.explained_share,
        "tlsh": code.tlsh or None,
        "differs": differs,
        "why": code.why or None,
        "findings": code.findings,
    }


def _kind(mark: dict[str, Any]) -> str:
    if mark["modified"]:
        return _MODIFIED
    return _ALIKE if mark["differs"] else _AS_BUILD


def _phone(dump: Dump, marks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    mark = marks.get(dump.code_sha256, {"build": None, "modified": None})
    return {
        "file": dump.name,
        "state": "could not be read" if dump.why else "read",
        "why": dump.why or None,
        "image_sha256": dump.image_sha256 or None,
        "code_sha256": dump.code_sha256 or None,
        "build": mark["build"],
        "build_string": dump.build_string,
        "modified": mark["modified"],
        "content": dump.content or None,
    }


def _write(target: Folder, told: dict[str, Any], chart: str) -> None:
    """Write a file a phone, the picture, and the account without what the phones hold."""
    for phone in told["phones"]:
        name = f"{(phone['image_sha256'] or 'unread')[:16]}.json"
        phone["content_file"] = target.write(("phones", name), _json(phone))
    short = {
        **told,
        "phones": [{k: v for k, v in p.items() if k != "content"} for p in told["phones"]],
    }
    target.write(("clusters.svg",), chart.encode())
    target.write(("fleet.json",), _json(short))


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
