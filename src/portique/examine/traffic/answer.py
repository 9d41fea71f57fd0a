"""The answer to "what did this phone send, to whom, to which country": one object, fixed names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portique.core.clock import micros
from portique.examine.traffic import country, exchanged, verdict
from portique.examine.traffic.country import Countries, is_local_text, registered_in
from portique.examine.traffic.coverage import Coverage
from portique.examine.traffic.facts import Facts
from portique.examine.traffic.identity.planted import too_short
from portique.examine.traffic.identity.record import CaptureRecord
from portique.examine.traffic.observation import Observation

_SLACK_US = 60_000_000


@dataclass(frozen=True)
class Material:
    """What an answer is made from.

    Args:
        sha256: of the capture.
        record: of the capture; None: there is none.
        coverage: of the pass.
        facts: of the pass.
        observations: in order.
        countries: sources of countries.
    """

    sha256: str
    record: CaptureRecord | None
    coverage: Coverage
    facts: Facts
    observations: list[Observation]
    countries: Countries


def build(material: Material) -> dict[str, Any]:
    """Return the answer."""
    record = material.record
    _limits(material)
    grade, why = verdict.grade_of(
        material.observations, material.coverage, has_record=record is not None
    )
    return {
        "exhibit": record.exhibit if record else None,
        "authority": "no authority shown",
        "capture_sha256": material.sha256,
        "grade": grade,
        "verdict": verdict.sentences(grade, why, material.observations, material.coverage),
        "coverage": material.coverage.as_dict(),
        "captured": material.coverage.span(),
        "bytes_by_country": registered_in(
            (
                (peer.end.address, peer.bytes_up, peer.bytes_down)
                for peer in material.facts.peers.values()
            ),
            material.countries,
        ),
        "observations": [_observation(each, material.countries) for each in material.observations],
        "not_examined": _not_examined(material),
        **exchanged.lists(material.facts),
    }


def apply_cross_check(told: dict[str, Any]) -> None:
    """Say at each observation whether the other decoder sees its frames the same way."""
    check = told["cross_check"]
    if check.get("state") != "done":
        return
    disputed = {frame for each in check["disagreements"] for frame in each.get("frames", ())}
    for observation in told["observations"]:
        observation["decoders_agree"] = not disputed & set(observation["frames"])


def _observation(each: Observation, countries: Countries) -> dict[str, Any]:
    told: dict[str, str | None] = {}
    if each.ip and not is_local_text(each.ip):
        told.update(countries.of_address(each.ip))
    if each.number:
        told["number plan"] = country.of_number(each.number)
    networks = countries.networks(each.ip) if each.ip and not is_local_text(each.ip) else {}
    return each.as_dict(told, networks)


def _limits(material: Material) -> None:
    """Add to the coverage what the record and the sources leave open."""
    coverage, record = material.coverage, material.record
    if not material.countries.sources:
        coverage.note("no country data")
    if exchanged.is_cut(material.facts):
        coverage.note("more hosts, ends or short messages than the answer lists")
    for words in sorted(material.facts.limits):
        coverage.note(words)
    if record is None:
        coverage.note("no capture record: no identifier was looked for")
        return
    for name in record.missing():
        coverage.note(f"the record has no {name}: not looked for")
    for words in too_short(record):
        coverage.note(f"too short to be told from chance, not looked for: {words}")
    if record.unknown:
        coverage.note("the record has unknown fields: " + ", ".join(record.unknown))
    started, ended = record.started_at_utc, record.ended_at_utc
    first, last = coverage.first_us, coverage.last_us
    early = started and first is not None and first < micros(started) - _SLACK_US
    late = ended and last is not None and last > micros(ended) + _SLACK_US
    if early or late:
        coverage.note("frames lie outside the time that the record states: clocks, or another run")


def _not_examined(material: Material) -> list[dict[str, str]]:
    lost = material.coverage.lost
    told = [{"what": reason, "why": "not decoded; counted in coverage"} for reason in sorted(lost)]
    if material.record is None:
        told.append({"what": "planted identifiers", "why": "no capture record"})
    else:
        told += [
            {"what": name, "why": "not in the capture record"} for name in material.record.missing()
        ]
    if not material.countries.network_sources:
        told.append({"what": "asn", "why": "no source at hand names networks"})
    if not material.countries.sources:
        told.append({"what": "countries of addresses", "why": "no country data"})
    told.append({"what": "voice calls and their signalling", "why": "not part of this examination"})
    return told
