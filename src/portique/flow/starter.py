"""An empty case folder, with a commented `case.toml`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from portique.core.clock import utc_text
from portique.core.errors import Refused
from portique.core.tables import HELD_KINDS, INPUT

_CASE_TOML = """\
# One investigation is one folder. Sources as received go to sources/<kind>/ and are never altered;
# what follows from them is written to derived/ and can be deleted and made again.

[case]
contract_version = 1
id = "{case_id}"
title = "{case_id}"
timezone = "Europe/Paris"           # for display and hours of the day; every stored time is UTC
as_of_utc = {horizon}    # knowledge horizon: nothing later is used

[fleet]
tacs = []                           # type allocation codes of the supplier's models: 8 digits, text

[search]
max_cells = 500                     # how many prison cells can be searched

[journal]
url = ""                            # empty: journal.db in this folder

# The order or requisition under which data is held: one [[authority]] each. A source of a kind that
# none of them covers is refused. Reference data (sector, prison, prison_cell) needs none.
#
# [[authority]]
# id = "REQ-2025-0117"
# kind = "requisition"              # requisition, order, letter_rogatory or agreement
# basis = "CPP 77-1-1"              # code and article as written
# issued_utc = 2025-03-02T09:00:00Z
# covers = ["retained_record", "sale", "stay", "absence", "declared_contact", "find", "offence"]
# from_utc = 2024-06-01T00:00:00Z   # period of data covered
# until_utc = 2025-05-19T20:00:00Z
"""


def make_case(folder: Path) -> list[str]:
    """Make an empty case folder and return what was made, by path below it.

    Args:
        folder: where; made when missing.

    Raises:
        Refused: the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(
            "there is something in this place already",
            where=str(folder),
            mend="name a folder that does not exist or is empty",
            code="FLOW-010",
        )
    kinds = sorted(INPUT.keys() | HELD_KINDS)
    for name in ("profiles", *(f"sources/{kind}" for kind in kinds)):
        (folder / name).mkdir(parents=True)
    (folder / "case.toml").write_text(_case_toml(folder), encoding="utf-8")
    return ["case.toml", "profiles/", *(f"sources/{kind}/" for kind in kinds)]


def _case_toml(folder: Path) -> str:
    """Return the settings of a new case; its horizon, for a person to set, is next midnight."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    horizon = utc_text(datetime.combine(tomorrow, time(), UTC))
    # The journal writes the id into every entry: [A-Za-z0-9._-], 1 to 64 of them.
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name, flags=re.ASCII)
    case_id = name.strip("-")[:64] or "case"
    return _CASE_TOML.format(case_id=case_id, horizon=horizon)
