"""Who reads: the bearer token of a program."""

from __future__ import annotations

from django.http import HttpRequest

from portique.flow.serving import NotLent
from portique.flow.tokens import Lent
from portique.web.answers import Refusal
from portique.web.request import desk_of, headers_named

CHALLENGE = (("WWW-Authenticate", 'Bearer realm="portique"'),)


def bearer_of(request: HttpRequest, verb: str) -> Lent:
    """Return what the token of a request lends.

    Args:
        request: the request.
        verb: method and name of the route.

    Raises:
        Refusal: 401 without a token that counts, 403 with one of another role.
    """
    try:
        return desk_of(request).lent(_token(headers_named(request, "authorization")), verb)
    except NotLent as fault:
        if fault.is_known:
            raise Refusal(403, "the role of this token may not read this") from None
        raise Refusal(401, "a bearer token that counts is wanted", CHALLENGE) from None


def _token(headers: list[str]) -> str | None:
    if len(headers) != 1:
        return None
    scheme, _, token = headers[0].strip(" \t").partition(" ")
    return token.strip(" ") if scheme.lower() == "bearer" else None
