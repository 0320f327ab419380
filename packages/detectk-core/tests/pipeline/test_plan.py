"""What a run has to do, worked out by hand."""

from __future__ import annotations

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
    covered: datetime | None = None,
    lookback: timedelta = 24 * HOUR,
) -> Plan:
    return plan(
        schedule or Schedule(Interval(1, "hour")),
        now=now,
        decided=decided,
        covered_until=covered,
        lookback=lookback,
    )


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
    assert planned(at(13), None, covered=at(6)).collect == Window(at(6), at(13))
    assert planned(at(13), None, covered=at(13)).collect == Window(at(12), at(13))


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
