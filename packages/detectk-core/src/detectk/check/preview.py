"""Look at a metric before it runs: what is asked, what comes back, what that advises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from detectk.contracts import Request
from detectk.pipeline import Job
from detectk.pipeline.collect import Filling, dense
from detectk.pipeline.detect import lookback_of
from detectk.values import Floats, Interval, Series, Status, Window, to_datetime

__all__ = ["Preview", "look_at"]

_MOST_POINTS = 5_000
_OFTEN = 0.05
_LEAST = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """What a source says of one metric.

    Attributes:
        query: What was asked, without secrets.
        window: The complete intervals that were asked for.
        series: The first rows of every series.
        points: Rows in all.
        interval: The grid as configured.
        inferred: The commonest distance of rows, as text; None with fewer than two rows.
        missing_share: Share of complete intervals without a row, between first row and now.
        zero_share: Share of rows that are 0.
        advice: Sentences.
        zone: IANA key in which times are shown.
        cost: What the source says the question costs; empty when it cannot say.
    """

    query: str
    window: Window
    series: tuple[Series, ...]
    points: int
    interval: str
    inferred: str | None
    missing_share: float
    zero_share: float
    advice: tuple[str, ...]
    zone: str
    cost: str = ""


def look_at(job: Job, *, now: datetime, rows: int = 10) -> Preview:
    """Return a preview over the history that the metric's detectors want.

    Raises:
        CollectError: The source cannot be read.
    """
    grid = job.schedule.interval
    newest = job.schedule.newest_complete(now)
    back = max(min(lookback_of(job, newest), _MOST_POINTS * grid.nominal), _LEAST * grid.nominal)
    window = Window(grid.floor(newest - back), grid.next(newest))
    request = Request(job.metric, window, grid, now)
    series = sorted(job.collector.collect(request), key=lambda one: one.labels)
    complete = dense(series, Filling(job.schedule, window), {})
    everything = sum(len(one) for one in complete)
    holes = sum(int((one.status == Status.MISSING).sum()) for one in complete)
    points = sum(len(one) for one in series)
    zeros = sum(int((one.values == 0).sum()) for one in series)
    preview = Preview(
        query=job.collector.describe(request),
        window=window,
        series=tuple(one.take(slice(0, rows)) for one in series),
        points=points,
        interval=str(grid),
        inferred=_inferred(series, grid),
        missing_share=holes / everything if everything else 0.0,
        zero_share=zeros / points if points else 0.0,
        advice=(),
        zone=grid.zone,
        cost=job.redact(job.collector.cost(request)),
    )
    return replace(preview, advice=tuple(_advice(job, preview, complete, back)))


def _inferred(series: Sequence[Series], grid: Interval) -> str | None:
    gaps = np.concatenate([np.diff(one.times) for one in series] or [np.array([], "m8[us]")])
    if not len(gaps):
        return None
    lengths, counts = np.unique(gaps, return_counts=True)
    common = int(lengths[np.argmax(counts)].astype("timedelta64[s]").astype(int))
    return str(grid) if common == grid.nominal.total_seconds() else str(Interval.parse(common))


def _advice(job: Job, preview: Preview, complete: Sequence[Series], back: timedelta) -> list[str]:
    if not preview.points:
        return ["no rows: check the time column, its zone and the window above"]
    advice = []
    if preview.missing_share > _OFTEN and job.fill is None:
        share = f"{100 * preview.missing_share:.0f} % of the intervals have no row"
        advice.append(f"{share}: for a count, set collector.params.fill to zero")
    if preview.inferred not in (None, preview.interval):
        advice.append(
            f"rows are mostly {preview.inferred} apart, but schedule.interval is"
            f" {preview.interval}: make them agree"
        )
    first = min(to_datetime(one.times[0]) for one in complete)
    if first - preview.window.start > back / 2:
        advice.append("the source has less history than the detector's window: load more, or wait")
    if preview.zero_share > 1 - _OFTEN:
        advice.append("almost every value is 0: a threshold says more than a band here")
    season = _season(job, complete)
    if season:
        advice.append(f"the values follow a season: set seasonal_features to [{season}]")
    return advice


def _season(job: Job, complete: Sequence[Series]) -> str:
    """Return the calendar feature that explains most of the longest series, if one does.

    A season is worth naming when the value one period ago is less than half as far from the
    present one, in the median, as two values of the series are.
    """
    if any("seasonal_features" in judge.text for judge in job.judges):
        return ""
    values = max(complete, key=len).values
    spread = _typical(values - np.nanmedian(values)) * np.sqrt(2)
    found = ""
    for days, feature in ((1, "hour_of_day"), (7, "hour_of_week")):
        lag = round(timedelta(days=days) / job.schedule.interval.nominal)
        if days < lag and len(values) >= 3 * lag and spread > 0:
            apart = _typical(values[lag:] - values[:-lag])
            if apart < spread / 2:
                spread, found = apart * 2, feature
    return found


def _typical(differences: Floats) -> float:
    finite = np.abs(differences[np.isfinite(differences)])
    return float(np.median(finite)) if len(finite) else 0.0
