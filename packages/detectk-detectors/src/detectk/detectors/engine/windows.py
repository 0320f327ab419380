"""Which points stand before each target: windows by time or by count, NaN dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import numpy as np

from detectk.contracts.detector import Lookback, Task
from detectk.detectors.engine.flags import Flags
from detectk.errors import DetectError
from detectk.values.arrays import Floats, Indices, Times, to_instant
from detectk.values.duration import duration
from detectk.values.interval import Interval

__all__ = ["Baseline", "Extent", "clipped", "enough", "finite", "microseconds"]

_STEP = timedelta(microseconds=1)
_LARGE = 2.0**1000
_FEWEST, _ENOUGH = 3, 30


@dataclass(frozen=True, slots=True)
class Extent:
    """Length of a window: exactly one of the two is set.

    Attributes:
        points: Grid points, those without a value included.
        length: Real time.
    """

    points: int = 0
    length: timedelta = timedelta(0)

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, size: int | str) -> Extent:
        """Read an option: a count of grid points, or a length of time.

        Raises:
            ValueError: It is neither.
        """
        return cls(points=size) if isinstance(size, int) else cls(length=duration(size))

    def lookback(self) -> Lookback:
        """Return the history that a window before a target needs."""
        return Lookback(points=self.points, duration=self.length)

    def steps(self, interval: Interval) -> int:
        """Return how many grid points it holds, by the interval's nominal length."""
        return self.points or self.length // interval.nominal

    def half(self) -> Extent:
        """Return half of it, rounded down."""
        return Extent(self.points // 2, self.length // 2)

    def first(self, times: Times, targets: Indices) -> Indices:
        """Return (k,) positions at which the windows of ``targets`` begin.

        Args:
            times: (n,) of the series.
            targets: (k,) increasing positions in it.
        """
        if self.points:
            return np.maximum(targets - self.points, 0)
        length = np.timedelta64(self.length // _STEP, "us")
        return np.searchsorted(times, times[targets] - length)

    def span(self, interval: Interval) -> timedelta:
        """Return its length, by the interval's nominal length."""
        return self.length or self.points * interval.nominal


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """The points that may enter a baseline, and each target's share of them.

    Attributes:
        points: (m,) ascending positions of the finite, not excluded points.
        low: (k,) first place in ``points`` of each target's window.
        high: (k,) place after the last one; a target is never in its own window.
    """

    points: Indices
    low: Indices
    high: Indices

    @classmethod
    def of(
        cls,
        task: Task,
        extent: Extent,
        *,
        values: Floats | None = None,
        targets: Indices | None = None,
    ) -> Baseline:
        """Return the baseline of every target: ``[t - length, t)``.

        Args:
            task: Whose series, and which windows to leave out.
            extent: Length of the windows.
            values: (n,) what stands for the values of the series; by default, themselves.
            targets: (k,) increasing positions; by default, the task's.
        """
        allowed = _allowed(task, task.series.values if values is None else values)
        targets = task.targets if targets is None else targets
        first = extent.first(task.series.times, targets)
        if allowed.all():
            return cls(np.arange(len(allowed)), first, targets)
        places = np.concatenate([[0], np.cumsum(allowed)])
        return cls(np.flatnonzero(allowed), places[first], places[targets])

    def take(self, rows: Indices | Flags | slice) -> Baseline:
        """Return the windows of some targets."""
        return Baseline(self.points, self.low[rows], self.high[rows])


def enough(size: int | str, asked: int | None, interval: Interval) -> int:
    """Return how many values a verdict needs: by default half of what the window holds, 3 to 30.

    Args:
        size: ``window_size``.
        asked: ``min_samples``; None for the default.
        interval: The grid.

    Raises:
        DetectError: The window cannot hold as many.
    """
    steps = Extent.of(size).steps(interval)
    if asked is None:
        return max(_FEWEST, min(_ENOUGH, steps // 2))
    if asked > steps:
        raise DetectError(
            f"min_samples {asked} is more than the {steps} intervals of {interval} that "
            f"window_size {size!r} holds",
            hint="make the window longer, or min_samples smaller",
        )
    return asked


def clipped(values: Floats) -> Floats:
    """Return ``values`` with one zero instead of two.

    What is beyond 2**1000 counts as that, so that no difference and no sum overflows.
    """
    if not len(values) or (values.max() <= _LARGE and values.min() >= -_LARGE):
        return values + 0.0
    return np.clip(values + 0.0, -_LARGE, _LARGE)


def finite(values: Floats) -> list[float]:
    """Return ``values``, `clipped`, as Python floats."""
    floats: list[float] = clipped(values).tolist()
    return floats


def microseconds(times: Times) -> Indices:
    """Return ``times`` as microseconds since 1970."""
    return times.astype("datetime64[us]", copy=False).view(np.int64)


def _allowed(task: Task, values: Floats) -> Flags:
    times = task.series.times
    allowed = np.isfinite(values)
    for window in task.exclude:
        low = np.searchsorted(times, to_instant(window.start))
        allowed[low : np.searchsorted(times, to_instant(window.end))] = False
    return allowed
