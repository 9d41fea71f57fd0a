"""Checkpoint, proofs and reads: who may, and which parameters are understood."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.web.conftest import Served
from tests.web.wire import Answer

from portique.core.clock import utc_text
from portique.flow.access import logged
from portique.flow.permissions import DEFENCE, PROSECUTION, ROLES
from portique.flow.tokens import Lent, file_of, lend

READERS = {"magistrate", "lead_investigator", "analyst", "defence_expert"}
NO_NUMBERS = [
    "",
    "x",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "01",
    "%201",
    "1%20",
    "0x1",
    "%D9%A1",
    "1,2",
    "%00",
]
HUGE = "9" * 6000


def _token(served: Served, role: str = "analyst", **changed: str) -> str:
    made = datetime.now(UTC)
    said = {
        "role": role,
        "actor": "anna",
        "purpose": "inventory",
        "until_utc": utc_text(made + timedelta(hours=1)),
        "case_id": "web",
        "issued_at_utc": utc_text(made),
        "justification": "order 7",
        "recipient": "court",
    }
    return lend(served.folder, Lent(**(said | changed)))


def _read(served: Served, query: str = "", token: str | None = None) -> Answer:
    who = f"Authorization: Bearer {token or _token(served)}"
    return served.wire.send("GET", f"/api/journal/entries{query}", who)


def test_checkpoint_and_front_page_are_open_to_all(served: Served) -> None:
    """Hashes only; size and root stand on both."""
    note = served.wire.send("GET", "/api/journal/checkpoint")
    page = served.wire.send("GET", "/")
    assert note.status == page.status == 200
    assert note.headers["content-type"].startswith("text/plain")
    assert note.content.decode().split("\n")[0] == "portique/web"
    assert note.content.strip() in page.content
    assert served.wire.send("GET", "/style.css").headers["content-type"].startswith("text/css")
    assert served.wire.send("HEAD", "/api/journal/checkpoint").status == 200


@pytest.mark.parametrize("wrong", NO_NUMBERS)
def test_what_is_no_plain_decimal_is_400(served: Served, wrong: str) -> None:
    """In every parameter of every route."""
    for path in (
        f"proof?sequence={wrong}&size=1",
        f"proof?sequence=0&size={wrong}",
        f"consistency?from={wrong}&to=1",
        f"consistency?from=0&to={wrong}",
    ):
        assert served.wire.send("GET", f"/api/journal/{path}").status == 400
    assert _read(served, f"?from={wrong}").status == 400
    assert _read(served, f"?limit={wrong}").status == 400


@pytest.mark.parametrize(
    "path",
    [
        "proof",
        "proof?sequence=0",
        "proof?size=1",
        "consistency?to=1",
        "consistency?from=0",
        "proof?sequence=0&sequence=0&size=1",
        "consistency?from=0&to=1&to=1",
    ],
)
def test_a_parameter_that_is_missing_or_there_twice_is_400(served: Served, path: str) -> None:
    """Neither is guessed."""
    assert served.wire.send("GET", f"/api/journal/{path}").status == 400


def test_what_no_log_has_is_404(served: Served) -> None:
    """A tree larger than the log, an entry outside the tree, a tree larger than its successor."""
    served.post_entries(4)
    size = served.journal.size()
    for path in (
        f"proof?sequence=0&size={size + 1}",
        f"proof?sequence=0&size={HUGE}",
        "proof?sequence=2&size=2",
        "proof?sequence=0&size=0",
        f"proof?sequence={HUGE}&size=1",
        f"consistency?from=0&to={size + 1}",
        "consistency?from=3&to=2",
        f"consistency?from={HUGE}&to={HUGE}",
    ):
        assert served.wire.send("GET", f"/api/journal/{path}").status == 404


def test_proofs_of_what_there_is(served: Served) -> None:
    """`from` 0, and `from` equal to `to`, have an empty path."""
    served.post_entries(4)
    for path in ("consistency?from=0&to=3", "consistency?from=3&to=3", "consistency?from=0&to=0"):
        assert served.wire.send("GET", f"/api/journal/{path}").json == {"path": []}
    assert len(served.wire.send("GET", "/api/journal/consistency?from=1&to=3").json["path"]) == 1
    proof = served.wire.send("GET", "/api/journal/proof?sequence=1&size=3").json
    assert set(proof) == {"leaf_hash", "path"}


@pytest.mark.parametrize("role", ROLES)
def test_four_roles_read_entries_and_no_other_does(served: Served, role: str) -> None:
    """200 or 403 by the role of the token."""
    site = {"site": "MA-1"} if role == "prison_liaison" else {}
    answer = _read(served, token=_token(served, role, **site))
    assert answer.status == (200 if role in READERS else 403)


def test_a_token_of_one_site_does_not_read_the_whole_case(served: Served) -> None:
    """A grant reaches as far as it says."""
    assert _read(served, token=_token(served, site="MA-1")).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Authorization: Bearer",),
        ("Authorization: Bearer ",),
        ("Authorization: Bearer ptq_nobody",),
        ("Authorization: Device hub",),
        ("Authorization: Bearer {token}", "Authorization: Bearer {token}"),
        ("Authorization: Basic {token}",),
    ],
)
def test_without_a_token_that_counts_nothing_is_read(
    served: Served, headers: tuple[str, ...]
) -> None:
    """401 with a challenge, and nothing is logged as read."""
    token = _token(served)
    before = len(list(logged(served.folder, PROSECUTION)))
    given = [each.format(token=token) for each in headers]
    answer = served.wire.send("GET", "/api/journal/entries", *given)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert len(list(logged(served.folder, PROSECUTION))) == before


def test_a_token_ends(served_apart: Served) -> None:
    """Its time over, it is none; so is one whose line was taken out, and one of another case."""
    token = _token(served_apart)
    line = json.loads(file_of(served_apart.folder).read_text(encoding="utf-8"))
    for changed in ({"until_utc": "2020-01-01T00:00:00Z"}, {"case_id": "other"}):
        file_of(served_apart.folder).write_text(json.dumps(line | changed), encoding="utf-8")
        assert _read(served_apart, token=token).status == 401
    file_of(served_apart.folder).write_text("", encoding="utf-8")
    assert _read(served_apart, token=token).status == 401


def test_only_the_hash_of_a_token_is_kept_and_for_the_owner_alone(served_apart: Served) -> None:
    """Who copies the file cannot read with it."""
    token = _token(served_apart)
    kept = file_of(served_apart.folder)
    assert token not in kept.read_text(encoding="utf-8")
    assert token.removeprefix("ptq_") not in kept.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_entries_come_in_order_in_pages(served_apart: Served) -> None:
    """`next` says where to go on, and is null at the end."""
    served_apart.post_entries(7)
    token = _token(served_apart)
    found, place = [], 0
    while place is not None:
        page = _read(served_apart, f"?from={place}&limit=3", token).json
        found += [each["sequence"] for each in page["entries"]]
        place = page["next"]
    assert found == list(range(7))
    assert _read(served_apart, "?from=7", token).json == {"entries": [], "next": None}
    assert _read(served_apart, f"?from={HUGE}", token).json == {"entries": [], "next": None}
    assert set(_read(served_apart, "", token).json["entries"][0]) == {
        "sequence",
        "payload",
        "signature",
        "received_at_utc",
    }


@pytest.mark.parametrize(("limit", "status"), [(0, 400), (1, 200), (1000, 200), (1001, 400)])
def test_a_page_has_1_to_1000(served: Served, limit: int, status: int) -> None:
    """Both ends are let in."""
    assert _read(served, f"?limit={limit}").status == status


def test_large_entries_come_in_smaller_pages(served_apart: Served) -> None:
    """An answer stays of a size that a program can hold; `next` says that more is there."""
    note = {"note": "x" * (3 << 20)}
    for _ in range(8):
        fields = served_apart.hub.fields(body=note)
        served_apart.post(json.dumps({"entries": [served_apart.hub.write(fields)]}).encode())
    page = _read(served_apart).json
    assert 0 < len(page["entries"]) < 8
    assert page["next"] == len(page["entries"])


def test_each_read_is_logged_in_the_log_of_its_side(served_apart: Served) -> None:
    """Actor, role, purpose, justification, recipient; the defence's apart."""
    served_apart.post_entries(2)
    size = served_apart.journal.size()
    _read(served_apart, "?from=1&limit=5")
    _read(served_apart, token=_token(served_apart, "defence_expert", actor="denis"))

    (ours,) = logged(served_apart.folder, PROSECUTION)
    (theirs,) = logged(served_apart.folder, DEFENCE)
    assert ours.pop("when").endswith("Z")
    assert ours == {
        "actor": "anna",
        "role": "analyst",
        "command": "GET entries",
        "table": "journal",
        "key": "1+5",
        "purpose": "inventory",
        "justification": "order 7",
        "recipient": "court",
    }
    assert (theirs["actor"], theirs["role"]) == ("denis", "defence_expert")
    assert served_apart.journal.size() == size


def test_what_cannot_be_logged_is_not_read(
    served_apart: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: 503, and not one entry."""
    served_apart.post_entries(1)
    token = _token(served_apart)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("portique.flow.access.append_line", full)
    answer = _read(served_apart, token=token)
    assert answer.status == 503
    assert b"payload" not in answer.content
