"""Pieces of HTML: everything that comes from a source passes through `text`."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from portique.core.clock import parse_utc
from portique.report.wording import MONTHS, Words

NO_BREAK_SPACE = "\u00a0"
NARROW_SPACE = "\u202f"
MINUS = "\u2212"


def text(value: object) -> str:
    """Return a value as HTML text; nothing in it is markup any more.

    >>> text("<b>")
    '&lt;b&gt;'
    """
    return html.escape(str(value))


def both(words: Words) -> str:
    """Return a text in both languages, of which the page shows one.

    >>> both(Words("oui", "yes"))
    '<span class="fr" lang="fr">oui</span><span class="en" lang="en">yes</span>'
    """
    if words.fr == words.en:
        return text(words.fr)
    fr, en = text(_spaced(words.fr)), text(words.en)
    return f'<span class="fr" lang="fr">{fr}</span><span class="en" lang="en">{en}</span>'


def _spaced(french: str) -> str:
    """Return a French text whose high punctuation does not stand alone on a new line."""
    for mark in (" :", " ;", " »", " %"):
        french = french.replace(mark, NO_BREAK_SPACE + mark[1])
    return french.replace("« ", "«" + NO_BREAK_SPACE)


def count(number: int) -> Words:
    """Return a whole number as each language writes it.

    >>> count(1234).en
    '1,234'
    """
    english = f"{number:,}"
    return Words(english.replace(",", NARROW_SPACE), english)


def decimal(number: float, places: int, *, signed: bool = False) -> Words:
    """Return a number with decimals as each language writes it.

    >>> decimal(0.5, 2)
    Words(fr='0,50', en='0.50')
    >>> decimal(1.25, 1, signed=True).en
    '+1.2'
    """
    english = f"{number:+,.{places}f}" if signed else f"{number:,.{places}f}"
    english = english.replace("-", MINUS)
    return Words(english.replace(",", NARROW_SPACE).replace(".", ","), english)


def day(utc: str | None, zone: str) -> Words:
    """Return the day of an instant, in a time zone; an em dash where there is none.

    Args:
        utc: ISO 8601.
        zone: e.g. "Europe/Paris".

    >>> day("2025-05-19T22:30:00Z", "Europe/Paris").en
    '20 May 2025'
    """
    return _day(parse_utc(utc).astimezone(ZoneInfo(zone))) if utc else Words("—", "—")


def instant(utc: str, zone: str) -> Words:
    """Return an instant by the clocks of a time zone, and in UTC.

    >>> instant("2025-05-19T20:00:00Z", "Europe/Paris").en
    '19 May 2025, 22:00 (Europe/Paris; 2025-05-19T20:00:00Z)'
    """
    local = parse_utc(utc).astimezone(ZoneInfo(zone))
    date = _day(local)
    where = f"({zone}; {utc})"
    return Words(f"{date.fr} à {local:%H:%M} {where}", f"{date.en}, {local:%H:%M} {where}")


def _day(local: datetime) -> Words:
    month = MONTHS[local.month - 1]
    first = "1er" if local.day == 1 else str(local.day)
    return Words(f"{first} {month.fr} {local.year}", f"{local.day} {month.en} {local.year}")


@dataclass(frozen=True)
class Grid:
    """A table of a page: cells are HTML already.

    Args:
        name: its own name within the page, for whoever reads it aloud.
        caption: what the table shows.
        heads: one for each column.
        rows: cells by row; the first cell of a row is its heading.
        numeric: columns that hold numbers, from 0.
    """

    name: str
    caption: Words
    heads: tuple[Words, ...]
    rows: Iterable[tuple[str, ...]]
    numeric: frozenset[int] = frozenset()

    def html(self) -> str:
        """Return the table, in a box that scrolls where the screen is narrow."""
        heads = "".join(
            f'<th scope="col"{self._class(i)}>{both(head)}</th>'
            for i, head in enumerate(self.heads)
        )
        body = "\n".join(f"<tr>{self._cells(row)}</tr>" for row in self.rows)
        title = f"{self.name}-title"
        return (
            f'<div class="wide" tabindex="0" role="region" aria-labelledby="{title}">'
            f'<table id="{self.name}"><caption id="{title}">{both(self.caption)}</caption>'
            f"<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody></table></div>"
        )

    def _cells(self, row: tuple[str, ...]) -> str:
        first = f'<th scope="row"{self._class(0)}>{row[0]}</th>'
        return first + "".join(
            f"<td{self._class(i)}>{cell}</td>" for i, cell in enumerate(row[1:], 1)
        )

    def _class(self, column: int) -> str:
        return ' class="n"' if column in self.numeric else ""
