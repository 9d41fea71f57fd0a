"""Checkpoints: the size and root of the log, signed as a note that witnesses understand.

Source: C2SP signed-note, tlog-checkpoint and tlog-cosignature (c2sp.org), all at v1.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from portique.ledger.entry import Malformed, decode_base64

ED25519 = 0x01
COSIGNATURE = 0x04
DASH = "\N{EM DASH} "
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoCheckpoint(ValueError):  # noqa: N818 - what is said of a text
    """A text that is no checkpoint, or whose signature does not fit."""


@dataclass(frozen=True)
class Vkey:
    """A public key with its name, as notes name signers.

    Args:
        name: e.g. "portique/prison-break-demo".
        algorithm: 1 (Ed25519) or 4 (Ed25519 cosignature).
        public_key: 32 bytes.
    """

    name: str
    algorithm: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names its key."""
        named = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public_key
        return hashlib.sha256(named).digest()[:4]

    def __str__(self) -> str:
        key = base64.b64encode(bytes([self.algorithm]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> Vkey:
        """Return the key that a vkey text names.

        Raises:
            NoCheckpoint: not of that form, another algorithm, or a key id that does not fit.
        """
        found = _VKEY.fullmatch(text.strip())
        if found is None:
            raise NoCheckpoint("this is no vkey: name+key id+key")
        try:
            key = decode_base64(found[3])
        except Malformed:
            raise NoCheckpoint("the key of this vkey is no base64") from None
        if len(key) != 33 or key[0] not in {ED25519, COSIGNATURE}:
            raise NoCheckpoint("this vkey holds no Ed25519 key")
        made = cls(found[1], key[0], key[1:])
        if made.key_id.hex() != found[2]:
            raise NoCheckpoint("the key id of this vkey does not fit its key")
        return made


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says: the log, its number of leaves, its root.

    Args:
        origin: e.g. "portique/prison-break-demo".
        size: leaves.
        root: 32 bytes.

    >>> print(Checkpoint("portique/x", 0, bytes(32)).text(), end="")
    portique/x
    0
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def vkey_of(origin: str, key: Ed25519PrivateKey) -> Vkey:
    """Return the public half of a checkpoint key under the log's name."""
    return Vkey(origin, ED25519, key.public_key().public_bytes_raw())


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """Return the signed note; the same checkpoint gives the same bytes."""
    text = checkpoint.text()
    signer = vkey_of(checkpoint.origin, key)
    line = base64.b64encode(signer.key_id + key.sign(text.encode())).decode()
    return f"{text}\n{DASH}{checkpoint.origin} {line}\n"


def parse(note: str) -> Checkpoint:
    """Return what a note says, its signatures not looked at.

    Raises:
        NoCheckpoint: not of the form of a checkpoint.
    """
    text, _ = _parted(note)
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or "" in lines[:-1]:
        raise NoCheckpoint("a checkpoint has an origin, a size and a root")
    if not _SIZE.fullmatch(lines[1]):
        raise NoCheckpoint("the size of this checkpoint is no plain decimal")
    try:
        root = decode_base64(lines[2])
    except Malformed:
        root = b""
    if len(root) != 32:
        raise NoCheckpoint("the root of this checkpoint is not 32 bytes in base64")
    return Checkpoint(lines[0], int(lines[1]), root)


def verify(note: str, signer: Vkey) -> Checkpoint:
    """Return what a note says when the named key signed it.

    Lines of other signers are passed over, as the form of a note asks.

    Raises:
        NoCheckpoint: no checkpoint, another origin, or no signature of this key that fits.
    """
    said = parse(note)
    text, signatures = _parted(note)
    if said.origin != signer.name:
        raise NoCheckpoint(f"this checkpoint is of {said.origin!r}, not of {signer.name!r}")
    found = [line for line in signatures if line[0] == signer.name and line[1] == signer.key_id]
    if not found:
        raise NoCheckpoint("the checkpoint carries no signature of this key")
    for _, _, signature in found:
        if not _fits(signer.public_key, signature, text.encode()):
            raise NoCheckpoint("the signature of the checkpoint does not fit")
    return said


def signatures_of(note: str) -> list[tuple[str, bytes, bytes]]:
    """Return the signature lines of a note: name, key id (4 bytes), signature bytes."""
    return _parted(note)[1]


def text_of(note: str) -> str:
    """Return the signed text of a note, without its signatures."""
    return _parted(note)[0]


def _fits(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _parted(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    text, parting, rest = note.rpartition("\n\n")
    if not parting or not rest.endswith("\n"):
        raise NoCheckpoint("this is no signed note: text, empty line, signatures")
    return text + "\n", [_signature(line) for line in rest[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, coded = line.removeprefix(DASH).partition(" ")
    try:
        content = decode_base64(coded)  # in its one form: no bit of a note is free
    except Malformed:
        content = b""
    if not line.startswith(DASH) or not name or len(content) < 5:
        raise NoCheckpoint("a signature line of this note is not of the form of one")
    return name, content[:4], content[4:]
