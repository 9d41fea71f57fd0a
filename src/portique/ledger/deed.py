"""An act as far as an order is asked about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portique.core.clock import Span


@dataclass(frozen=True)
class Deed:
    """An act as far as an authority is asked about it.

    Args:
        kind: of entry, e.g. "seal_opened".
        moment: when it was or is done; None: not known.
        site, cell_id, exhibit_id, source_kind: where and of what; empty: not known or none.
        data_period: of a delivery of data, the span that it holds; None: not stated.
    """

    kind: str
    moment: datetime | None
    site: str = ""
    cell_id: str = ""
    exhibit_id: str = ""
    source_kind: str = ""
    data_period: Span | None = None


def data_outside(period: Span, data: Span | None) -> str:
    """Return why data do not lie within the period that an order names for them; empty: they do.

    >>> data_outside(Span(None, None), None)
    ''
    """
    if period.from_utc is None or period.until_utc is None:
        return ""
    if data is None or data.from_utc is None or data.until_utc is None:
        return "it names a period of data, the act does not"
    is_within = period.from_utc <= data.from_utc and data.until_utc <= period.until_utc
    return "" if is_within else "the data lie outside its period"


def one_of(allowed: tuple[str, ...], named: str, what: str) -> str:
    """Return why something is not among what an order is limited to; empty: it is, or no limit.

    >>> one_of(("C1",), "C2", "cell"), one_of((), "C2", "cell")
    ('it is for another cell', '')
    """
    if not allowed or named in allowed:
        return ""
    return f"it is for another {what}" if named else f"it names the {what}, the act does not"
