"""What devices bring: entries and attachments."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse

from portique.flow.serving import Busy
from portique.web.answers import Refusal, as_json, later
from portique.web.body import Unreadable, read_pairs
from portique.web.carrier import is_proven
from portique.web.request import Body, Carrier, body_of, desk_of, headers_named, silence_of

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


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
    try:
        accepted = desk_of(request).accept(pairs, device_id)
    except Busy as fault:
        raise later(503, "the journal cannot be written now", fault.retry_after_s) from fault
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
    if not _SHA256.fullmatch(name):
        raise Refusal(400, "an attachment is named by 64 lower-case hex digits")
    if body.sha256.hex() != name:
        raise Refusal(400, f"this file has another SHA-256: {body.sha256.hex()}")
    try:
        is_new = desk_of(request).keep(name, body.content, carrier.claim.device_id)
    except Busy as fault:
        raise later(503, "the file cannot be kept now", fault.retry_after_s) from fault
    return as_json(
        {"sha256": name, "status": "created" if is_new else "known"}, 201 if is_new else 200
    )


def _json_only(request: HttpRequest) -> None:
    types = headers_named(request, "content-type")
    media = types[0].split(";")[0].strip(" \t").lower() if len(types) == 1 else ""
    if media != "application/json":
        raise Refusal(415, "the body has to be application/json")
    if headers_named(request, "content-encoding"):
        raise Refusal(415, "the body has to come as it is, without Content-Encoding")


def _is_proven(carrier: Carrier, body: Body) -> bool:
    return is_proven(carrier.claim, carrier.public_key, body.sha256)
