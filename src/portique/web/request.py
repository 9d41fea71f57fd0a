"""What the door hands to the views beside what Django knows of a request."""

from __future__ import annotations

import re
from typing import BinaryIO, NamedTuple

from django.http import HttpRequest

from portique.flow.serving import Desk
from portique.web.answers import Refusal
from portique.web.carrier import Claim, Silence

PLAIN = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_DIGITS_OF_ANY_LOG = 18


class Carrier(NamedTuple):
    """The device that brings a request.

    Args:
        claim: what its header said.
        public_key: as enrolled.
    """

    claim: Claim
    public_key: bytes


class Body(NamedTuple):
    """The body of a request, read.

    Args:
        content: at its beginning.
        sha256: of all of it.
    """

    content: BinaryIO
    sha256: bytes


def desk_of(request: HttpRequest) -> Desk:
    """Return the desk of the case that is served."""
    desk = request.META["portique.desk"]
    assert isinstance(desk, Desk)  # noqa: S101 - put there by the server
    return desk


def silence_of(request: HttpRequest) -> Silence:
    """Return the counts of invalid entries of this server."""
    silence = request.META["portique.silence"]
    assert isinstance(silence, Silence)  # noqa: S101 - put there by the server
    return silence


def body_of(request: HttpRequest) -> Body:
    """Return the body that the door has read."""
    body = request.META["portique.body"]
    assert isinstance(body, Body)  # noqa: S101 - put there by the server
    return body


def headers_named(request: HttpRequest, name: str) -> list[str]:
    """Return every header of a name, in lower case, as often as it was sent."""
    return [value for key, value in request.META["portique.headers"] if key == name]


def number(request: HttpRequest, name: str, default: int | None = None) -> int:
    """Return a parameter that is a plain decimal number.

    Args:
        request: the request.
        name: of the parameter.
        default: where it is left out; None: it may not be.

    Raises:
        Refusal: 400, it is missing, there twice, or no plain decimal.
    """
    given = request.GET.getlist(name)
    if not given and default is not None:
        return default
    if len(given) != 1 or not PLAIN.fullmatch(given[0]):
        raise Refusal(400, f"`{name}` has to be one plain decimal number")
    # Longer than any log is long: as large as can be, and not a second of arithmetic.
    return int(given[0]) if len(given[0]) <= _DIGITS_OF_ANY_LOG else 10**_DIGITS_OF_ANY_LOG
