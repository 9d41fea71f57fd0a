"""Unpack one image of a mini-phone into a folder, with an account of what was not unpacked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from portique.core.errors import Refused
from portique.core.progress import Progress, silent
from portique.examine.firmware import mediatek, spreadtrum, user_area
from portique.examine.firmware.folder import Folder
from portique.examine.firmware.unpacked import Receiver, Unpacked

MOST_IMAGE_BYTES = 128 << 20
"""Flash chips of these phones hold 4 to 32 MiB."""


def unpack(path: Path, out: Path, progress: Progress = silent) -> dict[str, Any]:
    """Unpack an image and return the account that is also written as OUT/manifest.json.

    Args:
        path: a flash image, or one file of a firmware.
        out: a folder that is missing or empty.
        progress: told what is done.

    Raises:
        Refused: the image cannot be read, is empty or too large, or the folder holds something.
    """
    image = read_image(path)
    folder = Folder(out)
    account = take_apart(image, folder, progress).as_dict()
    folder.write_account(json.dumps(account, ensure_ascii=False, sort_keys=True, indent=1) + "\n")
    return account


def take_apart(image: bytes, receiver: Receiver, progress: Progress = silent) -> Unpacked:
    """Give every part of an image to a receiver, and return what was and was not unpacked.

    Args:
        image: all its bytes.
        receiver: where parts go.
        progress: told what is done.
    """
    unpacked = Unpacked(image, receiver)
    for what, parser in (
        ("MediaTek parts", mediatek.unpack),
        ("Spreadtrum parts", spreadtrum.unpack),
        ("user area", user_area.unpack),
    ):
        progress(f"looking for {what}", 0, 0)
        with unpacked.attempt(what, 0, len(image)):
            parser(unpacked, progress)
    return unpacked


def read_image(path: Path) -> bytes:
    """Return the bytes of an image.

    Raises:
        Refused: it cannot be read, is empty or too large.
    """
    try:
        size = path.stat().st_size
        image = path.read_bytes() if 0 < size <= MOST_IMAGE_BYTES else b""
    except OSError as fault:
        raise Refused(
            f"the image cannot be read: {fault.strerror}",
            where=str(path),
            mend="name a file that exists and may be read",
            code="EXA-040",
        ) from fault
    if not size:
        raise Refused(
            "the image is empty",
            where=str(path),
            mend="copy it again from where it was taken, and compare the hashes",
            code="EXA-044",
        )
    if not image:
        raise Refused(
            f"an image has 1 to {MOST_IMAGE_BYTES:,} bytes; this file has {size:,}",
            where=str(path),
            mend="name the image of one flash chip, or one file of a firmware",
            code="EXA-041",
        )
    return image
