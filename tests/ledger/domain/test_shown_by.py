"""For each of the twelve invariants of the journal: the tests that show it."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parents[2]
SHOWN_BY = {
    "1 no acknowledged entry is ever missing": (
        "ledger/test_durable.py: test_a_killed_writer_loses_nothing_that_it_acknowledged",
        "ledger/test_durable.py: test_a_full_disk_is_busy_loses_nothing_and_passes",
        "ledger/test_machine.py: JournalAgainstList",
        "web/test_chaos.py: test_nothing_acknowledged_is_lost_or_doubled",
        "web/test_serving.py: test_what_is_acknowledged_is_in_the_log_after_a_kill",
    ),
    "2 known again silently, or a conflict of which both sides are kept": (
        "ledger/test_judgement.py: "
        "test_the_same_bytes_are_known_whatever_signature_comes_with_them",
        "ledger/test_judgement.py: test_conflicts_are_kept_both_and_stay_conflicts",
        "ledger/test_alarms.py: test_a_conflict_stays_until_a_correction_names_a_side",
        "ledger/domain/test_invariants.py: "
        "test_2_a_contradiction_is_left_out_until_a_correction_prefers_a_side",
        "ledger/domain/test_invariants.py: test_2_one_person_alone_settles_no_contradiction",
    ),
    "3 no gap at close-out": (
        "ledger/test_alarms.py: test_gaps_are_what_a_list_of_numbers_lacks",
        "ledger/domain/test_invariants.py: test_3_a_close_out_with_a_gap_is_flagged",
    ),
    "4 every older root is a prefix of every newer one": (
        "ledger/test_tree.py: test_every_proof_is_the_one_of_the_definitions",
        "ledger/test_machine.py: JournalAgainstList",
        "ledger/proof/test_store_verify.py: test_a_checkpoint_from_outside_has_to_begin_the_log",
    ),
    "5 one holder at any instant, a hand-over is an out and an in": (
        "ledger/domain/test_custody.py: OneExhibit",
    ),
    "6 a seal number once, nothing changes under a closed seal": (
        "ledger/domain/test_custody.py: OneExhibit",
        "ledger/domain/test_invariants.py: test_6_a_seal_number_is_used_once",
        "ledger/domain/test_invariants.py: test_6_an_opening_says_who_why_before_whom_and_shows_it",
    ),
    "7 an act outside its authority is recorded and flagged": (
        "ledger/domain/test_invariants.py: test_7_what_an_order_covers_is_what_its_four_limits_say",
        "ledger/domain/test_search_machines.py: OneAuthority",
    ),
    "8 targeted is the sum of its outcomes": (
        "ledger/domain/test_invariants.py: test_8_targeted_is_the_sum_of_its_outcomes",
        "ledger/domain/test_search_machines.py: HandsetsAndCells",
    ),
    "9 data come in under a requisition that covers them": (
        "flow/test_refused_sources.py: test_a_run_stops_before_it_uses_anything",
        "ledger/domain/test_invariants.py: "
        "test_9_data_rest_on_a_requisition_of_their_kind_and_period",
    ),
    "10 each read is logged, the defence's apart": (
        "flow/test_why.py: test_each_read_is_logged_with_person_row_and_purpose",
        "flow/test_permissions.py: test_the_prosecution_never_sees_what_the_defence_read",
        "web/test_proofs_and_reads.py: test_each_read_is_logged_in_the_log_of_its_side",
        "cli/test_custody_commands_line.py: test_each_command_that_shows_anything_is_logged",
    ),
    "11 a figure reproduces byte for byte from its checkpoint": (
        "ledger/domain/test_invariants.py: test_11_a_figure_is_the_same_bytes_from_its_checkpoint",
        "cli/test_custody_commands_line.py: test_figures_of_a_size_are_the_same_bytes_ever_after",
    ),
    "12 no fact from an assessment without an author": (
        "ledger/domain/test_invariants.py: test_12_a_fact_made_from_a_judgement_has_an_author",
    ),
}


def test_the_twelve_are_each_shown_by_tests_that_exist() -> None:
    """A test that is renamed or removed is missed here."""
    assert [int(name.split()[0]) for name in SHOWN_BY] == list(range(1, 13))
    for named in SHOWN_BY.values():
        for place in named:
            path, _, name = place.partition(": ")
            text = (TESTS / path).read_text(encoding="utf-8")
            assert f"def {name}(" in text or f"class {name}(" in text, place
