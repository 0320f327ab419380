"""What a forecast may know: the points before a target, and those a season before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.rows import OrderedRows
from detectk.detectors.engine.windows import Baseline, Extent, clipped
from detectk.values.arrays import Floats, Indices

__all__ = ["SEASONS", "Past"]

SEASONS = 3
"""Seasons whose median says what is usual: an incident in one of them does not return."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The points of a series that forecasts may use.

    Attributes:
        values: (n,) NaN where there is none, or it must not enter a baseline.
        last: (n,) position of the last value up to each point; -1 for none.
        seasonal: (2, n) median of the values one to three seasons before each point, and before
            the point before it; (0, n) without a season. NaN where there is none.
    """

    values: Floats
    last: Indices
    seasonal: Floats

    @classmethod
    def of(cls, task: Task, *, season: int) -> Past:
        """Collect the points of ``task``; a ``season`` of 0 points is none."""
        allowed = Baseline.of(task, Extent(points=1)).points
        size = len(task.series)
        values = np.full(size, np.nan)
        values[allowed] = clipped(task.series.values[allowed])
        last = np.full(size, -1, dtype=np.intp)
        last[allowed] = allowed
        seasonal = np.empty((0, size))
        if season:
            before = [_later(values, number * season) for number in range(1, SEASONS + 1)]
            usual = OrderedRows(np.stack(before, axis=1)).quantile(0.5)
            seasonal = np.stack([usual, _later(usual, 1)])
        return cls(values, np.maximum.accumulate(last), seasonal)

    def steps(self, targets: Indices) -> Indices:
        """Return (k,) how many intervals before each target the last value is."""
        return targets - np.where(targets > 0, self.last[targets - 1], -1)

    def windows(self, starts: Indices, width: int) -> tuple[Floats, Floats]:
        """Return the (b, width) values and (s, b, width) seasons before each of ``starts``."""
        places = starts[:, None] + np.arange(-width, 0)
        outside = places < 0
        places[outside] = 0
        values = self.values[places]
        values[outside] = np.nan
        return values, self.seasonal[:, places]

    def before(self, targets: Indices, lags: int, *, oldest: Indices) -> Floats:
        """Return the (lags + s, k) values that are known before each target.

        A missing value is the last one before it, but none before ``oldest``; a missing season
        is that of the neighbouring point.
        """
        places = targets - np.arange(1, lags + 1)[:, None]
        source = np.where(places >= 0, self.last[np.maximum(places, 0)], -1)
        values = np.where(source >= np.maximum(oldest, 0), self.values[source], np.nan)
        seasonal = self.seasonal[:, targets]
        return np.concatenate([values, np.where(np.isnan(seasonal), seasonal[::-1], seasonal)])


def _later(values: Floats, points: int) -> Floats:
    """Return (n,) the values so many points before; NaN before the first one."""
    moved = np.full(len(values), np.nan)
    moved[points:] = values[: max(len(values) - points, 0)]
    return moved
