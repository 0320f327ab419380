"""Judge by fixed bounds, or by the percentage of change from a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan

import numpy as np

from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.detectors.engine.flags import Flags
from detectk.detectors.engine.judged import Bands, Judgement, present, verdicts
from detectk.detectors.engine.statistics import statistics
from detectk.detectors.engine.windows import Baseline, Extent, clipped
from detectk.detectors.options import ThresholdOptions
from detectk.values.arrays import Context, Floats
from detectk.values.verdicts import EXCESS_CAP, Verdict

__all__ = ["ThresholdDetector"]


_ENDLESS = 1e300


class ThresholdDetector(Detector[ThresholdOptions]):
    """Flags values on the wrong side of a bound.

    The score is the way beyond the bound in the metric's unit, or in percentage points with
    ``percent``; 0 on the right side. A percentage of a baseline that is 0 is unjudged.
    """

    def lookback(self) -> Lookback:
        """Return the window of a moving baseline; nothing for fixed bounds."""
        if isinstance(self.options.baseline, str):
            return Extent.of(self.options.baseline_window).lookback()
        return Lookback()

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        """Judge every target by itself, or by its change from its baseline."""
        limits = _Limits.of(self.options)
        with np.errstate(over="ignore"):  # a change may be too large for a number
            return [self._judge(task, limits) for task in batch]

    def _judge(self, task: Task, limits: _Limits) -> Outcome:
        values = present(task, task.series.values)
        known = values == values  # noqa: PLR0124  # not NaN
        if not self.options.percent:
            nothing = np.broadcast_to(np.nan, len(values))
            bands, found, anomaly = limits.judge(values)
            explain: dict[str, Context] = {"baseline": nothing}
            return Outcome(
                verdicts(task, values, bands, found, judged=known, explain=explain, anomaly=anomaly)
            )
        baseline = self._baselines(task)
        judged = known & (baseline == baseline) & (baseline != 0.0)  # noqa: PLR0124  # as above
        chosen = np.where(judged, values, np.nan)
        bands, found, anomaly = limits.judge_change(chosen, np.where(judged, baseline, np.nan))
        explain = {"baseline": np.where(known, baseline, np.nan)}
        answer = verdicts(
            task, values, bands, found, judged=judged, explain=explain, anomaly=anomaly
        )
        answer.verdict[known & (baseline == 0.0)] = Verdict.UNJUDGED
        return Outcome(answer)

    def _baselines(self, task: Task) -> Floats:
        """Return (k,) the targets' baselines, NaN where the window has no value."""
        kind, series = self.options.baseline, task.series
        if not isinstance(kind, str):
            return np.full(len(task.targets), np.nan if kind is None else kind)
        window = Baseline.of(task, Extent.of(self.options.baseline_window))
        values = clipped(series.values[window.points])
        if kind == "average":
            return statistics(values, window.low, window.high, measure="mean").centre
        none = window.low == window.high
        return np.where(none, np.nan, np.append(values, np.nan)[window.high - 1])


@dataclass(frozen=True, slots=True)
class _Limits:
    """Two limits, and the side of them that is wrong.

    Attributes:
        low: -inf where there is none.
        high: inf where there is none.
        inside: Whether values between the limits are the wrong ones.
        closed: Whether a value on a limit is on the wrong side.
    """

    low: float
    high: float
    inside: bool
    closed: bool

    @classmethod
    def of(cls, options: ThresholdOptions) -> _Limits:
        bound, operator = options.threshold, options.operator
        if operator.startswith("greater"):
            return cls(-inf, bound, inside=False, closed=operator == "greater_equal")
        if operator.startswith("less"):
            return cls(bound, inf, inside=False, closed=operator == "less_equal")
        if operator.endswith("equals"):
            inside, way = operator == "equals", options.tolerance
            return cls(bound - way, bound + way, inside=inside, closed=inside)
        upper = bound if options.upper_threshold is None else options.upper_threshold
        return cls(bound, upper, inside=operator == "between", closed=operator == "between")

    def judge(self, values: Floats) -> tuple[Bands, Judgement, Flags]:
        """Judge values that have no centre: excess grows with the share of the bound."""
        low, high = (nan, nan) if self.inside else (self.low, self.high)
        columns = (np.broadcast_to(number, len(values)) for number in (nan, low, high, nan))
        beyond, excess = self._beyond(values)
        return Bands(*columns), *self._judged(values, beyond, excess)

    def judge_change(self, values: Floats, baseline: Floats) -> tuple[Bands, Judgement, Flags]:
        """Judge changes in percent of ``baseline``; the band is written in the metric's unit."""
        unit = np.abs(baseline) / 100.0
        change = np.clip((values - baseline) / unit, -_ENDLESS, _ENDLESS)
        beyond, excess = self._beyond(change)
        if self.inside:
            low, high = np.full((2, len(values)), nan)
        else:
            low, high = baseline + self.low * unit, baseline + self.high * unit
            if self.low < 0.0 < self.high:  # no change is right: it is a centre
                excess = np.maximum(change / self.high, change / self.low)
        return Bands(baseline, low, high, unit), *self._judged(change, beyond, excess)

    def _judged(self, measured: Floats, beyond: Floats, excess: Floats) -> tuple[Judgement, Flags]:
        anomaly = beyond >= 0.0 if self.closed else beyond > 0.0
        direction = np.zeros(len(measured), dtype=np.int8)
        if not self.inside:
            direction += measured >= self.high
            direction -= measured <= self.low
            direction[~anomaly] = 0
        known = ~np.isnan(measured)
        score = np.where(known, np.maximum(beyond, 0.0), 0.0)
        excess = np.where(known, np.clip(excess, 0.0, EXCESS_CAP), 0.0)
        return Judgement(direction, score, excess), anomaly

    def _beyond(self, measured: Floats) -> tuple[Floats, Floats]:
        """Return the ways into the wrong side, negative on the right one, and the excesses."""
        under, over = self.low - measured, measured - self.high
        if self.inside:
            under, over = -under, -over
            at_low = under < over
        else:
            at_low = under > over
        beyond = np.where(at_low, under, over)
        return beyond, 1.0 + beyond / np.where(at_low, abs(self.low) or 1.0, abs(self.high) or 1.0)
