"""Planted identifiers in conversations: what left the phone, in which form, to whom."""

from __future__ import annotations

from collections.abc import Iterator

from portique.examine.traffic.detect.actions import cause_of_all
from portique.examine.traffic.detect.known import carries_identity_by_standard
from portique.examine.traffic.facts import End, Facts, Peer, Sent
from portique.examine.traffic.identity.record import CaptureRecord
from portique.examine.traffic.observation import Observation

_TYPED = {"contact", "message"}
"""Kinds that the operator may have typed; the phone's identities are not."""
_BEHAVIOUR = {"message": "sms_interception", "contact": "contact_upload"}
_EXPLANATIONS = (
    "a registration or statistics service that the maker declares to the buyer",
    "an update service that asks which phone it serves",
)


def observations(facts: Facts, record: CaptureRecord) -> Iterator[Observation]:
    """Yield one observation for each identifier, form and other end.

    Args:
        facts: of the pass.
        record: of the capture.
    """
    for sent in facts.sent.values():
        peer = facts.peers.get(sent.end)
        rule, grade, explanations = _judged(sent, peer, record)
        yield Observation(
            rule=rule,
            grade=grade,
            behaviour=None if grade == 4 else _behaviour(sent),
            bearer=sent.bearer,
            direction="up" if sent.is_up else "down",
            initiator=_initiator(sent, rule),
            frames=tuple(sorted(set(sent.frames))),
            first_us=sent.first_us,
            last_us=sent.last_us,
            identifier_kind=sent.identifier.kind,
            encoding=sent.encoding,
            ip=sent.end.address,
            host=sent.end.host,
            offset=sent.offset,
            bytes_up=sent.size if sent.is_up else 0,
            bytes_down=0 if sent.is_up else sent.size,
            count=sent.count,
            benign_explanations=explanations,
            words=_words(sent, rule),
        )


def leaking_ends(facts: Facts) -> set[End]:
    """Return the ends to which something planted was sent."""
    return {sent.end for sent in facts.sent.values() if sent.is_up}


def _judged(
    sent: Sent, peer: Peer | None, record: CaptureRecord
) -> tuple[str, int, tuple[str, ...]]:
    if not sent.is_up:
        return "identifier_received", 4, ("the network or a server told the phone what it knows",)
    if peer is not None and carries_identity_by_standard(peer):
        return "identity_to_home_network", 4, ("the standard has the phone say this here",)
    if sent.app == "sip" and peer is not None and carries_identity_by_standard(peer):
        return "identity_to_home_network", 4, ("registration at the home network",)
    if sent.identifier.kind in _TYPED:
        to = sent.end.host or sent.end.address
        action = cause_of_all(record, (sent.first_us, sent.last_us), to)
        if action is not None:
            return "operator_caused", 4, (f"the operator did this: {action.action}",)
    return "identifier_sent", 1, _EXPLANATIONS


def _behaviour(sent: Sent) -> str:
    return _BEHAVIOUR.get(sent.identifier.kind, "sale_report")


def _initiator(sent: Sent, rule: str) -> str:
    if rule == "operator_caused":
        return "operator"
    return "phone" if sent.phone_began else "network"


def _words(sent: Sent, rule: str) -> dict[str, str]:
    peer = sent.end.host or sent.end.address
    kind, form = sent.identifier.kind, sent.encoding
    if rule == "identifier_sent":
        return {
            "fr": f"{kind} planté, envoyé à {peer} (forme : {form})",
            "en": f"planted {kind} sent to {peer} (form: {form})",
        }
    if rule == "identifier_received":
        return {
            "fr": f"{kind} planté, reçu de {peer} (forme : {form})",
            "en": f"planted {kind} received from {peer} (form: {form})",
        }
    return {
        "fr": f"{kind} planté, envoyé à {peer}, expliqué (forme : {form})",
        "en": f"planted {kind} sent to {peer}, explained (form: {form})",
    }
