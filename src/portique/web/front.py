"""The front page: what goes on paper, so that the paper can witness."""

from __future__ import annotations

import base64
import hashlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portique.web.request import desk_of
from portique.web.settings import page


def front(request: HttpRequest) -> HttpResponse:
    """Show size, root and key fingerprint for the paper record."""
    desk = desk_of(request)
    note = desk.journal.checkpoint()
    _, size, root = note.splitlines()[:3]
    key = desk.public_key_text()
    return render(
        request,
        "front.html",
        {
            "case_id": desk.journal.case_id,
            "size": size,
            "root": base64.b64decode(root).hex(),
            "fingerprint": hashlib.sha256(base64.b64decode(key.rsplit("+", 1)[1])[1:]).hexdigest(),
            "checkpoint": note,
        },
    )


def style(_request: HttpRequest) -> HttpResponse:
    """Answer with the style sheet of the pages."""
    return HttpResponse(page("style.css"), content_type="text/css; charset=utf-8")
