"""What an examination's answer, as `portique examine ... --json` prints it, says of itself."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import portique
from portique.core.errors import Refused
from portique.flow.order import captured_period


def answer_of(path: Path) -> dict[str, str]:
    """Return tool, version and hashes of an answer.

    An answer that was given without a case names no version: it is then this program's.

    Args:
        path: the JSON.

    Returns:
        `tool`, `tool_version`, `of_sha256` (of what was examined), `result_sha256` (of the file),
        `source_kind`, and of a capture `from_utc` and `until_utc`.

    Raises:
        Refused: no answer of an examination.
    """
    content = path.read_bytes()
    try:
        told = json.loads(content)
        examined = told.get("capture_sha256") or told["image_sha256"]
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as fault:
        raise Refused(
            "this is no answer of an examination",
            where=str(path),
            mend="give the JSON that `portique examine ... --json` printed, or state --tool, "
            "--tool-version, --of and --result",
            code="CUS-006",
        ) from fault
    name = told.get("examination") or ("traffic" if told.get("capture_sha256") else "firmware")
    program = str(told.get("program") or f"portique {portique.__version__}")
    return {
        "tool": f"portique examine {name}",
        "tool_version": program.removeprefix("portique "),
        "of_sha256": str(examined),
        "result_sha256": hashlib.sha256(content).hexdigest(),
        "source_kind": "traffic" if told.get("capture_sha256") else "image",
        **_period(told),
    }


def _period(told: dict[str, Any]) -> dict[str, str]:
    """Return the span of a capture; {}: the answer states none that can be read."""
    try:
        return captured_period(told)
    except (ValueError, AttributeError, TypeError):
        return {}
