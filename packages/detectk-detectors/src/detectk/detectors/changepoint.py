"""Judge the level: whether the newest points lie where the points before them lay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import pi

import numpy as np

from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.detectors.engine.answer import answer
from detectk.detectors.engine.blocks import Blocks
from detectk.detectors.engine.judged import Bands, present
from detectk.detectors.engine.lookback import padded
from detectk.detectors.engine.ordered import deviation_quantile, median, windows
from detectk.detectors.engine.regress import folded
from detectk.detectors.engine.rows import OrderedRows
from detectk.detectors.engine.statistics import medians
from detectk.detectors.engine.windows import Baseline, Extent, clipped
from detectk.detectors.options_shape import ChangepointOptions
from detectk.errors import DetectError
from detectk.values.arrays import Floats, Indices
from detectk.values.interval import Interval

__all__ = ["ChangepointDetector"]

_FEWEST, _ENOUGH = 3, 10
# Busy hours may be as few as one in ten and still be no change of level.
_USUAL, _USUAL_SIGMAS = 0.9, 1.645


class ChangepointDetector(Detector[ChangepointOptions]):
    """Flags a point when the median of the newest ``points`` has left the level before them.

    The window before the newest points is cut into blocks of as many points. The level is the
    median of the medians of the blocks; the scale is how far 90 % of those lie from it, in that
    of a normal sample. So it holds whatever moves medians of that length as a rule: noise,
    autocorrelation, a season. It is at least the noise of a median, as the values within blocks
    show it.

    A new level is flagged from the time when about half of the newest points have it until one
    in ten of the blocks has it too.
    """

    def lookback(self) -> Lookback:
        """Return the window, the newest points and the block that the window begins in."""
        window = Extent.of(self.options.window_size)
        newest = Extent.of(self.options.points)
        return Lookback(
            points=padded(window.points + 2 * newest.points),
            duration=window.length + 2 * newest.length,
        )

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        """Judge the level at every target.

        Raises:
            DetectError: The window does not hold three blocks, or not ``min_samples``.
        """
        return [self._judge(task) for task in batch]

    def _judge(self, task: Task) -> Outcome:
        options = self.options
        if not options.exclude_incidents:
            task = replace(task, exclude=())
        points = max(Extent.of(options.points).steps(task.interval), 1)
        least = self._least(task.interval, points)
        values = present(task, clipped(task.series.values))
        newest, known = _newest(task, points)
        levels = _Levels.of(task, Extent.of(options.window_size), points)
        centre, scale = levels.centre, levels.scale
        unit = np.maximum(scale, options.std_floor)
        unit = np.maximum(unit, options.std_floor_relative * np.abs(centre))
        reach = options.n_sigma * unit
        bands = Bands(centre, centre - reach, centre + reach, unit).facing(options.direction)
        judged = (known * 2 >= points) & (levels.samples >= least)
        return answer(
            task,
            np.where(judged & ~np.isnan(values), newest, values),
            bands,
            measured=newest,
            judged=judged,
            explain={"raw": values, "samples": levels.samples, "scale": unit},
        )

    def _least(self, interval: Interval, points: int) -> int:
        """Return ``min_samples``, by default half of the window's blocks, from 3 to 10."""
        size, least = self.options.window_size, self.options.min_samples
        steps = Extent.of(size).steps(interval)
        if least is None:
            least = points * max(_FEWEST, min(_ENOUGH, steps // points // 2))
        if least > steps:
            raise DetectError(
                f"window_size {size!r} holds {steps} intervals of {interval}, of the {least} "
                f"values that points {self.options.points!r} and min_samples ask for",
                where=self.services.where,
                hint="make the window longer, or points or min_samples smaller",
            )
        return least


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """What was before the newest points, one row a target; NaN where no block was.

    Attributes:
        centre: (k,) the level.
        scale: (k,) standard deviation of a median of as many points as a block has.
        samples: (k,) values in the blocks.
    """

    centre: Floats
    scale: Floats
    samples: Indices

    @classmethod
    def of(cls, task: Task, window: Extent, points: int) -> _Levels:
        """Measure the window before the newest ``points`` of every target."""
        blocks, values = _matrix(task, Blocks.of(task, points))
        ordered = OrderedRows(values)
        middles, noise = ordered.quantile(0.5), _noise(values, ordered)
        # The first block may lack points; whether it does must not matter.
        whole = np.flatnonzero((ordered.counts * 2 >= points) & (blocks.starts > 0))
        first = window.first(task.series.times, task.targets)
        low = np.searchsorted(blocks.starts[whole], first)
        high = np.searchsorted(blocks.stops[whole], task.targets - points + 1, side="right")
        high = np.maximum(low, high)
        new = np.ones(len(low), dtype=np.bool_)
        new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        distinct, row = np.flatnonzero(new), np.cumsum(new) - 1
        centre, scale = _usual(middles[whole], low[distinct], high[distinct])
        scale = np.fmax(scale, medians(noise[whole], low[distinct], high[distinct]))
        held = np.concatenate([[0], np.cumsum(ordered.counts[whole])])
        return cls(centre[row], scale[row], held[high] - held[low])


def _matrix(task: Task, blocks: Blocks) -> tuple[Blocks, Floats]:
    """Return the values that may enter a baseline, one row a block; NaN for no value."""
    allowed = Baseline.of(task, Extent(points=1)).points
    width = int((blocks.stops - blocks.starts).max(initial=1))
    matrix = np.full((len(blocks.starts), width), np.nan)
    rows = blocks.at(allowed)
    matrix[rows, allowed - blocks.starts[rows]] = clipped(task.series.values[allowed])
    return blocks, matrix


def _noise(values: Floats, ordered: OrderedRows) -> Floats:
    """Return the (b,) standard errors of the medians of blocks, by the values within them.

    Source: the median of n normal values has an error of sqrt(pi / 2 / n) standard deviations.
    """
    apart = np.nan_to_num(np.abs(values - ordered.quantile(0.5)[:, None]))
    largest = apart.max(axis=1, initial=0.0)
    apart /= np.where(largest > 0.0, largest, 1.0)[:, None]  # whose square may be too large
    counts = np.maximum(ordered.counts, 1)
    noise: Floats = largest * np.sqrt(folded(apart * apart) * (pi / 2)) / counts
    return noise


def _usual(middles: Floats, low: Indices, high: Indices) -> tuple[Floats, Floats]:
    """Return the (k,) medians of windows of medians, and how far those lie from it as a rule."""
    centre, scale = np.full(len(low), np.nan), np.full(len(low), np.nan)
    bounds = zip(low.tolist(), high.tolist(), strict=True)
    for row, ordered in enumerate(windows(middles.tolist(), bounds)):
        if ordered:
            centre[row] = median(ordered)
            scale[row] = deviation_quantile(ordered, centre[row], _USUAL) / _USUAL_SIGMAS
    return centre, scale


def _newest(task: Task, points: int) -> tuple[Floats, Indices]:
    """Return the median of the newest points of every target, and how many have a value."""
    window = Baseline.of(replace(task, exclude=()), Extent(points=points))
    places = np.searchsorted(window.points, [task.targets - points + 1, task.targets + 1])
    low, high = places
    return medians(clipped(task.series.values[window.points]), low, high), high - low
