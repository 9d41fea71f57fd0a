"""The same capture through tshark, an independent decoder: what both see, and where they differ.

tshark runs once a file, under limits of time and memory, with names and addresses unresolved. A
disagreement is told, never hidden: it is itself a finding.
"""

from __future__ import annotations

import contextlib
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portique.examine.traffic.radio.tpdu import DELIVER, SUBMIT

if TYPE_CHECKING:
    from portique.examine.traffic.examine import Gathered

SECONDS = 300
MEMORY_BYTES = 4 << 30
_FIELDS = (
    "frame.number", "dns.qry.name", "http.host", "tls.handshake.extensions_server_name",
    "gsm_sms.sms_text", "gsm_sms.tp-mti", "gsm_sms.tp-oa", "gsm_sms.tp-da",
)  # fmt: skip
_MOST_TOLD = 50
_OTHER = re.compile("[^\\x20-\\x7e]+")
"""Bytes of names that are no ASCII: the decoders write them in different ways."""


@dataclass
class Seen:
    """What one decoder saw: frames, hosts wanted, texts of short messages with their frames.

    `numbers` is text -> digits or name of who sent it (received) or to whom it went (sent).
    """

    frames: int = 0
    hosts: dict[str, list[int]] = field(default_factory=dict)
    texts: dict[str, list[int]] = field(default_factory=dict)
    numbers: dict[str, set[str]] = field(default_factory=dict)


def cross_check(path: Path, gathered: Gathered) -> dict[str, Any]:
    """Compare with tshark.

    Args:
        path: the capture.
        gathered: what we saw.

    Returns:
        `state` ("done", "tshark is not installed", or what stopped it), `decoder`, `ours` and
        `theirs` (counts), and `disagreements`: `what`, `ours`, `theirs`, `frames`.
    """
    program = shutil.which("tshark")
    if program is None:
        return _undone("tshark is not installed", "none")
    version = _version(program)
    try:
        theirs = run(program, path)
    except subprocess.TimeoutExpired:
        return _undone(f"stopped after {SECONDS} s", version)
    except RuntimeError as fault:
        return _undone(f"tshark failed: {fault}", version)
    ours = ours_of(gathered)
    return {
        "state": "done",
        "decoder": version,
        "ours": _counts(ours),
        "theirs": _counts(theirs),
        "disagreements": disagreements(ours, theirs),
    }


def run(program: str, path: Path) -> Seen:
    """Run tshark on a capture and return what it saw.

    Raises:
        subprocess.TimeoutExpired: it took longer than the limit.
        RuntimeError: it failed and printed nothing.
    """
    command = [program, "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t", "-E"]
    command += ["aggregator=\x1f", *(word for name in _FIELDS for word in ("-e", name))]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdout=out, stderr=errors) as child:  # noqa: S603 - as named
            _limit(child.pid)
            try:
                code = child.wait(SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                raise
        out.seek(0)
        seen = read_fields(line.decode("utf-8", "replace") for line in out)
        if code and not seen.frames:
            errors.seek(0)
            raise RuntimeError(errors.read(300).decode("utf-8", "replace").strip())
    return seen


def read_fields(lines: Iterable[str]) -> Seen:
    """Return what the printed fields of tshark say."""
    seen = Seen()
    for line in lines:
        columns = line.rstrip("\n").split("\t")
        if len(columns) < len(_FIELDS) or not columns[0].isdigit():
            continue
        seen.frames += 1
        frame = int(columns[0])
        for column in columns[1:4]:
            for host in column.split("\x1f"):
                if host:
                    _host(seen, host, frame)
        _short_messages(seen, columns, frame)
    return seen


def ours_of(gathered: Gathered) -> Seen:
    """Return what we saw, in the same terms."""
    seen = Seen(frames=gathered.coverage.frames)
    facts = gathered.facts
    for host, frame in facts.hosts.items():
        _host(seen, host, frame)
    for text in facts.texts:
        if text.message.kind in {SUBMIT, DELIVER} and text.whole_text:
            _add(seen.texts, text.whole_text, text.frames[-1])
            seen.numbers.setdefault(text.whole_text, set()).add(_number(text.message.number))
    return seen


def disagreements(ours: Seen, theirs: Seen) -> list[dict[str, Any]]:
    """Return where the two differ: frames counted, hosts, texts."""
    found: list[dict[str, Any]] = []
    if ours.frames != theirs.frames:
        told = {"what": "frames", "ours": ours.frames, "theirs": theirs.frames, "frames": []}
        found.append(told)
    for host in sorted(set(ours.hosts) ^ set(theirs.hosts))[:_MOST_TOLD]:
        frames = (ours.hosts.get(host) or theirs.hosts.get(host) or [])[:_MOST_TOLD]
        found.append(
            {
                "what": f"host {host}",
                "ours": host in ours.hosts,
                "theirs": host in theirs.hosts,
                "frames": frames,
            }
        )
    for text in sorted(set(ours.texts) ^ set(theirs.texts))[:_MOST_TOLD]:
        frames = ours.texts.get(text) or theirs.texts.get(text) or []
        found.append(
            {
                "what": f"text {text!r}",
                "ours": text in ours.texts,
                "theirs": text in theirs.texts,
                "frames": frames,
            }
        )
    return found + _numbers_differ(ours, theirs)


def _numbers_differ(ours: Seen, theirs: Seen) -> list[dict[str, Any]]:
    """Return where both saw a text, and not the same sender or destination."""
    return [
        {
            "what": f"number of text {text!r}",
            "ours": sorted(ours.numbers[text]),
            "theirs": sorted(theirs.numbers[text]),
            "frames": ours.texts[text],
        }
        for text in sorted(ours.numbers.keys() & theirs.numbers.keys())
        if ours.numbers[text] != theirs.numbers[text]
    ][:_MOST_TOLD]


def _short_messages(seen: Seen, columns: list[str], frame: int) -> None:
    texts = [text for text in columns[4].split("\x1f") if text]
    numbers = [each for column in columns[6:8] for each in column.split("\x1f") if each]
    for text in texts:
        _add(seen.texts, text, frame)
    if len(numbers) == len(texts):  # else it is not said which belongs to which
        for text, number in zip(texts, numbers, strict=True):
            seen.numbers.setdefault(text, set()).add(_number(number))


def _number(text: str) -> str:
    """Return a number as digits, or a sender's name, in which both decoders write it."""
    return "".join(sign for sign in text.lower() if sign.isalnum())


def _host(seen: Seen, host: str, frame: int) -> None:
    name = _OTHER.sub("?", host.lower()).rstrip(".")
    if name.count(":") == 1:
        name = name.split(":")[0]
    if name and name != "<root>":
        _add(seen.hosts, name, frame)


def _add(seen: dict[str, list[int]], what: str, frame: int) -> None:
    frames = seen.setdefault(what, [])
    if len(frames) < _MOST_TOLD:
        frames.append(frame)


def _counts(seen: Seen) -> dict[str, int]:
    return {
        "frames": seen.frames,
        "hosts": len(seen.hosts),
        "texts": sum(len(frames) for frames in seen.texts.values()),
    }


def _undone(state: str, decoder: str) -> dict[str, Any]:
    return {"state": state, "decoder": decoder, "ours": {}, "theirs": {}, "disagreements": []}


def _version(program: str) -> str:
    ended = subprocess.run(  # noqa: S603 - as above
        [program, "--version"], capture_output=True, timeout=30, check=False, text=True
    )
    return ended.stdout.partition("\n")[0].strip() or "tshark"


def _limit(pid: int) -> None:
    """Bound the memory and the processor time of a process, where the system can."""
    if not hasattr(resource, "prlimit"):
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it ended, or has more rights
        resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.prlimit(pid, resource.RLIMIT_CPU, (SECONDS, SECONDS))
