"""The form of answers: JSON, one form of refusals, the same headers on all of them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from django.http import HttpRequest, HttpResponse

from portique.flow.serving import Busy
from portique.web.settings import SECURITY_HEADERS

AFTER_A_FAULT_S = 30
"""When to come again after a fault of ours: soon enough for a device, too late for a storm."""


class Refusal(Exception):  # noqa: N818 - an answer
    """An answer that refuses.

    Args:
        status: of HTTP.
        what: in a sentence.
        headers: beside those that stand on all answers.
    """

    def __init__(self, status: int, what: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.status = status
        self.what = what
        self.headers = headers
        super().__init__(what)


def later(status: int, what: str, seconds: int) -> Refusal:
    """Return a refusal that says when to come again, in whole seconds."""
    return Refusal(status, what, (("Retry-After", str(max(1, seconds))),))


def busy(fault: Busy) -> Refusal:
    """Return the refusal while the journal can be neither written nor read."""
    return later(503, "the journal is held or full; nothing is acknowledged", fault.retry_after_s)


def as_json(value: object, status: int = 200) -> HttpResponse:
    """Return an answer of JSON."""
    content = msgspec.json.encode(value)
    return HttpResponse(content, content_type="application/json", status=status)


def as_text(text: str) -> HttpResponse:
    """Return an answer of text."""
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def refused(refusal: Refusal) -> HttpResponse:
    """Return a refusal as an answer."""
    answer = as_json({"error": refusal.what}, refusal.status)
    for name, value in refusal.headers:
        answer[name] = value
    return answer


def headers_on_all(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer what the door refused, and put the security headers on every answer."""

    def answer(request: HttpRequest) -> HttpResponse:
        refusal = request.META.get("portique.refusal")
        response = get_response(request) if refusal is None else refused(refusal)
        for name, value in SECURITY_HEADERS.items():
            response[name] = value
        return response

    return answer


def fault_of_ours(_request: HttpRequest) -> HttpResponse:
    """Answer after a fault of ours, which Django has logged with its traceback.

    A device that reads 503 keeps what it has and sends it again: nothing was acknowledged.
    """
    return refused(later(503, "a fault of the program; it is logged", AFTER_A_FAULT_S))
