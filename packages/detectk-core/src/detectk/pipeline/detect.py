"""Hand each detector the arrays it needs and collect its verdicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from detectk.contracts.detector import Lookback, Task
from detectk.contracts.history import Coverage, HistoryRequest
from detectk.errors import DetectError, DetectKError
from detectk.pipeline.asking import Steps, detect, read_points
from detectk.pipeline.collect import Filling, dense
from detectk.pipeline.job import Job
from detectk.values.arrays import Indices, to_datetime, to_instant
from detectk.values.interval import Interval
from detectk.values.schedule import Schedule
from detectk.values.series import Series, Status
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window, joined

__all__ = ["Targets", "judge", "lookback_of", "reach"]

_FAR = timedelta(days=36500)
_SKIPPED = np.uint8(Status.SKIPPED)


class Targets(NamedTuple):
    """Which intervals want a verdict.

    Attributes:
        after: Intervals after this one do.
        newest: Up to and including this one.
        revised_after: Intervals whose current version was seen after this step want one again,
            and every later one with them; None when nothing is mutable.
    """

    after: datetime
    newest: datetime
    revised_after: datetime | None = None


def lookback_of(job: Job, target: datetime) -> timedelta:
    """Return how much history before ``target`` the detectors want; a century for all of it."""
    interval = job.schedule.interval
    longest = timedelta(0)
    for one in job.judges:
        start = _start(one.detector.lookback(), target, interval)
        longest = max(longest, _FAR if start is None else target - start)
    return longest


@lru_cache(maxsize=256)  # most metrics of a run look back alike
def _start(lookback: Lookback, target: datetime, interval: Interval) -> datetime | None:
    return lookback.start(target, interval)


def reach(job: Job, coverage: Coverage, first: datetime, newest: datetime) -> Window:
    """Return the window to read so that targets from ``first`` on can be judged."""
    oldest = min((extent.start for extent in coverage.extent.values()), default=first)
    wanted = first - min(lookback_of(job, first), first - min(oldest, first))
    return Window(min(wanted, newest), job.schedule.interval.next(newest))


def judge(job: Job, targets: Targets, window: Window) -> Steps[list[Verdicts]]:
    """Return the verdicts of every detector for every series of a metric.

    Args:
        job: The metric.
        targets: Which intervals want a verdict.
        window: What to read from the history.

    Raises:
        DetectError: A detector cannot judge what it was given.
        StorageError: The history cannot be read.
    """
    stored = yield from read_points(job.history, HistoryRequest(job.metric, window))
    series = [_without_holes(one, job.schedule) for one in stored]
    wanted = [_positions(one, targets) for one in series]
    exclude = _incidents(job, window)
    verdicts: list[Verdicts] = []
    for one in job.judges:
        tasks = [
            Task(one.id, points, job.schedule.interval, positions, exclude=exclude)
            for points, positions in zip(series, wanted, strict=True)
            if len(positions)
        ]
        try:
            outcomes = yield from detect(one.detector, tasks)
        except DetectKError as error:
            error.where = error.where or job.metric  # a detector knows none: many metrics share it
            raise
        except Exception as error:
            msg = f"{type(one.detector).__name__} failed: {type(error).__name__}: {error}"
            raise DetectError(msg, where=job.metric) from error
        verdicts += [outcome.verdicts for outcome in outcomes]
    return verdicts


def _incidents(job: Job, window: Window) -> tuple[Window, ...]:
    """Return the known incidents that meet ``window``, apart and in whole intervals.

    An interval that an incident only touches has it in its number too.
    """
    if not job.incidents:
        return ()
    grid = job.schedule.interval
    met = (
        (max(one.start, window.start), min(one.end, window.end))
        for one in job.incidents
        if one.start < window.end and window.start < one.end
    )
    return joined(Window(grid.floor(start), grid.next(grid.previous(end))) for start, end in met)


def _positions(series: Series, targets: Targets) -> Indices:
    times, after = series.times, to_instant(targets.after)
    if targets.revised_after is not None:
        revised = (series.seen > to_instant(targets.revised_after)) & (times <= after)
        if revised.any():
            after = times[revised][0] - np.timedelta64(1, "us")
    low = int(times.searchsorted(after, side="right"))
    high = int(times.searchsorted(to_instant(targets.newest), side="right"))
    wanted: Indices = (series.status[low:high] != _SKIPPED).nonzero()[0] + low
    return wanted


def _without_holes(series: Series, schedule: Schedule) -> Series:
    """Give intervals nobody asked for a row: of them nothing is known, not even absence."""
    first, last = to_datetime(series.times[0]), to_datetime(series.times[-1])
    end = schedule.interval.next(last)
    steps = schedule.interval.steps(first, end)
    if len(steps) == len(series):
        return series
    window = Window(first, end)
    on_grid = series.take(np.flatnonzero(np.isin(series.times, steps)))
    filled = dense([on_grid], Filling(schedule, window), {})[0]
    seen, status = filled.times.copy(), np.full(len(steps), Status.SKIPPED, dtype=np.uint8)
    known = np.searchsorted(steps, on_grid.times)
    seen[known], status[known] = on_grid.seen, on_grid.status
    return replace(filled, status=status, seen=seen)
