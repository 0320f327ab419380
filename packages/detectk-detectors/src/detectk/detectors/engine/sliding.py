"""Judge each point by the points before it: what mad, zscore and iqr share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from math import isnan
from typing import ClassVar, TypeVar

from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.detectors.engine.band import Band, Spread
from detectk.detectors.engine.columns import Columns
from detectk.detectors.engine.expectation import Combined, Expectation, Grouped, Separate, Terms
from detectk.detectors.engine.sample import Sample
from detectk.detectors.engine.weighting import Weighting
from detectk.detectors.engine.windows import Baseline, Extent
from detectk.detectors.options import SlidingOptions
from detectk.errors import DetectError
from detectk.values.interval import Interval

__all__ = ["SlidingDetector"]

S = TypeVar("S", bound=SlidingOptions)

_MICROSECOND = timedelta(microseconds=1)
_FEWEST, _ENOUGH = 3, 30
_NEXT_TO_NOTHING = 0.1


class SlidingDetector(Detector[S]):
    """A detector whose band comes from a sliding window strictly before the point.

    A subclass says what a centre is and how far from it values lie; windows, seasons, weights,
    floors and fall-backs are here.
    """

    exact: ClassVar[bool] = False
    """Whether `centre` and `spread` use a sample's mean or deviation; otherwise the centre must
    be the median."""

    @abstractmethod
    def centre(self, sample: Sample) -> float:
        """Return where the values lie."""

    @abstractmethod
    def spread(self, sample: Sample, centre: float, *, floor: float) -> Spread:
        """Return how far from ``centre`` values lie.

        Args:
            sample: The group's values, or residuals when ``centre`` is 0.
            centre: What the distances are measured from.
            floor: Least sigma, in the metric's unit.
        """

    def lookback(self) -> Lookback:
        """Return one window."""
        return Extent.of(self.options.window_size).lookback()

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        """Judge every target by its own window.

        Raises:
            DetectError: A seasonal feature is unknown, or the window cannot hold ``min_samples``.
        """
        return [self._judge(task) for task in batch]

    def _judge(self, task: Task) -> Outcome:
        columns = Columns(task, {"group": "", "samples": 0, "pool": 0, "scale": float("nan")})
        baseline = Baseline.of(task, Extent.of(self.options.window_size))
        least = self._least(task.interval)
        grouped = self._grouped(task, baseline)
        bounds = zip(
            columns.values.tolist(),
            task.targets.tolist(),
            baseline.low.tolist(),
            baseline.high.tolist(),
            strict=True,
        )
        for row, (value, target, low, high) in enumerate(bounds):
            if isnan(value):
                continue
            if high - low < least:
                columns.insufficient(row, samples=high - low)
                continue
            expectation = grouped.expect(target, low, high)
            band = self._band(expectation)
            columns.judge(
                row,
                value,
                band,
                group=expectation.group,
                samples=expectation.samples,
                pool=expectation.pool,
                scale=band.unit,
            )
        return Outcome(columns.verdicts())

    def _band(self, expectation: Expectation) -> Band:
        """Put the spread around the centre, keeping zero out where it would be new.

        Zero from an established level is what an outage looks like. However noisy the level,
        the lower bound then stays above a tenth of it.
        """
        options, centre = self.options, expectation.centre
        floor = max(options.std_floor, options.std_floor_relative * abs(centre))
        spread = self.spread(expectation.sample, expectation.about, floor=floor)
        lower = centre - spread.down
        if expectation.established:
            lower = max(lower, _NEXT_TO_NOTHING * centre)
        return Band(centre, lower, centre + spread.up, spread.unit)

    def _grouped(self, task: Task, baseline: Baseline) -> Grouped:
        options = self.options
        terms = Terms(
            centre=self.centre,
            exact=self.exact,
            weighting=self._weighting(task.interval),
            least=options.min_group_samples,
        )
        features = options.seasonal_features
        kind = Combined if options.use_combined_seasonality or len(features) < 2 else Separate  # noqa: PLR2004  # one feature has nothing to be combined with
        return kind(task, baseline, terms, features=features)

    def _weighting(self, interval: Interval) -> Weighting | None:
        options = self.options
        if not options.use_weighted:
            return None
        span = Extent.of(options.window_size).span(interval)
        if options.weights_type == "linear":
            return Weighting("linear", (span + interval.nominal) / _MICROSECOND)
        half_life = span / 4
        if isinstance(options.half_life, str):
            half_life = Extent.of(options.half_life).length
        elif options.half_life is not None:
            half_life = options.half_life * interval.nominal
        return Weighting("exponential", half_life / _MICROSECOND)

    def _least(self, interval: Interval) -> int:
        """Return ``min_samples``, by default half of what the window can hold, from 3 to 30."""
        steps = Extent.of(self.options.window_size).steps(interval)
        least = self.options.min_samples
        if least is None:
            return max(_FEWEST, min(_ENOUGH, steps // 2))
        if least > steps:
            raise DetectError(
                f"min_samples {least} is more than the {steps} intervals of {interval} that "
                f"window_size {self.options.window_size!r} holds",
                where=self.services.where,
                hint="make the window longer, or min_samples smaller",
            )
        return least
