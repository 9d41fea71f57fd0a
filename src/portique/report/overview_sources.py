"""What was delivered under which authority, and what became of it, as sections of the page."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from portique.report.markup import Grid, both, count, day, text
from portique.report.wording import AUTHORITIES, KINDS, REASONS, STATUSES, Words, named

FILES_LISTED = 300
"""Files named on the page; `figures.json` has every one."""
FILES_OF_A_REASON = 3

Entry = dict[str, Any]


def warning(left_out: list[str]) -> str:
    """Return the warning that stands above every figure when refused files were left out.

    Args:
        left_out: their paths, below `sources/`.
    """
    if not left_out:
        return ""
    several = len(left_out) > 1
    said = Words(
        f"Tous les chiffres de cette page laissent de côté {len(left_out)} "
        + ("fichiers refusés" if several else "fichier refusé")
        + " (pourquoi : voir les fichiers) :",
        f"Every figure on this page leaves out {len(left_out)} refused "
        + ("files" if several else "file")
        + " (why: see the files):",
    )
    listed = "".join(f"<li><code>{text(path)}</code></li>" for path in left_out)
    return f'<div class="warning" role="alert"><p>{both(said)}</p><ul>{listed}</ul></div>'


def authority_table(case: Entry) -> str:
    """Return the authorities under which data is held.

    Args:
        case: the case, as the figures say it.
    """
    authorities = case["authorities"]
    if not authorities:
        none = Words("Le dossier ne nomme aucune autorité.", "The case names no authority.")
        return f"<p>{both(none)}</p>"
    heads = (
        Words("autorité", "authority"),
        Words("nature", "kind"),
        Words("fondement", "basis"),
        Words("du", "issued"),
        Words("données à partir du", "data from"),
        Words("jusqu'au (exclu)", "until (exclusive)"),
        Words("couvre", "covers"),
    )
    zone = case["timezone"]
    rows = (
        (
            text(a["id"]),
            both(named(AUTHORITIES, a["kind"])),
            text(a["basis"]),
            both(day(a["issued_utc"], zone)),
            both(day(a["from_utc"], zone)),
            both(day(a["until_utc"], zone)),
            ", ".join(both(named(KINDS, kind)) for kind in a["covers"]),
        )
        for a in authorities
    )
    return Grid("authorities", Words("Autorités", "Authorities"), heads, rows).html()


def kind_table(figures: dict[str, Any]) -> str:
    """Return the files and rows of each kind, and the kinds that are lacking.

    Args:
        figures: as `report.figures.figures` makes them.
    """
    by_kind: dict[str, list[Entry]] = defaultdict(list)
    for source in figures["sources"]:
        by_kind[source["kind"]].append(source)
    heads = (
        Words("nature", "kind"),
        *(STATUSES[status] for status in STATUSES),
        Words("lignes lues", "rows read"),
        Words("lignes utilisées", "rows used"),
    )
    rows = (_kind_row(kind, by_kind[kind]) for kind in sorted(by_kind, key=_place))
    caption = Words("Fichiers et lignes, par nature", "Files and rows, by kind")
    table = Grid("kinds", caption, heads, rows, frozenset(range(1, 7))).html()
    return table + _lacking(figures["lacking"])


def _place(kind: str) -> tuple[int, str]:
    """Return where a kind stands: in the order of the contract, unknown ones last."""
    known = list(KINDS)
    return (known.index(kind) if kind in KINDS else len(known), kind)


def _kind_row(kind: str, sources: list[Entry]) -> tuple[str, ...]:
    files = [sum(s["status"] == status for s in sources) for status in STATUSES]
    rows = [sum(s[name] for s in sources) for name in ("rows_read", "rows_used")]
    return (both(named(KINDS, kind)), *(both(count(n)) for n in files + rows))


def _lacking(kinds: list[str]) -> str:
    if not kinds:
        return ""
    said = Words("Aucun fichier utilisé pour : ", "No file was used for: ")
    return f"<p>{both(said)}{', '.join(both(named(KINDS, kind)) for kind in kinds)}.</p>"


def aside_table(figures: dict[str, Any]) -> str:
    """Return the rows that were set aside, by reason, with the files that have most of them.

    Args:
        figures: as `report.figures.figures` makes them.
    """
    by_reason: dict[str, list[Entry]] = defaultdict(list)
    for row in figures["set_aside"]:
        by_reason[row["reason"]].append(row)
    if not by_reason:
        none = Words("Aucune ligne n'a été écartée.", "No row was set aside.")
        return f"<p>{both(none)}</p>"
    heads = (Words("motif", "reason"), Words("lignes", "rows"), Words("fichiers", "files"))
    rows = (_aside_row(reason, by_reason[reason]) for reason in sorted(by_reason))
    caption = Words("Lignes écartées, par motif", "Rows set aside, by reason")
    return Grid("aside", caption, heads, rows, frozenset({1})).html()


def _aside_row(reason: str, rows: list[Entry]) -> tuple[str, ...]:
    most = sorted(rows, key=lambda row: (-row["rows"], row["source"]))
    shown = [f"<code>{text(r['source'])}</code>" for r in most[:FILES_OF_A_REASON]]
    more = len(most) - len(shown)
    if more:
        shown.append(both(Words(f"et {more} autres", f"and {more} more")))
    total = count(sum(row["rows"] for row in rows))
    return both(named(REASONS, reason)), both(total), ", ".join(shown)


def file_table(figures: dict[str, Any]) -> str:
    """Return every file with its status and SHA-256, those that were not used first.

    Args:
        figures: as `report.figures.figures` makes them.
    """
    sources = sorted(figures["sources"], key=lambda s: (s["status"] == "used", s["path"]))
    heads = (
        Words("fichier", "file"),
        Words("état", "status"),
        Words("autorités", "authorities"),
        Words("lignes lues", "rows read"),
        Words("lignes utilisées", "rows used"),
        Words("empreinte SHA-256", "SHA-256 hash"),
    )
    rows = (
        (
            f"<code>{text(s['path'])}</code>",
            both(named(STATUSES, s["status"])) + _note(s["note"]),
            text(", ".join(s["authority_ids"]) or "—"),
            both(count(s["rows_read"])),
            both(count(s["rows_used"])),
            f'<code class="hash">{text(s["sha256"])}</code>',
        )
        for s in sources[:FILES_LISTED]
    )
    table = Grid("files", Words("Fichiers", "Files"), heads, rows, frozenset({3, 4})).html()
    more = len(sources) - FILES_LISTED
    if more <= 0:
        return table
    said = Words(
        f"{more} autres fichiers, tous dans figures.json.",
        f"{more} more files, all of them in figures.json.",
    )
    return f"{table}<p>{both(said)}</p>"


def _note(note: str | None) -> str:
    return f'<br><small lang="en">{text(note)}</small>' if note else ""
