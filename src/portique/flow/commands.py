"""What a person can ask for: one request a command."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from portique.flow.access import NOT_STATED
from portique.flow.examined import UnderCase
from portique.flow.incremental import Options


@dataclass(frozen=True)
class Check:
    """Say what a run would use, refuse, set aside and lack, without deriving anything.

    Args:
        case: the case folder.
    """

    case: Path


@dataclass(frozen=True)
class Run:
    """Take in the sources, derive every table whose inputs changed, and give the figures.

    Args:
        case: the case folder.
        options: how the run is asked for.
        purpose: why the figures are looked at; they name cells.
    """

    case: Path
    options: Options = field(default_factory=Options)
    purpose: str = NOT_STATED


@dataclass(frozen=True)
class Why:
    """Say what one row of a derived table follows from, back to the rows as delivered.

    Args:
        case: the case folder.
        table: e.g. "target".
        key: the key of the row, its parts joined by "/".
        purpose: why it is looked at.
        all_rows: give every source row, not the first ones.
    """

    case: Path
    table: str
    key: str
    purpose: str = NOT_STATED
    all_rows: bool = False


@dataclass(frozen=True)
class Init:
    """Make an empty case folder.

    Args:
        folder: where; must be missing or empty.
    """

    folder: Path


@dataclass(frozen=True)
class Sectors:
    """Make the case's sector register from a delivered list of sites.

    Args:
        delivered: the file as received.
        register: the file to write.
    """

    delivered: Path
    register: Path


@dataclass(frozen=True)
class ExamineTraffic:
    """Say what a phone sent in a capture, to whom, to which country.

    Args:
        capture: a pcap or pcapng file.
        record: the capture record; None: the file of that name beside the capture.
        without_record: go on without a record.
        countries: folder of country files; None: as built in.
        indicators: a STIX 2 bundle of known hosts and addresses.
        cross_check: compare with tshark.
        triage: count who was spoken to, and read no content.
        under: case, exhibit and authority; None: no authority is shown.
    """

    capture: Path
    record: Path | None = None
    without_record: bool = False
    countries: Path | None = None
    indicators: Path | None = None
    cross_check: bool = False
    triage: bool = False
    under: UnderCase | None = None


@dataclass(frozen=True)
class ExamineReport:
    """Say what the stored examinations of one exhibit, or of the whole fleet, say together.

    Args:
        case: the case folder.
        exhibit: its id; None: every exhibit, by build.
        pdf: where to write the report too; None: nowhere.
        purpose: why it is looked at.
    """

    case: Path
    exhibit: str | None = None
    pdf: Path | None = None
    purpose: str = NOT_STATED


@dataclass(frozen=True)
class ExamineFirmware:
    """Say what the firmware of one image is able to do.

    Args:
        image: a flash image, or one file of a firmware.
        rules: files of YARA rules beside those of the package.
        under: case, exhibit and authority; None: no authority is shown.
    """

    image: Path
    rules: tuple[Path, ...] = ()
    under: UnderCase | None = None


@dataclass(frozen=True)
class UnpackFirmware:
    """Unpack the image of a phone's flash, or one file of its firmware.

    Args:
        image: the image.
        out: a folder that is missing or empty.
        under: case, exhibit and authority; None: no authority is shown.
    """

    image: Path
    out: Path
    under: UnderCase | None = None
