"""Short messages: sent without the operator, to whom, with what; and those that are never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portique.examine.traffic.detect import numbers
from portique.examine.traffic.detect.actions import cause
from portique.examine.traffic.facts import Facts, Received, Text
from portique.examine.traffic.identity.record import Action, CaptureRecord
from portique.examine.traffic.observation import Observation
from portique.examine.traffic.radio.tpdu import COMMAND, DELIVER, SUBMIT

_ANSWER_US = 120_000_000
_LEAST_DIGITS, _MOST_TRACED = 3, 2_000
_SENT_KINDS = {
    numbers.FOREIGN: ("sms_to_foreign_number", 2, "à un numéro étranger", "to a foreign number"),
    numbers.PREMIUM: ("sms_to_premium_number", 2, "à un numéro surtaxé", "to a premium number"),
    numbers.SHORT: (
        "sms_to_short_code", 3, "à un numéro court, à vérifier", "to a short code, to verify",
    ),
    numbers.FREE: ("sms_to_short_code", 3, "à un numéro court", "to a short code"),
    numbers.HOME: ("unsolicited_sms", 2, "à un numéro national", "to a national number"),
    numbers.NAME: ("unsolicited_sms", 3, "à un nom", "to a name"),
}  # fmt: skip
_SERVICE = (
    "activation of a service by short message, as some phones do at first start",
    "a message that the operator of the lab sent and did not write down",
)


def observations(facts: Facts, record: CaptureRecord, home: str) -> Iterator[Observation]:
    """Yield what short messages show.

    Args:
        facts: of the pass.
        record: of the capture.
        home: country of the home network.
    """
    delivered: dict[str, list[int]] = {}
    for text in facts.texts:
        if text.is_up and text.message.kind in {SUBMIT, COMMAND}:
            yield from _sent(text, facts, record, home)
            yield from _answers(text, record, delivered)
        elif text.message.kind == DELIVER:
            delivered.setdefault(text.message.number, []).append(text.origin.at_us)
            yield from _delivered(text, record)


def _sent(text: Text, facts: Facts, record: CaptureRecord, home: str) -> Iterator[Observation]:
    number = text.message.number
    action = cause(record, text.origin.at_us, number)
    if action is not None:
        yield _caused(text, action)
        return
    rule, grade, french, english = _SENT_KINDS[numbers.kind(number, home)]
    behaviour = "premium_sms" if rule in {"sms_to_premium_number", "sms_to_short_code"} else None
    yield _observed(
        text, rule, grade, behaviour, _SERVICE,
        (f"SMS envoyé sans l'opérateur {french} ({number})",
         f"SMS sent without the operator {english} ({number})"),
    )  # fmt: skip
    for match in text.matches:
        found = _observed(
            text, "identifier_sent", 1, "identity_sms", (),
            (f"{match.identifier.kind} planté, envoyé par SMS à {number}",
             f"planted {match.identifier.kind} sent by SMS to {number}"),
        )  # fmt: skip
        yield _with(found, match.identifier.kind, match.encoding, match.start)
    asked = _asked(text, facts)
    if asked is not None:
        yield _obeyed(text, asked)


def _answers(
    text: Text, record: CaptureRecord, delivered: dict[str, list[int]]
) -> Iterator[Observation]:
    """Tell a message that answers one received from the same number shortly before."""
    number, at_us = text.message.number, text.origin.at_us
    if cause(record, at_us, number) is not None:
        return
    if any(0 < at_us - received <= _ANSWER_US for received in delivered.get(number, [])[-8:]):
        yield _observed(
            text, "sms_answered", 2, "sms_interception", _SERVICE,
            (f"réponse automatique à un SMS reçu de {number}",
             f"answer without the operator to an SMS received from {number}"),
        )  # fmt: skip


def _delivered(text: Text, record: CaptureRecord) -> Iterator[Observation]:
    message = text.message
    if cause(record, text.origin.at_us, message.number) is not None:
        return
    if message.is_silent:
        said = ("SMS de type 0 : jamais affiché", "type 0 SMS: never shown")
        yield _observed(text, "silent_sms", 3, None, ("a test of the network",), said)
    elif message.message_class == 0:
        said = ("SMS de classe 0 (flash)", "class 0 (flash) SMS")
        yield _observed(text, "flash_sms", 3, None, ("an alert or balance notice",), said)
    elif message.port:
        said = (
            f"SMS de données vers le port {message.port}",
            f"data SMS to port {message.port}",
        )
        explained = ("settings or notices of the operator: WAP push, MMS",)
        grade = 4 if message.port in {2948, 2949, 49999, 5505} else 3
        yield _observed(text, "data_sms", grade, None, explained, said)


def _caused(text: Text, action: Action) -> Observation:
    found = _observed(
        text, "operator_caused", 4, None, (f"the operator did this: {action.action}",),
        (f"SMS de l'opérateur à {text.message.number}",
         f"SMS of the operator to {text.message.number}"),
    )  # fmt: skip
    return Observation(**(found.__dict__ | {"initiator": "operator"}))


def _observed(
    text: Text,
    rule: str,
    grade: int,
    behaviour: str | None,
    explanations: tuple[str, ...],
    words: tuple[str, str],
) -> Observation:
    size = len(text.message.raw)
    return Observation(
        rule=rule,
        grade=grade,
        behaviour=behaviour,
        bearer=text.origin.bearer,
        direction="up" if text.is_up else "down",
        initiator="phone" if text.is_up else "network",
        frames=text.frames,
        first_us=text.origin.at_us,
        last_us=text.origin.at_us,
        number=text.message.number,
        bytes_up=size if text.is_up else 0,
        bytes_down=0 if text.is_up else size,
        benign_explanations=explanations,
        words={"fr": words[0], "en": words[1]},
    )


def _with(found: Observation, kind: str, encoding: str, offset: int) -> Observation:
    more = {"identifier_kind": kind, "encoding": encoding, "offset": offset}
    return Observation(**(found.__dict__ | more))


def _asked(text: Text, facts: Facts) -> Received | None:
    """Return the content that named this number before the message was sent."""
    digits = re.sub(r"\D", "", text.message.number)[-9:]
    if len(digits) < _LEAST_DIGITS or len(facts.texts) > _MOST_TRACED:
        return None
    looked_for = re.compile(rb"(?<![0-9])[+0-9]{0,4}?" + digits.encode() + rb"(?![0-9])")
    wanted = text.whole_text.encode()
    for received in reversed(facts.received):
        if received.at_us > text.origin.at_us or not looked_for.search(received.data):
            continue
        if len(digits) >= 6 or (wanted and wanted in received.data):
            return received
    return None


def _obeyed(text: Text, asked: Received) -> Observation:
    peer = asked.end.host or asked.end.address
    found = _observed(
        text, "remote_command", 2, "remote_command", (),
        (f"le numéro {text.message.number} venait de {peer} avant l'envoi du SMS",
         f"the number {text.message.number} came from {peer} before the SMS was sent"),
    )  # fmt: skip
    more = {
        "frames": tuple(sorted({asked.frame, *text.frames})),
        "first_us": asked.at_us,
        "ip": asked.end.address,
        "host": asked.end.host,
    }
    return Observation(**(found.__dict__ | more))
