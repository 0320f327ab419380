"""Hand each detector the arrays it needs and collect its verdicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from detectk.contracts.detector import Task
from detectk.contracts.history import Coverage, HistoryRequest
from detectk.errors import DetectError, DetectKError
from detectk.pipeline.asking import Steps, read_points
from detectk.pipeline.collect import Filling, dense
from detectk.pipeline.job import Job
from detectk.values.arrays import Indices, to_datetime, to_instant
from detectk.values.schedule import Schedule
from detectk.values.series import Series, Status
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window

__all__ = ["Targets", "judge", "lookback_of", "reach"]

_FAR = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class Targets:
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
    starts = [j.detector.lookback().start(target, job.schedule.interval) for j in job.judges]
    return max((_FAR if s is None else target - s for s in starts), default=timedelta(0))


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
    verdicts: list[Verdicts] = []
    for one in job.judges:
        tasks = [
            Task(one.id, points, job.schedule.interval, positions)
            for points, positions in zip(series, wanted, strict=True)
            if len(positions)
        ]
        try:
            verdicts += [outcome.verdicts for outcome in one.detector.detect(tasks)]
        except DetectKError:
            raise
        except Exception as error:
            msg = f"{type(one.detector).__name__} failed: {type(error).__name__}: {error}"
            raise DetectError(msg, where=job.metric) from error
    return verdicts


def _positions(series: Series, targets: Targets) -> Indices:
    after = to_instant(targets.after)
    if targets.revised_after is not None:
        revised = (series.seen > to_instant(targets.revised_after)) & (series.times <= after)
        if revised.any():
            after = series.times[revised][0] - np.timedelta64(1, "us")
    low = int(np.searchsorted(series.times, after, side="right"))
    high = int(np.searchsorted(series.times, to_instant(targets.newest), side="right"))
    return np.flatnonzero(series.status[low:high] != Status.SKIPPED) + low


def _without_holes(series: Series, schedule: Schedule) -> Series:
    """Give intervals nobody asked for a row: of them nothing is known, not even absence."""
    first, last = to_datetime(series.times[0]), to_datetime(series.times[-1])
    window = Window(first, schedule.interval.next(last))
    steps = schedule.interval.steps(window.start, window.end)
    if len(steps) == len(series):
        return series
    on_grid = series.take(np.flatnonzero(np.isin(series.times, steps)))
    filled = dense([on_grid], Filling(schedule, window), {})[0]
    seen, status = filled.times.copy(), np.full(len(steps), Status.SKIPPED, dtype=np.uint8)
    known = np.searchsorted(steps, on_grid.times)
    seen[known], status[known] = on_grid.seen, on_grid.status
    return replace(filled, status=status, seen=seen)
