"""Flash images of an invented fleet, made on the fly: the same number gives the same bytes.

Forty builds in ten products: builds of one product share some
96 functions of 100. A phone
has its build's code, a user area of its own with messages, contacts and an IMEI, and erased bytes
up to the size of the chip. One phone in 125 was modified: ten of its functions are others. The code
is plain (a ROM): packing it would take the generator longer than the examination takes to unpack.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from tests.examine.content import phones
from tests.examine.firmware import images
from tests.examine.firmware.volumes import flash_blocks
from tests.examine.traffic.short_messages import deliver, submit

from portique.core.ids import luhn_digit

BUILDS = 40
PER_PRODUCT = 4
MODIFIED_EVERY = 125
FUNCTIONS = 12_000
_CHANGED_IN_BUILD = 250
_CHANGED_IN_PHONE = 10
_WORDS = 32
_OPERATIONS = np.array([0x2000, 0x3000, 0x1800, 0x4000, 0x0000, 0x3900])
_PUSH, _POP = bytes.fromhex("f0b5"), bytes.fromhex("f0bd")


@dataclass(frozen=True)
class Synthetic:
    """One invented phone; calling it gives its image.

    Args:
        number: from 0.
        size: bytes of the image.
    """

    number: int
    size: int = 4 << 20

    def __call__(self) -> bytes:
        """Return the image."""
        return image(self.number, self.size)


def build_of(number: int) -> int:
    """Return the build of a phone; early builds are the common ones."""
    return random.Random(number).randrange(BUILDS) if number % 3 else number // 3 % BUILDS


def is_modified(number: int) -> bool:
    """Return whether a phone's code was changed."""
    return number % MODIFIED_EVERY == MODIFIED_EVERY - 1


def image(number: int, size: int = 4 << 20) -> bytes:
    """Return the flash of one phone."""
    code = _patched(number) if is_modified(number) else _code(build_of(number))
    area = flash_blocks(_user_area(number))
    return (code + area).ljust(size, b"\xff")


def functions(seed: int, count: int) -> list[bytes]:
    """Return invented Thumb functions: a push, instructions that need no literal, a pop."""
    chance = np.random.default_rng(seed)
    sizes = chance.integers(12, 2 * _WORDS, count) // 2 * 2
    words = chance.choice(_OPERATIONS, int(sizes.sum())) | chance.integers(0, 0x80, sizes.sum())
    body, found, at = words.astype("<u2").tobytes(), [], 0
    for size in sizes.tolist():
        found.append(_PUSH + body[at : at + 2 * size] + _POP)
        at += 2 * size
    return found


@lru_cache(maxsize=BUILDS)
def _functions_of(build: int) -> tuple[bytes, ...]:
    found = functions(1_000 + build // PER_PRODUCT, FUNCTIONS)
    changed = functions(10_000 + build, _CHANGED_IN_BUILD)
    places = random.Random(20_000 + build).sample(range(FUNCTIONS), _CHANGED_IN_BUILD)
    for place, other in zip(places, changed, strict=True):
        found[place] = other
    return tuple(found)


def _file(build: int, some: tuple[bytes, ...]) -> bytes:
    code = images.file_info(0x100, 0x10000000, b"".join(some), f"INVENTED_{build:02}_V1")
    return code + b"\xff" * (-len(code) % 4096)


@lru_cache(maxsize=BUILDS)
def _code(build: int) -> bytes:
    return _file(build, _functions_of(build))


def _patched(number: int) -> bytes:
    some = list(_functions_of(build_of(number)))
    places = random.Random(number).sample(range(FUNCTIONS), _CHANGED_IN_PHONE)
    for place, other in zip(places, functions(50_000 + number, _CHANGED_IN_PHONE), strict=True):
        some[place] = other
    return _file(build_of(number), tuple(some))


def _user_area(number: int) -> bytes:
    chance = random.Random(90_000 + number)
    body = f"001017{chance.randrange(10**8):08}"
    records = []
    for _ in range(chance.randrange(3, 20)):
        other = f"+337{chance.randrange(10**8):08}"
        unit = deliver(other, f"message {chance.randrange(10**6)}")
        if chance.random() < 0.5:
            unit = submit(other, f"answer {chance.randrange(10**6)}")
        records.append(phones.record(unit, phones.FREE if chance.random() < 0.2 else 1))
    some = [phones.contact(f"Name {n}", f"+336{chance.randrange(10**8):08}") for n in range(6)]
    return phones.volume(
        {
            "MPA3_001": b"".join(records),
            "MT6V_002": b"".join(some),
            "MP0B_001": phones.imei_file(body + str(luhn_digit(body))),
        }
    )
