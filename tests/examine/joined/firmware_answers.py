"""Answers of `examine firmware` made by hand, in the form that the command prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def item(kind: str, value: str, offset: int) -> dict[str, Any]:
    """Return an evidence item of the segment `zimage`."""
    return {
        "kind": kind,
        "value": value,
        "segment": "zimage",
        "offset": offset,
        "address": f"{0x10000000 + offset:#x}",
        "encoding": "ascii",
        "references": [f"{0x10020000 + offset:#x}"],
    }


def behaviour(kind: str, strength: str, items: Sequence[Any]) -> dict[str, Any]:
    """Return a behaviour that holds items: whole ones, their values, or their places."""
    return {"kind": kind, "strength": strength, "functions": ["0x10020100"], "items": list(items)}


def answer(
    image: str,
    grade: int,
    items: Sequence[dict[str, Any]] = (),
    behaviours: Sequence[dict[str, Any]] = (),
    build: Any = "it2160-v7",
) -> dict[str, Any]:
    """Return the answer about one image, named by one letter."""
    return {
        "exhibit": None,
        "image_sha256": image * 64,
        "build": build,
        "grade": grade,
        "verdict": {"fr": f"Degré {grade}.", "en": f"Grade {grade}."},
        "explained_share": 0.913,
        "segments": [],
        "behaviours": list(behaviours),
        "items": list(items),
        "not_examined": [{"what": "user area", "why": "FTL of an unknown form"}],
    }


def sale_report(
    image: str = "a", host: str = "sales.sink.example", grade: int = 2
) -> dict[str, Any]:
    """Return an answer with the full chain of a sale report to a host."""
    url = item("url", f"http://{host}/report?imei=%s", 0x4100)
    harmless = item("url", "http://wap.operator.example/", 0x5200)
    strength = "full" if grade == 2 else "partial"
    return answer(image, grade, [url, harmless], [behaviour("sale_report", strength, [url])])
