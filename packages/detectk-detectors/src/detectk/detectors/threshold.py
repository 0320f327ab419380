"""Judge by fixed bounds, or by the percentage of change from a baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum, inf, isnan, nan

from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.detectors.engine.columns import Columns
from detectk.detectors.engine.windows import Baseline, Extent, finite
from detectk.detectors.options import ThresholdOptions
from detectk.values.verdicts import EXCESS_CAP

__all__ = ["ThresholdDetector"]


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
        return [self._judge(task, limits) for task in batch]

    def _judge(self, task: Task, limits: _Limits) -> Outcome:
        columns = Columns(task, {"baseline": nan})
        baselines = self._baselines(task) if self.options.percent else iter(())
        for row, value in enumerate(columns.values.tolist()):
            baseline = next(baselines, nan)
            if isnan(value):
                continue
            if not self.options.percent:
                limits.judge(columns, row, value)
            elif isnan(baseline):
                columns.insufficient(row)
            elif baseline != 0.0:
                limits.judge_change(columns, row, value, baseline=baseline)
        return Outcome(columns.verdicts())

    def _baselines(self, task: Task) -> Iterator[float]:
        """Yield each target's baseline, NaN where the window has no value."""
        kind = self.options.baseline
        if not isinstance(kind, str):
            yield from [nan if kind is None else kind] * len(task.targets)
            return
        window = Baseline.of(task, Extent.of(self.options.baseline_window))
        values = finite(task.series.values[window.points])
        for low, high in zip(window.low.tolist(), window.high.tolist(), strict=True):
            if low == high:
                yield nan
            elif kind == "previous":
                yield values[high - 1]
            else:
                yield fsum(values[low:high]) / (high - low)


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

    def judge(self, columns: Columns, row: int, value: float) -> None:
        """Judge a value that has no centre: excess grows with the share of the bound."""
        beyond, bound = self._beyond(value)
        excess = 1.0 + beyond / (abs(bound) or 1.0)
        self._put(columns, row, value, beyond=beyond, excess=excess, baseline=nan)
        if not self.inside:
            columns.bounds(row, self.low, self.high)

    def judge_change(self, columns: Columns, row: int, value: float, *, baseline: float) -> None:
        """Judge a change in percent of ``baseline``; the band is written in the metric's unit."""
        unit = abs(baseline) / 100.0
        change = (value - baseline) / unit
        beyond, bound = self._beyond(change)
        excess = 1.0 + beyond / (abs(bound) or 1.0)
        if not self.inside and self.low < 0.0 < self.high:  # no change is right: it is a centre
            excess = max(change / self.high, change / self.low)
        self._put(columns, row, change, beyond=beyond, excess=excess, baseline=baseline)
        if self.inside:
            columns.bounds(row, nan, nan, expected=baseline)
        else:
            low, high = baseline + self.low * unit, baseline + self.high * unit
            columns.bounds(row, low, high, expected=baseline)

    def _put(
        self,
        columns: Columns,
        row: int,
        measured: float,
        *,
        beyond: float,
        excess: float,
        baseline: float,
    ) -> None:
        anomaly = beyond >= 0.0 if self.closed else beyond > 0.0
        above, below = measured >= self.high, measured <= self.low
        columns.put(
            row,
            anomaly=anomaly,
            direction=above - below if anomaly and not self.inside else 0,
            score=max(beyond, 0.0),
            excess=min(max(excess, 0.0), EXCESS_CAP),
            baseline=baseline,
        )

    def _beyond(self, measured: float) -> tuple[float, float]:
        """Return the way into the wrong side, negative on the right one, and from which limit."""
        under, over = self.low - measured, measured - self.high
        if self.inside:
            under, over = -under, -over
            return (under, self.low) if under < over else (over, self.high)
        return (under, self.low) if under > over else (over, self.high)
