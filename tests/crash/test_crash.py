"""Killed anywhere, a life goes on as if nothing had happened; see ``harness/sweep.py``."""

from __future__ import annotations

from typing import Any

import pytest

Tally = Any  # of conftest.py, from which nothing can be imported

STEPS = {
    f"{side} {call}"
    for side in ("before", "after")
    for call in (
        "alerter.send",
        "collector.collect",
        "collector.events",
        "detector.detect",
        "history.coverage",
        "history.prepare",
        "history.read_points",
        "history.read_verdicts",
        "history.write_points",
        "history.write_verdicts",
        "state.acknowledge",
        "state.commit",
        "state.lease",
        "state.load",
        "state.outbox",
        "state.prepare",
        "state.release",
    )
}
STATEMENTS = {
    f"before {statement}"
    for statement in (
        "ALTER TABLE",
        "BEGIN",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "CREATE INDEX",
        "CREATE TABLE",
        "CREATE VIEW",
        "DELETE FROM dtk_outbox",
        "DELETE FROM dtk_points_hot",
        "DELETE FROM dtk_verdicts_hot",
        "DROP TABLE",
        "DROP VIEW",
        "INSERT INTO dtk_bytes",
        "INSERT INTO dtk_covered",
        "INSERT INTO dtk_documents",
        "INSERT INTO dtk_judges",
        "INSERT INTO dtk_leases",
        "INSERT INTO dtk_metrics",
        "INSERT INTO dtk_numbers",
        "INSERT INTO dtk_outbox",
        "INSERT INTO dtk_point_revisions",
        "INSERT INTO dtk_points_buckets",
        "INSERT INTO dtk_points_chunks",
        "INSERT INTO dtk_points_extents",
        "INSERT INTO dtk_points_hot",
        "INSERT INTO dtk_powers",
        "INSERT INTO dtk_schema",
        "INSERT INTO dtk_series",
        "INSERT INTO dtk_verdict_revisions",
        "INSERT INTO dtk_verdicts_buckets",
        "INSERT INTO dtk_verdicts_chunks",
        "INSERT INTO dtk_verdicts_extents",
        "INSERT INTO dtk_verdicts_hot",
        "INSERT OR REPLACE",
        "UPDATE dtk_covered",
        "UPDATE dtk_leases",
        "UPDATE dtk_outbox",
        "UPDATE dtk_points_buckets",
        "UPDATE dtk_verdicts_buckets",
    )
}


@pytest.mark.sweep("steps")
def test_killed_at_any_step_nothing_is_lost_and_one_message_repeated(tally: Tally) -> None:
    _is_harmless(tally)
    assert tally.boundaries > 1500
    assert tally.disturbed > 850
    assert tally.kinds.keys() == STEPS
    assert min(tally.kinds.values()) >= 20
    # Between a message and its receipt is the one place where it has to be said again.
    assert tally.repeated == 28 + 28


@pytest.mark.sweep("statements")
def test_killed_at_any_statement_nothing_is_lost_and_one_message_repeated(tally: Tally) -> None:
    _is_harmless(tally)
    assert tally.boundaries > 2000
    assert tally.disturbed > 1000
    assert tally.kinds.keys() == STATEMENTS
    # Sent, and killed before BEGIN, DELETE or COMMIT of the receipt: 28 messages, three times.
    assert tally.repeated == 28 * 3


@pytest.mark.sweep("missed --ticks 6,14,22,30,32,36")
def test_a_killed_run_that_only_the_next_hour_finds_loses_nothing(tally: Tally) -> None:
    _is_harmless(tally)
    assert tally.disturbed > 80


@pytest.mark.sweep("processes")
def test_processes_killed_from_first_run_to_last_lose_nothing(tally: Tally) -> None:
    _is_harmless(tally)
    assert tally.disturbed == tally.whole >= 10


@pytest.mark.sweep("faults --ticks 0,6,9,14,26,30,33")
def test_any_call_that_fails_is_reported_and_the_next_run_goes_on(tally: Tally) -> None:
    _is_harmless(tally)
    assert tally.kinds.keys() == STEPS
    assert tally.disturbed > 250


@pytest.mark.sweep("disk --ticks 0,6,14,30")
def test_a_full_disk_is_reported_and_the_next_run_goes_on(tally: Tally) -> None:
    _is_harmless(tally)
    assert tally.disturbed > 20


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        pytest.param(what, problem, marks=pytest.mark.sweep(what), id=what.split()[-1])
        for what, problem in (
            ("steps --ticks 6 --broken torn-commit", "lost"),
            ("steps --ticks 6 --broken early-acknowledge", "lost"),
            ("steps --ticks 6 --broken hasty-cursor", "lost"),
            ("steps --ticks 7 --broken undying-lease", "held"),
            ("statements --ticks 6 --broken no-transaction", "lost"),
        )
    ],
)
def test_a_broken_storage_is_noticed(tally: Tally, what: str, problem: str) -> None:
    assert any(problem in sentence for sentence in tally.problems)


@pytest.mark.sweep("steps --ticks 6 --broken late-acknowledge")
def test_a_message_that_is_repeated_needlessly_is_noticed(tally: Tally) -> None:
    assert tally.most_repeated > 1


def _is_harmless(tally: Tally) -> None:
    assert tally.problems == []
    assert tally.lost == 0
    assert tally.most_repeated <= 1
