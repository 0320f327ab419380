"""Give every complete interval a row: what the source said of it, or that it said nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from detectk.values.arrays import Context, Floats, Indices, Times, to_instant
from detectk.values.labels import Labels
from detectk.values.schedule import Schedule
from detectk.values.series import Series, Status
from detectk.values.window import Window

__all__ = ["Fill", "Filling", "dense"]

Fill: TypeAlias = Literal["zero", "previous"] | None


class Filling(NamedTuple):
    """How the holes of a window are filled.

    Attributes:
        schedule: The grid; whether a hole may still get a row.
        window: The complete intervals that were asked for.
        fill: What an interval without a row means.
        newest: Start of the newest complete interval; holes still mutable there are late.
        skip: Intervals that are kept but never judged.
    """

    schedule: Schedule
    window: Window
    fill: Fill = None
    newest: datetime | None = None
    skip: Window | None = None


def dense(
    collected: Sequence[Series],
    filling: Filling,
    known: Mapping[Labels, datetime],
    *,
    before: Mapping[Labels, float] | None = None,
) -> list[Series]:
    """Return every series of a metric with one row for each interval of the window.

    A series that is known begins with the window; a new one begins with its first row, since
    nothing says that it existed before. A known series without any row is all holes.

    Args:
        collected: What the source gave.
        filling: How holes are filled.
        known: Series that were seen before to the start of their first point.
        before: For ``fill: previous``, the last value before the window.
    """
    grid = filling.schedule.interval.steps(filling.window.start, filling.window.end)
    by_labels = {series.labels: series for series in collected}
    result = []
    for labels in sorted(by_labels.keys() | known.keys()):
        series = by_labels.get(labels) or Series.empty(labels)
        steps = _steps_from(grid, series, known.get(labels))
        if len(steps):
            last = before.get(labels, np.nan) if before else np.nan
            result.append(_fill(series, steps, filling, last))
    return result


def _steps_from(grid: Times, series: Series, known: datetime | None) -> Times:
    """Return the steps of a window in which a series exists."""
    firsts = [series.times[0]] if len(series) else []
    if known is not None:
        firsts.append(to_instant(known))
    if not len(grid) or not firsts:
        return grid[:0]
    first = min(firsts)
    return grid if first <= grid[0] else grid[grid.searchsorted(first) :]


def _fill(series: Series, steps: Times, filling: Filling, last: float) -> Series:
    if len(series) == len(steps) and filling.skip is None:
        return series  # on the grid, so there is no hole
    at = np.searchsorted(steps, series.times)
    values: Floats = np.full(len(steps), np.nan)
    status = np.full(len(steps), Status.MISSING, dtype=np.uint8)
    late_from = _late_from(filling)
    if late_from is not None:
        status[steps >= late_from] = Status.LATE
    values[at] = series.values
    status[at] = series.status
    hole = np.ones(len(steps), dtype=bool)
    hole[at] = False
    if filling.fill == "zero":
        values[hole], status[hole] = 0.0, Status.VALUE
    elif filling.fill == "previous":
        carried = _carried(values, last)
        values = np.where(hole, carried, values)
        status[hole & np.isfinite(values)] = Status.VALUE
    if filling.skip is not None:
        low, high = to_instant(filling.skip.start), to_instant(filling.skip.end)
        status[(steps >= low) & (steps < high)] = Status.SKIPPED
    context = {name: _spread(column, at, len(steps)) for name, column in series.context.items()}
    return Series(series.labels, steps, values, status, context)


def _late_from(filling: Filling) -> np.datetime64 | None:
    schedule = filling.schedule
    if not schedule.mutable or filling.newest is None:
        return None
    end = schedule.interval.next(filling.newest)
    return to_instant(schedule.interval.floor(end - schedule.mutable))


def _carried(values: Floats, last: float) -> Floats:
    known = np.concatenate([[last], values])
    position = np.where(np.isfinite(known), np.arange(len(known)), 0)
    carried: Floats = known[np.maximum.accumulate(position)][1:]
    return carried


def _spread(column: Context, at: Indices, length: int) -> Context:
    spread: Context = np.full(length, None, dtype=object)
    spread[at] = column
    return spread
