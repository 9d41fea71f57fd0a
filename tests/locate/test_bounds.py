"""No log10 LR of a user, of "nobody listed" included, goes beyond what the validation supports."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from portique.locate.attribute import Users
from portique.locate.calibrate import shipped
from portique.locate.rows import attribution_table


def test_nobody_listed_is_bounded_as_users_are() -> None:
    """Where the calibration supports less than its own bound, that is the bound."""
    ids = SimpleNamespace(handset_ids=["H-1", "H-2"])
    scene: Any = SimpleNamespace(activity=ids, stays=SimpleNamespace(inmates=["I1"], cells=["C1"]))
    zero, p = np.zeros(1, np.int64), np.ones(1)
    users = Users(zero, zero, zero, zero, zero, zero, p, p)

    wide = attribution_table(scene, users, shipped())
    narrow = attribution_table(scene, users, replace(shipped(), user_bounds=(-1.0, 1.5)))

    nobody = [row["log10_lr"] for row in narrow.to_pylist() if row["inmate_id"] is None]
    assert nobody == [-1.0, 1.5]
    assert max(abs(x) for x in wide["log10_lr"].to_pylist()) <= 3.0
