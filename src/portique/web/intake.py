"""What devices bring: entries and attachments."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from portique.flow.serving import OtherHash, TooManyUnnamed
from portique.web.answers import Refusal, as_json, later
from portique.web.body import Unreadable, read_pairs
from portique.web.carrier import is_proven
from portique.web.request import Body, Carrier, body_of, desk_of, headers_named, silence_of

AFTER_TOO_MANY_FILES_S = 60
"""Soon enough: entries that name the files may come any moment."""


def entries(request: HttpRequest, carrier: Carrier) -> HttpResponse:
    """Judge a batch of entries and keep it; on the disk before the answer."""
    _json_only(request)
    body, silence = body_of(request), silence_of(request)
    device_id, proven = carrier.claim.device_id, _is_proven(carrier, body)
    try:
        pairs = read_pairs(body.content.read())
    except Unreadable as fault:
        raise Refusal(400, fault.what) from None
    wait_s = silence.wait_s(device_id, proven=proven)
    if wait_s:
        raise later(429, "too many invalid entries came from this carrier", wait_s)
    accepted = desk_of(request).accept(pairs, device_id)
    invalid = sum(each.status == "invalid" for each in accepted.results)
    silence.count(device_id, invalid, proven=proven)
    results = [
        {
            "entry_id": each.entry_id,
            "status": each.status,
            "sequence": each.sequence,
            "reason": each.reason,
        }
        for each in accepted.results
    ]
    return as_json({"results": results, "checkpoint": accepted.checkpoint})


def attachment(request: HttpRequest, name: str, carrier: Carrier) -> HttpResponse:
    """Keep a file under its SHA-256; on the disk before the answer."""
    body = body_of(request)
    device_id, proven = carrier.claim.device_id, _is_proven(carrier, body)
    try:
        is_new = desk_of(request).keep(name, body.content, device_id, proven=proven)
    except OtherHash as fault:
        raise Refusal(400, str(fault)) from None
    except TooManyUnnamed as fault:
        raise later(429, str(fault), AFTER_TOO_MANY_FILES_S) from None
    status = "created" if is_new else "known"
    return as_json({"sha256": name, "status": status}, 201 if is_new else 200)


def _json_only(request: HttpRequest) -> None:
    types = headers_named(request, "content-type")
    media = types[0].split(";")[0].strip(" \t").lower() if len(types) == 1 else ""
    if media != "application/json":
        raise Refusal(415, "the body has to be application/json")
    if headers_named(request, "content-encoding"):
        raise Refusal(415, "the body has to come as it is, without Content-Encoding")


def _is_proven(carrier: Carrier, body: Body) -> bool:
    return is_proven(carrier.claim, carrier.public_key, body.sha256)
