"""Which exhibit each image of a fleet is, and what a case keeps of each.

The code of a build is examined once. Each of its phones gets an answer of its own all the same,
under its own hash and exhibit: the code is the same byte for byte, and the answer says in which
image it was read.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from portique.core.errors import Refused
from portique.flow.examined import Act, Examination, check_exhibit

_COLUMNS = ["exhibit", "file"]
_MOST_BYTES = 16 << 20
_NAMED = 5
_SHORT = 16


def exhibits_of(names: Sequence[str], listed: Path | None) -> dict[str, str]:
    """Return the exhibit of each image.

    Args:
        names: of images, as paths below their folder.
        listed: a comma-separated file with the columns `file` and `exhibit`; None: a file's name
            without its ending is the id of its exhibit.

    Raises:
        Refused: an image has no exhibit, or two have one id by their names, or the file cannot be
            used.
    """
    if listed is None:
        found = {name: PurePosixPath(name).stem for name in names}
        for exhibit in found.values():
            check_exhibit(exhibit, "the name of an image")
        twice = sorted(each for each, count in Counter(found.values()).items() if count > 1)
        if twice:
            raise _unusable(f"several images have the name {_some(twice)}", "the folder of images")
        return found
    found = dict(_rows(listed))
    lacking = sorted(set(names) - set(found))
    strange = sorted(set(found) - set(names))
    if lacking:
        raise _unusable(f"no exhibit is named for {_some(lacking)}", str(listed))
    if strange:
        raise _unusable(f"no such image in the folder: {_some(strange)}", str(listed))
    return found


def _rows(listed: Path) -> Iterator[tuple[str, str]]:
    try:
        if listed.stat().st_size > _MOST_BYTES:
            raise _unusable(f"it has more than {_MOST_BYTES:,} bytes", str(listed))
        rows = csv.DictReader(io.StringIO(listed.read_text(encoding="utf-8-sig")), strict=True)
        if sorted(rows.fieldnames or []) != _COLUMNS:
            raise _unusable("its first line is not file,exhibit", str(listed))
        seen: set[str] = set()
        for row in rows:
            name, exhibit = row["file"], row["exhibit"]
            where = f"{listed}, line {rows.line_num}"
            if name is None or exhibit is None or None in row or name in seen:
                raise _unusable("each line has one file and its exhibit, each file once", where)
            check_exhibit(exhibit, where)
            seen.add(name)
            yield name, exhibit
    except OSError as fault:
        raise _unusable(f"it cannot be read: {fault.strerror}", str(listed)) from fault
    except (ValueError, csv.Error) as fault:
        raise _unusable(f"it is no comma-separated text: {fault}", str(listed)) from fault


def _unusable(what: str, where: str) -> Refused:
    return Refused(
        f"the exhibits of the images are not known: {what}",
        where=where,
        mend="name a file with the columns file and exhibit, a line an image, with --exhibits; or "
        "name each image as its exhibit",
        code="EXC-007",
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def kept(
    examination: Examination, act: Act, told: dict[str, Any], exhibits: dict[str, str]
) -> dict[str, Any]:
    """Keep the firmware and content of each phone in the case.

    Args:
        examination: allowed and logged.
        act: of the fleet.
        told: the answer about the fleet.
        exhibits: of each file.

    Returns:
        The answer, each phone with its `exhibit` and whether anything of it `is_stored`.
    """
    findings = {
        code["code_sha256"]: code["findings"] for row in told["builds"] for code in row["codes"]
    }
    firmware, content = [], []
    for phone in told["phones"]:
        exhibit = phone["exhibit"] = exhibits[phone["file"]]
        phone["is_stored"] = phone["image_sha256"] is not None
        if not phone["is_stored"]:
            continue
        firmware.append((exhibit, firmware_of(phone, findings.get(phone["code_sha256"], {}))))
        if phone["content"]:
            content.append((exhibit, phone["content"]))
    examination.keep(firmware, Act("firmware", act.kind, act.material, act.of))
    examination.keep(content, Act("content", act.kind, act.material, act.of))
    return told


def firmware_of(phone: dict[str, Any], findings: dict[str, Any]) -> dict[str, Any]:
    """Return the answer about one phone's firmware: what was found in its code, in short.

    Args:
        phone: a row of the fleet.
        findings: of its code; {}: it was not examined.
    """
    if "grade" not in findings:
        why = phone["why"] or findings.get("state") or "its code was not examined"
        found: dict[str, Any] = {
            "grade": 6,
            "verdict": {"fr": "Non examiné.", "en": f"Not examined: {why}."},
            "code_id": phone["code_sha256"],
            "behaviours": [],
            "items": [],
            "not_examined": [{"what": "firmware", "offset": None, "length": 0, "why": why}],
        }
    else:
        items = [*findings["destinations"]]
        items += [item for each in findings["behaviours"] for item in each["items"]]
        found = {k: v for k, v in findings.items() if k not in {"state", "destinations"}}
        found["items"] = [each for at, each in enumerate(items) if each not in items[:at]]
    return found | {
        "image_sha256": phone["image_sha256"],
        "build": phone["build_string"] or (phone["code_sha256"] or "")[:_SHORT] or None,
        "modified": phone["modified"],
    }
