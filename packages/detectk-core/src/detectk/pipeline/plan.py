"""Work out what a run has to do: pure arithmetic on the grid and the cursors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from detectk.values.schedule import Schedule
from detectk.values.window import Window, missing

__all__ = ["Plan", "plan"]


class Plan(NamedTuple):
    """What a run of one metric does.

    Attributes:
        newest: Start of the newest complete interval.
        decided: Decisions go on after this interval.
        collect: What to ask the source for; None when no interval became complete.
        skip_before: Intervals before this one are kept but never judged.
        first: Whether the metric was never decided before.
        refill: Older windows that an earlier run or load left out, in reach of the detectors.
    """

    newest: datetime
    decided: datetime
    collect: Window | None
    skip_before: datetime
    first: bool = False
    refill: tuple[Window, ...] = ()


def plan(
    schedule: Schedule,
    *,
    now: datetime,
    decided: datetime | None,
    covered: Sequence[Window],
    lookback: timedelta,
) -> Plan:
    """Return the plan of a run at ``now``.

    Args:
        schedule: The metric's.
        now: When the run began.
        decided: Start of the newest decided interval, None when there is none.
        covered: What was collected so far, disjoint and ordered.
        lookback: How much history the detectors want before the first interval they judge.
    """
    grid = schedule.interval
    newest = schedule.newest_complete(now)
    end = grid.next(newest)
    if decided is None:
        before = grid.previous(newest)
        start = grid.floor(newest - lookback)
        oldest = start
        if covered and start < covered[-1].end:
            start = _mutable_from(schedule, end, min(grid.floor(covered[-1].end), newest))
        refill = _left_out(covered, oldest, start)
        return Plan(newest, before, Window(start, end), before, first=True, refill=refill)
    if newest <= decided:
        return Plan(decided, decided, None, decided)
    oldest = grid.floor(newest - max(lookback, schedule.max_catchup))
    start = _mutable_from(schedule, end, max(grid.next(decided), oldest))
    patience = max(schedule.max_catchup, schedule.mutable)
    skip_before = grid.floor(now - patience)
    refill = _left_out(covered, oldest, start)
    return Plan(newest, decided, Window(start, end), min(skip_before, newest), refill=refill)


def _left_out(covered: Sequence[Window], oldest: datetime, until: datetime) -> tuple[Window, ...]:
    if not covered:
        return ()
    begin = max(covered[0].start, oldest)
    return missing(covered, Window(begin, until)) if begin < until else ()


def _mutable_from(schedule: Schedule, end: datetime, start: datetime) -> datetime:
    if not schedule.mutable:
        return start
    return min(start, schedule.interval.floor(end - schedule.mutable))
