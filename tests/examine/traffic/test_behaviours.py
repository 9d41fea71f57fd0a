"""The known behaviours are recognised on every bearer, and benign phones are not accused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.examine.traffic import frames as wire
from tests.examine.traffic.conftest import Examine
from tests.examine.traffic.lab import IMEI, Lab
from tests.examine.traffic.phones import BENIGN, COVERT, dns_tunnel, interception, premium_sms
from tests.examine.traffic.test_forms import missed

BEARERS = ["ethernet", "gprs", "ipv6", "gtp", "vlan"]
WITHOUT_SMS = {"sale report", "delayed", "dns tunnel", "encrypted", "beacon"}
CASES = [(name, bearer) for name in COVERT for bearer in BEARERS]
CASES += [
    (name, bearer) for name in sorted(WITHOUT_SMS) for bearer in ("wifi", "cooked", "cooked_2")
]


def _rules(told: dict[str, Any]) -> set[str]:
    return {each["rule"] for each in told["observations"]}


@pytest.mark.parametrize(("name", "bearer"), CASES)
def test_a_covert_phone_gets_its_grade(answer_of: Examine, name: str, bearer: str) -> None:
    """Everything that it sent is named with form, peer and frames; the behaviour has its name."""
    does, grade, behaviour = COVERT[name]
    lab = does(Lab(bearer))

    told = answer_of(lab)

    assert told["grade"] == grade
    assert missed(told, lab.truth) == []
    assert behaviour is None or behaviour in {o["behaviour"] for o in told["observations"]}
    assert told["coverage"]["frames"] == len(lab.frames)


@pytest.mark.parametrize("bearer", ["ethernet", "gprs", "ipv6"])
@pytest.mark.parametrize("name", sorted(BENIGN))
def test_a_benign_phone_is_never_accused(answer_of: Examine, name: str, bearer: str) -> None:
    """No observation of grade 1 or 2; and the verdict never says that a phone is clean."""
    told = answer_of(BENIGN[name](Lab(bearer)))

    assert [o["words"]["en"] for o in told["observations"] if o["grade"] <= 2] == []
    assert told["grade"] >= 3
    for words in told["verdict"].values():
        assert "clean" not in words.lower()
        assert "propre" not in words.lower()


def test_a_quiet_phone_is_told_for_how_long(answer_of: Examine) -> None:
    """Grade 5 says the hours, and that it says nothing beyond them."""
    told = answer_of(BENIGN["quiet"](Lab()))

    assert told["grade"] == 5
    assert "3 h" in told["verdict"]["fr"]
    assert "beyond that time" in told["verdict"]["en"]


def test_a_command_is_traced_from_the_server_to_the_message_that_it_ordered(
    answer_of: Examine,
) -> None:
    """Number and text came down before the SMS went up: both frames are named."""
    told = answer_of(premium_sms(Lab("gprs")))

    obeyed = [o for o in told["observations"] if o["rule"] == "remote_command"]
    assert obeyed
    assert obeyed[0]["peer"] == {
        "ip": "203.0.113.31",
        "host": "cc.sink.example",
        "number": "0899123456",
    }
    assert len(obeyed[0]["frames"]) > 1
    assert {"sms_to_premium_number", "sms_answered"} <= _rules(told)


def test_a_forwarded_message_is_an_interception_and_cipher_stays_to_be_examined(
    answer_of: Examine,
) -> None:
    """The same phone shows both; the worse grade is the verdict's."""
    told = answer_of(interception(Lab()))

    assert told["grade"] == 1
    assert "opaque_traffic" in _rules(told)
    assert {o["behaviour"] for o in told["observations"]} >= {"sms_interception"}
    lost = {each["reason"] for each in told["coverage"]["lost"]}
    assert "encrypted or opaque: unknown protocol" in lost


def test_a_tunnel_is_named_by_its_domain_with_its_questions(answer_of: Examine) -> None:
    """Every question is a frame of the observation."""
    told = answer_of(dns_tunnel(Lab()))

    found = next(o for o in told["observations"] if o["rule"] == "dns_tunnel")
    assert found["peer"]["host"] == "tunnel-sink.example"
    assert found["count"] == len(found["frames"]) >= 10


def test_a_name_that_the_phone_only_writes_explains_nothing(answer_of: Examine) -> None:
    """An operator's name in a request to an address that DNS never gave it: a leak all the same."""
    lab = Lab()
    head = "POST / HTTP/1.1\r\nHost: mms.orange.fr\r\nContent-Length: 15\r\n\r\n"
    frames = lab.exchange("203.0.113.66", 80, head.encode() + IMEI.encode())
    lab.planted("imei", "ascii", "203.0.113.66", frames)

    told = answer_of(lab)

    assert told["grade"] == 1
    assert missed(told, lab.truth) == []


@pytest.mark.parametrize(
    ("again", "rule"), [(False, "operator_caused"), (True, "unexplained_traffic")]
)
def test_the_operator_explains_what_he_caused_and_no_later_contact(
    answer_of: Examine, again: bool, rule: str
) -> None:
    """A page that the operator called up; the phone goes back by itself five hours later."""
    lab = Lab()
    lab.wait(60).action("called up a page", "http://news.site.example/today")
    lab.wait(5).get("news.site.example", "203.0.113.12", "/today", b"<html/>")
    if again:
        lab.wait(5 * 3600).get("news.site.example", "203.0.113.12", "/x", b"ok")
    lab.wait(7200).look_up("time.example")

    told = answer_of(lab)

    found = [o for o in told["observations"] if o["peer"]["host"] == "news.site.example"]
    assert [o["rule"] for o in found] == [rule]


def test_what_is_no_dns_on_its_port_is_not_explained_by_it(answer_of: Examine) -> None:
    """A port says nothing about what goes through it."""
    lab = Lab()
    for _ in range(5):
        packet = wire.udp(lab.phone, "203.0.113.67", (50000, 53), b"\xff" * 5 + b"report 77")
        lab.wait(900).packet(packet)

    told = answer_of(lab)

    assert told["grade"] == 3
    assert "not DNS" in told["observations"][0]["words"]["en"]


@pytest.mark.parametrize(
    ("number", "rule", "grade"),
    [
        ("+79161234567", "sms_to_foreign_number", 2),
        ("0079161234567", "sms_to_foreign_number", 2),
        ("0899700123", "sms_to_premium_number", 2),
        ("123456", "sms_to_short_code", 3),
        ("+33611111111", "unsolicited_sms", 2),
    ],
)
def test_a_message_of_the_phone_itself_is_judged_by_its_number(
    answer_of: Examine, number: str, rule: str, grade: int
) -> None:
    """Foreign and premium numbers are covert; a short code of unknown price is to verify."""
    lab = Lab()
    frames = lab.sms(number, "bonjour")

    told = answer_of(lab)

    found = next(o for o in told["observations"] if o["peer"]["number"] == number)
    assert (found["rule"], found["grade"], found["frames"]) == (rule, grade, frames)
    assert found["initiator"] == "phone"


@pytest.mark.parametrize(
    ("coded", "rule"),
    [({"protocol": 0x40}, "silent_sms"), ({"coding": 0x10}, "flash_sms")],
)
def test_messages_that_are_never_shown_are_told(
    answer_of: Examine, coded: dict[str, int], rule: str
) -> None:
    """Type 0 and class 0, received."""
    lab = Lab()
    lab.receive("+33700000009", "x", **coded)

    assert rule in _rules(answer_of(lab))


def test_an_observation_has_every_field_of_the_contract(answer_of: Examine) -> None:
    """The names are fixed: other programs read them."""
    told = answer_of(premium_sms(Lab()))

    assert set(told) >= {
        "exhibit", "capture_sha256", "grade", "verdict", "coverage", "bytes_by_country",
        "observations", "not_examined",
    }  # fmt: skip
    assert set(told["coverage"]) == {
        "hours", "bearers", "frames", "bytes", "decoded_share", "lost",
    }  # fmt: skip
    for each in told["observations"]:
        assert set(each) >= {
            "rule", "behaviour", "bearer", "direction", "initiator", "identifier_kind",
            "encoding", "peer", "peer_country", "asn", "frames", "first_utc", "last_utc",
            "offset", "bytes_up", "bytes_down", "count", "benign_explanations",
            "decoders_agree", "tshark_filter",
        }  # fmt: skip
        assert each["frames"] == sorted(set(each["frames"]))
        assert each["first_utc"] <= each["last_utc"]


def test_the_same_capture_gives_the_same_answer(answer_of: Examine) -> None:
    """Byte for byte: no clock, no order of a hash table in it."""
    lab = premium_sms(Lab("gprs"))

    assert answer_of(lab) == answer_of(lab)
    assert answer_of(lab) == answer_of(lab, form="pcapng") | {
        "capture_sha256": answer_of(lab)["capture_sha256"]
    }
