"""Compute the baseline of `examine firmware` from public builds: hashes of texts, no text.

    tools/firmware_baseline.py IMAGE... writes src/portique/examine/firmware/baseline.bin

What stands in the vendors' own public kits says nothing of one phone. Only texts that name a
destination, an identity or a command count; others are never items.
"""

from __future__ import annotations

import sys
from pathlib import Path

from portique.examine.firmware.baseline import hash_of
from portique.examine.firmware.evidence import gather
from portique.examine.firmware.loaded import load
from portique.examine.firmware.program import Program

OUT = Path(__file__).parent.parent / "src/portique/examine/firmware/baseline.bin"


def main(images: list[Path]) -> None:
    """Write the baseline of some images."""
    hashes: set[bytes] = set()
    for image in images:
        _, segments = load(image.read_bytes())
        evidence = gather(Program(segments), subtract=False)
        kinds = {"url", "host", "ip", "number", "identity", "at_command"}
        hashes |= {hash_of(item.text.value) for item in evidence.items if item.kind in kinds}
    OUT.write_bytes(b"".join(sorted(hashes)))
    print(f"{len(hashes):,} texts of {len(images)} images")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
