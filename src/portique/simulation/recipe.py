"""The named parameters of an invented world, and the recipes that vary them.

A number without a source beside it is assumed: it says what a careful observer would expect, and
is there to be varied. What the method must hold on is the range, not the value.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from portique.core.errors import Refused


@dataclass(frozen=True)
class Scale:
    """How large a world is: prisons, phones of the fleet sold, retained records in all."""

    prisons: int
    fleet: int
    records: int
    elsewhere: int


SCALES = {
    "tiny": Scale(prisons=2, fleet=40, records=60_000, elsewhere=1),
    "small": Scale(prisons=8, fleet=400, records=3_000_000, elsewhere=3),
    "full": Scale(prisons=66, fleet=5_000, records=60_000_000, elsewhere=14),
}


@dataclass(frozen=True)
class Recipe:
    """The parameters of one world. Shares lie between 0 and 1; units are in the names."""

    # Prisons and people
    cell_share_of_size: tuple[float, float, float] = (0.28, 0.50, 0.22)
    """Cells with one, two and three beds in use: 1.94 inmates a cell (measured)."""
    capacity_median_places: float = 300.0
    turnover_per_90_days: float = 0.26
    """Inmates released and replaced; a mean stay of eleven months."""
    cell_moves_per_90_days: float = 0.50
    transfers_per_90_days: float = 0.03
    work_share: float = 0.30
    walk_listed_share: float = 0.45
    absence_unlisted_share: float = 0.04
    has_list_share: float = 0.90
    declared_contacts: float = 8.0
    shared_family_share: float = 0.06
    relatives_in_area_share: float = 0.12

    # The fleet and who holds it
    never_seen_share: float = 0.30
    inside_share: float = 0.70
    silent_after_days: float = 500.0
    lost_share: float = 0.95
    """Phones that fell silent, or were left by their holder, and are inside no more: broken, thrown
    out, taken along. Nearly all, one would think; nobody knows, so recipes vary it."""
    used_outside_before_share: float = 0.20
    handover_per_90_days: float = 0.15
    stays_with_cellmate_share: float = 0.30
    moves_with_user_share: float = 0.50
    shared_share: float = 0.25
    second_user_share: float = 0.30
    same_cell_share: float = 0.12
    cache_share: float = 0.03
    found_share: float = 0.05
    found_on_search_share: float = 0.0
    """General searches on which a phone of the fleet is found: the list of finds has their day."""
    replaced_share: float = 0.0
    """Named finds whose user gets another phone of the fleet some days later."""
    stash_share: float = 0.0
    """Phones that lie in another cell of the prison than their user's."""
    smartphone_per_inside: float = 0.25
    rewritten_imei_share: float = 0.015
    tacs: int = 3
    tacs_listed: int = 2
    four_g_share: float = 0.12
    clone_share: float = 0.08
    clone_batch_max: int = 6
    clone_same_prison_share: float = 0.20

    # Subscriptions
    sim_days: float = 45.0
    """Mean days before the subscription in a phone is changed, for those who change."""
    sim_swapper_share: float = 0.35
    sim_alternating_share: float = 0.06
    sim_moved_share: float = 0.10
    """Retired subscriptions that turn up in another phone."""

    # Use
    events_per_day_median: float = 6.0
    events_per_day_sigma: float = 0.8
    events_per_session: float = 2.0
    day_off_share: float = 0.25
    leak_share: float = 0.035
    """Sessions while the only user is away that happen all the same: lent, or wrongly listed."""
    search_days: int = 3
    regular_contacts_median: float = 13.0
    declared_overlap: float = 0.35
    partners_share: float = 0.20
    random_number_share: float = 0.05

    # Those outside who also hold a phone of the fleet
    outside_mix: tuple[float, float, float, float, float] = (0.42, 0.10, 0.16, 0.10, 0.22)
    """Neighbours, guards, visitors, passers-by, people elsewhere."""
    housebound_share: float = 0.25
    neighbour_min_m: float = 50.0
    neighbour_max_m: float = 1_500.0

    # Radio
    density_factor: float = 1.0
    paired_prison_share: float = 0.06
    """Prisons that stand beside another and share its sectors."""
    path_loss_db_per_decade: float = 35.0
    shadowing_db: float = 6.0
    fading_db: float = 4.0

    # Deliveries
    clock_error_large_s: int = 0
    clock_error_small_s: int = 0
    delivered_twice_share: float = 0.10
    """Rows of phones asked for by IMEI that also come with the sectors asked for."""
    duplicate_share: float = 0.002
    wrong_check_share: float = 0.001
    sector_unknown_share: float = 0.003
    outside_period_share: float = 0.0
    after_horizon_share: float = 0.0
    undecided_number_share: float = 0.0005
    is_dirty: bool = False
    """Also break files: cut rows, a file in another encoding, a cut file, IMEIs as 8,67E+14."""

    # Ledger
    imei_exact_share: float = 0.55
    imei_empty_share: float = 0.22
    imei_one_digit_share: float = 0.06
    imei_cut_share: float = 0.05
    quantity_line_share: float = 0.15
    tac_named_share: float = 0.85
    unsold_line_share: float = 0.05


RECIPES: dict[str, Recipe] = {
    "ordinary": Recipe(),
    "careful": Recipe(
        events_per_day_median=1.5,
        day_off_share=0.55,
        sim_days=9.0,
        sim_swapper_share=0.9,
        declared_overlap=0.12,
        regular_contacts_median=5.0,
        leak_share=0.01,
    ),
    "shared": Recipe(
        shared_share=0.75,
        second_user_share=0.45,
        same_cell_share=0.35,
        leak_share=0.08,
        handover_per_90_days=0.6,
    ),
    "transfers": Recipe(
        transfers_per_90_days=0.20, cell_moves_per_90_days=1.2, turnover_per_90_days=0.40
    ),
    "crowded": Recipe(
        density_factor=3.0, paired_prison_share=0.5, neighbour_max_m=700.0, inside_share=0.55
    ),
    "sparse": Recipe(events_per_day_median=0.7, events_per_session=1.3, day_off_share=0.4),
    "clones": Recipe(
        clone_share=0.6,
        clone_batch_max=60,
        sim_swapper_share=0.30,
        sim_alternating_share=0.10,
        clone_same_prison_share=0.20,
    ),
    "swaps": Recipe(sim_days=14.0, sim_swapper_share=0.85, sim_moved_share=0.30),
    "lost": Recipe(silent_after_days=120.0, lost_share=0.99),
    "kept": Recipe(silent_after_days=200.0, lost_share=0.3),
    "clock": Recipe(clock_error_large_s=3_300, clock_error_small_s=240),
    "low_overlap": Recipe(declared_overlap=0.10),
    "dirty": Recipe(
        duplicate_share=0.02,
        wrong_check_share=0.02,
        sector_unknown_share=0.03,
        outside_period_share=0.004,
        after_horizon_share=0.004,
        undecided_number_share=0.01,
        is_dirty=True,
    ),
    "searched": Recipe(
        found_share=0.20, found_on_search_share=0.7, replaced_share=0.5, search_days=4
    ),
    "stashed": Recipe(found_share=0.15, stash_share=0.25),
    "noisy_ledger": Recipe(
        imei_exact_share=0.20,
        imei_empty_share=0.35,
        imei_one_digit_share=0.18,
        imei_cut_share=0.15,
        tac_named_share=0.5,
        unsold_line_share=0.25,
    ),
}


def parse_vary(words: list[str]) -> Recipe:
    """Return the recipe that a list of `--vary` words asks for.

    A word is the name of a recipe, which may come first or be joined with others (what a later one
    changes wins), or `parameter=value`.

    Raises:
        Refused: a name or a parameter that does not exist, or a value of another kind.

    >>> parse_vary(["sparse", "search_days=1"]).search_days
    1
    """
    recipe = RECIPES["ordinary"]
    for word in words:
        name, given, value = word.partition("=")
        if given:
            recipe = dataclasses.replace(recipe, **{name: _value(name, value)})
        elif name in RECIPES:
            recipe = dataclasses.replace(recipe, **_changes(RECIPES[name]))
        else:
            raise _unknown(word, f"recipes are {', '.join(RECIPES)}")
    return recipe


def _changes(recipe: Recipe) -> dict[str, Any]:
    ordinary = RECIPES["ordinary"]
    return {
        field.name: getattr(recipe, field.name)
        for field in dataclasses.fields(Recipe)
        if getattr(recipe, field.name) != getattr(ordinary, field.name)
    }


def _value(name: str, text: str) -> Any:
    now = getattr(RECIPES["ordinary"], name, None)
    if now is None or name.startswith("_"):
        raise _unknown(
            name, f"parameters are {', '.join(f.name for f in dataclasses.fields(Recipe))}"
        )
    try:
        if isinstance(now, bool):
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
        if isinstance(now, tuple):
            parts = tuple(float(part) for part in text.split("/"))
            return parts if len(parts) == len(now) else float("error")
        return type(now)(text)
    except (ValueError, KeyError) as fault:
        raise Refused(
            f"{name} cannot be {text!r}",
            where="--vary",
            mend=f"give a value like {now!r} (several numbers are joined with /)",
            code="SIM-002",
        ) from fault


def _unknown(word: str, known: str) -> Refused:
    return Refused(f"--vary does not know {word!r}", where="--vary", mend=known, code="SIM-001")
