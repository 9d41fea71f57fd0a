"""Entries as they were received, for programs whose token reaches so far; every read is logged."""

from __future__ import annotations

import base64

from django.http import HttpRequest, HttpResponse

from portique.flow.tokens import Lent
from portique.web.answers import Refusal, as_json
from portique.web.request import desk_of, number

MOST = 1_000


def entries(request: HttpRequest, lent: Lent) -> HttpResponse:
    """Answer with entries of the log, in order."""
    first, limit = number(request, "from", 0), number(request, "limit", MOST)
    if not 1 <= limit <= MOST:
        raise Refusal(400, f"`limit` has to be 1 to {MOST}")
    page = desk_of(request).read_entries(lent, first, limit)
    rows = [
        {
            "sequence": each.sequence,
            "payload": base64.b64encode(each.payload).decode("ascii"),
            "signature": base64.b64encode(each.signature).decode("ascii"),
            "received_at_utc": each.received_at_utc,
        }
        for each in page.held
    ]
    return as_json({"entries": rows, "next": page.next})
