"""Unpack an image, read its code and its content, in one go: it is read and unpacked once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from portique.core.progress import Progress, silent
from portique.examine.content.examine import Asked, content_of
from portique.examine.content.material import material_of
from portique.examine.firmware import indicators
from portique.examine.firmware.examine import examine_loaded
from portique.examine.firmware.folder import Folder
from portique.examine.firmware.loaded import load, load_beside
from portique.examine.firmware.unpack import read_image


def examine(
    path: Path,
    asked: Asked,
    out: Path | None = None,
    rules: Sequence[Path] = (),
    progress: Progress = silent,
) -> dict[str, dict[str, Any]]:
    """Return the answers of `unpack`, `firmware` and `content`, each as it is alone.

    Args:
        path: a flash image.
        asked: as for its content.
        out: missing or empty; receives the parts and manifest.json. None: nothing is written, and
            there is no answer of `unpack`.
        rules: files of YARA rules beside those of the package.
        progress: told what is done.

    Raises:
        Refused: the image, a file of rules or the folder cannot be used.
    """
    compiled = indicators.compiled(rules)
    image = read_image(path)
    told: dict[str, dict[str, Any]] = {}
    if out is None:
        loaded = load(image, progress)
    else:
        folder = Folder(out)
        told["unpack"], loaded = load_beside(image, folder, progress)
        account = json.dumps(told["unpack"], ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        folder.write_account(account)
    told["firmware"] = examine_loaded(loaded, compiled, progress)
    told["content"] = content_of(image, material_of(image), asked, progress)
    return told
