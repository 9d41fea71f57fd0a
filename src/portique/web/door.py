"""The door: what of a request can be refused before its body is read, in the contract's order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import Resolver404, resolve

from portique.flow.permissions import ACCESS_OF_ROUTE, DEVICE
from portique.flow.serving import Device
from portique.web.answers import Refusal
from portique.web.carrier import read_claim
from portique.web.request import Carrier
from portique.web.routes import Route, Verb

Headers = Sequence[tuple[str, str]]
"""Names in lower case and values, as often as they were sent."""


@dataclass(frozen=True)
class Head:
    """A request without its body.

    Args:
        method: as written.
        path: decoded, with its first slash.
        query: as written, without the question mark.
        headers: all of them.
    """

    method: str
    path: str
    query: str
    headers: Headers

    def named(self, name: str) -> list[str]:
        """Return every header of a name, as often as it was sent."""
        return [value for key, value in self.headers if key == name]

    @property
    def length(self) -> int | None:
        """How long the body is, as stated; None: it comes in chunks, or there is none."""
        stated = self.named("content-length")
        return None if self.named("transfer-encoding") or not stated else int(stated[0])


@dataclass(frozen=True)
class Admitted:
    """A request whose body may be read.

    Args:
        verb: what will answer it, and how large a body it takes.
        carrier: the device that brings it; None: the route asks for none.
    """

    verb: Verb
    carrier: Carrier | None


def admit(head: Head, device: Callable[[str], Device | None]) -> Admitted:
    """Let a request in, or refuse it: 404, 405, 401, 413.

    Args:
        head: the request.
        device: finds an enrolled device that is not revoked.

    Raises:
        Refusal: it is not let in; its body need not be read.
    """
    route, verb = _route(head)
    carrier = None
    if ACCESS_OF_ROUTE.get(f"{head.method} {route.name}") == DEVICE:
        carrier = _carrier(head, device)
    if verb.most_bytes and (head.length or 0) > verb.most_bytes:
        raise too_large(verb)
    return Admitted(verb, carrier)


def too_large(verb: Verb) -> Refusal:
    """Return the refusal of a body that is larger than a route takes."""
    return Refusal(413, f"a body here has at most {verb.most_bytes} bytes")


def _route(head: Head) -> tuple[Route, Verb]:
    try:
        route = resolve(head.path).func
    except Resolver404:
        raise Refusal(404, "there is nothing under this path") from None
    assert isinstance(route, Route)  # noqa: S101 - every pattern is made of one
    verb = route.verb(head.method)
    if verb is None:
        raise Refusal(405, f"this path takes {route.allow}", (("Allow", route.allow),))
    return route, verb


def _carrier(head: Head, device: Callable[[str], Device | None]) -> Carrier:
    claim = read_claim(head.named("authorization"))
    known = None if claim is None else device(claim.device_id)
    if claim is None or known is None:
        challenge = (("WWW-Authenticate", 'Device realm="portique"'),)
        raise Refusal(401, "one header `Authorization: Device <device_id>` is wanted", challenge)
    return Carrier(claim, known.public_key)
