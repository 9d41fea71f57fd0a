"""Messages, contacts, calls and identities: whole, deleted, privileged, hostile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrate_mobile.TS23040_SMS import SMS_DELIVER, SMS_SUBMIT
from tests.examine.content import phones
from tests.examine.traffic.short_messages import deliver, digits, septets, submit

from portique.core.ids import Imei
from portique.engine.store import Store
from portique.examine.content import messages
from portique.examine.content.clock import centre_time
from portique.examine.content.examine import Asked, content_of
from portique.examine.content.identities import Fleet
from portique.examine.content.material import Stored, material_of
from portique.examine.traffic.radio import tpdu


def content(image: bytes, **known: Any) -> dict[str, Any]:
    """Return the content of an image, as `--json` would print it."""
    told: dict[str, Any] = json.loads(
        json.dumps(content_of(image, material_of(image), Asked(**known)))
    )
    return told


def test_each_message_has_its_words_its_other_end_and_its_place() -> None:
    """Received, sent, deleted and long ones; what lies at the offset is the record itself."""
    image = phones.mediatek(phones.FILES)
    told = content(image)["messages"]

    assert [(m["direction"], m["number"], m["text"], m["deleted"]) for m in told] == [
        ("received", "+33612345678", "Le colis arrive mardi", False),
        ("sent", "+33639985432", "oui", False),
        ("received", "3179", "code 4711", True),
        ("received", "+33612345678", "Жди звонка", False),
        ("sent", "+33639981111", "A" * 20 + "B" * 20, False),
    ]
    record = phones.record(deliver("+33612345678", "Le colis arrive mardi"))
    assert image[told[0]["offset"] :].startswith(record[:100])
    assert len(told[4]["parts"]) == 2
    assert told[0]["centre"] == phones.CENTRE
    assert told[0]["time"]["error_s"] == 1
    assert told[1]["time"] is None


def test_a_part_that_lacks_is_said_in_the_text() -> None:
    """The other part is not shown as if it were the whole message."""
    part = phones.messages()[5 * 186 : 6 * 186]
    told = content(phones.mediatek({"MPA3_001": part}))["messages"]

    assert told[0]["text"] == "[part 1 of 2 lacks]" + "B" * 20
    assert told[0]["parts"][0] is None


def test_contacts_calls_and_identities_are_read_by_their_form() -> None:
    """Two files of names and numbers, three lists of calls, two IMEIs."""
    told = content(phones.mediatek(phones.FILES), label=Imei.parse(phones.IMEI))

    assert [(c["name"], c["number"]) for c in told["contacts"]] == [
        ("Mère", "+33639981234"),
        ("Léo", "0612345678"),
    ]
    assert [(c["list"], c["number"], c["deleted"]) for c in told["calls"]] == [
        ("dialled", "+33639985432", False),
        ("dialled", "0699887766", True),
        ("missed", "3179", False),
        ("received", "+33612345678", False),
    ]
    assert told["calls"][0]["time"]["utc"] is None
    assert told["calls"][0]["time"]["as_written"] == "2026-12-24T21:07:30"
    assert [i["imei"] for i in told["imeis"]] == [phones.IMEI, phones.OTHER_IMEI]
    assert told["label"]["state"] == "as the label says, and others"
    assert "none was checked on the real dump" in told["not_verified"]


@pytest.mark.parametrize("masked", [False, True])
def test_an_imei_with_a_wrong_check_digit_is_none(masked: bool) -> None:
    """Plain or under the mask: digits that do not check are chance."""
    right = phones.imei_file(phones.IMEI, masked=masked)
    wrong = phones.imei_file(phones.IMEI[:14] + "6", masked=masked)

    assert len(content(phones.mediatek({"MP0B_001": right}))["imeis"]) == 1
    told = content(phones.mediatek({"MP0B_001": wrong}), label=Imei.parse(phones.IMEI))
    assert told["imeis"] == []
    assert told["label"]["state"] == "no IMEI was read from the image"


def test_whole_records_of_contacts_are_found_under_any_name() -> None:
    """Names of files vary by build; a deleted file is read as well."""
    some = phones.contact("Leo", "+33639981234") + phones.contact("Maman", "0612345678")
    told = content(phones.mediatek({"MT6V_002": some, "A.BIN": b"x" * 50}))
    assert [(c["name"], c["number"]) for c in told["contacts"]] == [
        ("Leo", "+33639981234"),
        ("Maman", "0612345678"),
    ]
    told = content(phones.mediatek({}, {"MPA3_001": phones.messages()}))
    assert len(told["messages"]) == 5
    assert all(message["deleted"] for message in told["messages"])


def test_spreadtrum_items_give_messages_and_the_imei() -> None:
    """Deleted ones too; contacts and calls are said not to be known."""
    image = phones.spreadtrum()
    told = content(image, label=Imei.parse(phones.OTHER_IMEI))

    assert [(m["text"], m["deleted"]) for m in told["messages"]] == [
        ("Le colis arrive mardi", False),
        ("efface cela", True),
    ]
    assert [i["imei"] for i in told["imeis"]] == [phones.IMEI]
    offset = told["imeis"][0]["offset"]
    assert image[offset : offset + 8] == phones.nv_imei(phones.IMEI)
    assert told["label"]["state"] == "another than the label says"
    assert told["not_examined"][-1]["what"] == "contacts and calls in Spreadtrum NV"


def test_privileged_lines_are_counted_and_never_shown() -> None:
    """By number and by text; without a case the answer says that nothing could be set aside."""
    image = phones.mediatek(phones.FILES)
    told = content(image, is_privileged=lambda text: "33612345678" in text)
    said = json.dumps(told)

    assert "33612345678" not in said
    assert "Le colis arrive" not in said
    assert told["set_aside"]["privileged"] == {"message": 2, "contact": 0, "call": 1}
    assert content(image)["set_aside"]["privileged"] is None


def test_imeis_are_compared_with_the_fleet_of_the_case(tmp_path: Path) -> None:
    """Handsets that share the IMEI are all named; a case that was never run says so."""
    image = phones.mediatek(phones.FILES)
    with Store(tmp_path / "derived", tmp_path / "scratch") as store:
        assert "run it first" in content(image, fleet=Fleet(store))["imeis"][0]["fleet"]["state"]
        instant = pa.scalar(1_700_000_000_000_000, pa.timestamp("us", tz="UTC")).as_py()
        row = {
            "handset_id": "H-00101706323347-1",
            "imei": phones.IMEI[:14],
            "imsis": [],
            "msisdns": [],
            "basis": ["sale"],
            "first_seen_utc": instant,
            "last_seen_utc": instant,
            "records": 3,
            "handsets_on_imei": 1,
            "find_id": [],
        }
        store.write("handset", pa.Table.from_pylist([row]))
        first, second = content(image, fleet=Fleet(store))["imeis"]
    assert first["fleet"]["handsets"][0]["handset_id"] == "H-00101706323347-1"
    assert second["fleet"]["state"] == "not in the fleet's records"


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        ("62405090000080", "2026-04-05T09:00:00+02:00"),
        ("6240509000008a", "2026-04-05T09:00:00-07:00"),
        ("62415090000080", None),
        ("62405090000000"[:12], None),
        ("f2405090000080", None),
    ],
)
def test_a_centres_time_keeps_its_zone(stamp: str, said: str | None) -> None:
    """What is no time is none; the zone is kept as the network wrote it."""
    told = centre_time(bytes.fromhex(stamp))

    assert (told.as_written if told else None) == said


numbers = st.from_regex(r"\+?[0-9]{3,15}", fullmatch=True)
plain = st.text("abcXYZ 0189.,?!£$Δ", min_size=1, max_size=60).map(lambda text: (0, text))
wide = st.text("abc éàñ Ждщ 中", min_size=1, max_size=60).map(lambda text: (8, text))


@settings(max_examples=150)
@given(numbers, plain | wide, st.booleans())
def test_units_are_decoded_as_pycrate_decodes_them(
    number: str, written: tuple[int, str], is_sent: bool
) -> None:
    """Number, words, coding and time of generated units, by a decoder of other authors."""
    coding, text = written
    unit = (submit if is_sent else deliver)(number, text, coding=coding)
    theirs = (SMS_SUBMIT if is_sent else SMS_DELIVER)()
    theirs.from_bytes(unit)
    ours = tpdu.read(unit, uplink=is_sent)

    address = theirs["TP_DA" if is_sent else "TP_OA"]
    assert ours.number.lstrip("+") == address["Num"].decode()
    assert ours.number.startswith("+") == (address["Type"].get_val() == 1)
    assert ours.text == text == theirs["TP_UD"]["UD"].decode()
    assert ours.size == len(unit) == len(theirs.to_bytes())
    if not is_sent:
        assert ours.stamp == theirs["TP_SCTS"].to_bytes()


def test_national_tables_are_said() -> None:
    """The text is by the default alphabet; the number of the table says what to read it with."""
    header = bytes([3, 0x24, 1, 1])
    body = header + septets("abc", skip=3)
    unit = b"\x51\x01" + digits("+33612345678") + bytes([0, 0, 0xA7, 5 + 3]) + body
    file = Stored("MPA3_001", phones.record(unit, phones.SENT), False, lambda at: at)
    message = messages.in_file(file)[0].as_dict()

    assert message["national_tables"] == [0, 1]
    assert message["text"] == "abc"


@settings(max_examples=80)
@given(st.data())
def test_no_damaged_image_stops_the_reading(data: st.DataObject) -> None:
    """Bytes changed anywhere in the user area: an answer is always given."""
    image = bytearray(phones.mediatek(phones.FILES))
    start = image.find(b"\xeb\x3c\x90") - 4096
    for _ in range(data.draw(st.integers(1, 40))):
        at = start + data.draw(st.integers(0, 24_000))
        image[at % len(image)] = data.draw(st.integers(0, 255))
    cut = bytes(image[: data.draw(st.integers(1, len(image)))])

    assert "messages" in content(cut)


@settings(max_examples=100)
@given(st.binary(max_size=1200), st.sampled_from(["MPA3_001", "MP0C_001", "MP0H_001", "X.BIN"]))
def test_chance_bytes_are_hardly_ever_content(noise: bytes, name: str) -> None:
    """Files of noise give no message, call or identity."""
    told = content(phones.mediatek({name: noise, "MP0B_001": noise[:24]}))

    assert told["messages"] == told["calls"] == []
