"""Labels for seals: number in words, as Code 128 and as QR, eight on a page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from portique.core.typeset import typeset


def labels_pdf(case_id: str, labels: Iterable[Mapping[str, str]]) -> bytes:
    """Return a page of labels for every eight; the same labels give the same bytes.

    Args:
        case_id: of the case.
        labels: `seal` and `exhibit_id`; an empty exhibit leaves room to write it.
    """
    template = files("portique.report").joinpath("label.typ").read_bytes()
    return typeset(
        template, {"case": case_id, "labels": [_label(case_id, each) for each in labels]}
    )


def _label(case_id: str, label: Mapping[str, str]) -> dict[str, Any]:
    seal, exhibit = label["seal"], label["exhibit_id"]
    return {
        "seal": seal,
        "words": [f"Pièce : {exhibit or '____________'}", "Scellé le : ________", "Par : ________"],
        "qr": qr_svg(qr_text(case_id, exhibit, seal)),
        "code128": code128_svg(seal),
    }


def qr_text(case_id: str, exhibit_id: str, seal: str) -> str:
    """Return what the QR code of a label holds.

    >>> qr_text("case-1", "E1", "S1")
    'portique:case-1/E1/S1'
    """
    return f"portique:{case_id}/{exhibit_id}/{seal}"


def qr_svg(text: str) -> str:
    """Return a QR code as SVG."""
    import segno  # noqa: PLC0415

    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, border=2)
    return drawn.getvalue().decode()


def code128_svg(text: str) -> str:
    """Return a Code 128 bar code as SVG, in modules of 0.3 mm.

    Raises:
        ValueError: a character that Code 128 cannot hold.
    """
    import barcode  # noqa: PLC0415
    from barcode.errors import BarcodeError  # noqa: PLC0415
    from barcode.writer import SVGWriter  # noqa: PLC0415

    drawn = io.BytesIO()
    try:
        made = barcode.get("code128", text, writer=SVGWriter())
        made.write(drawn, {"module_width": 0.3, "module_height": 13.0, "write_text": False})
    except BarcodeError as fault:
        raise ValueError(str(fault)) from fault
    return drawn.getvalue().decode()
