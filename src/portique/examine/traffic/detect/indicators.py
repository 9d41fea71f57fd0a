"""Known indicators of compromise: hosts and addresses that others have published.

Read from a STIX 2 bundle. Only what names a host or an address is used; what it cannot use is
counted, so that "not met" is never said of an indicator that was not looked for.

Source: OASIS STIX 2.1, sections 4.7 (indicator) and 9 (patterning).
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portique.core.errors import Refused
from portique.examine.traffic.facts import Facts
from portique.examine.traffic.observation import Observation

_COMPARED = re.compile(r"(domain-name|ipv4-addr|ipv6-addr):value\s*=\s*'((?:[^'\\]|\\.)*)'")
_LEFT = re.compile(r"\A(\s|\[|\]|\(|\)|OR)*\Z")


@dataclass(frozen=True)
class Indicators:
    """What is known.

    Args:
        hosts: name in lower case -> what the publisher calls it.
        networks: network -> what the publisher calls it.
        unused: indicators that name neither a host nor an address, or need more than one.
    """

    hosts: dict[str, str]
    networks: dict[ipaddress.IPv4Network | ipaddress.IPv6Network, str]
    unused: int = 0


NONE = Indicators({}, {})


def read_indicators(path: Path) -> Indicators:
    """Read a STIX 2 bundle.

    Raises:
        Refused: it is missing, or no bundle.
    """
    try:
        objects = json.loads(path.read_text(encoding="utf-8"))["objects"]
        told = [each for each in objects if each.get("type") == "indicator"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Refused(
            f"the indicators are no STIX 2 bundle: {fault}",
            where=str(path),
            mend="name a JSON file with a list of `objects`, as threat-sharing tools export it",
            code="EXA-030",
        ) from fault
    found, unused = Indicators({}, {}), 0
    for each in told:
        unused += not _take(
            found, str(each.get("pattern", "")), str(each.get("name") or each["id"])
        )
    return Indicators(found.hosts, found.networks, unused)


def observations(facts: Facts, known: Indicators) -> Iterator[Observation]:
    """Yield one observation for each known host that was asked for or spoken to.

    Args:
        facts: of the pass.
        known: what to compare with.
    """
    for peer in facts.peers.values():
        name = known.hosts.get(peer.end.host or "") or _of_address(peer.end.address, known)
        if name is not None:
            yield Observation(
                rule="known_indicator",
                grade=2,
                behaviour="known_indicator",
                bearer=peer.bearer,
                direction="up" if peer.bytes_up else "down",
                initiator="phone" if peer.phone_began else "network",
                frames=tuple(sorted(set(peer.frames))),
                first_us=peer.first_us,
                last_us=peer.last_us,
                ip=peer.end.address,
                host=peer.end.host,
                bytes_up=peer.bytes_up,
                bytes_down=peer.bytes_down,
                count=peer.talks,
                benign_explanations=("an address that somebody else uses since",),
                words=_words(name),
            )
    spoken = {peer.end.host for peer in facts.peers.values()}
    for host in sorted(set(facts.hosts) & set(known.hosts) - spoken):
        yield Observation(
            rule="known_indicator",
            grade=2,
            behaviour="known_indicator",
            bearer="mixed",
            direction="up",
            initiator="phone",
            frames=(facts.hosts[host],),
            first_us=0,
            last_us=0,
            host=host,
            benign_explanations=("a name that was asked for and never reached",),
            words=_words(known.hosts[host]),
        )


def _take(found: Indicators, pattern: str, name: str) -> bool:
    """Take the hosts and addresses of a pattern; return whether it says nothing else."""
    compared = _COMPARED.findall(pattern)
    if not compared or not _LEFT.match(_COMPARED.sub("", pattern)):
        return False
    for kind, value in compared:
        if kind == "domain-name":
            found.hosts[value.lower().rstrip(".")] = name
            continue
        try:
            found.networks[ipaddress.ip_network(value, strict=False)] = name
        except ValueError:
            return False
    return True


def _of_address(address: str, known: Indicators) -> str | None:
    if not known.networks:
        return None
    meant = ipaddress.ip_address(address)
    names = [name for network, name in known.networks.items() if meant in network]
    return min(names) if names else None


def _words(name: str) -> dict[str, str]:
    return {"fr": f"indicateur connu : {name}", "en": f"known indicator: {name}"}
