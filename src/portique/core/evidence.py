"""How strong evidence is, as a number with its two statements, and as words.

A likelihood ratio says how much more expected the findings are if one statement is true than if
the other is. It is no probability of either: that would need a prior, which is not ours to give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "fr"]


@dataclass(frozen=True)
class CalibrationRun:
    """The named run that set the numbers, and the bounds that its trials support.

    Args:
        name: the run, in words, e.g. "2 small worlds of each of 9 recipes".
        low, high: least and greatest log10 LR that may be reported; low <= 0 <= high.

    Raises:
        ValueError: no name, a bound that is not finite, or bounds that leave out 0.
    """

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a calibration has a name")
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ValueError(f"bounds are finite; got {self.low} and {self.high}")
        if not self.low <= 0.0 <= self.high:
            raise ValueError(f"bounds enclose 0, no evidence; got {self.low} and {self.high}")


@dataclass(frozen=True)
class Strength:
    """The strength of findings: a log10 likelihood ratio, never without what it compares.

    Args:
        log10_lr: log10 of P(findings | if_true) / P(findings | if_false); finite.
        if_true: the first statement, e.g. "the phone is kept inside prison P".
        if_false: the second, which excludes the first.
        calibration: the run that set the number; `log10_lr` lies within its bounds.

    Raises:
        ValueError: a number that is not finite or lies beyond the bounds, an empty statement, or
            the same statement twice.

    >>> run = CalibrationRun("hand-made trials", -2.0, 3.0)
    >>> Strength(1.5, "kept inside prison P", "kept outside", run).grade.support_en
    'moderate support'
    """

    log10_lr: float
    if_true: str
    if_false: str
    calibration: CalibrationRun

    def __post_init__(self) -> None:
        if not math.isfinite(self.log10_lr):
            raise ValueError(f"a log10 LR is finite; got {self.log10_lr}")
        if not self.calibration.low <= self.log10_lr <= self.calibration.high:
            raise ValueError(
                f"log10 LR {self.log10_lr} lies beyond what {self.calibration.name} supports: "
                f"{self.calibration.low} to {self.calibration.high}"
            )
        if not self.if_true.strip() or not self.if_false.strip():
            raise ValueError("a strength compares two statements; one is empty")
        if self.if_true.strip() == self.if_false.strip():
            raise ValueError("a strength compares two statements; both are the same")

    @property
    def grade(self) -> Grade:
        """The grade on the verbal scale, whichever statement is supported."""
        return grade(self.log10_lr)

    def words(self, language: Language = "en") -> str:
        """Return one sentence: how much the findings support which statement, and the number.

        >>> run = CalibrationRun("hand-made trials", -2.0, 3.0)
        >>> print(Strength(-1.0, "kept inside prison P", "kept outside", run).words())
        The findings give moderate support to "kept outside" rather than \
"kept inside prison P" (log10 LR -1.0).
        """
        first, second = self.if_true, self.if_false
        if self.log10_lr < 0:
            first, second = second, first
        step = self.grade
        number = f"(log10 LR {self.log10_lr:+.1f})"
        if step.from_lr < 2:
            return {
                "en": f'The findings support neither "{first}" nor "{second}" {number}.',
                "fr": f"Les constatations ne soutiennent ni « {first} » ni « {second} » {number}.",
            }[language]
        return {
            "en": f'The findings give {step.support_en} to "{first}" rather than '
            f'"{second}" {number}.',
            "fr": f"Les constatations apportent {step.support_fr} à « {first} » plutôt qu'à "
            f"« {second} » {number}.",
        }[language]


@dataclass(frozen=True)
class Grade:
    """One step of the verbal scale: LRs of at least `from_lr`, up to the next step.

    Args:
        from_lr: lower edge, inclusive, as a plain LR of 1 or more.
        support_en, support_fr: the degree of support, in our words.
    """

    from_lr: float
    support_en: str
    support_fr: str


SCALE = (
    Grade(1, "no support", "aucun soutien"),
    Grade(2, "weak support", "un soutien faible"),
    Grade(10, "moderate support", "un soutien modéré"),
    Grade(100, "moderately strong support", "un soutien modérément fort"),
    Grade(1_000, "strong support", "un soutien fort"),
    Grade(10_000, "very strong support", "un soutien très fort"),
    Grade(1_000_000, "extremely strong support", "un soutien extrêmement fort"),
)
"""Degrees of support, weakest first.

Source: ENFSI Guideline for Evaluative Reporting in Forensic Science, version 3.0 (2015), scale of
verbal equivalents for likelihood ratios. The guideline names 1 and then 2 to 10: what lies between
1 and 2 is given the lower step here. An LR on an edge takes the higher step.
"""
SCALE_SOURCE = "ENFSI Guideline for Evaluative Reporting in Forensic Science, v3.0 (2015)"


def grade(log10_lr: float) -> Grade:
    """Return the step of the verbal scale for an LR or, alike, for its inverse.

    Args:
        log10_lr: log10 likelihood ratio, finite; its sign says which statement is supported.

    Raises:
        ValueError: not finite.

    Source: see `SCALE`.

    >>> [grade(x).support_en for x in (0.2, -0.5, 6.0)]
    ['no support', 'weak support', 'extremely strong support']
    """
    if not math.isfinite(log10_lr):
        raise ValueError(f"a log10 LR is finite; got {log10_lr}")
    reached = [step for step in SCALE if abs(log10_lr) >= math.log10(step.from_lr)]
    return reached[-1]
