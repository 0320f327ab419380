"""Judge counts by how improbable they are: what poisson and binomial share."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, TypeVar

import numpy as np

from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.detectors.engine.calendar import Calendar
from detectk.detectors.engine.evidence import Evidence, gather, lookback
from detectk.detectors.engine.flags import Flags
from detectk.detectors.engine.judged import Bands, Judgement, present, verdicts
from detectk.detectors.engine.laws import Law
from detectk.detectors.engine.limits import Standings
from detectk.detectors.engine.seasons import fallbacks
from detectk.detectors.engine.usual import Tally
from detectk.detectors.engine.windows import Extent, enough
from detectk.detectors.options_counts import CountingOptions
from detectk.values.arrays import Context, Floats, Indices
from detectk.values.verdicts import EXCESS_CAP

__all__ = ["CountingDetector", "Reading"]

logger = logging.getLogger(__name__)

C = TypeVar("C", bound=CountingOptions)

_HALF = 0.5
_BUSY = 10.0
_FARTHEST = 2.0**52


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the values of a series are.

    Attributes:
        tally: (n,) the points as events among trials.
        unit: (n,) what one event adds to the metric; NaN where nobody knows.
        problem: (n,) why a value is not judged; empty where it is, or where there is none. Where
            ``unit`` is not NaN, it still has a band.
    """

    tally: Tally
    unit: Floats
    problem: Context


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A task whose laws are known, ready to be judged together with others.

    Attributes:
        task: What was asked.
        reading: Its points.
        evidence: (k,) what its windows say.
        names: Of the groupings.
        rows: (j,) which of its targets have a value, and enough history for a band.
        law: (j,) what their counts should be like.
    """

    task: Task
    reading: Reading
    evidence: Evidence
    names: Sequence[str]
    rows: Indices
    law: Law


class CountingDetector(Detector[C]):
    """A detector of counts: an anomaly is what chance, as far as it is known, hardly ever does."""

    keeps_zero_out: ClassVar[bool] = False
    """Whether zero is never normal where 10 or more are expected and it has never been seen."""

    @abstractmethod
    def read(self, task: Task) -> Reading:
        """Return what the values of ``task`` are.

        Raises:
            DetectError: The series does not have what the options ask for.
        """

    @abstractmethod
    def law(self, evidence: Evidence, rows: Indices, trials: Floats) -> Law:
        """Return (j,) how the counts of some targets are distributed.

        Args:
            evidence: (k,) of all targets.
            rows: (j,) which of them.
            trials: (j,) theirs.
        """

    def lookback(self) -> Lookback:
        """Return one window and an eighth."""
        return lookback(Extent.of(self.options.window_size))

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        """Judge every target by its own window, all of the batch at once.

        Raises:
            DetectError: A column or a seasonal feature is unknown, or the window cannot hold
                ``min_samples``.
        """
        calendar = Calendar.of(self.options, self.services)
        asked = [self._ask(task, calendar) for task in batch]
        return [
            self._answer(one, found) for one, found in zip(asked, self._solve(asked), strict=True)
        ]

    def _ask(self, task: Task, calendar: Calendar) -> _Asked:
        if not self.options.exclude_incidents and task.exclude:
            task = replace(task, exclude=())
        least = enough(self.options.window_size, self.options.min_samples, task.interval)
        reading = self.read(task)
        path = fallbacks(task, self.options.seasonal_features, calendar)
        evidence = gather(
            task,
            reading.tally,
            extent=Extent.of(self.options.window_size),
            path=path,
            least=self.options.min_group_samples,
        )
        known = present(task, np.where(np.isnan(reading.unit), np.nan, task.series.values))
        rows = np.flatnonzero(~np.isnan(known) & (evidence.window >= least))
        law = self.law(evidence, rows, reading.tally.trials[task.targets[rows]])
        self._warn(task, reading.problem[task.targets])
        return _Asked(task, reading, evidence, [grouping.name for grouping in path], rows, law)

    def _solve(self, asked: Sequence[_Asked]) -> list[_Solved]:
        """Look up all tails at once, which costs little more than one."""
        if not asked:
            return []
        law = asked[0].law.joined([one.law for one in asked])
        events = np.concatenate(
            [one.reading.tally.events[one.task.targets[one.rows]] for one in asked]
        )
        mean = law.mean
        events = np.where(np.isnan(events), mean, events)
        # What is no whole count is as improbable as the next one farther from the mean.
        count = np.where(events > mean, np.ceil(events), np.floor(events))
        count = np.minimum(np.minimum(count, law.last), _FARTHEST)
        first, again = law.distinct(count)
        standings = Standings.of(law.take(first), count[first], self.options.n_sigma)
        lower, upper, score = (column[again] for column in standings)
        if self.keeps_zero_out:
            never_zero = np.concatenate([one.evidence.never_zero[one.rows] for one in asked])
            lower = np.where(never_zero & (mean >= _BUSY), np.maximum(lower, 1.0), lower)
        found = np.stack((count, mean, lower, upper, score))
        sizes = np.cumsum([len(one.rows) for one in asked])
        return [_Solved(*part) for part in np.split(found, sizes[:-1], axis=1)]

    def _answer(self, asked: _Asked, solved: _Solved) -> Outcome:
        task, rows, n_sigma = asked.task, asked.rows, self.options.n_sigma
        count, mean, lower, upper, score = solved
        size = len(task.targets)
        fit = ~np.isnan(asked.reading.tally.events[task.targets[rows]])
        unit = asked.reading.unit[task.targets[rows]]
        value = task.series.values[task.targets[rows]]
        above, below = fit & (count > upper), fit & (count < lower)
        # A rounded share must not be outside of bounds that its count is inside of.
        low = np.where(fit & (count == lower), np.minimum(lower * unit, value), lower * unit)
        high = np.where(fit & (count == upper), np.maximum(upper * unit, value), upper * unit)
        bands = Bands(mean * unit, low, high, unit).facing(self.options.direction)
        ignored = ~fit | np.isinf(np.where(count < mean, bands.lower, bands.upper))
        outside = above | below
        score = np.where(outside, np.maximum(score, np.nextafter(n_sigma, np.inf)), score)
        score = np.where(outside, score, np.where(fit, np.minimum(score, n_sigma), 0.0))
        width = np.abs(np.where(count < mean, lower, upper) - mean)
        # Where not even one event is normal, the band has no width; half an event is its edge.
        excess = np.minimum(np.abs(count - mean) / np.maximum(width, _HALF), EXCESS_CAP)
        direction = np.where(ignored, 0, above.astype(np.int8) - below)
        judgement = Judgement(
            _spread(direction, rows, size, nothing=0).astype(np.int8),
            _spread(np.minimum(score, EXCESS_CAP), rows, size, nothing=0.0),
            _spread(np.where(ignored, 0.0, excess), rows, size, nothing=0.0),
        )
        judged = np.zeros(size, dtype=np.bool_)
        judged[rows[fit]] = True
        nan = float("nan")
        wide = Bands(*(_spread(column, rows, size, nothing=nan) for column in bands))
        found = verdicts(
            task,
            self._values(asked),
            wide,
            judgement,
            judged=judged,
            explain=self._explain(asked, judged),
        )
        return Outcome(found)

    def _values(self, asked: _Asked) -> Floats:
        series = asked.task.series
        known = np.where(np.isnan(asked.reading.tally.events), np.nan, series.values)
        return present(asked.task, known)

    def _explain(self, asked: _Asked, judged: Flags) -> dict[str, Context]:
        evidence = asked.evidence
        names = np.array([*asked.names, ""])
        return {
            "group": names[np.where(judged, evidence.level, -1)],
            "samples": np.where(judged, evidence.samples, evidence.window),
            "pool": np.where(judged, evidence.pool, 0),
            "dispersion": np.where(judged, evidence.dispersion, np.nan),
            "problem": asked.reading.problem[asked.task.targets],
        }

    def _warn(self, task: Task, problem: Context) -> None:
        for text, count in zip(*np.unique(problem[problem != ""], return_counts=True), strict=True):
            logger.warning("%s: %d values are not judged: %s", task.id, count, text)


class _Solved(NamedTuple):
    """What the laws say of the counts, (j,) each."""

    counts: Floats
    mean: Floats
    lower: Floats
    upper: Floats
    score: Floats


def _spread(column: Floats, rows: Indices, size: int, *, nothing: float) -> Floats:
    """Return (size,) ``column`` at ``rows``, ``nothing`` elsewhere."""
    found = np.full(size, nothing)
    found[rows] = column
    return found
