"""Who brings a request: the header `Authorization`, and how much nonsense a carrier sent."""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MOST_INVALID = 1_000
WINDOW_S = 600.0


@dataclass(frozen=True)
class Claim:
    """What a header says: `Device <device_id>`, or `Device <device_id> <base64 signature>`.

    Args:
        device_id: the carrier.
        proof: signature over the SHA-256 of the body, as written; None: none given.
    """

    device_id: str
    proof: str | None = None


def read_claim(headers: Sequence[str]) -> Claim | None:
    """Return what the `Authorization` headers of a request claim; None: nothing that counts.

    >>> read_claim(["Device hub-1"])
    Claim(device_id='hub-1', proof=None)
    >>> read_claim(["Device hub-1", "Device hub-1"]) is None
    True
    """
    if len(headers) != 1:
        return None
    words = headers[0].strip(" \t").split(" ")
    if len(words) not in {2, 3} or words[0].lower() != "device" or not all(words):
        return None
    return Claim(words[1], words[2] if len(words) == 3 else None)


def is_proven(claim: Claim, public_key: bytes, body_sha256: bytes) -> bool:
    """Return whether a carrier proved itself: its key signed the SHA-256 of the body.

    A proof that does not fit counts as none: the request is then one that anybody could have
    sent, and its entries are judged by their own signatures as ever.
    """
    if claim.proof is None:
        return False
    try:
        signature = base64.b64decode(claim.proof, validate=True)
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, body_sha256)
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def sha256(body: bytes) -> bytes:
    """Return the SHA-256 that a proof signs, 32 bytes."""
    return hashlib.sha256(body).digest()


class Silence:
    """Counts invalid entries of each carrier, and says for how long it is not listened to.

    Proven and unproven requests of one carrier are counted apart: nobody can silence a device by
    sending nonsense in its name.

    Args:
        most: how many invalid entries in the window are too many.
        window_s: length of the window in seconds.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        most: int = MOST_INVALID,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._window_s = window_s
        self._clock = clock
        self._counts: dict[tuple[str, bool], deque[tuple[float, int]]] = {}
        self._lock = threading.Lock()

    def count(self, carrier: str, invalid: int, *, proven: bool) -> None:
        """Add the invalid entries of one request."""
        if invalid:
            with self._lock:
                said = self._counts.setdefault((carrier, proven), deque())
                said.append((self._clock(), invalid))

    def wait_s(self, carrier: str, *, proven: bool) -> int:
        """Return in how many whole seconds the carrier is listened to again; 0: it is now."""
        with self._lock:
            said = self._counts.get((carrier, proven))
            if said is None:
                return 0
            now = self._clock()
            while said and said[0][0] <= now - self._window_s:
                said.popleft()
            left = sum(number for _, number in said)
            if left < self._most:
                return 0
            for moment, number in said:
                left -= number
                if left < self._most:
                    return int(moment + self._window_s - now) + 1
        return 1
