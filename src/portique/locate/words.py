"""Reasons in words and numbers: what `portique why` prints and a request quotes.

Names of people and numbers they declared never stand here: inmates by their identifier, contacts
by how many they are.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from portique.locate.activity import DAY_US
from portique.locate.alternatives import NAMES
from portique.locate.judge import PrisonView
from portique.locate.presence import LN10
from portique.locate.scene import Scene
from portique.locate.users import TERMS

Floats = npt.NDArray[np.float64]

LEAST_SAID = 0.005
"""What rounds to nothing is not said."""
FOUND = " or met on a phone found on him"


def knows_found(scene: Scene, inmate: int) -> bool:
    """Return whether numbers of a phone found on an inmate count among those he declared."""
    return bool(scene.declared.by_inmate[[inmate]].nnz > scene.listed.by_inmate[[inmate]].nnz)


def user_reasons(
    view: PrisonView, row: int, column: int, weight: Floats, *, has_found: bool = False
) -> list[tuple[str, float, str]]:
    """Return the terms for one candidate user: name, weighted log10 LR, and words.

    Args:
        view: the prison.
        row, column: handset and inmate in it.
        weight: weight of each term.
        has_found: numbers of a phone found on him count among those he declared.
    """
    ln = view.users.stacked()[:, row, column] * weight
    hits = int(view.declared_hits[row, column])
    seen = view.users.absent_occasions[row, column]
    expected = view.users.absent_expected[row, column]
    words = (
        f"exchanges with {hits} of the numbers this inmate declared{FOUND if has_found else ''}",
        f"exchanges with {int(view.second_hits[row, column])} numbers that nobody declared and "
        "that exchange with numbers this inmate declared",
        f"used {seen:.0f} times while he was listed as absent from his cell, where the phone's "
        f"habits would expect {expected:.1f}",
        "used while he was held here, rather than before he came",
        "seen earlier at another prison, where he was held then as well",
    )
    return [
        (name, float(np.round(value / LN10, 6)), text)
        for name, value, text in zip(TERMS, ln, words, strict=True)
        if name in {"contacts", "absence"} or abs(value) > 1e-6
    ]


def holder_words(scene: Scene, view: PrisonView, row: int, column: int) -> str:
    """Return on which days of use one candidate's declared numbers were called, and when last.

    Args:
        scene: the case.
        view: the prison.
        row, column: handset and inmate in it.
    """
    activity, terms = scene.activity, view.presence
    handset, inmate = int(terms.handset[row]), int(view.held.inmates[column])
    mine = slice(activity.starts[handset], activity.starts[handset + 1])
    t_us = activity.t_us[mine]
    inside = (t_us >= terms.from_us[row]) & (t_us <= terms.until_us[row])
    listed = np.append(np.zeros(len(scene.declared.numbers), bool), False)
    listed[scene.declared.by_inmate[[inmate]].indices] = True
    is_his = listed[scene.declared_column[activity.number[mine]]]
    days = np.unique(t_us[inside] // DAY_US)
    his = np.unique(t_us[inside & is_his] // DAY_US)
    named = f"numbers this inmate declared{FOUND if knows_found(scene, inmate) else ''}"
    if not len(his):
        return f"{named} on none of the {len(days)} days of use here"
    last = datetime.fromtimestamp(int(his[-1]) * DAY_US // 10**6, UTC).date().isoformat()
    since = int((days > his[-1]).sum())
    return (
        f"{named} on {len(his)} of the {len(days)} days of use here, last on "
        f"{last}, with {since} days of use after that"
    )


def presence_words(view: PrisonView, row: int) -> str:
    """Return why one handset is taken to be in the prison, or not."""
    terms = view.presence
    alternative = NAMES[int(terms.worst_name[row])]
    return (
        f"{terms.records[row]} records over {terms.days[row]} days on sectors that serve the "
        f"prison; before calibration, sectors log10 LR {terms.sectors[row]:+.1f}, staying there "
        f"{terms.stays_put[row]:+.1f} (against the {alternative} alone {terms.worst[row]:+.1f})"
    )


def grounds(
    parts: list[tuple[str, float, str, str, int, float]], p_any: float, expected: float
) -> str:
    """Return the grounds of one target.

    Args:
        parts: per named handset, strongest first: handset, probability in this cell, why in this
            prison, inmate, declared numbers called, log10 LR of that user.
        p_any: probability that any is there.
        expected: handsets expected there, those not named included.
    """
    count = len(parts)
    head = (
        f"{count} handset{'s' if count > 1 else ''} of the fleet point{'' if count > 1 else 's'} "
        f"to this cell; probability that at least one is there {p_any:.3f}."
    )
    lines = [
        f"{handset}: probability {p:.2f} in this cell. {why}. Most probable user here: inmate "
        f"{inmate}, with {hits} declared numbers in common (log10 LR {lr:+.1f} against any other)."
        for handset, p, why, inmate, hits, lr in parts
    ]
    faint = expected - sum(part[1] for part in parts)
    if faint >= LEAST_SAID:
        lines.append(f"Handsets that point here only faintly add {faint:.2f} expected handsets.")
    return " ".join([head, *lines])
