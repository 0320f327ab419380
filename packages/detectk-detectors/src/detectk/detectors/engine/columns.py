"""Collect verdicts row by row."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.band import Band
from detectk.values.arrays import Context, Floats
from detectk.values.series import Status
from detectk.values.verdicts import Verdict, Verdicts

__all__ = ["Columns"]

NAN = float("nan")


class Columns:
    """One row a target; a target that gets no row had nothing to judge.

    Args:
        task: What is judged.
        explain: Columns of evidence and what stands there when nothing is known.
    """

    def __init__(self, task: Task, explain: dict[str, float | int | str]) -> None:
        size = len(task.targets)
        self._task = task
        self._floats = {name: [NAN] * size for name in ("expected", "lower", "upper")}
        self._floats |= {name: [0.0] * size for name in ("score", "excess")}
        self._direction = [0] * size
        self._verdict = [Verdict.UNJUDGED] * size
        self._explain: dict[str, list[float | int | str]] = {
            name: [nothing] * size for name, nothing in explain.items()
        }

    @cached_property
    def values(self) -> Floats:
        """(k,) what is to be judged; NaN where there is nothing, or the point was skipped."""
        series, targets = self._task.series, self._task.targets
        values = series.values[targets] + 0.0
        judged = np.isfinite(values) & (series.status[targets] != Status.SKIPPED)
        return np.where(judged, values, np.nan)

    def insufficient(self, row: int, **evidence: float | str) -> None:
        """Say that there is too little history for ``row``."""
        self._verdict[row] = Verdict.INSUFFICIENT
        self._note(row, evidence)

    def judge(self, row: int, value: float, band: Band, **evidence: float | str) -> None:
        """Judge the value of ``row`` by ``band``."""
        direction = band.direction(value)
        self.put(
            row,
            anomaly=direction != 0,
            direction=direction,
            score=band.score(value),
            excess=band.excess(value),
            **evidence,
        )
        self.bounds(row, band.lower, band.upper, expected=band.centre)

    def bounds(self, row: int, lower: float, upper: float, *, expected: float = NAN) -> None:
        """Write the band of ``row``."""
        self._floats["expected"][row] = expected
        self._floats["lower"][row] = lower
        self._floats["upper"][row] = upper

    def put(
        self,
        row: int,
        *,
        anomaly: bool,
        direction: int,
        score: float,
        excess: float,
        **evidence: float | str,
    ) -> None:
        """Write the answer for ``row``."""
        self._verdict[row] = Verdict.ANOMALY if anomaly else Verdict.OK
        self._direction[row] = direction
        self._floats["score"][row] = score
        self._floats["excess"][row] = excess
        self._note(row, evidence)

    def verdicts(self) -> Verdicts:
        """Return the rows."""
        series, targets = self._task.series, self._task.targets
        explain: dict[str, Context] = {
            name: np.array(column) for name, column in self._explain.items()
        }
        return Verdicts(
            detector=self._task.id,
            labels=series.labels,
            times=series.times[targets],
            value=self.values,
            expected=np.array(self._floats["expected"], dtype=np.float64),
            lower=np.array(self._floats["lower"], dtype=np.float64),
            upper=np.array(self._floats["upper"], dtype=np.float64),
            score=np.array(self._floats["score"], dtype=np.float64),
            excess=np.array(self._floats["excess"], dtype=np.float64),
            direction=np.array(self._direction, dtype=np.int8),
            verdict=np.array(self._verdict, dtype=np.uint8),
            status=series.status[targets],
            explain=explain,
        )

    def _note(self, row: int, evidence: dict[str, float | str]) -> None:
        for name, fact in evidence.items():
            self._explain[name][row] = fact
