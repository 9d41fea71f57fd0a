"""Figures of the operation that quote the checkpoint they are computed from.

The same entries up to the same size give the same bytes, whoever computes them and when: the
instant by which authorities have expired is that of the last receipt, which the log binds too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Protocol

from portique.ledger.act import Row, instant
from portique.ledger.outcome import COUNTED
from portique.ledger.projection import Projection
from portique.ledger.state import State, canonical
from portique.ledger.tree import Frontier, leaf_hash

FORMAT = 1


class Leaf(Row, Protocol):
    """One leaf of the log, with what its hash is made of."""

    @property
    def signature(self) -> bytes:
        """64 bytes."""


def figures_at(rows: Iterable[Leaf], size: int) -> dict[str, Any]:
    """Return the figures of the first entries of a log, with the checkpoint they are of.

    Args:
        rows: the log, in order of its sequence, from 0.
        size: how many of them count; no more are read.

    Returns:
        `checkpoint` {size, root (hex)}, `as_of_utc`, `figures`, `sites`, `sums`, `teams`,
        `authorities`, `left_out`, `flags`, `state_sha256`.

    Raises:
        ValueError: the log is shorter than `size`.
    """
    projection = Projection()
    edge, received = Frontier(0), ""
    for row in islice(rows, size):
        projection.add([row])
        edge.append(leaf_hash(row.payload, row.signature))
        received = row.received_at_utc
    if edge.size != size:
        raise ValueError(f"the log has no {size} entries")
    return figures_of(projection.state(), {"size": size, "root": edge.root().hex()}, received)


def figures_of(state: State, checkpoint: Mapping[str, Any], as_of_utc: str) -> dict[str, Any]:
    """Return the figures of a state.

    Args:
        state: of the entries that the checkpoint covers.
        checkpoint: size and root.
        as_of_utc: receipt of the last of them; empty: there are none.
    """
    value = state.value
    return {
        "format": FORMAT,
        "checkpoint": {"size": checkpoint["size"], "root": checkpoint["root"]},
        "as_of_utc": as_of_utc,
        "figures": {
            "cells": value["national"]["cells"],
            "handsets": value["national"]["handsets"],
            "handsets_by_step": _steps(value["handsets"]),
            "exhibits_by_state": _counted(x["state"] for x in value["exhibits"].values()),
            "exhibits_examined": sum(x["examinations"] > 0 for x in value["exhibits"].values()),
            "seals": len(value["seals"]),
            "links": sum(link["stands"] for link in value["links"]),
        },
        "sites": value["sites"],
        "sums": _sums(value),
        "teams": value["teams"],
        "authorities": _authorities(state, as_of_utc),
        "left_out": _left_out(value["contested"]),
        "flags": _counted(flag["rule"] for flag in value["flags"]),
        "state_sha256": state.sha256,
    }


def figures_bytes(figures: Mapping[str, Any]) -> bytes:
    """Return figures as bytes, in their one form."""
    return canonical(figures)


def _sums(value: Mapping[str, Any]) -> dict[str, bool]:
    """Return whether targeted = seized + not found + not searched + aborted, wherever it counts."""
    counts = {
        **{f"site {name}": site for name, site in value["sites"].items()},
        **value["national"],
    }
    return {name: c["targeted"] == sum(c[each] for each in COUNTED) for name, c in counts.items()}


def _steps(handsets: Mapping[str, dict[str, Any]]) -> dict[str, int]:
    """Return how many handsets ever reached each step."""
    return _counted(step for handset in handsets.values() for step in handset["reached"])


def _authorities(state: State, as_of_utc: str) -> dict[str, int]:
    """Return how many authorities have each status at the instant of the figures."""
    moment = instant(as_of_utc)
    if moment is None:
        return {}
    return _counted(a.status_at(moment) for a in state.authorities.values())


def _left_out(contested: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many contradictions no correction has settled, and how many entries they are."""
    open_ones = [each for each in contested if each["preferred"] is None]
    return {
        "contradictions": len(open_ones),
        "entries": len({ref for each in open_ones for ref in each["entries"]}),
    }


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
