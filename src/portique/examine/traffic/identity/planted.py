"""From a capture record to the patterns that are looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import phonenumbers

from portique.core.ids import luhn_digit
from portique.examine.traffic.identity.forms import LEAST_BYTES, OF_DIGITS, OF_TEXT, Encoder
from portique.examine.traffic.identity.pattern import Identifier, Pattern, literal
from portique.examine.traffic.identity.record import CaptureRecord, RadioCell

_BETWEEN = rb"[-\x20./:_,;]?"
_LONGEST_TEXT = 48
_SHORTEST_TEXT = 6
_XORED_FORMS = {"ascii", "utf-8", "utf-16-le", "utf-16-be", "bcd", "bcd-swapped"}
_SPOKEN_FORMS = {"ascii", "utf-8", "latin-1", "utf-16-le", "utf-16-be"}
_LEAST_XORED = 7


def patterns(record: CaptureRecord) -> list[Pattern]:
    """Return every pattern for what a record says was planted, each once.

    Args:
        record: of the capture.
    """
    found: dict[tuple[bytes, bool, Identifier], Pattern] = {}
    for pattern in _all(record):
        found.setdefault((pattern.expression, pattern.in_differences, pattern.identifier), pattern)
    return list(found.values())


def too_short(record: CaptureRecord) -> list[str]:
    """Return what was planted and cannot be looked for, since it is too short to be told."""
    texts = [("message", text) for text in record.planted_messages]
    texts += [("contact", contact.name) for contact in record.planted_contacts if contact.name]
    return [f"{kind} {text!r}" for kind, text in texts if len(text) < _SHORTEST_TEXT]


def _all(record: CaptureRecord) -> Iterator[Pattern]:
    for kind, value, written in _identities(record):
        for digits in written:
            yield from _of_digits(Identifier(kind, value), digits)
    if record.msisdn:
        yield from _of_number(Identifier("msisdn", record.msisdn), record)
    for contact in record.planted_contacts:
        if contact.number:
            yield from _of_number(Identifier("contact", contact.number), record)
        yield from _of_text(Identifier("contact", contact.name), contact.name)
    for message in record.planted_messages:
        yield from _of_text(Identifier("message", message), message)
    if record.cell is not None:
        yield from _of_cell(record.cell)


def _identities(record: CaptureRecord) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield kind, value, and the value with and without its check digit."""
    if record.imei:
        body = record.imei[:14]
        yield "imei", record.imei, (body, body + str(luhn_digit(body)), record.imei)
    if record.imsi:
        yield "imsi", record.imsi, (record.imsi,)
    if record.iccid:
        shorter = (record.iccid[:-1],) if len(record.iccid) > 18 else ()
        yield "iccid", record.iccid, (record.iccid, *shorter)


def _of_digits(identifier: Identifier, digits: str) -> Iterator[Pattern]:
    yield from _encoded(identifier, digits, OF_DIGITS)
    apart = _BETWEEN.join(digits[place : place + 1].encode() for place in range(len(digits)))
    yield Pattern(identifier, "digits apart", apart, len(digits))


def _of_number(identifier: Identifier, record: CaptureRecord) -> Iterator[Pattern]:
    for written in _written(identifier.value, record):
        yield from _of_digits(identifier, written)


def _written(number: str, record: CaptureRecord) -> list[str]:
    """Return a number as digits, international and national; a short one only as it is."""
    region = _region(record)
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return [number.removeprefix("+")] if len(number) >= _SHORTEST_TEXT else []
    national = str(parsed.national_number)
    form = phonenumbers.PhoneNumberFormat.NATIONAL
    dialled = re.sub(r"\D", "", phonenumbers.format_number(parsed, form))
    written = [f"{parsed.country_code}{national}", dialled]
    return [each for each in dict.fromkeys(written) if len(each) >= _SHORTEST_TEXT]


def _region(record: CaptureRecord) -> str:
    mcc = record.cell.mcc if record.cell else record.imsi[:3]
    return {"208": "FR", "647": "RE", "340": "GP", "742": "GF", "234": "GB", "262": "DE"}.get(
        mcc, "FR"
    )


def _of_text(identifier: Identifier, text: str) -> Iterator[Pattern]:
    if len(text) >= _SHORTEST_TEXT:
        yield from _encoded(identifier, text[:_LONGEST_TEXT], OF_TEXT, hashed_whole=text)


def _encoded(
    identifier: Identifier, text: str, encoders: tuple[Encoder, ...], hashed_whole: str = ""
) -> Iterator[Pattern]:
    for encoder in encoders:
        source = hashed_whole if hashed_whole and encoder.__name__ == "hashed" else text
        for form, data in encoder(source):
            if len(data) < LEAST_BYTES:
                continue
            expression = literal(data)
            if hashed_whole and form in _SPOKEN_FORMS:
                expression = rb"(?i:" + expression + rb")"  # a program may change capitals
            yield Pattern(identifier, form, expression, len(data))
            if form in _XORED_FORMS and len(data) >= _LEAST_XORED:
                yield _xored(identifier, form, data)


def _xored(identifier: Identifier, form: str, data: bytes) -> Pattern:
    """Return the pattern that finds the data under any single-byte XOR.

    The XOR of two neighbours is the same whatever the key.
    """
    steps = bytes(one ^ other for one, other in pairwise(data))
    return Pattern(
        identifier,
        form,
        literal(steps),
        len(steps),
        in_differences=True,
        first=data[0],
    )


def _of_cell(cell: RadioCell) -> Iterator[Pattern]:
    """Yield the forms of a radio cell: alone its numbers are too short, so names or company."""
    identifier = Identifier("cell", f"{cell.mcc}-{cell.mnc}-{cell.lac}-{cell.ci}")
    lac, ci = str(cell.lac).encode(), str(cell.ci).encode()
    name, gap = rb"(?:cell_?id|cid|ci|cell)", rb"[\x22'=:\x20>]{1,4}"
    yield Pattern(identifier, "named fields", rb"(?i:lac)" + gap + lac + rb"[^0-9]", 5)
    if len(ci) >= 3:
        yield Pattern(
            identifier, "named fields", rb"(?i:" + name + rb")" + gap + ci + rb"[^0-9]", 5
        )
    before, after = rb"(?:^|[^0-9A-Fa-f])", rb"(?:$|[^0-9A-Fa-f])"  # no part of a longer number
    if len(lac + ci) >= 6:
        joined = before + lac + rb"[^0-9A-Za-z]{1,3}" + ci + after
        yield Pattern(identifier, "digits apart", joined, 7)
    hexed = b"%04x" % cell.lac + rb"[^0-9A-Za-z]?" + b"%04x" % cell.ci
    yield Pattern(identifier, "hex", before + rb"(?i:" + hexed + rb")" + after, 8)
    yield Pattern(identifier, "binary", literal(_binary(cell)), 7)


def _binary(cell: RadioCell) -> bytes:
    """Return a cell as signalling writes it: area in 5 bytes, then the cell in 2 or 4."""
    mnc = cell.mnc
    third = mnc[2] if len(mnc) == 3 else "f"
    digits = cell.mcc[1] + cell.mcc[0] + third + cell.mcc[2] + mnc[1] + mnc[0]
    size = 2 if cell.ci < 1 << 16 else 4
    return bytes.fromhex(digits) + cell.lac.to_bytes(2, "big") + cell.ci.to_bytes(size, "big")
