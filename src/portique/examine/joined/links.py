"""Where two examinations of one exhibit meet: a host also contacted, a template also sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portique.examine.joined.clues import Clue, clues_of, number_key, numbers_of_content
from portique.examine.joined.template import made_from

_LEAST_LABELS = 2
_EXPLAINED, _INCONCLUSIVE = 4, 6


@dataclass(frozen=True)
class Link:
    """One meeting of two parts.

    Args:
        kind: host_contacted, host_asked, ip_contacted, number_messaged, template_sent or
            number_in_content.
        value: what they share, as written.
        behaviours: of the firmware that the item belongs to, as (kind, strength).
        unexplained: the traffic of it was neither explained nor the operator's.
        left: what stands in firmware or content.
        right: what stands in the traffic, with its capture.
    """

    kind: str
    value: str
    behaviours: tuple[tuple[str, str], ...]
    unexplained: bool
    left: dict[str, Any]
    right: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the link as the answer holds it."""
        behaviours = [{"kind": kind, "strength": strength} for kind, strength in self.behaviours]
        return vars(self) | {"behaviours": behaviours}


def links(
    firmware: list[dict[str, Any]], content: list[dict[str, Any]], traffic: list[dict[str, Any]]
) -> list[Link]:
    """Return every meeting, in an order that depends on the answers alone.

    Args:
        firmware, content, traffic: answers of one exhibit.
    """
    found: dict[str, Link] = {}
    for capture in traffic:
        seen = _Seen(capture)
        for image in firmware:
            for clue, behaviours in _clues(image):
                for link in seen.meeting(clue, behaviours):
                    found.setdefault(_key(link), link)
        for told in content:
            for link in seen.numbers_in(told):
                found.setdefault(_key(link), link)
    return sorted(found.values(), key=_key)


def _key(link: Link) -> str:
    where = [str(link.left.get(name)) for name in ("segment", "offset", "list", "place")]
    return "|".join([link.kind, link.value, *where, str(link.right["capture_sha256"])])


def _clues(image: dict[str, Any]) -> Iterator[tuple[Clue, tuple[tuple[str, str], ...]]]:
    """Yield what an image names, with the behaviours to which the item belongs.

    The list of items ends somewhere; those on which behaviours rest are named by these too.
    """
    held = [each for one in image.get("behaviours", ()) for each in _listed(one.get("items"))]
    listed = _listed(image.get("items"))
    items = [item for item in listed if isinstance(item, dict)]
    items += [item for item in held if isinstance(item, dict) and item not in items]
    for place, item in enumerate(items):
        behaviours = tuple(
            (str(each.get("kind")), str(each.get("strength")))
            for each in image.get("behaviours", ())
            if _holds(each.get("items", ()), place, item)
        )
        for clue in clues_of(item):
            yield clue, behaviours


def _holds(held: Any, place: int, item: dict[str, Any]) -> bool:
    """Return whether a behaviour names an item: by its place, by its value, or whole."""
    return any(
        each == item or each == item.get("value") or (each == place and type(each) is int)
        for each in _listed(held)
    )


def _listed(held: Any) -> Sequence[Any]:
    return held if isinstance(held, list | tuple) else ()


class _Seen:
    """What one capture shows, looked up by clue."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._sha256 = told.get("capture_sha256")
        self._hosts: dict[str, dict[str, Any]] = {}
        self._addresses: dict[str, dict[str, Any]] = {}
        for end in told.get("ends", ()):
            if end.get("host"):
                self._hosts.setdefault(end["host"], end)
            self._addresses.setdefault(end["ip"], end)
        self._asked = {each["host"]: each["frame"] for each in told.get("hosts", ())}
        self._messages = told.get("short_messages", [])
        self._unexplained = self._graded(told)

    @staticmethod
    def _graded(told: dict[str, Any]) -> set[str]:
        """Return the hosts, addresses and numbers of traffic that is not explained.

        An inconclusive capture has none: without a record nobody knows what the operator did.
        """
        names: set[str] = set()
        if told.get("grade", _INCONCLUSIVE) >= _INCONCLUSIVE:
            return names
        for each in told.get("observations", ()):
            if each["grade"] >= _EXPLAINED or each["initiator"] == "operator":
                continue
            peer = each["peer"]
            names.update(name for name in (peer["host"], peer["ip"]) if name)
            if peer["number"]:
                names.add(number_key(peer["number"]))
        return names

    def meeting(self, clue: Clue, behaviours: tuple[tuple[str, str], ...]) -> Iterator[Link]:
        """Yield where a clue of the firmware meets the capture."""
        look = {
            "host": self._host,
            "ip": self._address,
            "number": self._number,
            "template": self._template,
        }[clue.kind]
        left = {"value": clue.item.get("value")} | {
            name: clue.item.get(name) for name in ("segment", "offset", "address", "encoding")
        }
        for kind, name, right in look(clue.value):
            right["capture_sha256"] = self._sha256
            unexplained = name in self._unexplained
            yield Link(kind, str(clue.item.get("value")), behaviours, unexplained, left, right)

    def numbers_in(self, told: dict[str, Any]) -> Iterator[Link]:
        """Yield the numbers of content that are also ends of short messages."""
        for key, where in numbers_of_content(told).items():
            for _, name, right in self._number(key):
                right["capture_sha256"] = self._sha256
                unexplained = name in self._unexplained
                yield Link("number_in_content", where["number"], (), unexplained, where, right)

    def _host(self, wanted: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for host in sorted(self._hosts.keys() | self._asked.keys()):
            if host != wanted and not _is_below(host, wanted):
                continue
            end = self._hosts.get(host)
            if end is None:
                yield "host_asked", host, {"host": host, "frames": [self._asked[host]]}
            else:
                yield "host_contacted", host, {"host": host, "ip": end["ip"]} | _frames(end)

    def _address(self, wanted: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        end = self._addresses.get(wanted)
        if end is not None:
            yield "ip_contacted", wanted, {"host": end["host"], "ip": wanted} | _frames(end)

    def _number(self, wanted: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        frames = [
            frame
            for each in self._messages
            if each["direction"] == "up" and number_key(each["number"]) == wanted
            for frame in each["frames"]
        ]
        if frames:
            yield "number_messaged", wanted, {"number": wanted, "frames": sorted(set(frames))}

    def _template(self, wanted: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for each in self._messages:
            if each["direction"] == "up" and made_from(each["text"], wanted):
                name = number_key(each["number"])
                told = {"number": each["number"], "text": each["text"], "frames": each["frames"]}
                yield "template_sent", name, told
                return


def _is_below(host: str, wanted: str) -> bool:
    return wanted.count(".") >= _LEAST_LABELS - 1 and host.endswith("." + wanted)


def _frames(end: dict[str, Any]) -> dict[str, Any]:
    return {name: end[name] for name in ("bytes_up", "bytes_down", "frames")}
