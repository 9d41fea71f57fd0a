"""Sections 1 and 3 of the contract: the log, receipts, checkpoints, proofs, and who reads."""

from __future__ import annotations

import base64
import concurrent.futures
import hashlib
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.web.contract.arithmetic import begins, is_in, leaf, root
from tests.web.contract.conftest import CASE_ID, ENTRIES, Served, portique

from tools.signing_device import batch

ROLES = {
    "magistrate": 200,
    "lead_investigator": 200,
    "analyst": 200,
    "defence_expert": 200,
    "site_coordinator": 403,
    "search_team": 403,
    "exhibit_custodian": 403,
    "examiner": 403,
    "prison_liaison": 403,
    "auditor": 403,
    "administrator": 403,
}


def _instant(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def test_every_entry_of_a_device_is_covered_by_one_receipt(served: Served) -> None:
    """By `portique`, in the same transaction, with the time that a reader is shown; its own entries
    by their own time; nothing where nothing was added."""
    device, other = served.device(), served.device()
    began = datetime.now(UTC)
    elements = device.entries(3)
    served.judge(*elements)
    size = served.note().size
    assert served.statuses(*elements) == ["known"] * 3
    assert served.statuses("nonsense") == ["invalid"]
    assert served.note().size == size
    served.judge(elements[0], "nonsense", *other.entries(2), carrier=other.device_id)
    assert served.note().size == size + 3

    log = served.log()
    covered: dict[int, dict[str, Any]] = {}
    chain: dict[str, Any] = {}
    for place, each in enumerate(log):
        said = each["said"]
        assert each["sequence"] == place
        if said["device_id"] != "portique":
            continue
        assert each["received_at_utc"] == said["occurred_at_utc"]
        assert said["device_seq"] == chain.get("seq", 0) + 1
        assert said["prev_device_hash"] == chain.get("sha256", "0" * 64)
        chain = {"seq": said["device_seq"], "sha256": hashlib.sha256(each["payload"]).hexdigest()}
        if said["kind"] == "received":
            body = said["body"]
            for number in range(body["first_sequence"], body["last_sequence"] + 1):
                assert number not in covered
                assert number < place
                covered[number] = body
    for place, each in enumerate(log):
        if each["said"]["device_id"] == "portique":
            assert place not in covered
        else:
            assert each["received_at_utc"] == covered[place]["received_at_utc"]
    last = log[-1]["said"]["body"]
    assert (last["first_sequence"], last["last_sequence"]) == (size, size + 1)
    assert last["carrier"] == other.device_id
    assert began - timedelta(seconds=1) <= _instant(last["received_at_utc"]) <= datetime.now(UTC)


def test_a_hand_made_receipt_counts_for_nothing(served: Served) -> None:
    """An entry `received` that another device signed is an entry as any other."""
    device = served.device()
    (real,) = served.judge(device.write(device.fields(kind="received", body={"first_sequence": 0})))
    body = {
        "first_sequence": real["sequence"],
        "last_sequence": real["sequence"],
        "received_at_utc": "2001-01-01T00:00:00Z",
        "carrier": "hub",
    }
    assert served.statuses(device.write(device.fields(kind="received", body=body))) == ["stored"]
    assert json.loads(portique("verify", served.folder, "--json"))["ok"] is True


def test_the_first_entries_say_the_keys(served: Served) -> None:
    """`device_enrolled` with key, label and site, all of one file under one checkpoint."""
    log = served.log()
    enrolled = [each["said"] for each in log if each["said"]["kind"] == "device_enrolled"]
    assert [each["sequence"] for each in log[: len(enrolled)]] == list(range(len(enrolled)))
    body = enrolled[0]["body"]
    assert body == {
        "public_key": base64.b64encode(served.hub.public_key).decode(),
        "label": "phone hub",
        "site": "MA-1",
    }
    notes = "".join(
        path.read_text(encoding="utf-8") for path in (served.folder / "checkpoints").iterdir()
    )
    sizes = [int(n.split("\n")[1]) for n in notes.split(f"portique/{CASE_ID}\n") if n[:1] == "\n"]
    assert not sizes or min(sizes) in {0, len(enrolled)}
    assert oct((served.folder / "keys").stat().st_mode & 0o777) == "0o700"
    for path in (served.folder / "keys").rglob("*"):
        assert path.is_dir() or path.stat().st_mode & 0o777 == 0o600


def test_the_checkpoint_of_a_reply_covers_it(served: Served) -> None:
    """Also of one in which nothing was new, and of many that come at once; each is kept."""
    devices = [served.device() for _ in range(4)]
    bodies = [batch(device.entries(5)) for device in devices for _ in range(5)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [each.json for each in pool.map(served.post, bodies)]
    answers.append(served.post(bodies[0]).json)
    log, leaves = served.log(), served.leaves()
    kept = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((served.folder / "checkpoints").iterdir())
    )
    for answer in answers:
        note = served.note(answer["checkpoint"])
        assert note.root == root(leaves[: note.size])
        assert answer["checkpoint"] in kept
        for each in answer["results"]:
            assert log[each["sequence"]]["said"]["entry_id"] == each["entry_id"]
            assert each["sequence"] < note.size
        last = log[note.size - 1]["said"]
        assert (last["device_id"], last["kind"]) == ("portique", "received")
    served.check()


def test_proofs_hold_by_other_arithmetic_for_every_size(served: Served) -> None:
    """Inclusion of the first, the last and one in between in each tree; from each tree to the last
    and to the next."""
    served.judge(*served.device().entries(30))
    leaves = served.leaves()
    roots = [root(leaves[:size]) for size in range(len(leaves) + 1)]
    step = max(1, len(leaves) // 100)
    sizes = sorted({*range(1, 40), *range(40, len(leaves), step), len(leaves)})
    for size in sizes:
        for sequence in {0, size - 1, size * 5 // 7}:
            said = served.get(f"proof?sequence={sequence}&size={size}").json
            assert set(said) == {"leaf_hash", "path"}
            path = [bytes.fromhex(each) for each in said["path"]]
            assert said["leaf_hash"] == leaves[sequence].hex()
            assert is_in(leaves[sequence], sequence, size, path, roots[size])
    for old, new in [*((each, sizes[-1]) for each in sizes), *itertools.pairwise(sizes)]:
        path = [
            bytes.fromhex(each)
            for each in served.get(f"consistency?from={old}&to={new}").json["path"]
        ]
        assert begins(old, new, path, roots[old], roots[new])


NO_NUMBERS = ["", "+1", "%2B1", "-1", "-0", "01", "00", "1.0", "1e1", "0x1", "%201", "1%20", "a"]
NO_NUMBERS += ["1_0", "%D9%A1", "%EF%BC%91", "1%0A", "1,2", "null", "%00", "%ff", "1;"]


def test_a_parameter_is_one_plain_decimal(served: Served) -> None:
    """Once, digits alone, no leading zero; else 400, also where the other is too large."""
    analyst = served.token("analyst")
    for wrong in NO_NUMBERS:
        for path in (
            f"proof?sequence={wrong}&size=1",
            f"proof?sequence=0&size={wrong}",
            f"proof?sequence={wrong}&size=999999",
            f"consistency?from={wrong}&to=1",
            f"consistency?from=0&to={wrong}",
        ):
            assert served.get(path).status == 400, path
        for path in (f"entries?from={wrong}", f"entries?limit={wrong}"):
            assert served.get(path, analyst).status == 400, path
            assert served.get(path).status == 401
    for path in ("proof", "proof?size=1", "proof?sequence=0", "consistency", "consistency?from=0"):
        assert served.get(path).status == 400
    for path in ("proof?sequence=0&size=1&size=1", "consistency?from=0&from=1&to=1"):
        assert served.get(path).status == 400
    for path in ("entries?from=0&from=0", "entries?limit=0", "entries?limit=1001"):
        assert served.get(path, analyst).status == 400
    assert served.get("proof?sequence=0&size=1&more=x").status == 200
    assert served.get("proof?" + "x=1&" * 2000 + "sequence=0&size=1").status in {200, 400}


@pytest.mark.parametrize("huge", [2**31, 2**53, 2**63, 2**64, 10**400])
def test_what_no_log_has_is_404(served: Served, huge: int) -> None:
    """However large the number is; a page beyond the end is empty."""
    size = served.note().size
    for path in (
        f"proof?sequence=0&size={huge}",
        f"proof?sequence={huge}&size={size}",
        f"proof?sequence={size}&size={size}",
        f"proof?sequence=0&size={size + 1}",
        "proof?sequence=0&size=0",
        f"consistency?from=0&to={huge}",
        f"consistency?from={huge}&to={huge}",
        f"consistency?from={huge}&to=1",
        f"consistency?from={size + 1}&to={size + 1}",
        "consistency?from=2&to=1",
    ):
        assert served.get(path).status == 404, path
    for path in (
        "consistency?from=0&to=0",
        f"consistency?from=0&to={size}",
        "consistency?from=1&to=1",
    ):
        assert served.get(path).json == {"path": []}
    page = served.get(f"entries?from={huge}", served.token("analyst"))
    assert (page.status, page.json) == (200, {"entries": [], "next": None})


def test_pages_of_every_length_are_the_log(served: Served) -> None:
    """In order, none twice, `next` null at the end and only there; the defaults are 0 and 1000."""
    served.judge(*served.device().entries(20))
    analyst, size = served.token("analyst"), served.note().size
    whole = served.get("entries", analyst).json
    assert len(whole["entries"]) == min(size, 1000)
    for limit in (1, 7, size - 1, size, 1000):
        found: list[dict[str, Any]] = []
        place: int | None = 0 if limit > 1 else size - 3
        first = place or 0
        while place is not None:
            page = served.get(f"entries?from={place}&limit={limit}", analyst).json
            assert 0 < len(page["entries"]) <= limit
            found += page["entries"]
            place = page["next"]
            assert place in {None, first + len(found)}
        assert found == whole["entries"][first:]
        assert set(found[0]) == {"sequence", "payload", "signature", "received_at_utc"}


def test_each_role_reads_or_does_not(served: Served) -> None:
    """Four do; the others are 403; without a token, or with two, 401."""
    for role, status in ROLES.items():
        answer = served.get("entries?limit=1", served.token(role))
        assert answer.status == status, role
        assert (status == 200) == (b"payload" in answer.content)
    analyst = served.token("analyst")
    for headers in ((), (analyst, analyst), ("Authorization: Device hub",), (f"{analyst}x",)):
        assert served.get("entries", *headers).status == 401
    assert served.wire.send("HEAD", ENTRIES, analyst).status == 200
    assert served.wire.send("POST", ENTRIES, analyst, body=b"{}").status == 401


def test_each_read_is_logged_apart_and_does_not_lengthen_the_log(served: Served) -> None:
    """Who, in what role, why, on what ground, for whom; left out, that it was not stated."""
    size = served.note().size
    read = ("reads", served.folder, "--role", "auditor", "--json")
    before = len(json.loads(portique(*read)))
    served.get("entries?from=1&limit=2", served.token("magistrate"))
    served.get("entries?from=1&limit=2", served.token("auditor"))
    served.get("entries?from=x", served.token("magistrate"))
    (line,) = json.loads(portique(*read))[before:]
    assert (line["actor"], line["role"], line["purpose"]) == ("anna", "magistrate", "inventory")
    assert (line["justification"], line["recipient"]) == ("order 7", "not stated")
    assert served.note().size == size


def test_a_file_may_come_before_or_after_its_entry(served: Served) -> None:
    """Until it is there the entry is shown as incomplete, and nothing else is wrong with it."""
    device = served.device()
    early, late = (f"{served.folder.parent} {name}".encode() for name in ("early", "late"))
    element = device.write(
        device.fields(
            attachments=[
                {
                    "sha256": hashlib.sha256(each).hexdigest(),
                    "bytes": len(each),
                    "media_type": "image/jpeg",
                }
                for each in (early, late)
            ]
        )
    )
    assert _put(served, early) == 201
    (result,) = served.judge(element)
    assert result["status"] == "stored"
    assert result["sequence"] in _incomplete(served)
    assert _put(served, late) == 201
    assert result["sequence"] not in _incomplete(served)
    kinds = [each["said"] for each in served.log() if each["said"]["kind"] == "attachment_received"]
    bodies = [each["body"] for each in kinds[-2:]]
    assert bodies == [
        {"sha256": hashlib.sha256(each).hexdigest(), "bytes": len(each)} for each in (early, late)
    ]


def _put(served: Served, content: bytes) -> int:
    path = f"/api/journal/attachments/{hashlib.sha256(content).hexdigest()}"
    return served.wire.send("PUT", path, "Authorization: Device hub", body=content).status


def _incomplete(served: Served) -> set[int]:
    said = json.loads(portique("verify", served.folder, "--json"))
    assert said["ok"] is True
    alarms = [each for each in said["alarms"] if each["kind"] == "incomplete"]
    return {number for each in alarms for number in each["sequences"]}


def test_what_was_sent_is_what_is_read(served: Served) -> None:
    """Byte for byte, with spaces, escapes and fields that nobody knows."""
    device = served.device()
    text = json.dumps(device.fields(more={"é": [1.50, "\u2028"]}), indent=3) + "\n"
    element = device.sign(text.replace("1.5", "1.50e0").encode())
    (result,) = served.judge(element)
    page = served.get(f"entries?from={result['sequence']}&limit=1", served.token("analyst")).json
    assert {name: page["entries"][0][name] for name in element} == element
    payload, signature = (base64.b64decode(element[name]) for name in ("payload", "signature"))
    proof = served.get(f"proof?sequence={result['sequence']}&size={result['sequence'] + 1}").json
    assert proof["leaf_hash"] == leaf(payload, signature).hex()
