"""A request as a document: its words in one language, and its pages by typst."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from portique.authorise.wording import SCOPE, TERMS, WORDS, french
from portique.core.clock import parse_utc
from portique.core.evidence import grade
from portique.core.typeset import page_pdf, section

LANGUAGES = ("fr", "en")


def pdf(request: dict[str, Any], language: str) -> bytes:
    """Return the pages of a request; the same request gives the same bytes.

    Args:
        request: as `request.json` holds it.
        language: "fr", the document; "en", a reading copy.
    """
    return page_pdf(content(request, language))


def content(request: dict[str, Any], language: str) -> dict[str, Any]:
    """Return the words of a request, as the template takes them.

    In French nothing stands that is not of the French catalogue: a finding without words there
    is given by its strength alone.
    """
    say = _Words(language)
    case, mark = request["case"], request["checkpoint"]
    return {
        "lang": language,
        "kicker": f"{case['title']} · {case['id']}",
        "title": say("title"),
        "subtitle": f"{request['prison']}, {say('cell').lower()} {request['cell_id']}",
        "facts": [list(fact) for fact in _facts(request, say)],
        "sections": [
            section(say("asked"), say("ask")),
            *_grounds(request, say),
        ],
        "signatures": [say("first"), say("second")],
        "footer": say("footer").format(
            id=request["authority_id"],
            size=mark["size"],
            root=mark["root"],
            target=request["target_sha256"],
        ),
    }


class _Words:
    """The catalogue in one language."""

    def __init__(self, language: str) -> None:
        self.at = LANGUAGES.index(language)

    def __call__(self, name: str) -> str:
        return WORDS[name][self.at]

    def number(self, value: float, places: int, *, signed: bool = False) -> str:
        text = f"{value:+.{places}f}" if signed else f"{value:.{places}f}"
        return text if self.at else text.replace(".", ",")

    def support(self, log10_lr: float) -> str:
        step = grade(log10_lr)
        words = (step.support_fr, step.support_en)[self.at]
        return f"{words} {self('against')}" if log10_lr < 0 and step.from_lr > 1 else words

    def moment(self, utc: str, zone: str) -> str:
        local = parse_utc(utc).astimezone(ZoneInfo(zone))
        return f"{local:%d/%m/%Y %H:%M}" if not self.at else f"{local:%Y-%m-%d %H:%M}"


def _facts(request: dict[str, Any], say: _Words) -> Iterator[tuple[str, str]]:
    zone = request["case"]["timezone"]
    place = [request["cell_id"]]
    place += [f"{say(n)} {request[n]}" for n in ("building", "floor") if request[n] is not None]
    period = say("until").format(
        start=say.moment(request["from_utc"], zone),
        end=say.moment(request["until_utc"], zone),
        zone=zone,
    )
    yield say("number"), request["authority_id"]
    yield say("prison"), f"{request['prison']} ({request['prison_id']})"
    yield say("cell"), ", ".join(place)
    yield say("period"), period
    yield say("scope"), ", ".join(SCOPE[word][say.at] for word in request["scope"])
    yield say("basis"), request["basis"] or say("basis_open")
    held = "; ".join(f"{a['id']} ({a['basis']})" for a in request["held_under"])
    yield say("sources"), held or "—"
    if say("reading_copy"):
        yield "", say("reading_copy")


def _grounds(request: dict[str, Any], say: _Words) -> Iterator[dict[str, Any]]:
    chance = say("chance").format(
        p=say.number(request["p_any"], 3),
        n=say.number(request["expected_handsets"], 2),
        as_of=say.moment(request["case"]["as_of_utc"], request["case"]["timezone"]),
    )
    yield section(say("grounds"), chance, say("scale"))
    heads, widths = [say("element"), say("strength"), say("says")], [4, 2, 9]
    for handset in request["handsets"]:
        rows = [_term(term, say) for term in handset["terms"]]
        table = (heads, widths, rows) if rows else None
        yield section(
            f"{say('handset')} {handset['handset_id']}", *_about(handset, say), table=table
        )


def _about(handset: dict[str, Any], say: _Words) -> Iterator[str]:
    named = [f"{say('imei')} {handset['imei']}"] if handset["imei"] else []
    named += [f"{say('model')} {handset['model']}"] if handset["model"] else []
    yield ", ".join([*named, f"{say('here')} {say.number(handset['p_here'], 3)}"]) + "."
    if handset["records"] is not None:
        yield say("records").format(records=handset["records"], days=handset["days"])
    for name, key in (("place", "place_log10_lr"), ("user", "user_log10_lr")):
        strength = handset[key]
        if strength is not None and (name == "place" or handset["inmate_id"]):
            yield say(name).format(
                inmate=handset["inmate_id"],
                support=say.support(strength),
                lr=say.number(strength, 1, signed=True),
            )


def _term(term: dict[str, Any], say: _Words) -> list[str]:
    name = TERMS.get(term["term"])
    words = term["words"] if say.at else french(term["words"])
    return [name[say.at] if name else "—", say.number(term["log10_lr"], 2, signed=True), words]
