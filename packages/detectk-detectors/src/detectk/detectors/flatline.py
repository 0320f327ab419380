"""Judge whether a value still moves: one that repeats for too long comes from something stuck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.detectors.engine.judged import Bands, Flags, Judgement, present, verdicts
from detectk.detectors.engine.lookback import padded
from detectk.detectors.engine.runs import Runs
from detectk.detectors.engine.windows import Baseline, Extent, clipped, enough, microseconds
from detectk.detectors.options_shape import FlatlineOptions
from detectk.values.arrays import Floats, Indices
from detectk.values.duration import duration
from detectk.values.verdicts import EXCESS_CAP

__all__ = ["FlatlineDetector"]

_LEAST_HORIZON = 100
_FACTOR = 10
_CHANGES = 10
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = 60_000_000


class FlatlineDetector(Detector[FlatlineOptions]):
    """Flags a value that has repeated for too long.

    With ``points`` or ``duration`` the limit is given. Otherwise it is learned: ``factor`` times
    the longest run of equal values in the window before the current run, and ``min_points`` at
    least. A metric that changed fewer than ten times there is constant by nature and has no limit.

    An interval without a value neither extends a run nor ends it. Runs are counted within the
    window, or within ten times a given limit (100 points if that is more), so that they need no
    more history. The score is the equal values in a row; a run has no direction.
    """

    def lookback(self) -> Lookback:
        """Return what a run is counted in."""
        spans = self._spans
        return Lookback(
            points=padded(max(span.points for span in spans)),
            duration=max(span.length for span in spans),
        )

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        """Judge every target by the run it stands in.

        Raises:
            DetectError: The window cannot hold ``min_samples``.
        """
        return [self._judge(task) for task in batch]

    def _judge(self, task: Task) -> Outcome:
        if not self.options.exclude_incidents:
            task = replace(task, exclude=())
        values = present(task, clipped(task.series.values))
        judged = ~np.isnan(values)
        runs = [_Current.of(task, span, tolerance=self.options.tolerance) for span in self._spans]
        if self._learns:
            limit, known = self._learned(task, runs[0])
            judged &= known
            excess = runs[0].length / limit
        else:
            limit, excess = self._given(runs)
        excess = np.where(judged, np.minimum(excess, EXCESS_CAP), 0.0)
        nothing = np.full(len(values), np.nan)
        judgement = Judgement(
            np.zeros(len(values), dtype=np.int8),
            np.where(judged, runs[0].length.astype(np.float64), 0.0),
            excess,
        )
        return Outcome(
            verdicts(
                task,
                values,
                Bands(nothing, nothing, nothing, nothing),
                judgement,
                judged=judged,
                anomaly=excess >= 1.0,
                explain={
                    "limit": np.where(np.isinf(limit), np.nan, limit),
                    "unchanged_minutes": runs[0].age / _MINUTE,
                },
            )
        )

    def _given(self, runs: Sequence[_Current]) -> tuple[Floats, Floats]:
        """Return (k,) the limit in points, NaN for none, and the excess over either limit."""
        options = self.options
        size = len(runs[0].length)
        limit, excess = np.full(size, np.nan), np.zeros(size)
        if options.points is not None:
            limit, excess = np.full(size, float(options.points)), runs[0].length / options.points
        if options.duration is not None:
            excess = np.maximum(excess, runs[-1].age / (duration(options.duration) / _MICROSECOND))
        return limit, excess

    def _learned(self, task: Task, runs: _Current) -> tuple[Floats, Flags]:
        """Return (k,) the limit in points, inf for none, and whether there is history enough."""
        options = self.options
        window, earlier = runs.window, runs.runs
        if task.exclude:
            window = Baseline.of(task, Extent.of(options.window_size))
            earlier = Runs(clipped(task.series.values[window.points]), tolerance=options.tolerance)
        until = np.searchsorted(window.points, runs.start)
        until = np.clip(until, window.low, window.high)
        changes = earlier.changes(window.low, until) + 1
        longest = earlier.longest(window.low, until)
        limit = np.maximum(np.floor(options.factor * longest) + 1.0, options.min_points)
        known = window.high - window.low >= enough(
            self.options.window_size, self.options.min_samples, task.interval
        )
        return np.where(changes >= _CHANGES, limit, np.inf), known

    @property
    def _learns(self) -> bool:
        return self.options.points is None and self.options.duration is None

    @property
    def _spans(self) -> list[Extent]:
        """Return what runs are counted in: one for every limit there is."""
        options, spans = self.options, []
        if options.points is not None:
            spans.append(Extent(points=max(_LEAST_HORIZON, _FACTOR * options.points)))
        if options.duration is not None:
            spans.append(Extent(length=_FACTOR * duration(options.duration)))
        return spans or [Extent.of(options.window_size)]


@dataclass(frozen=True, slots=True, eq=False)
class _Current:
    """The run that every target stands in; of no meaning where the target has no value.

    Attributes:
        start: (k,) position of its first value, within the span before the target.
        length: (k,) values in it, up to the target.
        age: (k,) microseconds since that first value.
        window: The span before every target, whatever was an incident.
        runs: The runs of its points.
    """

    start: Indices
    length: Indices
    age: Indices
    window: Baseline
    runs: Runs

    @classmethod
    def of(cls, task: Task, span: Extent, *, tolerance: float) -> _Current:
        """Find the runs of every target, wherever they are: incidents count too."""
        window = Baseline.of(replace(task, exclude=()) if task.exclude else task, span)
        runs = Runs(clipped(task.series.values[window.points]), tolerance=tolerance)
        if not len(window.points):
            nothing = np.zeros(len(task.targets), dtype=np.intp)
            return cls(nothing, nothing, nothing, window, runs)
        place = np.minimum(window.high, len(window.points) - 1)
        first = np.clip(runs.starts[runs.number[place]], window.low, place)
        start = window.points[first]
        times = microseconds(task.series.times)
        age = times[task.targets] - times[start]
        return cls(start, place - first + 1, age, window, runs)
