"""The folder that receives what was unpacked: names from an image never lead out of it.

Names in an image are hostile. Each part of a path keeps letters, digits and a few signs; a name
that is taken gets a number; files are only ever made anew; count and bytes are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from portique.core.errors import Refused
from portique.examine.firmware.reading import Damaged

MOST_FILES = 20_000
MOST_BYTES = 512 << 20
_LONGEST_PART = 80
_DEEPEST = 20
_SIGNS = frozenset("._-~+@ ")
_DEVICES = frozenset({"con", "prn", "aux", "nul"})


class Folder:
    """A folder that was empty, and what was written into it.

    Args:
        root: missing or empty.

    Raises:
        Refused: it holds something, is no folder, or cannot be written into.
    """

    def __init__(self, root: Path) -> None:
        if root.is_symlink() or (root.exists() and not (root.is_dir() and not any(root.iterdir()))):
            raise Refused(
                "the folder for the unpacked parts is not empty",
                where=str(root),
                mend="name a folder that does not exist yet; nothing is ever overwritten",
                code="EXA-042",
            )
        with _writing(root):
            root.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._files_taken = {"manifest.json"}
        self._folders_taken: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._files = 0
        self._bytes = 0

    def write(self, parts: Sequence[str], content: bytes) -> str:
        """Write one file and return its path inside the folder, parts joined by "/".

        Args:
            parts: folders and name, as the image has them.
            content: all bytes.

        Raises:
            Damaged: there are more files or bytes than an image may give.
            Refused: the disk takes no more.
        """
        if self._files >= MOST_FILES or self._bytes + len(content) > MOST_BYTES:
            raise Damaged(f"not written: more than {MOST_FILES:,} files or {MOST_BYTES:,} bytes")
        name = self._free("/".join(safe_part(part) for part in parts[-_DEEPEST:]))
        path = self._root / name
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        self._files += 1
        self._bytes += len(content)
        return name

    def write_account(self, text: str) -> None:
        """Write manifest.json, a name that no part of an image can take.

        Raises:
            Refused: the disk takes no more.
        """
        with _writing(self._root / "manifest.json"):
            (self._root / "manifest.json").write_text(text, encoding="utf-8")

    def _free(self, wanted: str) -> str:
        """Return the name, or one with a number where a file or a folder has it already."""
        name, number = wanted, self._numbers.get(wanted.casefold(), 1)
        while not self._is_free(name):
            number += 1
            name = f"{wanted}~{number}" if self._no_file_above(wanted) else f"~{number}/{wanted}"
        folded = name.casefold()
        self._numbers[wanted.casefold()] = number
        self._files_taken.add(folded)
        self._folders_taken.update(_above(folded))
        return name

    def _is_free(self, name: str) -> bool:
        folded = name.casefold()
        return (
            folded not in self._files_taken
            and folded not in self._folders_taken
            and self._no_file_above(name)
        )

    def _no_file_above(self, name: str) -> bool:
        return self._files_taken.isdisjoint(_above(name.casefold()))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise Refused(
            f"the folder for the unpacked parts cannot be written: {fault.strerror}",
            where=str(path),
            mend="name a folder on a disk with room, in which you may write",
            code="EXA-043",
        ) from fault


def _above(name: str) -> list[str]:
    """Return every folder in which a path lies."""
    parts = name.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def safe_part(part: str) -> str:
    """Return one part of a path that names nothing outside, on any system.

    >>> safe_part(".."), safe_part("a/b\\\\c:d"), safe_part(".hidden"), safe_part("")
    ('_', 'a_b_c_d', '_hidden', '_')
    """
    kept = "".join(
        sign if (sign.isascii() and sign.isalnum()) or sign in _SIGNS else "_" for sign in part
    )[:_LONGEST_PART].rstrip(". ")
    kept = "_" + kept[1:] if kept.startswith((".", " ", "~")) else kept
    return f"_{kept}" if kept.split(".")[0].casefold() in _DEVICES or kept == "" else kept
