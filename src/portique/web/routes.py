"""Every route: path, methods, what it is called in `flow/permissions.py`. Nothing is served that
does not stand here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from portique.flow.permissions import ACCESS_OF_ROUTE, DEVICE, OPEN
from portique.flow.serving import Busy
from portique.web import front, intake, proofs, reads
from portique.web.answers import Refusal, busy, refused
from portique.web.bearer import bearer_of

MIB = 1 << 20

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Verb:
    """One method of one route.

    Args:
        view: takes the request and what the path names.
        most_bytes: of a body; more is refused.
        is_file: the body goes to a file on the way, it may be large.
    """

    view: View
    most_bytes: int = 0
    is_file: bool = False


@dataclass(frozen=True)
class Route:
    """One path.

    Args:
        name: with a method before it, the key in `ACCESS_OF_ROUTE`.
        pattern: regular expression of the path, without the first slash.
        verbs: by method.
    """

    name: str
    pattern: str
    verbs: dict[str, Verb]

    def verb(self, method: str) -> Verb | None:
        """Return what answers a method; HEAD is GET without a body."""
        return self.verbs.get("GET" if method == "HEAD" else method)

    @property
    def allow(self) -> str:
        """The methods, for the header `Allow`."""
        head = ["HEAD"] if "GET" in self.verbs else []
        return ", ".join(sorted([*self.verbs, *head]))

    def __call__(self, request: HttpRequest, **named: object) -> HttpResponse:
        """Answer a request: who asks is looked at here, so that no view can forget it."""
        method = "GET" if request.method == "HEAD" else str(request.method)
        access = ACCESS_OF_ROUTE[f"{method} {self.name}"]
        try:
            if access == DEVICE:
                named["carrier"] = request.META["portique.carrier"]
            elif access != OPEN:
                named["lent"] = bearer_of(request, f"{method} {self.name}")
            return self.verbs[method].view(request, **named)
        except Refusal as refusal:
            return refused(refusal)
        except Busy as fault:
            return refused(busy(fault))


ROUTES = (
    Route("front", r"", {"GET": Verb(front.front)}),
    Route("style", r"style\.css", {"GET": Verb(front.style)}),
    Route(
        "entries",
        r"api/journal/entries",
        {"POST": Verb(intake.entries, 8 * MIB), "GET": Verb(reads.entries)},
    ),
    Route(
        "attachment",
        r"api/journal/attachments/(?P<name>(?s:.*))",
        {"PUT": Verb(intake.attachment, 64 * MIB, is_file=True)},
    ),
    Route("checkpoint", r"api/journal/checkpoint", {"GET": Verb(proofs.checkpoint)}),
    Route("proof", r"api/journal/proof", {"GET": Verb(proofs.proof)}),
    Route("consistency", r"api/journal/consistency", {"GET": Verb(proofs.consistency)}),
)

urlpatterns: list[URLPattern] = [
    re_path(rf"^{route.pattern}\Z", route, name=route.name) for route in ROUTES
]
handler500 = "portique.web.answers.fault_of_ours"
