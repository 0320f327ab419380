"""Judge the few targets of many series at once: what a tick of a fleet is made of.

Every window is measured where it lies; what comes after, bands and verdicts, is done once for all.
A series whose windows are thin, or which leaves windows out, is left to those who judge it alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.expectation import Expected, none_up_to_zero
from detectk.detectors.engine.groups import POOL
from detectk.detectors.engine.judged import present
from detectk.detectors.engine.measures import Measure
from detectk.detectors.engine.statistics import measure_into
from detectk.detectors.engine.windows import Baseline, Extent, clipped
from detectk.values.arrays import Floats
from detectk.values.verdicts import Verdicts

__all__ = ["FEW", "Stack"]

FEW = 64
"""Targets up to which a series is worth being judged with others."""


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """What is known of the targets of several tasks, one after another.

    Attributes:
        places: Of each task, where it was among those that were offered.
        tasks: The tasks.
        ends: Of each task, where its rows end.
        values: (k,) what is judged; never NaN.
        expected: (k,) what is expected.
    """

    places: Sequence[int]
    tasks: Sequence[Task]
    ends: Sequence[int]
    values: Floats
    expected: Expected

    @classmethod
    def of(cls, batch: Sequence[Task], window: Extent, *, least: int, measure: Measure) -> Stack:
        """Measure the tasks of ``batch`` that have few targets and much history.

        Args:
            batch: Tasks on one grid.
            window: Baseline before each target.
            least: Values without which there is no verdict.
            measure: What to measure.
        """
        offered = sum(len(task.targets) for task in batch if len(task.targets) <= FEW)
        expected = Expected.of(("window",), offered, measure)
        values, end = np.empty(offered), 0
        places, tasks, ends = list[int](), list[Task](), list[int]()
        for place, task in enumerate(batch):
            count = len(task.targets)
            if task.exclude or not 0 < count <= FEW:
                continue
            rows = slice(end, end + count)
            baseline = Baseline.of(task, window)
            low, high = baseline.low, baseline.high
            expected.size[rows] = size = high - low
            values[rows] = judged = present(task, task.series.values)
            if size.min() < max(least, POOL) or np.isnan(judged).any():
                continue
            first, after = int(low[0]), int(high[-1])
            seen = task.series.values
            if len(baseline.points) < len(seen):
                seen = seen[baseline.points[first:after]]
            else:
                seen = seen[first:after]
            seen, low, high = clipped(seen), low - first, high - first
            measure_into(expected.centre, expected.spread, rows, seen, low, high)
            expected.established[rows] = none_up_to_zero(seen, low, high)
            end += count
            places.append(place)
            tasks.append(task)
            ends.append(end)
        expected.about = expected.centre
        return cls(places, tasks, ends, values[:end], expected.part(slice(0, end)))

    def split(self, verdicts: Verdicts) -> Iterator[tuple[int, Verdicts]]:
        """Yield each task's place and its rows of ``verdicts``."""
        begin = 0
        for place, task, end in zip(self.places, self.tasks, self.ends, strict=True):
            rows = slice(begin, end)
            begin = end
            answer = Verdicts(
                detector=task.id,
                labels=task.series.labels,
                times=task.series.times[task.targets],
                value=verdicts.value[rows],
                expected=verdicts.expected[rows],
                lower=verdicts.lower[rows],
                upper=verdicts.upper[rows],
                score=verdicts.score[rows],
                excess=verdicts.excess[rows],
                direction=verdicts.direction[rows],
                verdict=verdicts.verdict[rows],
                status=verdicts.status[rows],
                explain={name: column[rows] for name, column in verdicts.explain.items()},
            )
            yield place, answer
