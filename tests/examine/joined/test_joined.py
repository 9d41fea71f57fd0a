"""Firmware, content and traffic of one exhibit together; traffic by the real examination."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.examine.joined import firmware_answers as made
from tests.examine.traffic import phones
from tests.examine.traffic.lab import CONTACT, Lab

from portique.examine.joined.exhibit import Parts, Stored, join
from portique.examine.joined.fleet import join_fleet
from portique.examine.joined.verdict import judge
from portique.examine.traffic.examine import Asked, examine


def _traffic(folder: Path, phone: Any) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    return examine(phone(Lab()).save(folder), Asked())


def _parts(**told: dict[str, Any]) -> Parts:
    parts = Parts()
    for number, (name, answer) in enumerate(told.items()):
        parts.add(Stored(f"{number:064x}", None, {"examination": name, "authority": "A"} | answer))
    return parts


def _unknown_server(lab: Lab) -> Lab:
    """Exchange bytes that nobody can read with a server."""
    return phones.encrypted(lab)


def test_a_host_of_the_firmware_that_is_contacted_is_shown_with_both_places(
    tmp_path: Path,
) -> None:
    """Segment and offset in the image, frames in the capture, the behaviour it belongs to."""
    told = join(
        "SC-7", _parts(firmware=made.sale_report(), traffic=_traffic(tmp_path, phones.sale_report))
    )

    (link,) = told["links"]
    assert (link["kind"], link["unexplained"]) == ("host_contacted", True)
    assert (link["left"]["segment"], link["left"]["offset"]) == ("zimage", 0x4100)
    assert link["right"]["host"] == "sales.sink.example"
    assert link["right"]["frames"]
    assert link["behaviours"] == [{"kind": "sale_report", "strength": "full"}]
    assert told["grade"] == 1


def test_full_code_and_the_matching_unreadable_traffic_demonstrate_together(
    tmp_path: Path,
) -> None:
    """Firmware 2 and traffic 3 to the same host: 1, and the sentence names both."""
    capture = _traffic(tmp_path, _unknown_server)
    told = join("SC-7", _parts(firmware=made.sale_report(host="x.sink.example"), traffic=capture))

    assert capture["grade"] == 3
    assert told["grade"] == 1
    assert "zimage+16640" in told["verdict"]["en"]
    assert "x.sink.example" in told["verdict"]["fr"]
    assert "frames" in told["verdict"]["en"]


def test_full_code_and_unrelated_unreadable_traffic_demonstrate_nothing(tmp_path: Path) -> None:
    """The same grades without a meeting: the firmware's grade, and the absence is told."""
    told = join(
        "SC-7",
        _parts(firmware=made.sale_report(), traffic=_traffic(tmp_path, _unknown_server)),
    )

    assert (told["grade"], told["links"]) == (2, [])
    assert any("sale_report" in each["en"] for each in told["disagreements"])


def test_strings_alone_raise_nothing(tmp_path: Path) -> None:
    """Benign images name hosts too: the link is shown, the grade is that of the traffic."""
    image = made.answer("b", 3, [made.item("host", "x.sink.example", 7)])
    told = join("SC-7", _parts(firmware=image, traffic=_traffic(tmp_path, _unknown_server)))

    assert [each["kind"] for each in told["links"]] == ["host_contacted"]
    assert told["grade"] == 3


def test_without_a_capture_record_nothing_is_raised(tmp_path: Path) -> None:
    """What the operator did is not known then: the link is shown, and is no ground."""
    path = _unknown_server(Lab()).save(tmp_path)
    Path(f"{path}.toml").unlink()
    capture = examine(path, Asked(without_record=True))
    told = join("SC-7", _parts(firmware=made.sale_report(host="x.sink.example"), traffic=capture))

    assert [each["unexplained"] for each in told["links"]] == [False]
    assert told["grade"] == 2


def test_a_partial_chain_and_the_matching_traffic_are_covert(tmp_path: Path) -> None:
    """Each alone is to be examined; together they are grade 2."""
    image = made.sale_report(host="x.sink.example", grade=3)
    told = join("SC-7", _parts(firmware=image, traffic=_traffic(tmp_path, _unknown_server)))

    assert told["grade"] == 2


def test_a_template_that_is_also_sent_is_found_in_the_short_message(tmp_path: Path) -> None:
    """With its placeholders filled, and the number beside it."""
    template = made.item("template", "F+Flip3 %s %s", 0x900)
    number = made.item("number", "+86 139 1234 5678", 0x980)
    image = made.answer("c", 2, [template, number], [made.behaviour("identity_sms", "full", [0])])
    told = join("SC-7", _parts(firmware=image, traffic=_traffic(tmp_path, phones.identity_sms)))

    found = {each["kind"]: each for each in told["links"]}
    assert set(found) == {"template_sent", "number_messaged"}
    assert found["template_sent"]["right"]["text"].startswith("F+Flip3 0010170632334")
    assert found["template_sent"]["behaviours"][0]["kind"] == "identity_sms"
    assert found["number_messaged"]["behaviours"] == []


def test_what_the_operator_did_is_explained_in_a_link_too(tmp_path: Path) -> None:
    """A number of the content to which the operator wrote: shown, and not held against it."""
    content = {
        "image_sha256": "d" * 64,
        "contacts": [{"name": "B", "number": CONTACT}],
        "messages": [],
        "calls": [],
        "not_examined": [{"what": "calls", "offset": 4, "why": "cut"}],
    }
    told = join("SC-7", _parts(content=content, traffic=_traffic(tmp_path, phones.operator_texts)))

    (link,) = told["links"]
    assert (link["kind"], link["unexplained"]) == ("number_in_content", False)
    assert link["left"] == {"list": "contacts", "place": 0, "number": CONTACT}
    assert {"part": "content", "what": "calls", "why": "cut"} in told["not_examined"]


def test_a_host_of_a_known_service_is_a_link_and_no_ground(tmp_path: Path) -> None:
    """An update server that stands in the firmware and is called: explained on both sides."""
    host = made.item("host", "fota-cloud-dn.ospserver.net", 3)
    image = made.answer("e", 4, [host], [made.behaviour("remote_command", "strings", [0])])
    told = join("SC-7", _parts(firmware=image, traffic=_traffic(tmp_path, phones.update_check)))

    assert [each["unexplained"] for each in told["links"]] == [False]
    assert told["grade"] in {3, 4}


def test_what_was_not_examined_stays_said(tmp_path: Path) -> None:
    """No firmware, no content: quiet traffic alone is no absence for the exhibit."""
    told = join("SC-9", _parts(traffic=_traffic(tmp_path, phones.quiet)))

    assert told["grade"] == 6
    assert "micrologiciel" in told["verdict"]["fr"]
    assert {each["part"] for each in told["not_examined"]} >= {"firmware", "content", "traffic"}
    (part,) = told["parts"]
    assert (part["grade"], part["coverage"]["hours"]) == (5, 3.0)


def test_traffic_without_its_code_is_a_disagreement(tmp_path: Path) -> None:
    """A leak that the examined part of the firmware does not explain."""
    told = join(
        "SC-7", _parts(firmware=made.answer("f", 5), traffic=_traffic(tmp_path, phones.sale_report))
    )

    assert told["grade"] == 1
    assert any("not in the examined part" in each["en"] for each in told["disagreements"])


@pytest.mark.parametrize(
    ("firmware", "traffic", "grade"),
    [
        (5, 5, 5), (4, 5, 4), (5, 4, 4), (6, 6, 6), (5, 6, 6), (6, 5, 6), (6, 4, 6), (2, 6, 2),
        (6, 1, 1), (3, 5, 3), (2, 5, 2), (5, 2, 2), (3, 3, 3), (4, 4, 4),
    ],
)  # fmt: skip
def test_a_presence_needs_one_part_and_an_absence_both(
    firmware: int, traffic: int, grade: int
) -> None:
    """The table of docs/decisions/0024, without links."""
    verdict = judge(firmware, traffic, [])

    assert verdict.grade == grade
    assert verdict.as_dict()["fr"].endswith(".")


def test_phones_of_one_build_share_firmware_findings_and_keep_their_own_traffic(
    tmp_path: Path,
) -> None:
    """One was unpacked, one could not be: both have the build's behaviour, and it is said whose."""
    unread = made.answer("b", 6)
    exhibits = {
        "SC-1": _parts(
            firmware=made.sale_report("a"), traffic=_traffic(tmp_path / "1", phones.sale_report)
        ),
        "SC-2": _parts(firmware=unread, traffic=_traffic(tmp_path / "2", phones.quiet)),
        "SC-3": _parts(firmware=made.answer("c", 5, build={"id": "clean"})),
        "SC-4": _parts(traffic=_traffic(tmp_path / "4", phones.quiet)),
    }

    told = join_fleet(exhibits)

    builds = {row["build"]: row for row in told["builds"]}
    assert set(builds) == {"it2160-v7", "clean", None}
    shared = builds["it2160-v7"]
    assert shared["firmware"]["examined_in"] == ["SC-1"]
    assert shared["firmware"]["behaviours"] == [{"kind": "sale_report", "strength": "full"}]
    first, second = shared["phones"]
    assert (first["grade"], second["grade"]) == (1, 2)
    assert [p["of_exhibit"] for p in second["parts"] if p["part"] == "firmware"] == [None, "SC-1"]
    assert told["by_grade"] == {"1": 1, "2": 1, "3": 0, "4": 0, "5": 0, "6": 2}
    assert told["builds"][0]["build"] == "it2160-v7"


def test_the_joined_view_depends_on_the_answers_alone(tmp_path: Path) -> None:
    """Whatever order they are found in."""
    capture, image = (
        _traffic(tmp_path, phones.premium_sms),
        made.sale_report(host="cc.sink.example"),
    )
    one, two = _parts(firmware=image, traffic=capture), Parts()
    for stored in (*one.traffic, *one.firmware):
        two.add(stored)

    assert join("SC-7", one) == join("SC-7", two)
