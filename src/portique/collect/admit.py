"""Which rows may be used: inside an authority's period, not after the horizon, not a lawyer's."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.lawyers import LAWYERS
from portique.collect.numbers import read_numbers
from portique.collect.privilege import FIELDS_WITH_NUMBERS, Privileged, is_lawyer
from portique.collect.reader import Block, Mask, Rows
from portique.collect.tally import Verdict
from portique.collect.values import as_mask, by_distinct, text_values
from portique.core.case import CaseSettings
from portique.core.clock import Span, micros
from portique.core.tables import INSTANT_OF, SPAN_KINDS

_ALWAYS_US = -(1 << 62)
_NEVER_US = 1 << 62


class Admission:
    """The rules of one case for rows of one kind.

    Args:
        kind: kind of source.
        settings: horizon and authorities.
        privileged: lawyers' numbers.
        instant: column with the instant of a row; empty: as the kind says.
    """

    def __init__(
        self, kind: str, settings: CaseSettings, privileged: Privileged, instant: str = ""
    ) -> None:
        self.kind = kind
        self.instant = instant or INSTANT_OF.get(kind, "")
        self.privileged = privileged
        self.as_of_us = micros(settings.as_of_utc)
        self.periods = [bounds_us(a.period) for a in settings.covering(kind)]

    def judge_lawyers(self, block: Block, verdict: Verdict) -> None:
        """Mark rows with a lawyer's number, or that declare one, as they were delivered.

        To be asked before anything else: such rows count as such whatever else is wrong with them.
        """
        for name in sorted(FIELDS_WITH_NUMBERS & block.columns.keys()):
            texts = text_values(block.columns[name]).values
            codes = read_numbers(texts).codes
            found = self.privileged.in_codes(codes) | self.privileged.in_texts(texts)
            verdict.mark(found, "privileged")
        if self.kind == LAWYERS.name:
            relations = text_values(block.columns["relation"]).values
            verdict.mark(as_mask(by_distinct(relations, is_lawyer, pa.bool_())), "privileged")

    def judge(self, columns: dict[str, pa.Array], verdict: Verdict) -> None:
        """Mark the rows that lie outside every period or after the horizon."""
        if self.instant:
            instants = columns[self.instant]
            unknown = as_mask(instants.is_null())
            verdict.mark(unknown, "outside_period", f"{self.instant} is not known")
            self.judge_instants(us_of(instants, 0), verdict)
        elif self.kind in SPAN_KINDS:
            start = us_of(columns["from_utc"], _ALWAYS_US)
            self._judge_spans(start, us_of(columns["until_utc"], _NEVER_US), verdict)

    def judge_instants(self, moments: Rows, verdict: Verdict) -> None:
        """Mark rows whose instant lies after the horizon, or in no period."""
        verdict.mark(moments > self.as_of_us, "after_horizon")
        verdict.mark(~self.inside(moments), "outside_period")

    def inside(self, moments: Rows) -> Mask:
        """Return which instants, in microseconds, lie in at least one period."""
        return _any((moments >= start) & (moments < end) for start, end in self.periods)

    def _judge_spans(self, start: Rows, end: Rows, verdict: Verdict) -> None:
        overlap = _any((start < until) & (end > from_) for from_, until in self.periods)
        verdict.mark(start > self.as_of_us, "after_horizon")
        verdict.mark(~overlap, "outside_period")

    def open_ends(self, columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
        """Return the columns with ends after the horizon emptied: they are not known yet."""
        if self.kind not in SPAN_KINDS:
            return columns
        end = columns["until_utc"]
        late = pa.array(us_of(end, _ALWAYS_US) > self.as_of_us)
        return {**columns, "until_utc": pc.if_else(late, pa.scalar(None, end.type), end)}


def us_of(instants: pa.Array, missing: int) -> Rows:
    """Return instants as microseconds, with a number for those that are not known."""
    filled = pc.fill_null(instants.cast(pa.int64()), missing)
    return np.asarray(filled.to_numpy(zero_copy_only=False), np.int64)


def bounds_us(span: Span) -> tuple[int, int]:
    """Return both ends of a span in microseconds; an open end is beyond every instant.

    >>> bounds_us(Span(None, None)) == (-(1 << 62), 1 << 62)
    True
    """
    start = _ALWAYS_US if span.from_utc is None else micros(span.from_utc)
    return start, _NEVER_US if span.until_utc is None else micros(span.until_utc)


def _any(masks: Iterable[Mask]) -> Mask:
    listed = list(masks)
    return np.asarray(np.logical_or.reduce(listed)) if listed else np.zeros(1, bool)
