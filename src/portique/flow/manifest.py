"""`derived/manifest.json`: which stage wrote which file from what, by hash."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import portique
from portique.flow.fingerprint import Inputs
from portique.flow.folder import DAMAGED, CaseFolder, swap_in

FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """What one stage did when it last ran.

    Args:
        fingerprint: SHA-256 over its inputs.
        inputs: the inputs by group and name.
        outputs: SHA-256 of each file it wrote, by name in `derived/`.
    """

    fingerprint: str
    inputs: Inputs
    outputs: dict[str, str]


@dataclass
class Manifest:
    """The stages that have run on a case.

    It holds no time and no absolute path: the same case gives the same bytes.

    Args:
        entries: by name of stage.
    """

    entries: dict[str, Entry] = field(default_factory=dict)

    def sha256(self, name: str) -> str | None:
        """Return the hash of a file of `derived/` as its stage wrote it; None: no stage did."""
        for entry in self.entries.values():
            if name in entry.outputs:
                return entry.outputs[name]
        return None

    def is_whole(self, stages: Iterable[str]) -> bool:
        """Return whether every stage ran, each on what the earlier ones wrote last."""
        if any(name not in self.entries for name in stages):
            return False
        return all(
            self.sha256(name) in {None, digest}
            for entry in self.entries.values()
            for name, digest in entry.inputs.get("files", {}).items()
        )

    def write(self, folder: CaseFolder, stages: Iterable[str]) -> None:
        """Write the entries of the stages that exist, whole and onto the disk."""
        document = {
            "format": FORMAT,
            "program": f"portique {portique.__version__}",
            "stages": {name: vars(self.entries[name]) for name in stages if name in self.entries},
        }
        text = json.dumps(document, sort_keys=True, indent=1)
        swap_in(path_of(folder), text + "\n")


def path_of(folder: CaseFolder) -> Path:
    """Return where the manifest of a case lies."""
    return folder.derived / "manifest.json"


def read_manifest(folder: CaseFolder) -> Manifest:
    """Return the manifest of a case; one that is missing or damaged says that nothing has run."""
    try:
        document = json.loads(path_of(folder).read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            return Manifest()
        return Manifest({name: _entry(entry) for name, entry in document["stages"].items()})
    except (FileNotFoundError, *DAMAGED):
        return Manifest()


def _entry(entry: dict[str, Any]) -> Entry:
    inputs = {group: dict(values) for group, values in entry["inputs"].items()}
    return Entry(str(entry["fingerprint"]), inputs, dict(entry["outputs"]))
