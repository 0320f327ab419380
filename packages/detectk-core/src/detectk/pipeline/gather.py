"""Ask the source for a window and keep what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from detectk.contracts.collector import Request
from detectk.contracts.history import Coverage, HistoryRequest, Points
from detectk.errors import CollectError, DetectKError, PluginError
from detectk.pipeline.asking import Steps, read_points, work
from detectk.pipeline.collect import Filling, dense
from detectk.pipeline.job import Job
from detectk.values.arrays import Times, to_datetime
from detectk.values.interval import Interval
from detectk.values.labels import Labels
from detectk.values.series import Series
from detectk.values.spans import Spans
from detectk.values.window import Window

__all__ = ["Gathered", "gather", "grown"]


_MICROSECOND: Final = timedelta(microseconds=1)


class Gathered(NamedTuple):
    """The answer to one window.

    Attributes:
        points: What to keep; without series when the metric has never had a row.
        rows: Points that the source gave.
    """

    points: Points
    rows: int


def gather(
    job: Job,
    window: Window,
    coverage: Coverage,
    *,
    at: datetime,
    newest: datetime,
    skip: Window | None = None,
) -> Steps[Gathered]:
    """Return the points of ``window``, every complete interval accounted for.

    Args:
        job: The metric.
        window: Complete intervals, on the grid.
        coverage: What its history holds.
        at: When the run began.
        newest: The newest grid step of the run.
        skip: Intervals that are kept but never judged.

    Raises:
        CollectError: The source cannot be read.
    """
    request = Request(job.metric, window, job.schedule.interval, at)
    try:
        collected, events = yield from work(lambda: _asked(job, request))
    except DetectKError:
        raise
    except Exception as error:
        msg = f"{type(job.collector).__name__} failed: {type(error).__name__}: {error}"
        raise CollectError(msg, where=job.metric) from error
    _check_contract(job, window, collected)
    known = {labels: extent.start for labels, extent in coverage.extent.items()}
    filling = Filling(job.schedule, window, job.fill, newest, skip)
    before = (yield from _last_values(job, window)) if job.fill == "previous" else None
    series = dense(collected, filling, known, before=before)
    if events:
        series = [_beside(one, events, job.schedule.interval) for one in series]
    rows = sum(len(one) for one in collected)
    kept = Points(job.metric, series, newest, window, job.collector.fingerprint())
    return Gathered(kept, rows)


def _asked(job: Job, request: Request) -> tuple[Sequence[Series], Mapping[str, Spans]]:
    return job.collector.collect(request), job.collector.events(request)


def _beside(series: Series, events: Mapping[str, Spans], interval: Interval) -> Series:
    """Note at every interval, those without a row too, in which events it is."""
    columns = {name: spans.column(series.times, interval) for name, spans in events.items()}
    return replace(series, context={**series.context, **columns})


def _check_contract(job: Job, window: Window, collected: Sequence[Series]) -> None:
    """Refuse what would be stored wrongly: a collector's mistake, not the user's."""
    grid = job.schedule.interval.steps(window.start, window.end)
    problem = ""
    if len(collected) > 1 and len({one.labels for one in collected}) < len(collected):
        problem = "gave two series of the same labels"
    elif not all(_on(grid, one.times) for one in collected):
        problem = "gave times off the grid or outside the window"
    if problem:
        raise PluginError(
            f"{type(job.collector).__name__} {problem}",
            where=job.metric,
            hint="run detectk.testing's CollectorSuite against it",
        )


def _on(grid: Times, times: Times) -> bool:
    if not len(times):
        return True
    at = grid.searchsorted(times)
    return bool(len(grid)) and bool((grid.take(at, mode="clip") == times).all())


def _last_values(job: Job, window: Window) -> Steps[Mapping[Labels, float]]:
    start = window.start - max(job.schedule.max_catchup, 10 * job.schedule.interval.nominal)
    request = HistoryRequest(job.metric, Window(start, window.start))
    last = {}
    for series in (yield from read_points(job.history, request)):
        finite = series.values[np.isfinite(series.values)]
        if len(finite):
            last[series.labels] = float(finite[-1])
    return last


def grown(coverage: Coverage, points: Points) -> Coverage:
    """Return ``coverage`` with what was just written, without asking for it again."""
    extent = dict(coverage.extent)
    for series in points.series:
        first, last = to_datetime(series.times[0]), to_datetime(series.times[-1])
        start, end = first, last + _MICROSECOND
        if known := extent.get(series.labels):
            start, end = min(known.start, start), max(known.end, end)
        extent[series.labels] = Window(start, end)
    return Coverage(coverage.loaded, extent, coverage.judged)
