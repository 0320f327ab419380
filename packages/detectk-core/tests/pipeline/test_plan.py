"""What a run has to do, worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import pytest

from detectk.pipeline import Plan, plan
from detectk.values import Interval, Schedule, Window

HOUR = timedelta(hours=1)


def at(hour: int, minute: int = 0, day: int = 10) -> datetime:
    return datetime(2024, 3, day, hour, minute, tzinfo=timezone.utc)


def planned(
    now: datetime,
    decided: datetime | None,
    *,
    schedule: Schedule | None = None,
    covered: Sequence[Window] = (),
    lookback: timedelta = 24 * HOUR,
) -> Plan:
    return plan(
        schedule or Schedule(Interval(1, "hour")),
        now=now,
        decided=decided,
        covered=covered,
        lookback=lookback,
    )


def since_monday(end: datetime) -> Window:
    return Window(at(0, day=4), end)


def test_only_complete_intervals_are_planned() -> None:
    assert planned(at(12, 59), at(10)).newest == at(11)
    assert planned(at(13), at(10)).newest == at(12)


def test_an_interval_is_complete_a_delay_after_its_end() -> None:
    schedule = Schedule(Interval(1, "hour"), delay=timedelta(minutes=20))
    assert planned(at(13, 19), at(10), schedule=schedule).newest == at(11)
    assert planned(at(13, 20), at(10), schedule=schedule).newest == at(12)


def test_first_run_collects_the_lookback_and_judges_the_newest_only() -> None:
    first = planned(at(13), None)
    assert first.collect == Window(at(12, day=9), at(13))
    assert (first.decided, first.newest, first.first) == (at(11), at(12), True)


def test_first_run_after_a_load_collects_what_the_load_did_not() -> None:
    assert planned(at(13), None, covered=[since_monday(at(6))]).collect == Window(at(6), at(13))
    assert planned(at(13), None, covered=[since_monday(at(13))]).collect == Window(at(12), at(13))


def test_a_run_goes_on_after_the_decided_cursor() -> None:
    assert planned(at(13), at(9)).collect == Window(at(10), at(13))


@pytest.mark.parametrize("now", [at(11), at(11, 30), at(9)])
def test_without_a_new_interval_there_is_nothing_to_do(now: datetime) -> None:
    nothing = planned(now, at(10))
    assert nothing.collect is None
    assert nothing.newest == nothing.decided == at(10)


def test_the_mutable_window_is_collected_again() -> None:
    schedule = Schedule(Interval(1, "hour"), mutable=5 * HOUR)
    assert planned(at(13), at(11), schedule=schedule).collect == Window(at(8), at(13))


def test_what_is_older_than_max_catchup_is_skipped() -> None:
    schedule = Schedule(Interval(1, "hour"), max_catchup=3 * HOUR)
    late = planned(at(13), at(1), schedule=schedule)
    assert late.collect == Window(at(2), at(13))
    assert late.skip_before == at(10)


def test_a_year_of_silence_is_not_collected_whole() -> None:
    late = planned(at(13), at(1) - timedelta(days=365), lookback=2 * HOUR)
    assert late.collect == Window(at(12) - timedelta(days=7), at(13))


def test_what_an_earlier_run_left_out_is_asked_for_again() -> None:
    covered = [Window(at(0), at(2)), Window(at(3), at(5)), Window(at(8), at(11))]
    plan = planned(at(13), at(10), covered=covered)
    assert plan.collect == Window(at(11), at(13))
    assert plan.refill == (Window(at(2), at(3)), Window(at(5), at(8)))


def test_nothing_is_refilled_before_what_was_ever_collected() -> None:
    assert planned(at(13), at(10), covered=[Window(at(8), at(11))]).refill == ()
    assert planned(at(13), at(10)).refill == ()


def test_holes_are_refilled_only_in_reach_of_a_run() -> None:
    covered = [Window(at(0, day=1), at(1, day=1)), Window(at(9), at(11))]
    schedule = Schedule(Interval(1, "hour"), max_catchup=2 * HOUR)
    plan = planned(at(13), at(10), schedule=schedule, covered=covered, lookback=6 * HOUR)
    assert plan.refill == (Window(at(6), at(9)),)


def test_a_first_run_refills_what_a_load_left_out() -> None:
    covered = [Window(at(0, day=1), at(2)), Window(at(5), at(9))]
    plan = planned(at(13), None, covered=covered)
    assert plan.collect == Window(at(9), at(13))
    assert plan.refill == (Window(at(2), at(5)),)
