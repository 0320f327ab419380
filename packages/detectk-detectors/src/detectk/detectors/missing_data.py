"""Judge whether data arrive: intervals without a value, in a row or for too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.detectors.engine.judged import Bands, Judgement, present, verdicts
from detectk.detectors.engine.windows import microseconds
from detectk.detectors.options import MissingDataOptions
from detectk.values.arrays import Floats, Indices
from detectk.values.series import Status
from detectk.values.verdicts import EXCESS_CAP

__all__ = ["MissingDataDetector"]

Flags = npt.NDArray[np.bool_]

_LEAST_HORIZON = 100
_FACTOR = 10
_MINUTE = 60_000_000


class MissingDataDetector(Detector[MissingDataOptions]):
    """Flags intervals without a value, from the stored grid alone.

    Missing, late and empty intervals count, zeros too if asked; failed and skipped ones say
    nothing about the data and are unjudged: they neither extend a gap nor end it. Both counts stop
    growing at ten times the limit, or 100 intervals if that is more, so that they need no more
    history. The score is the intervals without a value in a row; a gap has no direction.
    """

    def lookback(self) -> Lookback:
        """Return as much as the counts may grow to."""
        return Lookback(points=self._horizon, duration=timedelta(minutes=self._stalest))

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        """Judge every target by itself and the gap it stands in."""
        return [self._judge(task) for task in batch]

    def _judge(self, task: Task) -> Outcome:
        series, targets = task.series, task.targets
        neutral = np.isin(series.status, (Status.FAILED, Status.SKIPPED))
        absent = ~np.isfinite(series.values)
        if self.options.treat_zero_as_missing:
            absent |= series.values == 0.0
        streaks = self._streaks(absent & ~neutral, ~absent & ~neutral)[targets]
        minutes = self._staleness(task, ~absent & ~neutral)[targets]
        judged = ~neutral[targets]
        excess = np.where(judged, self._excess(streaks, minutes), 0.0)
        nothing = np.broadcast_to(np.nan, len(targets))
        return Outcome(
            verdicts(
                task,
                np.where(judged, present(task, series.values), np.nan),
                Bands(nothing, nothing, nothing, nothing),
                Judgement(
                    np.zeros(len(targets), dtype=np.int8),
                    np.where(judged, streaks, 0).astype(np.float64),
                    np.minimum(excess, EXCESS_CAP),
                ),
                judged=judged,
                anomaly=excess >= 1.0,
                explain={
                    "missing": np.where(judged, streaks, 0),
                    "staleness_minutes": np.where(judged, minutes, 0.0),
                },
            )
        )

    def _excess(self, streaks: Indices, minutes: Floats) -> Floats:
        limit, stale = self._streak_limit, self.options.max_staleness_minutes
        excess = np.zeros(len(streaks))
        if limit:
            excess = streaks / limit
        return np.maximum(excess, minutes / stale) if stale else excess

    def _streaks(self, absent: Flags, present: Flags) -> Indices:
        """Return (n,) how many absent points the gap at each point has, up to the horizon."""
        places = np.arange(len(absent))
        last = np.maximum.accumulate(np.where(present, places, -1))
        count = np.concatenate(([0], np.cumsum(absent)))
        since = np.maximum(last, places - self._horizon)
        streaks: Indices = count[places + 1] - count[since + 1]
        return streaks

    def _staleness(self, task: Task, present: Flags) -> Floats:
        """Return (n,) minutes since the newest value, up to the cap; from the start on if none."""
        times = microseconds(task.series.times)
        if not len(times):
            return np.empty(0)
        before = times[0] - task.interval.nominal // timedelta(microseconds=1)
        newest = np.maximum.accumulate(np.where(present, times, before))
        minutes: Floats = np.minimum((times - newest) / _MINUTE, self._stalest)
        return minutes

    @property
    def _streak_limit(self) -> int:
        """Return the limit on a row of absences; 0 where only staleness was asked for."""
        asked = self.options.consecutive_missing
        return asked or (0 if self.options.max_staleness_minutes else 1)

    @property
    def _horizon(self) -> int:
        return max(_LEAST_HORIZON, _FACTOR * self._streak_limit)

    @property
    def _stalest(self) -> float:
        return _FACTOR * (self.options.max_staleness_minutes or 0.0)
