"""On which store load and faults are tried: a file of the case, or a PostgreSQL of their own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STORES = ("sqlite", "postgresql")


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add `--store`."""
    parser.add_argument("--store", choices=STORES, default=STORES[0], help="where the log lies")


@contextmanager
def store_url(store: str) -> Iterator[str]:
    """Yield the URL of an empty store, and end its server afterwards.

    PostgreSQL runs as it does by default, with fsync on: what it answers is on the disk.

    Args:
        store: one of `STORES`.
    """
    if store == "sqlite":
        yield ""
        return
    from tests.ledger.postgres_server import binaries, running  # noqa: PLC0415 - of that store

    programs = binaries()
    if programs is None:
        sys.exit("there is no PostgreSQL server on this machine; `make system` installs one")
    with running(programs, is_durable=True) as server:
        yield server.fresh_url()
