"""The verifier as one file: its parts one after the other, with nothing of ours imported."""

from __future__ import annotations

import ast
from pathlib import Path

PARTS = ("reading.py", "chains.py", "checks.py", "verify.py")


def script() -> str:
    """Return `verify.py` as it lies in a pack; the same program gives the same bytes.

    >>> "portique.ledger" in script()
    False
    """
    folder = Path(__file__).parent
    parts = [(folder / name).read_text(encoding="utf-8") for name in PARTS]
    docstring = parts[-1][: parts[-1].index('"""', 3) + 3]
    bodies = [_without_our_imports(part) for part in parts]
    return "\n\n\n".join([docstring + "\n\nfrom __future__ import annotations", *bodies]) + "\n"


def _without_our_imports(part: str) -> str:
    lines = part.split("\n")
    for node in ast.parse(part).body:
        is_ours = isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("portique", "__future__")
        )
        if is_ours or (node.lineno == 1 and isinstance(node, ast.Expr)):
            last = node.end_lineno or node.lineno
            lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
    return "\n".join(lines).strip("\n")
