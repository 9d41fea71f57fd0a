"""Real captures, where they are at hand: read without a crash, and as an independent decoder does.

Where tshark is installed too, frames, hosts and texts are compared; docs/traffic.md explains the
differences that are left, and this test fails on any other.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.examine.traffic.lab import Lab

from portique.examine.traffic.crosscheck import cross_check
from portique.examine.traffic.examine import Asked, examine

PAGE = Path(__file__).parents[3] / "docs" / "traffic.md"
EXPLAINED = re.compile(r"^\| `(?P<capture>[^`]+)` \| `(?P<what>[^`]+)` \|", re.MULTILINE)


def _listed(folder: Path) -> list[Path]:
    lines = (folder / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [folder / line.split("\t")[0] for line in lines]


@pytest.fixture(scope="module")
def answers(real_captures: Path) -> dict[str, dict[str, Any]]:
    """Return the answer for every real capture, cross-checked where tshark is installed."""
    asked = Asked(without_record=True, cross_check=cross_check)
    return {
        path.relative_to(real_captures).as_posix(): examine(path, asked)
        for path in _listed(real_captures)
    }


@pytest.mark.slow
def test_every_real_capture_is_read_to_its_end(answers: dict[str, dict[str, Any]]) -> None:
    """No damage is seen where there is none, and an answer without a record is inconclusive."""
    for name, told in answers.items():
        assert told["grade"] == 6, name
        assert told["coverage"]["frames"] > 0, name
        assert not [
            each for each in told["coverage"]["lost"] if "damaged file" in each["reason"]
        ], name


@pytest.mark.slow
def test_an_independent_decoder_sees_the_same(answers: dict[str, dict[str, Any]]) -> None:
    """Frames, hosts and texts; each difference stands, explained, in docs/traffic.md."""
    if shutil.which("tshark") is None:
        pytest.skip("no tshark here; `make system` installs it where this machine lets us")
    found = {
        (name, each["what"])
        for name, told in answers.items()
        for each in told["cross_check"]["disagreements"]
    }
    explained = {
        (row["capture"], row["what"]) for row in EXPLAINED.finditer(PAGE.read_text("utf-8"))
    }

    assert {told["cross_check"]["state"] for told in answers.values()} == {"done"}
    assert found == explained


@pytest.mark.slow
@pytest.mark.parametrize(
    ("capture", "rule"),
    [
        ("dns/bad-dns-traffic.pcap", "dns_tunnel"),
        ("dns/dns-tunnel-iodine.pcap", "dns_tunnel"),
        ("dns/dns_exfiltration.pcap", "dns_tunnel"),
        ("malware/icmp-tunnel.pcap", "icmp_tunnel"),
        ("gsm/sample_2g_3g_4g_xperia.pcap", "unsolicited_sms"),
        ("malware/test-cc-capture-1.pcap", "opaque_traffic"),
    ],
)
def test_what_public_captures_are_known_for_is_seen(
    answers: dict[str, dict[str, Any]], capture: str, rule: str
) -> None:
    """Tunnels, short messages of a phone, a command server behind a cipher."""
    assert rule in {each["rule"] for each in answers[capture]["observations"]}


@pytest.mark.slow
def test_ordinary_phones_hide_no_data_in_names(answers: dict[str, dict[str, Any]]) -> None:
    """No tunnel in the captures of popular applications."""
    for name, told in answers.items():
        if name.startswith("phone/"):
            assert "dns_tunnel" not in {each["rule"] for each in told["observations"]}, name


@pytest.mark.slow
def test_fingerprints_of_tls_are_those_that_tshark_computes(real_captures: Path) -> None:
    """JA3 of every first hello of the captures of phones."""
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("no tshark here; `make system` installs it where this machine lets us")
    for path in sorted((real_captures / "phone").glob("*.pcap")):
        command = [tshark, "-n", "-r", str(path), "-Y", "tls.handshake.type == 1"]
        command += ["-T", "fields", "-e", "tls.handshake.ja3"]
        theirs = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        told = examine(path, Asked(without_record=True))
        words = " ".join(each["words"]["en"] for each in told["observations"])
        ours = set(re.findall(r"ja3 ([0-9a-f]{32})", words))
        assert ours <= set(theirs.split()), path.name
        assert bool(ours) == bool(theirs.split()), path.name


@pytest.mark.slow
def test_nothing_planted_is_found_where_nothing_was_planted(
    real_captures: Path, tmp_path: Path
) -> None:
    """The lab's identifiers, in all their forms, in 51 captures of others: no match at all."""
    record = Path(f"{Lab().save(tmp_path)}.toml")
    for path in _listed(real_captures):
        told = examine(path, Asked(record=record))
        matched = [o["encoding"] for o in told["observations"] if o["identifier_kind"]]
        assert matched == [], path.name


@pytest.mark.slow
def test_every_short_message_agrees_on_number_and_text(
    real_captures: Path, answers: dict[str, dict[str, Any]]
) -> None:
    """Sender or destination, and text, of each one that tshark sees, frame by frame."""
    tshark = _tshark()
    seen = 0
    for path in _listed(real_captures):
        told = answers[path.relative_to(real_captures).as_posix()]
        if not told["short_messages"] and not told["cross_check"]["theirs"]["texts"]:
            continue
        command = [tshark, "-n", "-r", str(path), "-Y", "gsm_sms.sms_text", "-T", "fields"]
        fields = ("frame.number", "gsm_sms.tp-oa", "gsm_sms.tp-da", "gsm_sms.sms_text")
        command += [word for name in fields for word in ("-e", name)]
        lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        ours = {
            (each["direction"], each["number"].lstrip("+"), each["text"], each["frames"][-1])
            for each in told["short_messages"]
            if each["text"]
        }
        theirs = set()
        for line in lines.splitlines():
            frame, sender, destination, text = line.split("\t")
            way = "down" if sender else "up"
            theirs.add((way, sender or destination, text, int(frame)))
        assert ours == theirs, path.name
        seen += len(theirs)
    assert seen >= 5


@pytest.mark.slow
def test_at_least_995_of_1000_hosts_that_tshark_sees_are_seen(
    answers: dict[str, dict[str, Any]],
) -> None:
    """DNS names, HTTP hosts and SNI, counted over all captures; one by one in docs/traffic.md."""
    _tshark()
    wanted = missed = 0
    for told in answers.values():
        check = told["cross_check"]
        wanted += check["theirs"]["hosts"]
        missed += sum(
            each["what"].startswith("host ") and each["theirs"] for each in check["disagreements"]
        )

    assert wanted > 500
    assert missed <= 0.005 * wanted


def test_each_difference_in_the_page_has_its_reason() -> None:
    """No row of the committed table without words for why."""
    page = PAGE.read_text("utf-8")
    pattern = r"^\| `([^`]+\.pcap(?:ng)?)` \| `([^`]+)` \| (.+) \|$"
    rows = re.findall(pattern, page, re.MULTILINE)

    assert rows
    assert all(len(why) > 5 for _, _, why in rows)
    assert {(capture, what) for capture, what, _ in rows} == {
        (row["capture"], row["what"]) for row in EXPLAINED.finditer(page)
    }


def _tshark() -> str:
    found = shutil.which("tshark")
    if found is None:
        pytest.skip("no tshark here; `make system` installs it where this machine lets us")
    return found
