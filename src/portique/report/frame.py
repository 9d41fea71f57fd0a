"""The frame of a page: one file that opens from the disk, needs no network and runs no script."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from portique.report.markup import text

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is fetched and nothing is run, whatever a source made the page say."""


def frame(title: str, body: str) -> str:
    """Return a page around a body, in French and in English, of which the reader chooses one.

    Both languages are in it; two radio buttons and the style sheet show one. Without a style
    sheet both can be read.

    Args:
        title: as text.
        body: as HTML.
    """
    return (
        '<!doctype html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{text(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n"
        '<input type="radio" class="language" name="language" id="in-french" checked>'
        '<label for="in-french" lang="fr">Français</label>'
        '<input type="radio" class="language" name="language" id="in-english">'
        '<label for="in-english" lang="en">English</label>\n'
        f'<div class="page">\n{body}\n</div>\n</body>\n</html>\n'
    )


@cache
def _style() -> str:
    return files("portique.report").joinpath("overview.css").read_text("utf-8")
