"""Conversations that no identifier betrays: regular contacts, tunnels, opaque and other traffic."""

from __future__ import annotations

from collections.abc import Iterator

from portique.examine.traffic.detect import known
from portique.examine.traffic.detect.actions import cause_of_all
from portique.examine.traffic.detect.beacons import Beacon, beacon
from portique.examine.traffic.detect.tunnels import tunnel
from portique.examine.traffic.facts import End, Facts, Peer
from portique.examine.traffic.identity.record import CaptureRecord
from portique.examine.traffic.observation import Observation

_LEAST_ICMP = 10
_KEEP_ALIVE = ("keep-alive of a push or mail service",)
_ORDINARY = ("a service of the phone that the record does not name",)


def observations(facts: Facts, record: CaptureRecord, leaking: set[End]) -> Iterator[Observation]:
    """Yield what the traffic with each end shows.

    Args:
        facts: of the pass.
        record: of the capture.
        leaking: ends to which something planted was sent: told elsewhere, so not explained here.
    """
    for peer in facts.peers.values():
        if not peer.bytes_up and not peer.bytes_down:
            continue
        yield from _of_peer(peer, record, leaking)
    for domain in facts.domains.values():
        found = tunnel(domain)
        if found is not None and not known.is_home(domain.name):
            yield Observation(
                rule="dns_tunnel",
                grade=2,
                behaviour="dns_tunnel",
                bearer=domain.bearer,
                direction="up",
                initiator="phone",
                frames=tuple(sorted(set(domain.frames))),
                first_us=domain.first_us,
                last_us=domain.last_us,
                ip=domain.server,
                host=domain.name,
                bytes_up=domain.query_bytes,
                bytes_down=domain.answer_bytes,
                count=domain.queries,
                benign_explanations=("look-ups of a virus scanner or a delivery network",),
                words={
                    "fr": f"données cachées dans {found.names} noms sous {domain.name}",
                    "en": f"data hidden in {found.names} names under {domain.name}",
                },
            )


def _of_peer(peer: Peer, record: CaptureRecord, leaking: set[End]) -> Iterator[Observation]:
    service = known.service(peer)
    name = peer.end.host or peer.end.address
    if service is not None:
        yield _observed(peer, "known_service", 4, (service,), f"service connu : {name}",
                        f"known service: {name} ({service})")  # fmt: skip
        return
    action = cause_of_all(record, peer.contacts or [peer.first_us], name)
    if action is not None:
        yield _observed(peer, "operator_caused", 4, (f"the operator did this: {action.action}",),
                        f"causé par l'opérateur : {name}",
                        f"caused by the operator: {name}")  # fmt: skip
        return
    regular = beacon(peer.contacts)
    if regular is not None:
        yield _regular(peer, regular, name)
    if peer.app == "icmp" and len(peer.frames) >= _LEAST_ICMP:
        yield _observed(peer, "icmp_tunnel", 2, ("a test of the line with large packets",),
                        f"données dans des paquets ICMP vers {name}",
                        f"data in ICMP packets to {name}")  # fmt: skip
        return
    if peer.end in leaking:
        return
    if peer.encrypted_bytes:
        yield _observed(peer, "opaque_traffic", 3, _ORDINARY,
                        f"trafic chiffré ou opaque avec {name}",
                        f"encrypted or opaque traffic with {name}")  # fmt: skip
    else:
        yield _observed(peer, "unexplained_traffic", 3, _ORDINARY,
                        f"trafic inexpliqué avec {name}",
                        f"unexplained traffic with {name}")  # fmt: skip


def _regular(peer: Peer, regular: Beacon, name: str) -> Observation:
    every = f"{regular.interval_s:,.0f} s"
    return _observed(
        peer, "beacon", 2, _KEEP_ALIVE,
        f"{regular.contacts} contacts réguliers avec {name}, toutes les {every}",
        f"{regular.contacts} regular contacts with {name}, every {every}",
        count=regular.contacts,
    )  # fmt: skip


def _observed(
    peer: Peer,
    rule: str,
    grade: int,
    explanations: tuple[str, ...],
    *words: str,
    count: int | None = None,
) -> Observation:
    notes = ", ".join(f"{name} {value}" for name, value in sorted(peer.notes.items()) if value)
    french, english = (f"{said} [{notes}]" if notes else said for said in words)
    return Observation(
        rule=rule,
        grade=grade,
        behaviour=rule if rule in {"beacon", "icmp_tunnel"} else None,
        bearer=peer.bearer,
        direction="up" if peer.bytes_up else "down",
        initiator="operator" if rule == "operator_caused" else _initiator(peer),
        frames=tuple(sorted(set(peer.frames))),
        first_us=peer.first_us,
        last_us=peer.last_us,
        ip=peer.end.address,
        host=peer.end.host,
        bytes_up=peer.bytes_up,
        bytes_down=peer.bytes_down,
        count=peer.talks if count is None else count,
        benign_explanations=explanations,
        words={"fr": french, "en": english},
    )


def _initiator(peer: Peer) -> str:
    return "phone" if peer.phone_began else "network"
