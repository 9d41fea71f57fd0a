"""The events of hidden phones and of the fleet's phones outside, all at once."""

from __future__ import annotations

import numpy as np

from portique.simulation.chunk import Chunk, Events, World
from portique.simulation.draw import Rng, spread, stream
from portique.simulation.exchanges import (
    PAUSE_S,
    astray,
    draw_counterparts,
    draw_durations,
    draw_kinds,
    draw_layers,
    settle_overlaps,
)
from portique.simulation.fleet import Fleet, Held
from portique.simulation.period import HORIZON_S
from portique.simulation.sessions import draw_sessions


def fleet_chunk(world: World, fleet: Fleet) -> Chunk:
    """Return the phones of the fleet that turned up, with all their events.

    Numbers met once are taken from the world's numbering, so that each chunk is made once.
    """
    events = _events(world, fleet, fleet.held, stream(world.seed, "fleet events"))
    return Chunk(fleet.held.devices, fleet.held.subscriptions, events, is_asked_by_imei=True)


def insider_chunk(world: World, fleet: Fleet) -> Chunk:
    """Return the inmates' hidden phones that are not of the fleet, with all their events."""
    events = _events(world, fleet, fleet.smartphones, stream(world.seed, "insider events"))
    held = fleet.smartphones
    return Chunk(held.devices, held.subscriptions, events, is_asked_by_imei=False)


def _events(world: World, fleet: Fleet, held: Held, rng: Rng) -> Events:
    """Return events: each session holds one or more, one after another with pauses between."""
    recipe = world.recipe
    sessions = draw_sessions(world, fleet, held, rng)
    more = rng.poisson(max(0.0, recipe.events_per_session - 1.0), len(sessions.device))
    session, place = spread(1 + more)
    device = sessions.device[session]
    is_4g = held.is_4g[device]
    kind = draw_kinds(is_4g, rng)
    duration = draw_durations(kind, rng)
    pause = 5 + rng.exponential(PAUSE_S, len(session)).astype(np.int64)
    passed = np.cumsum(duration + pause) - (duration + pause)
    since = passed - passed[np.arange(len(session)) - place]
    until = np.minimum(sessions.until_s[session], HORIZON_S)
    second, until = astray(sessions.second[session] + since, until, recipe, rng)
    events = Events(
        device=device,
        subscription=sessions.subscription[session],
        second=second,
        duration_s=duration,
        kind=kind,
        counterpart=draw_counterparts(
            sessions.caller[session],
            kind,
            fleet.regulars,
            recipe.random_number_share,
            world.numbering,
            rng,
        ),
        point=sessions.point[session],
        layer=draw_layers(kind, is_4g, rng),
    )
    return settle_overlaps(events, until)
