"""What others say of a checkpoint: a witness's signature, an authority's time.

Both are optional, brought by file or by whoever asks for them, and kept beside the checkpoints;
nothing here uses a network. Without one of them a log that was forked as a whole looks whole.
Source: C2SP tlog-cosignature v1; RFC 3161.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from portique.core.errors import Problem
from portique.engine.files import write_new
from portique.ledger.checkpoint import (
    COSIGNATURE,
    NoCheckpoint,
    Vkey,
    parse,
    signatures_of,
    text_of,
    verify,
)

_TIME_BYTES = 8


@dataclass(frozen=True)
class Stamp:
    """The time that an authority gave to a checkpoint.

    Args:
        size: entries of the checkpoint.
        at_utc: when, as the authority says.
    """

    size: int
    at_utc: datetime


def cosigned_at(note: str, witness: Vkey) -> int:
    """Return when a witness signed a checkpoint, in seconds since 1970.

    Args:
        note: with the witness's line.
        witness: its key; algorithm 4.

    Raises:
        NoCheckpoint: no line of this witness that fits.
    """
    if witness.algorithm != COSIGNATURE:
        raise NoCheckpoint("this is no key of a witness: it is not made for cosignatures")
    for name, key_id, content in signatures_of(note):
        if (name, key_id) != (witness.name, witness.key_id) or len(content) != _TIME_BYTES + 64:
            continue
        at = int.from_bytes(content[:_TIME_BYTES], "big")
        try:
            Ed25519PublicKey.from_public_bytes(witness.public_key).verify(
                content[_TIME_BYTES:], cosigned_message(note, at)
            )
        except InvalidSignature:
            continue
        return at
    raise NoCheckpoint(f"{witness.name} did not sign this checkpoint")


def cosigned_message(note: str, at: int) -> bytes:
    """Return what a witness signs: that it saw this checkpoint, and when.

    >>> cosigned_message("o\\n0\\nr=\\n\\n— o eHh4eHh4\\n", 5)
    b'cosignature/v1\\ntime 5\\no\\n0\\nr=\\n'
    """
    return f"cosignature/v1\ntime {at}\n{text_of(note)}".encode()


def keep_cosignature(folder: Path, note: str, witness: Vkey, signer: Vkey) -> int:
    """Keep a checkpoint that a witness signed, beside those of the log; return when it did.

    Args:
        folder: `CASE/checkpoints`; `cosigned-<size>.txt` is written there, lines of other
            witnesses kept.
        note: signed by the log and by the witness.
        witness, signer: keys of both.

    Raises:
        NoCheckpoint: one of the two did not sign it, or another root of this size is kept.
    """
    said = verify(note, signer)
    at = cosigned_at(note, witness)
    path = folder / f"cosigned-{said.size}.txt"
    if path.is_file():
        before = path.read_text(encoding="utf-8")
        if text_of(before) != text_of(note):
            raise NoCheckpoint("a witness signed another root of this size: the log was forked")
        lines = before.splitlines() + [line for line in note.splitlines() if line.startswith("—")]
        note = "\n".join(dict.fromkeys(line or "" for line in lines)) + "\n"
    write_new(path, note.encode())
    return at


def time_request(note: str) -> bytes:
    """Return the request, in DER, for a time stamp over the whole note; its nonce is drawn."""
    builder = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256)
    return builder.nonce(nonce=True).cert_request(cert_request=True).build().as_bytes()


def stamp_of(note: str, response: bytes, roots: list[bytes]) -> Stamp:
    """Return the time that a response gives to a note.

    Args:
        note: the checkpoint.
        response: the authority's answer, in DER.
        roots: certificates in PEM that are trusted; the authority's own comes in the answer.

    Raises:
        Problem: no answer, another note, or an authority that no root vouches for.
    """
    builder = VerifierBuilder()
    try:
        for root in roots:
            builder = builder.add_root_certificate(x509.load_pem_x509_certificate(root))
        answer = decode_timestamp_response(response)
        builder.build().verify_message(answer, note.encode())
    except (VerificationError, ValueError) as fault:
        raise Problem(
            f"this time stamp does not fit the checkpoint: {fault}",
            where=f"the checkpoint of {parse(note).size} entries",
            mend="ask the authority again with a new request, and name its own root certificate",
            code="LED-030",
        ) from fault
    return Stamp(parse(note).size, answer.tst_info.gen_time)


def keep_stamp(folder: Path, note: str, response: bytes, roots: list[bytes]) -> Stamp:
    """Keep an authority's answer beside the checkpoints as `timestamp-<size>.tsr`, checked.

    Raises:
        Problem: it does not fit.
    """
    stamp = stamp_of(note, response, roots)
    write_new(folder / f"timestamp-{stamp.size}.tsr", response)
    return stamp
