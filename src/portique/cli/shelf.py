"""The commands, each read when it is asked for: `portique run` loads nothing of the journal."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module

import click

PLACES: dict[str, tuple[str, ...]] = {
    "authorise": ("authorise_commands",),
    "check": ("case_commands",),
    "demo": ("world_commands",),
    "device": ("device_commands", "vouch_commands:prepare"),
    "examine": ("examine_commands", "image_commands:content", "image_commands:fleet",
                "image_commands:phone", "report_command:report"),
    "exhibit": ("exhibit_commands", "exhibit_events", "exhibit_papers"),
    "export": ("proof_commands",),
    "init": ("case_commands",),
    "journal": ("serve_commands", "alarm_command:alarms", "correct_command:correct",
                "vouch_commands:witness", "vouch_commands:time_request",
                "vouch_commands:time_stamp", "vouch_commands:purge"),
    "mark": ("world_commands",),
    "reads": ("serve_commands",),
    "run": ("case_commands",),
    "search": ("search_commands", "supplier_commands:premises", "supplier_commands:site_closed"),
    "sectors": ("case_commands",),
    "serve": ("serve_commands",),
    "simulate": ("world_commands",),
    "token": ("token_commands",),
    "verify": ("proof_commands",),
    "why": ("why_command",),
}  # fmt: skip
"""Command -> the file that holds it, below `portique.cli`; then files whose commands join its
group: named after a colon, or by being read."""


class Shelf(MutableMapping[str, click.Command]):
    """Commands by name, read from their files when they are taken."""

    def __init__(self) -> None:
        self._taken: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._taken:
            self._taken[name] = _read(name)
        return self._taken[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._taken[name] = command

    def __delitem__(self, name: str) -> None:
        del self._taken[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*PLACES, *self._taken}))

    def __len__(self) -> int:
        return len({*PLACES, *self._taken})


def _read(name: str) -> click.Command:
    first, *others = PLACES[name]  # KeyError, for a name that is no command, is what click expects
    command: object = getattr(import_module(f"portique.cli.{first}"), name)
    assert isinstance(command, click.Command)  # noqa: S101 - a table of our own
    for other in others:
        file, _, joined = other.partition(":")
        module = import_module(f"portique.cli.{file}")
        if joined and isinstance(command, click.Group):
            command.add_command(getattr(module, joined))
    return command
