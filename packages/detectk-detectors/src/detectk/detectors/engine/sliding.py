"""Judge each point by the points before it: what mad, zscore and iqr share."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import ClassVar, TypeVar

from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.detectors.engine.calendar import Calendar
from detectk.detectors.engine.expectation import Terms
from detectk.detectors.engine.judging import Judging, Question, Reach, judge_stack
from detectk.detectors.engine.lookback import padded
from detectk.detectors.engine.measures import Measure
from detectk.detectors.engine.recurrence import never_filled
from detectk.detectors.engine.seasons import Grouping, fallbacks
from detectk.detectors.engine.stack import Stack
from detectk.detectors.engine.transform import Transform
from detectk.detectors.engine.weighting import Weighting
from detectk.detectors.engine.windows import Extent, enough
from detectk.detectors.options import SlidingOptions
from detectk.values.arrays import Floats
from detectk.values.interval import Interval
from detectk.values.verdicts import Verdicts

__all__ = ["SlidingDetector"]

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=SlidingOptions)

_MICROSECOND = timedelta(microseconds=1)


class SlidingDetector(Detector[S]):
    """A detector whose band comes from a sliding window strictly before the point.

    A subclass says what it measures and how far from the centre values may lie; windows,
    transforms, seasons, weights, floors and fall-backs are here.
    """

    measure: ClassVar[Measure]
    """Which statistics `reach` wants."""

    _warned = False

    @abstractmethod
    def reach(self, spread: dict[str, Floats], *, about: Floats, floor: Floats) -> Reach:
        """Return how far from the centre values may lie.

        Args:
            spread: See `detectk.detectors.engine.statistics.Statistics`.
            about: (k,) what ``spread`` is measured around: the centre, or 0 for residuals.
            floor: (k,) least sigma.
        """

    def lookback(self) -> Lookback:
        """Return one window, and what its oldest point is measured from."""
        return self._lookback

    @cached_property
    def _lookback(self) -> Lookback:
        if self.options.stabilize == "clamp":
            return Lookback(everything=True)
        window = Extent.of(self.options.window_size)
        before = self._transform.lookback
        points = padded(window.points) if window.points else 0
        return Lookback(points + before.points, window.length + before.duration)

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        """Judge every target by its own window.

        Raises:
            DetectError: A seasonal feature is unknown, or the window cannot hold ``min_samples``.
        """
        if len(batch) == 1 or not self._stackable:
            return [self._judge(task) for task in batch]
        judged = dict(self._judge_together(batch))
        return [
            Outcome(judged[place]) if place in judged else self._judge(task)
            for place, task in enumerate(batch)
        ]

    def _judge_together(self, batch: Sequence[Task]) -> Iterator[tuple[int, Verdicts]]:
        grids: dict[Interval, list[int]] = {}
        for place, task in enumerate(batch):
            grids.setdefault(task.interval, []).append(place)
        for interval, places in grids.items():
            tasks = [batch[place] for place in places]
            window, least = (
                Extent.of(self.options.window_size),
                enough(self.options.window_size, self.options.min_samples, interval),
            )
            stack = Stack.of(tasks, window, least=least, measure=self.measure)
            question = self._question(tasks[0], path=())
            for place, verdicts in judge_stack(stack, question):
                yield places[place], verdicts

    @property
    def _stackable(self) -> bool:
        """Whether only windows reach from one point to another, so that series do not touch."""
        options = self.options
        plain = self._transform.is_plain and options.stabilize == "none"
        return plain and not options.use_weighted and not options.seasonal_features

    @property
    def _together(self) -> bool:
        """Whether points are compared with those that agree in all features."""
        options = self.options
        return options.use_combined_seasonality or len(options.seasonal_features) < 2  # noqa: PLR2004  # one feature has nothing to be combined with

    def _judge(self, task: Task) -> Outcome:
        if not self.options.exclude_incidents and task.exclude:
            task = replace(task, exclude=())
        question = self._question(task, path=self._path(task))
        judging = Judging(task, self._transform.measure(task), question)
        if self.options.stabilize == "clamp":
            judging.stabilize()
        return Outcome(judging.verdicts())

    def _path(self, task: Task) -> list[Grouping]:
        self._warn_of_empty_groups(task.interval)
        return fallbacks(task, self.options.seasonal_features, self._calendar)

    @cached_property
    def _calendar(self) -> Calendar:
        return Calendar.of(self.options, self.services)

    def _warn_of_empty_groups(self, interval: Interval) -> None:
        """Say once that groups can never fill, if that is so."""
        options = self.options
        if self._warned or not options.seasonal_features:
            return
        self._warned = True
        span = Extent.of(options.window_size).span(interval)
        wanted = [(name,) for name in options.seasonal_features]
        for features in [options.seasonal_features] if self._together else wanted:
            said = never_filled(features, span, interval=interval, least=options.min_group_samples)
            if said:
                logger.warning("seasonal_features: %s", said)

    def _question(self, task: Task, *, path: Sequence[Grouping]) -> Question:
        options = self.options
        return Question(
            window=Extent.of(options.window_size),
            least=enough(self.options.window_size, self.options.min_samples, task.interval),
            path=path,
            separate=()
            if self._together
            else [Grouping(task, (name,), self._calendar) for name in options.seasonal_features],
            terms=Terms(self.measure, self._weighting(task.interval), options.min_group_samples),
            reach=self.reach,
            floor=options.std_floor,
            floor_relative=options.std_floor_relative,
            direction=options.direction,
        )

    @property
    def _transform(self) -> Transform:
        options = self.options
        return Transform(
            options.input,
            options.smoothing,
            Extent.of(options.smoothing_window),
            options.smoothing_alpha,
            Extent.of(options.window_size) if options.detrend == "linear" else None,
        )

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
