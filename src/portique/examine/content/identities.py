"""IMEIs in an image, and what they are compared with: the label, and the fleet's records.

Spreadtrum: an NV item of 8 octets coded as a mobile identity (3GPP TS 24.008, 10.5.1.4). MediaTek:
`MP0B_*` or files of the folder `NVD_IMEI`: eight octets of digits, two by two, plain or under the
mask that public tools name. No real dump was at hand. An identity counts only where its check digit
is right and it is no filler.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portique.core.clock import utc_text
from portique.core.ids import Imei, is_placeholder_imei
from portique.examine.content.material import Stored, records

if TYPE_CHECKING:
    from portique.engine.store import Store

_MASK = bytes.fromhex("aba06f2f1f1e9a45")
_STRIDES = (12, 10)
_MOST_IMEIS = 8
_IDENTITY = 0x0A
MOBILE_IDENTITY = "mobile identity of 8 octets in NV"
PLAIN, MASKED = "digits two by two", "digits two by two under a mask"


@dataclass(frozen=True)
class Identity:
    """One IMEI.

    Args:
        imei: 15 digits, the check digit right.
        is_deleted: item or file was deleted.
        source: name of file or item.
        offset: in the image.
        layout: how it was read.
    """

    imei: Imei
    is_deleted: bool
    source: str
    offset: int | None
    layout: str

    def as_dict(self) -> dict[str, object]:
        """Return it for the answer, without what it is compared with."""
        return {
            "kind": "imei",
            "imei": self.imei.as_written,
            "deleted": self.is_deleted,
            "source": self.source,
            "offset": self.offset,
            "layout": self.layout,
        }


def imeis_of(files: list[Stored], items: list[Stored]) -> Iterator[Identity]:
    """Yield every IMEI of files and items, in the order of the image."""
    for item in items:
        if len(item.content) == 8 and item.content[0] & 15 == _IDENTITY:
            nibbles = _nibbles(item.content)[1:]
            yield from _taken(nibbles, item, 0, MOBILE_IDENTITY)
    for file in files:
        if file.last_part[1:5] == "P0B_" or "/NVD_IMEI/" in f"/{file.name.upper()}":
            yield from _in_file(file)


def _in_file(file: Stored) -> list[Identity]:
    for stride in _STRIDES:
        if len(file.content) % stride:
            continue
        found: list[Identity] = []
        for at, record in records(file.content[: stride * _MOST_IMEIS], stride):
            masked = bytes(a ^ b for a, b in zip(record[:8], _MASK, strict=True))
            found += _taken(_nibbles(record[:8])[:15], file, at, PLAIN)
            found += _taken(_nibbles(masked)[:15], file, at, MASKED)
        if found:
            return found
    return []


def _nibbles(raw: bytes) -> list[int]:
    return [nibble for octet in raw for nibble in (octet & 15, octet >> 4)]


def _taken(nibbles: list[int], source: Stored, at: int, layout: str) -> Iterator[Identity]:
    if len(nibbles) != 15 or max(nibbles) > 9:
        return
    imei = Imei.parse("".join(map(str, nibbles)))
    if imei.wrong_check or is_placeholder_imei(imei.digits):
        return
    yield Identity(imei, source.is_deleted, source.name, source.place(at), layout)


class Fleet:
    """What the records of a case say of IMEIs: its derived table of handsets.

    Args:
        store: of the case; the table is read once.
    """

    def __init__(self, store: Store) -> None:
        self._handsets: dict[str, list[dict[str, object]]] | None = None
        if not store.has("handset"):
            return
        columns = ["handset_id", "imei", "basis", "first_seen_utc", "last_seen_utc", "records"]
        self._handsets = {}
        for row in store.arrow("handset", columns).to_pylist():
            told = {
                "handset_id": row["handset_id"],
                "basis": row["basis"],
                "first_seen_utc": utc_text(row["first_seen_utc"]),
                "last_seen_utc": utc_text(row["last_seen_utc"]),
                "records": row["records"],
            }
            self._handsets.setdefault(row["imei"], []).append(told)

    def said_of(self, imei: Imei) -> dict[str, object]:
        """Return whether an IMEI is of the fleet, and its handsets as the records tell them apart.

        Several handsets on one IMEI are clones: the image says nothing of which one this phone is.
        """
        if self._handsets is None:
            return {"state": "no table of handsets in this case: run it first", "handsets": []}
        rows = self._handsets.get(imei.digits, [])
        state = "in the fleet's records" if rows else "not in the fleet's records"
        return {"state": state, "handsets": rows}


def compared_with_label(found: list[Identity], label: Imei | None) -> dict[str, object]:
    """Return whether what the image holds is what the label says: first 14 digits, deleted apart.

    Args:
        found: identities of the image.
        label: as printed on the phone; None: not told.
    """
    if label is None:
        return {"label": None, "state": "no label told"}
    live = {each.imei.digits for each in found if not each.is_deleted}
    deleted = {each.imei.digits for each in found if each.is_deleted}
    if not live | deleted:
        state = "no IMEI was read from the image"
    elif label.digits in live:
        state = "as the label says" if len(live) == 1 else "as the label says, and others"
    elif label.digits in deleted:
        state = "as the label says, in what was deleted alone"
    else:
        state = "another than the label says"
    return {"label": label.as_written, "label_check_digit_wrong": label.wrong_check, "state": state}
