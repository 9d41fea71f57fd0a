"""How busy the machine was: printed beside every figure that depends on it."""

from __future__ import annotations

import os


class Busyness:
    """The machine when it is made, and since."""

    def __init__(self) -> None:
        self._before = os.getloadavg()[0]

    def line(self) -> str:
        """Return cores and load average of one minute, before and now, as a line of a report.

        >>> Busyness().line().split()[0]
        'machine'
        """
        now, cores = os.getloadavg()[0], os.cpu_count() or 1
        others = ", OTHERS WERE AT WORK" if self._before > cores / 4 else ""
        load = f"load average {self._before:.2f} before, {now:.2f} after"
        return f"machine       {cores} cores, {load}{others}"
