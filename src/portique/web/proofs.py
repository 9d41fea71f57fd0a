"""Checkpoint and proofs: hashes only, open to all."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from portique.web.answers import Refusal, as_json, as_text
from portique.web.request import desk_of, number


def checkpoint(request: HttpRequest) -> HttpResponse:
    """Answer with the latest signed checkpoint."""
    return as_text(desk_of(request).journal.checkpoint())


def proof(request: HttpRequest) -> HttpResponse:
    """Answer with the path from an entry to the root of a tree.

    Source: RFC 6962 section 2.1.1.
    """
    sequence, size = number(request, "sequence"), number(request, "size")
    journal = desk_of(request).journal
    if sequence >= size or size > journal.size():
        raise Refusal(404, "no such entry in a tree of this size, or no such tree")
    leaf_hash, path = journal.inclusion(sequence, size)
    return as_json({"leaf_hash": leaf_hash, "path": path})


def consistency(request: HttpRequest) -> HttpResponse:
    """Answer with the path that shows that one tree begins with another.

    Source: RFC 6962 section 2.1.2.
    """
    first, second = number(request, "from"), number(request, "to")
    journal = desk_of(request).journal
    if first > second or second > journal.size():
        raise Refusal(404, "no tree of these sizes")
    path = [] if first in {0, second} else journal.consistency(first, second)
    return as_json({"path": path})
