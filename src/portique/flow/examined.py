"""An examination within a case: under which authority, of which exhibit, and what is kept of it.

Every `examine` command goes through `examined`. Without a case the answer says that no authority
was shown. With one, an authority that the case does not know is refused; an authority that does
not cover the material is recorded and flagged, for reality is logged and legality is a flag.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import portique
from portique.core.case import read_case
from portique.core.errors import Problem, Refused
from portique.flow.access import NOT_STATED, Read, log_read
from portique.flow.folder import CaseFolder, swap_in
from portique.flow.order import captured_period, find_order
from portique.flow.permissions import Person, require

if TYPE_CHECKING:
    from portique.ledger.program import ProgramEntry

NO_AUTHORITY = "no authority shown"
IN_CASE = "examine in case"
MAIN = frozenset({"traffic", "firmware"})
"""Examinations whose answer has the bare hash for its name; others add their own name."""
_LONGEST_ID = 200


@dataclass(frozen=True)
class UnderCase:
    """Under what an examination is made.

    Args:
        case: the case folder.
        exhibit: id of the exhibit that is examined.
        authority: id of an `[[authority]]` of the case, or of an order of its journal.
        purpose: why; kept in the access log and in the journal.
    """

    case: Path
    exhibit: str
    authority: str
    purpose: str = NOT_STATED


@dataclass(frozen=True)
class Act:
    """What kind of examination is made, of what.

    Args:
        name: e.g. "traffic", "firmware", "content", "unpack".
        kind: kind of source that the material is, as authorities name it: "traffic" or "image".
        material: what was used besides what is examined: name -> file; missing ones are left out.
        of: the command that makes it as part of more, e.g. "fleet"; its answer is kept beside that
            of the examination by itself. "": none.
    """

    name: str
    kind: str
    material: Mapping[str, Path | None] = field(default_factory=dict)
    of: str = ""


def examined(
    act: Act, under: UnderCase | None, person: Person, examine: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Make an examination and, within a case, keep its answer.

    Args:
        act: what is examined.
        under: the case, exhibit and authority; None: there is none.
        person: who asks.
        examine: makes the examination; its answer names `capture_sha256` or `image_sha256`.

    Returns:
        The answer, marked with exhibit and authority.

    Raises:
        Refused: the case cannot be read, has no such authority, or the role may not write in it.
        Problem: the answer was stored, and the journal could not be written.
    """
    if under is None:
        return examine() | {"authority": NO_AUTHORITY}
    examination = Examination(act, under, person)
    return examination.keep([(under.exhibit, examine())])[0]


class Examination:
    """An examination that has been allowed and logged, and may now be made.

    For one answer `examined` is enough; a fleet keeps the answers of many exhibits at once.

    Args:
        act, under, person: as of `examined`.

    Raises:
        Refused: as of `examined`.
    """

    def __init__(self, act: Act, under: UnderCase, person: Person) -> None:
        require(person, IN_CASE)
        self._act, self._under, self._person = act, under, person
        self._folder = CaseFolder(under.case)
        self._settings = read_case(under.case)
        self._order = find_order(under.case, self._settings, under.authority)
        check_exhibit(under.exhibit)
        read = Read(f"examine {act.name}", "exhibit", under.exhibit, under.purpose)
        log_read(self._folder, person, read)

    @property
    def authority(self) -> str:
        """Return the id of the authority."""
        return self._order.id

    def keep(
        self, answers: Sequence[tuple[str, dict[str, Any]]], act: Act | None = None
    ) -> list[dict[str, Any]]:
        """Store answers below `derived/examination/`, and say in the journal that they were made.

        Args:
            answers: exhibit and answer of each.
            act: what kind they are; None: what was asked for.

        Returns:
            The answers, marked with exhibit and authority.

        Raises:
            Problem: the answers were stored, and the journal could not be written.
        """
        act = act or self._act
        material = {
            name: _sha256(path)
            for name, path in sorted(act.material.items())
            if path is not None and path.is_file()
        }
        marked = [
            self._marked(act, exhibit, told) | {"material": material} for exhibit, told in answers
        ]
        hashes = [_store(self._folder, act, told) for told in marked]
        self._say([self._entry(act, *each) for each in zip(marked, hashes, strict=True)])
        return marked

    def _marked(self, act: Act, exhibit: str, told: dict[str, Any]) -> dict[str, Any]:
        check_exhibit(exhibit)
        flags = self._order.flags(act.kind, told)
        named = told.get("exhibit")
        if named and named != exhibit:
            words = f"the record of the material names the exhibit {named}, not {exhibit}"
            french = f"le procès-verbal du matériel nomme la pièce {named}, non {exhibit}"
            flags.append({"flag": "exhibit", "what": words, "fr": french})
        return told | {
            "case_id": self._settings.case_id,
            "exhibit": exhibit,
            "examination": act.name,
            "authority": self._order.id,
            "authority_flags": flags,
            "program": f"portique {portique.__version__}",
        }

    def _entry(self, act: Act, told: dict[str, Any], digest: str) -> ProgramEntry:
        from portique.ledger.program import ProgramEntry  # noqa: PLC0415 - loads cryptography

        body = {
            "tool": f"portique examine {act.of or act.name}",
            "version": portique.__version__,
            "tool_version": portique.__version__,
            "of_sha256": examined_sha256(told),
            "result_sha256": digest,
            "examined_sha256": examined_sha256(told),
            "material": told["material"],
            "answer_sha256": digest,
            "flags": told["authority_flags"],
            "source_kind": act.kind,
            **captured_period(told),
        }
        return ProgramEntry(
            kind="examined",
            subject_type="exhibit",
            subject_id=told["exhibit"],
            body=body,
            actor=self._person.actor,
            role=self._person.role,
            purpose=self._under.purpose,
            authority_id=self._order.id,
        )

    def _say(self, entries: list[ProgramEntry]) -> None:
        if not (self._folder.root / "journal.pub").is_file():
            return
        from portique.flow.declaring import append_all_resting  # noqa: PLC0415
        from portique.ledger.journal import Busy, Journal  # noqa: PLC0415 - loads cryptography

        try:
            with closing(Journal.open(self._folder.root)) as journal:
                append_all_resting(journal, entries)
        except Busy as fault:
            raise Problem(
                f"the answer is stored, and the journal does not know of it: {fault}",
                where=str(self._folder.root),
                mend="give the same command again; it stores the same answer and tells the journal",
                code="EXC-004",
            ) from fault


def examined_sha256(told: Mapping[str, Any]) -> str:
    """Return the hash of the file that an answer is about."""
    digest = told.get("capture_sha256") or told["image_sha256"]
    assert isinstance(digest, str)  # noqa: S101 - both are hashes that we computed
    return digest


def stored_in(folder: CaseFolder) -> Path:
    """Return where a case keeps the answers of examinations; a run leaves it alone."""
    return folder.derived / "examination"


def check_exhibit(exhibit: str, where: str = "--exhibit") -> None:
    """Refuse what is no id of an exhibit.

    Raises:
        Refused: it is empty, too long, or more than one line.
    """
    if not exhibit.strip() or len(exhibit) > _LONGEST_ID or not exhibit.isprintable():
        raise Refused(
            f"{exhibit[:_LONGEST_ID]!r} is no id of an exhibit",
            where=where,
            mend="give the id under which it was sealed: one line of at most 200 signs",
            code="EXC-002",
        )


def _store(folder: CaseFolder, act: Act, told: dict[str, Any]) -> str:
    """Store an answer and return the hash of its bytes."""
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    swap_in(_place(folder, act, told), text)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _place(folder: CaseFolder, act: Act, told: dict[str, Any]) -> Path:
    """Return the file of an answer; the same bytes of another exhibit get a name of their own."""
    parts = [examined_sha256(told), act.of, "" if act.name in MAIN else act.name]
    name = "-".join(filter(None, parts))
    place = stored_in(folder) / f"{name}.json"
    if place.is_file():
        held = json.loads(place.read_text(encoding="utf-8"))
        if held.get("exhibit") != told["exhibit"]:
            other = hashlib.sha256(told["exhibit"].encode("utf-8")).hexdigest()[:16]
            return place.with_name(f"{name}-{other}.json")
    return place


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
