"""Reading the logs of reads: by an auditor, and by each side its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portique.core.case import read_case
from portique.core.errors import Refused
from portique.flow.access import logged
from portique.flow.folder import CaseFolder
from portique.flow.permissions import READERS_OF_LOG, Person, require


def reads_of(case: Path, side: str, person: Person) -> list[dict[str, Any]]:
    """Return who read what, oldest first.

    Args:
        case: the case folder.
        side: `prosecution` or `defence`.
        person: who asks.

    Raises:
        Refused: the role may not see the reads of that side.
    """
    require(person, "reads")
    read_case(case)
    if person.role not in READERS_OF_LOG[side]:
        raise Refused(
            f"the role {person.role} may not see the reads of the {side}",
            where="--side",
            mend="ask somebody who may: " + ", ".join(sorted(READERS_OF_LOG[side])),
            code="ACC-005",
        )
    return list(logged(CaseFolder(case), side))
