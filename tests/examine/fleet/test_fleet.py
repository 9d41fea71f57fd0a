"""A fleet of invented phones: builds found, modified phones named, unreadable ones kept as rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.examine.content import phones
from tests.examine.firmware import images
from tests.examine.firmware.volumes import flash_blocks

from portique.core.errors import Refused
from portique.examine.content.examine import Asked
from portique.examine.fleet import examine as fleet
from portique.examine.fleet.builds import grouped
from portique.examine.fleet.dump import Reader, Source, read_dump
from tools import fleet_dumps


def code(product: int, changed: int = 0, name: str = "INVENTED_V1") -> bytes:
    """Return the code of a build of 300 functions, some of them replaced."""
    some = fleet_dumps.functions(product, 300)
    some[20 : 20 + changed] = fleet_dumps.functions(900 + changed, changed)
    whole = images.file_info(0x100, 0x10000000, b"".join(some), name)
    return whole + b"\xff" * (-len(whole) % 4096)


def phone(some_code: bytes, imei: str) -> bytes:
    """Return an image of that code with a user area of its own."""
    return some_code + flash_blocks(phones.volume({"MP0B_001": phones.imei_file(imei)}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of nine files: two builds of one product, another, a modified phone."""
    place = tmp_path / "dumps"
    place.mkdir()
    for number, some in enumerate(
        [code(1)] * 3 + [code(1, 12, "INVENTED_V2")] * 2 + [code(2, 0, "OTHER")]
    ):
        imei = phones.IMEI if number % 2 else phones.OTHER_IMEI
        (place / f"{number}.bin").write_bytes(phone(some, imei))
    (place / "modified.bin").write_bytes(phone(code(1, 3), phones.IMEI))
    (place / "empty.bin").write_bytes(b"")
    (place / "erased.bin").write_bytes(b"\xff" * 8192)
    return place


def test_builds_modified_and_unreadable_phones_are_told_apart(folder: Path, tmp_path: Path) -> None:
    """Same product, one build; the modified phone's functions are listed with their address."""
    (folder / "link.bin").symlink_to(folder / "0.bin")
    told = fleet.examine(folder, Asked(), tmp_path / "out")
    by_file = {row["file"]: row for row in told["phones"]}

    assert [(b["build_string"], b["phones"], len(b["codes"])) for b in told["builds"]] == [
        ("INVENTED_V1", 6, 3),
        ("OTHER", 1, 1),
    ]
    modified = by_file["modified.bin"]["modified"]
    assert modified["functions_added_count"] == modified["functions_gone_count"] == 3
    assert modified["functions_added"][0].startswith("rom:0x1000")
    assert [row["file"] for row in told["phones"] if row["modified"]] == ["modified.bin"]
    assert by_file["3.bin"]["modified"] is None
    assert by_file["3.bin"]["content"]["imeis"][0]["imei"] == phones.IMEI
    assert told["unreadable"] == 3
    assert by_file["empty.bin"]["state"] == "could not be read"
    assert by_file["link.bin"]["why"] == "a link, not a file"
    assert by_file["erased.bin"]["why"].startswith("no code")

    written = json.loads((tmp_path / "out" / "fleet.json").read_text())
    assert written["dumps"] == 10
    assert "content" not in written["phones"][0]
    assert (tmp_path / "out" / written["phones"][0]["content_file"]).is_file()
    picture = (tmp_path / "out" / "clusters.svg").read_text()
    assert picture.count("<circle") == 4
    assert "modified, same name: 1" in picture


def test_each_build_is_examined_once_and_each_phone_has_its_findings(folder: Path) -> None:
    """The examination of firmware is asked for each distinct code, not for each phone."""
    asked: list[int] = []

    def examiner(path: Path) -> dict[str, Any]:
        asked.append(path.stat().st_size)
        return {"state": "examined", "grade": 5}

    told = fleet.examine(folder, Asked(), examiner=examiner)

    assert len(asked) == 4
    assert all(build["findings"]["grade"] == 5 for build in told["builds"])


def test_the_user_area_does_not_change_the_build() -> None:
    """Two phones of one build: another image, the same code."""
    first, second = (
        read_dump(Source(imei, lambda imei=imei: phone(code(1), imei)), Asked())  # type: ignore[misc]
        for imei in (phones.IMEI, phones.OTHER_IMEI)
    )

    assert first.image_sha256 != second.image_sha256
    assert first.code_sha256 == second.code_sha256
    assert first.build_string == "INVENTED_V1"


def test_without_headers_code_ends_where_the_user_area_begins() -> None:
    """Spreadtrum: items of NV are no code."""
    dump = read_dump(Source("a", phones.spreadtrum), Asked())

    assert dump.code_bytes == 0x24
    assert dump.build_string == ""


@pytest.mark.slow
def test_two_processes_give_what_one_gives() -> None:
    """In the same order, with the same picture."""
    sources = [Source(str(n), fleet_dumps.Synthetic(n, 2 << 20)) for n in range(fleet._AT_ONCE)]
    together, chart = fleet.examine_sources(sources, Asked())
    alone = [read_dump(source, Asked()).code_sha256 for source in sources[:3]]

    assert [phone["code_sha256"] for phone in together["phones"][:3]] == alone
    assert together["dumps"] == fleet._AT_ONCE
    assert all(build["phones"] for build in together["builds"])
    assert chart == fleet.examine_sources(sources, Asked())[1]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """With how to mend it."""
    with pytest.raises(Refused) as refused:
        fleet.examine(tmp_path, Asked())
    assert refused.value.code == "EXA-062"
    with pytest.raises(Refused):
        Reader(tmp_path / "none")()


def test_groups_are_what_pairs_connect() -> None:
    """Also over a third."""
    assert grouped(5, [(3, 4, 1.0), (0, 4, 1.0)]) == [[0, 3, 4], [1], [2]]
