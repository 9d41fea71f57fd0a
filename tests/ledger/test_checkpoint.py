"""Checkpoints as the notes that witnesses of transparency logs read."""

from __future__ import annotations

import base64
import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from hypothesis import given
from hypothesis import strategies as st

from portique.ledger.checkpoint import (
    Checkpoint,
    NoCheckpoint,
    Vkey,
    parse,
    sign,
    signatures_of,
    text_of,
    verify,
    vkey_of,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SAID = Checkpoint("portique/case-1", 42, bytes(range(32)))
SIGNER = vkey_of("portique/case-1", KEY)
NOTE = sign(SAID, KEY)

# The example of the signed-note specification.
EXAMPLE_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
EXAMPLE_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_of_others_is_read_as_they_mean_it() -> None:
    """The key, its id and the signature of the specification's example fit."""
    signer = Vkey.parse(EXAMPLE_VKEY)
    name, key_id, signature = signatures_of(EXAMPLE_NOTE)[0]

    assert str(signer) == EXAMPLE_VKEY
    assert (name, key_id) == (signer.name, signer.key_id)
    Ed25519PublicKey.from_public_bytes(signer.public_key).verify(
        signature, text_of(EXAMPLE_NOTE).encode()
    )


def test_a_signed_checkpoint_says_what_was_signed() -> None:
    """Its text has three lines, its signature one, and the same gives the same bytes."""
    assert verify(NOTE, SIGNER) == SAID
    assert NOTE.split("\n")[:4] == [
        "portique/case-1",
        "42",
        base64.b64encode(SAID.root).decode(),
        "",
    ]
    assert sign(SAID, KEY) == NOTE
    assert Vkey.parse(str(SIGNER)) == SIGNER


def test_lines_of_other_signers_are_passed_over() -> None:
    """A witness may add its own."""
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    line = base64.b64encode(b"abcd" + other.sign(b"x")).decode()
    assert verify(NOTE + f"— witness.example/w {line}\n", SIGNER) == SAID


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("42", "43"),
        ("42", "042"),
        ("42", "-1"),
        ("42", "4_2"),
        ("portique/case-1\n42", "portique/case-2\n42"),
        ("\n\n", "\n"),
        ("— ", "- "),
        ("AAEC", "AAED"),
        ("AAEC", "AA*C"),
    ],
)
def test_a_changed_note_does_not_pass(before: str, after: str) -> None:
    """Neither with another text nor in another form."""
    with pytest.raises(NoCheckpoint):
        verify(NOTE.replace(before, after, 1), SIGNER)


def test_another_key_does_not_pass() -> None:
    """A note without the key's own line is not signed by it."""
    other = vkey_of("portique/case-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    with pytest.raises(NoCheckpoint, match="no signature of this key"):
        verify(NOTE, other)


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AQ==", EXAMPLE_VKEY[:-2], "a b+c+d"])
def test_what_is_no_vkey_is_refused(text: str) -> None:
    """Its key id has to fit its key."""
    with pytest.raises(NoCheckpoint):
        Vkey.parse(text)


@given(st.text() | st.binary().map(lambda content: content.decode("latin-1")))
def test_any_text_is_a_checkpoint_or_refused(text: str) -> None:
    """Nothing else comes out of reading one."""
    with contextlib.suppress(NoCheckpoint):
        parse(text)
