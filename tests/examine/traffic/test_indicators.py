"""Known indicators: hosts and addresses of a STIX 2 bundle; what is not used is counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.examine.traffic.lab import Lab

from portique.core.errors import Refused
from portique.examine.traffic.detect.indicators import read_indicators
from portique.examine.traffic.examine import Asked, examine


def _bundle(folder: Path, *patterns: str) -> Path:
    objects = [
        {"type": "indicator", "id": f"indicator--{n}", "name": f"known {n}", "pattern": pattern}
        for n, pattern in enumerate(patterns)
    ]
    path = folder / "known.json"
    path.write_text(json.dumps({"type": "bundle", "objects": [*objects, {"type": "malware"}]}))
    return path


def test_a_known_host_and_a_known_network_are_told(tmp_path: Path) -> None:
    """Spoken to, or only asked for."""
    known = _bundle(
        tmp_path,
        "[domain-name:value = 'CC.sink.example']",
        "[ipv4-addr:value = '203.0.113.64/28' OR ipv6-addr:value = '2001:db8::1']",
        "[domain-name:value = 'asked.example']",
        "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
        "[domain-name:value = 'a.example' AND file:name = 'x']",
    )
    lab = Lab()
    lab.get("cc.sink.example", "203.0.113.31", "/")
    lab.exchange("203.0.113.70", 9000, b"hello")
    lab.look_up("asked.example")

    told = examine(lab.save(tmp_path), Asked(indicators=known))

    found = [o for o in told["observations"] if o["rule"] == "known_indicator"]
    assert {o["words"]["en"] for o in found} == {
        "known indicator: known 0", "known indicator: known 1", "known indicator: known 2",
    }  # fmt: skip
    assert told["grade"] == 2
    assert any("2 indicators" in each["reason"] for each in told["coverage"]["lost"])


@pytest.mark.parametrize("text", ["", "[]", '{"objects": 3}', '{"objects": ["x"]}'])
def test_what_is_no_bundle_is_refused(tmp_path: Path, text: str) -> None:
    """With words for what to give."""
    path = tmp_path / "known.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(Refused) as refused:
        read_indicators(path)

    assert refused.value.code == "EXA-030"
