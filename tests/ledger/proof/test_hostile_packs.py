"""A pack may be anything: the answer is a line and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.proof.naive_pack import invented

from portique.ledger.standalone.verify import main

NAMES = ("entries.jsonl", "checkpoint.txt", "journal.pub", "devices.json")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Return an untouched pack."""
    return invented().save(tmp_path / "pack")


def zipped(pack: Path) -> Path:
    """Return the pack as a ZIP beside it."""
    target = pack.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(pack.rglob("*")):
            made.write(path, path.relative_to(pack).as_posix())
    return target


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(pack: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1, and the line says which."""
    (pack / name).unlink()

    assert main([str(pack)]) == 1
    assert f"NOT FITTING  {name}: missing" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{}",
        b"[]\n",
        b"null\n",
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b'{"sequence": ' + b"9" * 100_000 + b"}\n",
        b'{"sequence": NaN, "sequence": 1}\n',
        b'[{"id": "\\ud800", "public_key": ""}]',
        b"+++\n\n\n\n",
        b"portique/x\n" + b"9" * 5000 + b"\nAAAA\n\n\xe2\x80\x94 portique/x AAAA\n",
    ],
)
def test_nonsense_in_a_file_ends_with_a_line(pack: Path, name: str, content: bytes) -> None:
    """Whatever stands in it, the exit code is 1."""
    (pack / name).write_bytes(content)

    assert main([str(pack)]) == 1


@pytest.mark.parametrize("place", ["nothing-here", "journal.pub"])
def test_what_is_no_pack_at_all_ends_with_a_line(pack: Path, place: str) -> None:
    """No such folder, or a file that is no ZIP."""
    assert main([str(pack / place)]) == 1


def test_a_zip_is_read_as_the_folder_is(pack: Path) -> None:
    """Nothing has to be unpacked."""
    assert main([str(pack)]) == main([str(zipped(pack))]) == 0


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil", "a\\..\\b", "journal.pub"])
def test_a_zip_with_a_name_that_leads_out_or_stands_twice_is_refused(
    pack: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two readers of such a ZIP could see two packs."""
    target = zipped(pack)
    with zipfile.ZipFile(target, "a") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.writestr(name, b"evil")

    assert main([str(target)]) == 1
    assert "ZIP" in capsys.readouterr().out or "\\" in name or name.startswith((".", "/"))


@pytest.mark.parametrize("name", [*NAMES, "attachments"])
def test_a_bomb_is_not_read_to_its_end(pack: Path, name: str) -> None:
    """A file that unpacks to 256 MiB of zeros, or of empty lines, ends where it no longer fits."""
    inside = f"attachments/{next(iter(invented().files))}" if name == "attachments" else name
    target = zipped(pack)
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(pack / "bomb", "w", 8) as made:
        for info in old.infolist():
            if info.filename != inside:
                made.writestr(info.filename, old.read(info))
        with made.open(inside, "w") as stream:
            for _ in range(256):
                stream.write(bytes(1 << 20) if name != "entries.jsonl" else b"\n" * (1 << 20))

    assert main([str(pack / "bomb")]) == 1


def test_a_pipe_or_a_device_in_place_of_a_file_is_not_waited_for(pack: Path) -> None:
    """Only files are opened."""
    (pack / "journal.pub").unlink()
    os.mkfifo(pack / "journal.pub")
    (pack / "devices.json").unlink()
    (pack / "devices.json").symlink_to("/dev/zero")

    assert main([str(pack)]) == 1


@given(st.data())
def test_no_damage_of_any_file_ends_in_a_traceback(data: st.DataObject) -> None:
    """Bytes are cut out, doubled and changed at will, in a folder and in a ZIP."""
    with tempfile.TemporaryDirectory() as folder:
        pack = invented().save(Path(folder) / "pack")
        target = data.draw(st.sampled_from([*(pack / name for name in NAMES), zipped(pack)]))
        content = bytearray(target.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(content)))
            new = data.draw(st.binary(max_size=4))
            content[at : at + data.draw(st.integers(0, 40))] = new
        target.write_bytes(content)

        assert main([str(target if target.suffix == ".zip" else pack)]) in {0, 1}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "public_key", "sequence", "payload", "from"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    )
)
def test_no_json_of_another_shape_ends_in_a_traceback(value: object) -> None:
    """What is JSON but not the form of the file is said not to fit."""
    with tempfile.TemporaryDirectory() as folder:
        pack = invented().save(Path(folder) / "pack")
        shutil.copytree(pack, Path(folder) / "other")
        (pack / "devices.json").write_text(json.dumps(value))
        (Path(folder) / "other" / "entries.jsonl").write_text(json.dumps(value) + "\n")

        assert main([str(pack)]) == main([str(Path(folder) / "other")]) == 1
