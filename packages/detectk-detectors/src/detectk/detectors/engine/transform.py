"""What is judged of each point: its value, smoothed, as a change, or measured from a trend."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from typing import Literal

import numpy as np

from detectk.contracts.detector import Lookback, Task
from detectk.detectors.engine.judged import Bands, Judgement
from detectk.detectors.engine.statistics import medians, statistics
from detectk.detectors.engine.windows import Baseline, Extent, clipped, microseconds
from detectk.values.arrays import Floats, Indices

__all__ = ["Measured", "Transform"]

Input = Literal["values", "changes", "absolute_changes", "log_changes"]
Smoothing = Literal["none", "sma", "ema"]

_NEXT_TO_NOTHING = 1e-6
_LEAST_HALF = 2


@dataclass(frozen=True, slots=True)
class Transform:
    """How a series is looked at: first smoothed, then taken as changes, then detrended.

    Attributes:
        input: Values, or how far each is from the one before it on the grid.
        smoothing: Mean of the points up to and including each one.
        reach: How far the simple mean reaches.
        alpha: Weight of the newest point in the exponential mean.
        detrend: Length of the window whose trend is taken away; None for none.
    """

    input: Input
    smoothing: Smoothing
    reach: Extent
    alpha: float
    detrend: Extent | None

    @property
    def lookback(self) -> Lookback:
        """What a measured point needs before it."""
        points = 0 if self.input == "values" else 1
        duration = self.reach.length
        if self.smoothing == "sma":
            points += self.reach.points
        else:
            duration *= 0
            points += self._lags if self.smoothing == "ema" else 0
        if self.detrend is not None:
            points += self.detrend.points
            duration += self.detrend.length
        return Lookback(points=points, duration=duration)

    @property
    def is_plain(self) -> bool:
        """Whether points are judged as they are."""
        return self.input == "values" and self.smoothing == "none" and self.detrend is None

    def measure(self, task: Task) -> Measured:
        """Measure every point of a series."""
        values = task.series.values
        known = np.isfinite(values)
        if not known.all():
            values = np.where(known, values, np.nan)
        if self.is_plain:
            return Measured(values, values)
        values = clipped(values)
        if self.smoothing != "none":
            values = self._smoothed(task, values)
        judged, anchor = values, None
        if self.input != "values":
            anchor = np.concatenate([[np.nan], values[:-1]])[: len(values)]
            judged = _changed(values, anchor, self.input)
        line = None
        if self.detrend is not None:
            line = _line(task, judged, self.detrend)
            judged = judged - line
        smoothed = self.smoothing != "none"
        return Measured(judged, values, smoothed, self.input, anchor, line)

    def _smoothed(self, task: Task, values: Floats) -> Floats:
        if self.smoothing == "ema":
            return self._exponential(values)
        known = np.flatnonzero(np.isfinite(values))
        places = np.concatenate([[0], np.cumsum(np.isfinite(values))])
        if self.reach.points:
            first = np.maximum(known - self.reach.points + 1, 0)
        else:
            length = np.timedelta64(self.reach.length)
            first = np.searchsorted(task.series.times, task.series.times[known] - length, "right")
        smooth = np.full(len(values), np.nan)
        smooth[known] = statistics(
            values[known], places[first], places[known] + 1, measure="mean"
        ).centre
        return smooth

    def _exponential(self, values: Floats) -> Floats:
        """Weigh by age on the grid, as far back as a weight is worth it."""
        known = np.isfinite(values)
        filled = np.where(known, values, 0.0)
        total, weights, weight = np.zeros(len(values)), np.zeros(len(values)), 1.0
        for lag in range(min(self._lags, len(values))):
            rest = len(values) - lag
            total[lag:] += weight * filled[:rest]
            weights[lag:] += weight * known[:rest]
            weight *= 1.0 - self.alpha
        with np.errstate(invalid="ignore"):
            return np.where(known, total / weights, np.nan)

    @property
    def _lags(self) -> int:
        if self.alpha == 1.0:
            return 1
        return ceil(log(_NEXT_TO_NOTHING) / log(1.0 - self.alpha))


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A series as a detector sees it.

    Attributes:
        values: (n,) what is judged; NaN where there is no value, or nothing to measure it from.
        plain: (n,) the values in the metric's unit, smoothed or not; NaN where there are none.
        smoothed: Whether they are smoothed.
        input: What ``values`` are.
        anchor: (n,) what changes are measured from; None for values.
        line: (n,) the trend that was taken away, in the unit of ``values``; None without one.
    """

    values: Floats
    plain: Floats
    smoothed: bool = False
    input: Input = "values"
    anchor: Floats | None = None
    line: Floats | None = None

    @property
    def is_plain(self) -> bool:
        """Whether what is judged is the metric itself."""
        return self.anchor is None and self.line is None

    @property
    def has_no_sign(self) -> bool:
        """Whether only how far counts, not where to: such a number can only be too large."""
        return self.input == "absolute_changes"

    def told(self, bands: Bands, judgement: Judgement, rows: Indices) -> tuple[Bands, Judgement]:
        """Say in the metric's unit what was judged at positions ``rows``.

        An absolute change is expected to leave the value where it was, and goes up or down.
        """
        if self.is_plain:
            return bands, judgement
        if self.input == "absolute_changes" and self.anchor is not None:
            before, reach = self.anchor[rows], self._straight(bands.upper, rows)
            fell = self.plain[rows] < before
            direction = np.where(fell, -judgement.direction, judgement.direction)
            told = Bands(before, before - reach, before + reach, bands.unit)
            return told, judgement._replace(direction=direction)
        columns = (bands.centre, bands.lower, bands.upper)
        centre, lower, upper = (self._shown(column, rows) for column in columns)
        return Bands(centre, lower, upper, bands.unit), judgement

    def _straight(self, numbers: Floats, rows: Indices) -> Floats:
        return numbers if self.line is None else numbers + self.line[rows]

    def _shown(self, numbers: Floats, rows: Indices) -> Floats:
        numbers = self._straight(numbers, rows)
        if self.anchor is None:
            return numbers
        if self.input == "changes":
            return self.anchor[rows] + numbers
        with np.errstate(over="ignore"):
            grown: Floats = self.anchor[rows] * np.exp(numbers)
        return grown

    def floor(self, centre: Floats, rows: Indices, *, absolute: float, relative: float) -> Floats:
        """Return (k,) the least sigma, in the unit of ``values``.

        Args:
            centre: (k,) what is expected of ``values``.
            rows: (k,) positions.
            absolute: Least sigma in the metric's unit.
            relative: Least sigma as a share of what is expected of the metric.
        """
        if self.anchor is None:
            level = centre if self.line is None else centre + self.line[rows]
        elif self.input == "log_changes":
            least: Floats = np.maximum(absolute / np.abs(self.anchor[rows]), relative)
            return least
        else:
            level = self.anchor[rows]
        return np.maximum(absolute, relative * np.abs(level))


def _changed(values: Floats, anchor: Floats, kind: Input) -> Floats:
    if kind == "log_changes":
        positive = (values > 0.0) & (anchor > 0.0)
        changes: Floats = np.log(np.where(positive, values, 1.0))
        changes -= np.log(np.where(positive, anchor, 1.0))
        return np.where(positive, changes, np.nan)
    changes = values - anchor
    return np.abs(changes) if kind == "absolute_changes" else changes


def _line(task: Task, values: Floats, extent: Extent) -> Floats:
    """Return (n,) where a straight line through the window before each point meets the point.

    The line goes through the median value at the median time of each half of the window: as robust
    as a median, and no dearer. NaN where a half has fewer than two values.

    Source: the resistant line of Tukey (1977), Exploratory Data Analysis, ch. 10, with two parts.
    """
    rows = np.arange(len(values))
    whole = Baseline.of(task, extent, values=values, targets=rows)
    middle = Baseline.of(task, extent.half(), values=values, targets=rows).low
    line = np.full(len(values), np.nan)
    enough = np.minimum(middle - whole.low, whole.high - middle) >= _LEAST_HALF
    rows, whole, middle = rows[enough], whole.take(enough), middle[enough]
    chosen, times = clipped(values[whole.points]), microseconds(task.series.times)
    early, late = medians(chosen, whole.low, middle), medians(chosen, middle, whole.high)
    before, after = (
        2 * times[rows]
        - times[whole.points[low + (high - low - 1) // 2]]
        - times[whole.points[low + (high - low) // 2]]
        for low, high in ((whole.low, middle), (middle, whole.high))
    )
    line[rows] = late + (late - early) * (after / (before - after))
    return line
