"""Known indicators: YARA rules, each with the public report that it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import yara_x

from portique.core.errors import Refused
from portique.examine.firmware.program import Program, Reference
from portique.examine.firmware.reading import Damaged

_SECONDS = 60
_MOST_MATCHES = 50


@dataclass(frozen=True)
class Indicator:
    """A rule that matched, at one place.

    Args:
        rule: its name.
        meta: what it says of itself: title, source, date, kind.
        segment: number of the segment.
        offset, length: of the match.
        references: code that refers to it.
    """

    rule: str
    meta: dict[str, str]
    segment: int
    offset: int
    length: int
    references: tuple[Reference, ...]


def compiled(files: Sequence[Path]) -> yara_x.Rules:
    """Return the rules of the package and of some files.

    Raises:
        Refused: a file cannot be read or is no set of rules with `source` and `date`.
    """
    compiler = yara_x.Compiler()
    packaged = resources.files("portique.examine.firmware") / "rules"
    for name in sorted(each.name for each in packaged.iterdir() if each.name.endswith(".yar")):
        compiler.add_source((packaged / name).read_text(encoding="utf-8"))
    for path in files:
        try:
            compiler.add_source(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yara_x.CompileError) as fault:
            raise Refused(
                f"the rules cannot be used: {str(fault).splitlines()[0]}",
                where=str(path),
                mend="name a file of YARA rules; each rule's meta has title, source and date",
                code="EXA-050",
            ) from fault
    return compiler.build()


def matches(program: Program, rules: yara_x.Rules) -> Iterator[Indicator]:
    """Yield where rules match, segment by segment; at most 50 places a rule and segment."""
    scanner = yara_x.Scanner(rules)
    scanner.set_timeout(_SECONDS)
    scanner.max_matches_per_pattern(_MOST_MATCHES)
    for number, segment in enumerate(program.segments):
        for rule in _matching(scanner, segment.data, program.bounded.part, segment.name):
            meta = {str(name): str(value) for name, value in rule.metadata}
            for match in (match for pattern in rule.patterns for match in pattern.matches):
                low = program.address(number, match.offset)
                found = program.references(low - 16, low + match.length, 0)
                yield Indicator(
                    rule.identifier, meta, number, match.offset, match.length, tuple(found)
                )


def _matching(
    scanner: yara_x.Scanner,
    data: bytes,
    part: Callable[[str, str], AbstractContextManager[None]],
    name: str,
) -> list[yara_x.Rule]:
    """Return the rules that match a segment; where that takes too long, none and a note."""
    found: list[yara_x.Rule] = []
    with part(name, "looking for known indicators"):
        try:
            found += scanner.scan(data).matching_rules
        except (yara_x.ScanError, yara_x.TimeoutError) as fault:
            raise Damaged(str(fault)) from fault
    return found
