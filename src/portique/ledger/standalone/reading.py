"""How a pack is read: base64, I-JSON, keys, checkpoints, the tree, entries, files."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

FIELDS = {
    "entry_id": str,
    "case_id": str,
    "kind": str,
    "device_id": str,
    "prev_device_hash": str,
    "occurred_at_utc": str,
    "subject": dict,
    "body": dict,
    "attachments": list,
}
LONGEST_LINE = 1 << 25
LARGEST_FILE = 1 << 26
PIECE = 1 << 20
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


class Unfit(ValueError):  # noqa: N818 - what is said of the material
    """Something that does not fit, told in one line."""


class Fault(NamedTuple):
    """What does not fit, and where: None where it is no single entry."""

    sequence: int | None
    entry_id: str | None
    what: str


class Key(NamedTuple):
    """A C2SP verifier key: name, the four bytes that stand for it, Ed25519 public key."""

    name: str
    key_hash: bytes
    public: bytes


class Checkpoint(NamedTuple):
    """A C2SP checkpoint: signed text, origin, size, root, and (name, 4 + 64 bytes) a signature."""

    text: bytes
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes]]


class Entry(NamedTuple):
    """One line of entries.jsonl: as it stands there, and what its payload says."""

    sequence: int
    payload: bytes
    signature: bytes
    received_at_utc: str
    said: dict[str, Any]
    device: str
    payload_hash: str

    def fault(self, what: str) -> Fault:
        """Return something that does not fit, with this entry as the place."""
        return Fault(self.sequence, self.said["entry_id"], what)


def sha256(content: bytes) -> bytes:
    """Return the 32 bytes of SHA-256."""
    return hashlib.sha256(content).digest()


def from_base64(text: object) -> bytes:
    """Return what padded base64 (RFC 4648 section 4) stands for; one text a value.

    Raises:
        ValueError: anything else.

    >>> from_base64("QQ==")
    b'A'
    """
    content = base64.b64decode(text if isinstance(text, str) else "?", validate=True)
    if base64.b64encode(content).decode() != text:
        raise Unfit("base64 that is not in its one form")
    return content


def read_json(content: bytes) -> Any:
    """Return I-JSON (RFC 7493): no key twice, no NaN, no lone surrogate, no endless number."""
    read = json.loads(
        content.decode("utf-8"),
        object_pairs_hook=_unique,
        parse_int=_number,
        parse_float=_number,
        parse_constant=_number,
    )
    if b"\\u" in content:
        json.dumps(read, ensure_ascii=False).encode("utf-8")
    return read


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise Unfit("a key stands twice in one object")
    return read


def _number(text: str) -> Any:
    if len(text) > 400 or "N" in text or "I" in text:
        raise Unfit("a number that JSON does not allow, or one of over 400 characters")
    return int(text) if text.lstrip("-").isdigit() else float(text)


def read_vkey(text: str) -> Key:
    """Return a key from `<name>+<key hash in hex>+<base64 of 0x01 and the public key>`."""
    name, key_hash, encoded = ([*text.split("+", 2), "", ""])[:3]
    key = from_base64(encoded[:-1] if encoded.endswith("\n") else encoded)
    expected = sha256(name.encode() + b"\n" + key)[:4]
    if len(key) != 33 or key[0] != 1 or key_hash != expected.hex() or not name:
        raise Unfit("a vkey that is not an Ed25519 key, or whose key hash is another's")
    return Key(name, expected, key[1:])


def read_checkpoint(note: bytes) -> Checkpoint:
    """Return a checkpoint from a signed note: text, an empty line, lines of signatures."""
    text, parted, signed = note.rpartition(b"\n\n")
    lines = text.decode("utf-8").split("\n")
    if not parted or len(lines) < 3 or not DECIMAL.fullmatch(lines[1]):
        raise Unfit("no signed checkpoint: origin, size, root, an empty line, signatures")
    root, signatures = from_base64(lines[2]), []
    for line in signed.decode("utf-8").split("\n")[:-1]:
        words = line.split(" ")
        if len(words) != 3 or words[0] != "\N{EM DASH}" or not words[1]:
            raise Unfit("a line of a checkpoint that should be a signature is none")
        signatures.append((words[1], from_base64(words[2])))
    if len(root) != 32 or not signatures or not signed.endswith(b"\n"):
        raise Unfit("a checkpoint without a root of 32 bytes, or cut in its signatures")
    return Checkpoint(text + b"\n", lines[0], int(lines[1]), root, signatures)


class Tree:
    """The tree of RFC 6962 over leaves as they come: the roots of its full parts are kept."""

    def __init__(self) -> None:
        self.size, self.parts = 0, list[bytes]()

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        place = self.size
        while place & 1:
            leaf, place = sha256(b"\x01" + self.parts.pop() + leaf), place >> 1
        self.parts.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the leaves so far."""
        if not self.parts:
            return sha256(b"")
        root = self.parts[-1]
        for part in self.parts[-2::-1]:
            root = sha256(b"\x01" + part + root)
        return root


def _refuse_outside(name: str) -> None:
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        raise Unfit(f"a name that leads out of the pack: {name[:80]!r}")


class Pack:
    """The files of a pack, in a folder or in a ZIP; nothing is ever unpacked.

    Raises:
        Unfit: a ZIP that holds a name twice, or one that leads out of it.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.zip = None if place.is_dir() else zipfile.ZipFile(place)
        names = self.zip.namelist() if self.zip is not None else []
        for name in names:
            _refuse_outside(name)
        if len(set(names)) != len(names):
            raise Unfit("the ZIP holds a name twice")

    def attachments(self) -> list[str]:
        """Return the names in attachments/."""
        if self.zip is not None:
            inside = [n for n in self.zip.namelist() if n.startswith("attachments/")]
            return sorted(n.partition("/")[2] for n in inside if not n.endswith("/"))
        folder = self.place / "attachments"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def open(self, name: str) -> BinaryIO:
        """Return a file, to be read in pieces."""
        _refuse_outside(name)
        if self.zip is not None:
            if name not in self.zip.NameToInfo:
                raise Unfit("missing")
            return io.BufferedReader(self.zip.open(name))  # type: ignore[type-var]
        if not (self.place / name).is_file():
            raise Unfit("missing")
        return (self.place / name).open("rb")

    def read(self, name: str) -> bytes:
        """Return a file whole."""
        with self.open(name) as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise Unfit(f"larger than {LARGEST_FILE} bytes")
        return content

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield each line without its end."""
        with self.open(name) as stream:
            while True:
                line = stream.readline(LONGEST_LINE)
                if not line:
                    return
                if not line.endswith(b"\n"):
                    raise Unfit("a line without an end: cut, or too long")
                yield line[:-1]

    def holds(self, name: str, hash_hex: str, size: object) -> bool:
        """Return whether a file has this SHA-256 and this size; no more is read of it."""
        digest, length = hashlib.sha256(), 0
        with self.open(name) as stream:
            while isinstance(size, int) and length <= size:
                piece = stream.read(PIECE)
                if not piece:
                    break
                digest.update(piece)
                length += len(piece)
        return digest.hexdigest() == hash_hex and length == size


def read_entry(line: bytes, case_id: str) -> Entry:
    """Return one line of entries.jsonl; what the checks need of it is there afterwards."""
    row = read_json(line)
    if not isinstance(row, dict) or type(row.get("sequence")) is not int:
        raise Unfit("a line that is no object with a sequence")
    received = row.get("received_at_utc")
    if not isinstance(received, str):
        raise Unfit("a line without received_at_utc")
    payload, signature = from_base64(row.get("payload")), from_base64(row.get("signature"))
    said = read_json(payload)
    if not isinstance(said, dict) or type(said.get("device_seq")) is not int:
        raise Unfit("a payload that is no entry: no object, or no device_seq")
    for name, kind in FIELDS.items():
        if not isinstance(said.get(name), kind):
            raise Unfit(f"a payload that is no entry: {name}")
    if not all(
        isinstance(e, dict) and isinstance(e.get("sha256"), str) for e in said["attachments"]
    ):
        raise Unfit("a payload that is no entry: attachments")
    if said["case_id"] != case_id or len(signature) != 64:
        raise Unfit("a payload of another case, or a signature that has not 64 bytes")
    payload_hash = sha256(payload).hex()
    return Entry(
        row["sequence"], payload, signature, received, said, said["device_id"], payload_hash
    )
