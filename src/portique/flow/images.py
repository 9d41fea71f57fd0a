"""What a phone's image holds, and what many have in common: asked of one case, or of none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portique.core.case import read_case
from portique.core.errors import Refused
from portique.core.ids import Imei
from portique.core.progress import Progress, silent
from portique.flow.access import NOT_STATED
from portique.flow.examined import NO_AUTHORITY, Act, Examination, UnderCase, examined
from portique.flow.exhibits_of_fleet import exhibits_of, kept
from portique.flow.folder import CaseFolder
from portique.flow.lock import refuse_if_held
from portique.flow.permissions import Person, require

if TYPE_CHECKING:
    from portique.collect.privilege import Privileged
    from portique.examine.content.examine import Asked


@dataclass(frozen=True)
class ExamineContent:
    """Say what messages, contacts, calls and identities an image holds.

    Args:
        image: the copy of a phone's flash.
        label: IMEI as printed on the phone; None: not told.
        under: the case whose records the IMEI is compared with and whose lawyers' lines are set
            aside, the exhibit and the authority; None: no authority is shown.
    """

    image: Path
    label: str | None = None
    under: UnderCase | None = None


@dataclass(frozen=True)
class ExaminePhone:
    """Unpack an image, and say what its firmware is able to do and what it holds, in one go.

    Args:
        image: the copy of a phone's flash.
        out: receives the parts, missing or empty; None: nothing is written.
        label: as of `ExamineContent`.
        rules: files of YARA rules beside those of the package.
        under: as of `ExamineContent`.
    """

    image: Path
    out: Path | None = None
    label: str | None = None
    rules: tuple[Path, ...] = ()
    under: UnderCase | None = None


@dataclass(frozen=True)
class ExamineFleet:
    """Group the images of a folder into builds, and say what each phone holds.

    Args:
        folder: of images; all files below it.
        out: where to write the account, the picture and one file a phone; None: nowhere.
        case: as in `ExamineContent`.
        authority: id of an `[[authority]]` of the case.
        exhibits: a file that names the exhibit of each image; None: the images' names do.
        purpose: why personal data are looked at.
    """

    folder: Path
    out: Path | None = None
    case: Path | None = None
    authority: str | None = None
    exhibits: Path | None = None
    purpose: str = NOT_STATED


@dataclass(frozen=True)
class Lawyers:
    """Whether a text holds a lawyer's number of the case.

    Args:
        known: the numbers, which are never printed.
    """

    known: Privileged

    def __call__(self, text: str) -> bool:
        """Return whether the text is such a number, or holds one."""
        return self.known.is_one(text) or self.known.in_text(text)


def examine_content(
    request: ExamineContent, person: Person, progress: Progress = silent
) -> dict[str, Any]:
    """Return the content of one image; the read of the case is logged before anything is shown.

    Raises:
        Refused: the image, the label, the case or the authority cannot be used.
    """
    from portique.examine.content.examine import examine  # noqa: PLC0415 - loads numpy

    require(person, "examine")
    label = _label(request.label)
    case = request.under.case if request.under else None
    return examined(
        Act("content", "image"),
        request.under,
        person,
        lambda: examine(request.image, _asked(case, label), progress),
    )


def examine_phone(
    request: ExaminePhone, person: Person, progress: Progress = silent
) -> dict[str, Any]:
    """Return what the three examinations of an image give, by their names; it is unpacked once.

    A case keeps each answer as that of the command by itself, and its journal has each.

    Raises:
        Refused: the image, the folder, a file of rules, the label, the case or the authority cannot
            be used.
    """
    from portique.examine.phone.examine import examine  # noqa: PLC0415 - loads numpy

    require(person, "examine")
    require(person, "unpack")
    label, under = _label(request.label), request.under
    rules = {f"rules {number}": path for number, path in enumerate(request.rules, 1)}
    examination = Examination(Act("phone", "image"), under, person) if under else None
    asked = _asked(under.case if under else None, label)
    told = examine(request.image, asked, request.out, request.rules, progress)
    for name, each in told.items():
        if examination is None or under is None:
            told[name] = each | {"authority": NO_AUTHORITY}
            continue
        act = Act(name, "image", rules if name == "firmware" else {})
        told[name] = examination.keep([(under.exhibit, each)], act)[0]
    said = told["firmware"]
    common = ("exhibit", "authority", "image_sha256", "image_bytes")
    return {"examination": "phone", **{name: said[name] for name in common}, **told}


def examine_fleet(
    request: ExamineFleet, person: Person, progress: Progress = silent
) -> dict[str, Any]:
    """Return the builds and the phones of a folder of images; a case keeps what each phone gave.

    Raises:
        Refused: the folder, the place to write to, the case, the authority or the file of exhibits
            cannot be used.
    """
    from portique.examine.fleet.examine import examine, names_in  # noqa: PLC0415 - loads numpy

    require(person, "examine")
    under = _under(request)
    if under is None:
        return examine(request.folder, _asked(None, None), request.out, progress, firmware_findings)
    exhibits = exhibits_of(names_in(request.folder), request.exhibits)
    act = Act("fleet", "image", {"exhibits": request.exhibits}, of="fleet")
    examination = Examination(act, under, person)
    asked = replace(_asked(under.case, None), authority=examination.authority)
    told = examine(request.folder, asked, request.out, progress, firmware_findings)
    return kept(examination, act, told, exhibits)


def _under(request: ExamineFleet) -> UnderCase | None:
    if request.case is None and request.authority is None and request.exhibits is None:
        return None
    if request.case is None or request.authority is None:
        raise Refused(
            "a case and an authority belong together",
            where="--case, --authority, --exhibits",
            mend="give both, or none of the three: no authority is shown then",
            code="EXC-008",
        )
    return UnderCase(request.case, "fleet", request.authority, request.purpose)


def firmware_findings(image: Path) -> dict[str, Any]:
    """Return what the firmware of a build is able to do: the answer without its lists of texts."""
    from portique.examine.firmware.examine import examine  # noqa: PLC0415 - loads numba

    told = examine(image)
    named = (
        "code_id",
        "grade",
        "verdict",
        "behaviours",
        "explained",
        "indicators",
        "explained_share",
    )
    found = {name: told[name] for name in (*named, "not_examined")}
    said = f"grade {told['grade']}: {told['verdict']['en']}"
    places = [each for each in told["items"] if each["kind"] in _DESTINATIONS][:_MOST_PLACES]
    return {
        "state": said,
        "examined_image_sha256": told["image_sha256"],
        "destinations": places,
        **found,
    }


_DESTINATIONS = frozenset({"url", "host", "ip", "number"})
_MOST_PLACES = 100


def _asked(case: Path | None, label: Imei | None) -> Asked:
    from portique.examine.content.examine import Asked  # noqa: PLC0415 - loads numpy

    if case is None:
        return Asked(label)
    from portique.collect.provenance import lawyers_of  # noqa: PLC0415 - loads pyarrow
    from portique.engine.store import Store  # noqa: PLC0415
    from portique.examine.content.identities import Fleet  # noqa: PLC0415

    read_case(case)
    folder = CaseFolder(case)
    refuse_if_held(folder)
    with Store(folder.derived, folder.scratch) as store:
        fleet = Fleet(store)
    return Asked(label, fleet, Lawyers(lawyers_of(folder.sources)))


def _label(text: str | None) -> Imei | None:
    if text is None:
        return None
    try:
        return Imei.parse("".join(text.split()).replace("-", "").replace("/", ""))
    except ValueError as fault:
        raise Refused(
            str(fault),
            where="--label",
            mend="write the IMEI of the label: 14 to 16 digits",
            code="EXA-060",
        ) from fault
