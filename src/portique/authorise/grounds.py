"""The grounds of one request: what the derived tables say of a cell, nothing of other people."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from portique.core.case import CaseSettings
from portique.core.clock import utc_text

if TYPE_CHECKING:
    from portique.engine.store import Store

Rows = list[dict[str, Any]]

LEAST_SHARE = 0.02
"""A handset that is less probable in a cell than this is counted, not described."""
HIDDEN = "[number not shown]"
_NUMBER = re.compile(r"(?<![\w-])\+?\d{9,16}(?![\w-])")


def without_other_numbers(text: str, allowed: Set[str]) -> str:
    """Return a text with every long number hidden that is not a fleet handset's own.

    Args:
        text: e.g. the grounds of a target.
        allowed: numbers and IMEIs of the fleet, digits alone.

    >>> without_other_numbers("+33711111111 called 33722222222", {"33711111111"})
    '+33711111111 called [number not shown]'
    """
    return _NUMBER.sub(lambda found: found[0] if found[0].lstrip("+") in allowed else HIDDEN, text)


def requests_from(settings: CaseSettings, store: Store) -> Iterator[dict[str, Any]]:
    """Yield what is asked for each cell to search, best first, and why.

    Args:
        settings: of the case.
        store: its derived tables: target, prison, prison_cell, handset, attribution,
            attribution_term, placement, presence.

    Returns:
        One entry a cell: `cell_id`, `prison_id`, `prison`, `building`, `floor`, `rank`, `p_any`,
        `expected_handsets`, `grounds` (text as derived), `handsets` (with their terms), and the
        authorities under which the data are held. Numbers are rounded.
    """
    behind = _Behind(store)
    for target in store.arrow("target").slice(0, settings.max_cells).to_pylist():
        yield behind.request(target) | {
            "case": {
                "id": settings.case_id,
                "title": settings.title,
                "timezone": settings.timezone.key,
                "as_of_utc": utc_text(settings.as_of_utc),
            },
            "held_under": [
                {"id": a.id, "kind": a.kind, "basis": a.basis} for a in settings.authorities
            ],
        }


class _Behind:
    """The rows behind all targets, read once."""

    def __init__(self, store: Store) -> None:
        targets = store.arrow("target", ["handset_ids"])
        wanted = sorted({h for own in targets["handset_ids"].to_pylist() for h in own})

        def rows(name: str) -> Rows:
            table = store.arrow(name)
            found: Rows = table.filter(pc.is_in(table["handset_id"], _array(wanted))).to_pylist()
            return found

        self.prisons = {r["prison_id"]: r for r in store.arrow("prison").to_pylist()}
        self.cells = {r["cell_id"]: r for r in store.arrow("prison_cell").to_pylist()}
        self.handsets = {r["handset_id"]: r for r in rows("handset")}
        self.places = {(r["handset_id"], r["prison_id"]): r for r in rows("placement")}
        self.presence = {(r["handset_id"], r["prison_id"]): r for r in rows("presence")}
        self.users: dict[tuple[str, str], Rows] = defaultdict(list)
        for row in rows("attribution"):
            self.users[row["handset_id"], row["cell_id"]].append(row)
        self.terms: dict[tuple[str, str], Rows] = defaultdict(list)
        for row in rows("attribution_term"):
            self.terms[row["handset_id"], row["inmate_id"]].append(row)
        fleet = store.arrow("handset", ["imei", "msisdns"]).to_pylist()
        self.allowed = {r["imei"] for r in fleet}
        self.allowed |= {n.lstrip("+") for r in fleet for n in r["msisdns"]}

    def request(self, target: dict[str, Any]) -> dict[str, Any]:
        cell = self.cells.get(target["cell_id"], {})
        prison = self.prisons.get(target["prison_id"], {})
        told = [self._handset(h, target) for h in target["handset_ids"]]
        named = [h for h in told if h["p_here"] >= LEAST_SHARE]
        return {
            "cell_id": target["cell_id"],
            "prison_id": target["prison_id"],
            "prison": prison.get("name") or target["prison_id"],
            "building": cell.get("building"),
            "floor": cell.get("floor"),
            "rank": target["rank"],
            "p_any": round(target["p_any"], 3),
            "expected_handsets": round(target["expected_handsets"], 2),
            "grounds": without_other_numbers(target["grounds"], self.allowed),
            "handsets": sorted(named, key=lambda h: (-h["p_here"], h["handset_id"])),
        }

    def _handset(self, handset_id: str, target: dict[str, Any]) -> dict[str, Any]:
        own = self.handsets.get(handset_id, {})
        here = self.users.get((handset_id, target["cell_id"]), [])
        user = max(here, key=lambda r: (r["posterior"], r["inmate_id"] or ""), default=None)
        inmate = user["inmate_id"] if user else None
        place = self.places.get((handset_id, target["prison_id"]), {})
        presence = self.presence.get((handset_id, target["prison_id"]), {})
        return {
            "handset_id": handset_id,
            "imei": own.get("imei"),
            "model": own.get("model"),
            "p_here": round(math.fsum(sorted(r["posterior"] for r in here)), 3),
            "records": presence.get("records"),
            "days": presence.get("days"),
            "place_log10_lr": _rounded(place.get("log10_lr")),
            "inmate_id": inmate,
            "user_log10_lr": _rounded(user["log10_lr"]) if user else None,
            "terms": [
                {
                    "term": row["term"],
                    "log10_lr": _rounded(row["log10_lr"]),
                    "words": without_other_numbers(row["words"], self.allowed),
                }
                for row in self.terms.get((handset_id, str(inmate)), [])
            ],
        }


def _array(values: list[str]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    return pa.array(values, pa.string())


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2) + 0.0
