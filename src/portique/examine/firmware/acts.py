"""What functions do, where nothing names them: shown by their code, or by how the phone uses them.

An act that code itself proves counts as one that a name says. One that is inferred from how the
phone's own programs use a function is told as such, and what rests on it is partial.
"""

from __future__ import annotations

from portique.examine.firmware import encoding, ordinary
from portique.examine.firmware.evidence import KEEPS, Evidence
from portique.examine.firmware.receiving import handlers


def infer(evidence: Evidence) -> None:
    """Add to the evidence what functions do.

    Args:
        evidence: as gathered from texts and names.
    """
    with evidence.program.bounded.part("acts of functions", "looking for them"):
        for function, how in encoding.senders(evidence.program).items():
            _add(evidence, function, "send_sms", how)
        for function, how in ordinary.senders(evidence).items():
            _add_by_use(evidence, function, "send_sms", how)
        for function, how in ordinary.diallers(evidence).items():
            _add_by_use(evidence, function, "dial", how)
        for function, how in encoding.readers(evidence.program).items():
            evidence.acts[function].setdefault("identity", how)
        _receiving(evidence)


def _add(evidence: Evidence, function: int, act: str, how: str) -> None:
    if act not in evidence.named.get(function, ()):
        evidence.named[function].add(act)
        evidence.acts[function].setdefault(act, how)


def _add_by_use(evidence: Evidence, function: int, act: str, how: str) -> None:
    told = set(evidence.named.get(function, ())) | set(evidence.own.get(function, ()))
    if act not in told:
        evidence.by_use.add((function, act))
    _add(evidence, function, act, how)


def _receiving(evidence: Evidence) -> None:
    for each in list(handlers(evidence)):
        if each.shown is not None and each.shown not in evidence.own[each.function]["hook"]:
            evidence.own[each.function]["hook"].append(each.shown)
        how = KEEPS if each.may_keep else "is given messages as they come in"
        evidence.acts[each.function].setdefault("hook", how)
        if each.registrar >= 0 and each.is_alone and each.shown is not None:
            _add(evidence, each.registrar, "hook", "registers who is given messages")
