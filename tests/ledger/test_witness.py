"""Witnesses and time stamps: kept where they fit, refused where they do not."""

from __future__ import annotations

import base64
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portique.core.errors import Problem
from portique.ledger.checkpoint import (
    COSIGNATURE,
    ED25519,
    Checkpoint,
    NoCheckpoint,
    Vkey,
    sign,
    vkey_of,
)
from portique.ledger.witness import (
    cosigned_at,
    keep_cosignature,
    keep_stamp,
    stamp_of,
    time_request,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = vkey_of("portique/case-1", KEY)
NOTE = sign(Checkpoint("portique/case-1", 7, bytes(32)), KEY)
OTHER = sign(Checkpoint("portique/case-1", 7, bytes(range(32))), KEY)


class MadeWitness:
    """A witness that signs what it is shown."""

    def __init__(self, name: str) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"."))
        self.vkey = Vkey(name, COSIGNATURE, self.key.public_key().public_bytes_raw())

    def cosign(self, note: str, at: int) -> str:
        """Return the note with its line."""
        text = note.partition("\n\n")[0] + "\n"
        signature = self.key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        content = self.vkey.key_id + at.to_bytes(8, "big") + signature
        return f"{note}— {self.vkey.name} {base64.b64encode(content).decode()}\n"


def test_the_specifications_own_cosignature_is_read() -> None:
    """A line of a witness has a key id, eight bytes of time and a signature."""
    witness = MadeWitness("witness.example.com/w1")
    assert cosigned_at(witness.cosign(NOTE, 1_679_315_147), witness.vkey) == 1_679_315_147


def test_lines_of_several_witnesses_are_kept_in_one_file(tmp_path: Path) -> None:
    """Each once; the log's own line stays."""
    first, second = MadeWitness("w.example/1"), MadeWitness("w.example/2")
    for _ in range(2):
        assert keep_cosignature(tmp_path, first.cosign(NOTE, 5), first.vkey, SIGNER) == 5
        assert keep_cosignature(tmp_path, second.cosign(NOTE, 6), second.vkey, SIGNER) == 6
    kept = (tmp_path / "cosigned-7.txt").read_text()

    assert kept == second.cosign(first.cosign(NOTE, 5), 6)
    assert (cosigned_at(kept, first.vkey), cosigned_at(kept, second.vkey)) == (5, 6)


def test_a_fork_that_a_witness_signed_is_told(tmp_path: Path) -> None:
    """Two roots of one size cannot both be of one log."""
    first, second = MadeWitness("w.example/1"), MadeWitness("w.example/2")
    keep_cosignature(tmp_path, first.cosign(NOTE, 5), first.vkey, SIGNER)
    with pytest.raises(NoCheckpoint, match="forked"):
        keep_cosignature(tmp_path, second.cosign(OTHER, 6), second.vkey, SIGNER)


def test_what_a_witness_did_not_sign_is_refused() -> None:
    """Another note, another time, another key, or a key of another kind."""
    witness = MadeWitness("w.example/1")
    line = witness.cosign(NOTE, 5).splitlines()[-1]
    wrong = Vkey(witness.vkey.name, ED25519, witness.vkey.public_key)
    for note, key in (
        (f"{OTHER}{line}\n", witness.vkey),
        (NOTE, witness.vkey),
        (witness.cosign(NOTE, 5), MadeWitness("w.example/2").vkey),
        (witness.cosign(NOTE, 5), wrong),
    ):
        with pytest.raises(NoCheckpoint):
            cosigned_at(note, key)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a time-stamp authority that openssl plays."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to play the authority")
    folder = tmp_path_factory.mktemp("authority")
    (folder / "serial").write_text("01\n")
    (folder / "openssl.cnf").write_text(
        f"""
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[stamper]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = {folder}/serial
signer_cert = {folder}/stamper.pem
signer_key = {folder}/stamper.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
    )
    for command in (
        "req -new -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 30 "
        "-subj /CN=Root -extensions root -config openssl.cnf",
        "req -new -newkey rsa:2048 -nodes -keyout stamper.key -out stamper.csr -subj /CN=Stamper "
        "-config openssl.cnf",
        "x509 -req -in stamper.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 "
        "-extfile openssl.cnf -extensions stamper -out stamper.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder


def answered(authority: Path, request: bytes) -> bytes:
    """Return the authority's answer to a request."""
    (authority / "query.tsq").write_bytes(request)
    command = "ts -reply -config openssl.cnf -queryfile query.tsq -out answer.tsr"
    subprocess.run(["openssl", *command.split()], cwd=authority, check=True, capture_output=True)
    return (authority / "answer.tsr").read_bytes()


def test_an_authoritys_time_is_kept_beside_the_checkpoint(authority: Path, tmp_path: Path) -> None:
    """Checked against its root first, and readable by other programs after."""
    roots = [(authority / "root.pem").read_bytes()]
    answer = answered(authority, time_request(NOTE))
    stamp = keep_stamp(tmp_path, NOTE, answer, roots)

    assert stamp.size == 7
    assert abs(datetime.now(UTC) - stamp.at_utc) < timedelta(minutes=5)
    (tmp_path / "note").write_text(NOTE)
    command = ["openssl", "ts", "-verify", "-in", str(tmp_path / "timestamp-7.tsr")]
    command += ["-data", str(tmp_path / "note"), "-CAfile", str(authority / "root.pem")]
    assert b"OK" in subprocess.run(command, check=True, capture_output=True).stdout


def test_a_time_stamp_that_does_not_fit_is_refused(authority: Path, tmp_path: Path) -> None:
    """Another note, another root, no answer at all."""
    root = (authority / "root.pem").read_bytes()
    answer = answered(authority, time_request(NOTE))
    command = "req -new -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 30"
    subprocess.run(
        ["openssl", *command.split(), "-subj", "/CN=Other", "-config", "openssl.cnf"],
        cwd=authority,
        check=True,
        capture_output=True,
    )
    other = (authority / "other.pem").read_bytes()
    for note, response, roots in (
        (OTHER, answer, [root]),
        (NOTE, answer, [other]),
        (NOTE, answer, []),
        (NOTE, answer[:-5], [root]),
        (NOTE, b"", [root]),
        (NOTE, answer, [b"no certificate"]),
    ):
        with pytest.raises(Problem, match="does not fit"):
            stamp_of(note, response, roots)
    assert list(tmp_path.iterdir()) == []
