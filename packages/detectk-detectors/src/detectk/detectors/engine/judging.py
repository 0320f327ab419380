"""The way of one task from measured points to verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.additive import separate
from detectk.detectors.engine.clamp import clamp
from detectk.detectors.engine.combined import combined
from detectk.detectors.engine.expectation import Expected, Grouped, Points, Terms
from detectk.detectors.engine.flags import Flags
from detectk.detectors.engine.judged import (
    Bands,
    Direction,
    Judgement,
    present,
    verdicts,
    where,
)
from detectk.detectors.engine.stack import Stack
from detectk.detectors.engine.transform import Measured
from detectk.detectors.engine.windows import Baseline, Extent, clipped, microseconds
from detectk.values.arrays import Context, Floats, Indices
from detectk.values.labels import NO_LABELS
from detectk.values.series import Status
from detectk.values.verdicts import Verdicts

__all__ = ["Judging", "Question", "Reach", "bands_of", "judge_stack"]

_NEXT_TO_NOTHING = 0.1
_AT_ONCE = 8192


class Reach(NamedTuple):
    """How far from the centre values usually lie, one row a target.

    Attributes:
        down: (k,) from the centre to the lower bound.
        up: (k,) from the centre to the upper bound.
        unit: (k,) what the score counts in: a sigma, an interquartile range.
    """

    down: Floats
    up: Floats
    unit: Floats


class Reaching(Protocol):
    """How a detector makes bounds of statistics; see `SlidingDetector.reach`."""

    def __call__(self, spread: dict[str, Floats], *, about: Floats, floor: Floats) -> Reach:
        """Return how far from the centre values may lie."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a detector asks of a task.

    Attributes:
        window: Baseline before each point.
        least: Values without which there is no verdict.
        path: Groupings to try in turn.
        separate: Groupings that each add an effect; empty to use ``path`` instead.
        terms: How to measure.
        reach: How far from the centre values may lie.
        floor: Least sigma in the metric's unit.
        floor_relative: Least sigma as a share of the expected value.
        direction: Which bounds count.
    """

    window: Extent
    least: int
    path: Sequence[Grouped]
    separate: Sequence[Grouped]
    terms: Terms
    reach: Reaching
    floor: float
    floor_relative: float
    direction: Direction


class Judging:
    """One task on its way.

    Args:
        task: Whose targets.
        measured: What is judged of the points of its series.
        question: How.
    """

    def __init__(self, task: Task, measured: Measured, question: Question) -> None:
        self._task = task
        self._measured = measured
        self._question = question
        self._seen = measured.values
        self._times = microseconds(task.series.times)
        for grouping in (question.path[0], *question.separate):
            _ = grouping.codes  # a feature that is not there is an error at once

    def stabilize(self) -> None:
        """Let windows see flagged values clamped."""
        series, values = self._task.series, self._measured.values
        rows = np.flatnonzero(np.isfinite(values) & (series.status != Status.SKIPPED))
        baseline = self._baseline(rows)
        enough = baseline.high - baseline.low >= self._question.least
        rows, baseline = rows[enough], baseline.take(enough)
        place = np.zeros(len(series), dtype=np.intp)
        place[rows] = np.arange(len(rows))

        def bands(seen: Floats, some: Indices) -> Bands:
            return self._bands(self._expected(seen, baseline.take(place[some]), some), some)

        self._seen = clamp(values, rows, bands)

    def verdicts(self) -> Verdicts:
        """Judge the targets."""
        task, measured = self._task, self._measured
        values = present(task, measured.values)
        shown = values if measured.plain is measured.values else present(task, measured.plain)
        baseline = self._baseline(task.targets)
        size = baseline.high - baseline.low
        judged = (size >= self._question.least) & (values == values)  # noqa: PLR0124  # not NaN
        rows = slice(None) if judged.all() else np.flatnonzero(judged)
        targets = task.targets[rows]
        expected = self._expected(self._seen, baseline.take(rows), targets)
        bands, judgement = self._judged(expected, values[rows], targets)
        explain: dict[str, Context] = {
            "group": _filled(_named(expected), judged, ""),
            "samples": _filled(expected.size, judged, np.where(np.isnan(values), 0, size)),
            "pool": _filled(expected.pool, judged, 0),
            "scale": _filled(bands.unit, judged, np.nan),
        }
        if measured.smoothed:
            explain["raw"] = task.series.values[task.targets]
        return verdicts(
            task,
            shown,
            Bands(*(_filled(column, judged, np.nan) for column in bands)),
            Judgement(*(_filled(column, judged, 0) for column in judgement)),
            judged=judged,
            explain=explain,
        )

    def _judged(
        self, expected: Expected, values: Floats, targets: Indices
    ) -> tuple[Bands, Judgement]:
        """Judge some targets at a time, so that what lies between stays in a processor's cache."""
        size, measured = len(targets), self._measured
        bands = Bands(*(np.empty(size) for _ in Bands._fields))
        judgement = Judgement(np.empty(size, dtype=np.int8), np.empty(size), np.empty(size))
        for begin in range(0, size, _AT_ONCE):
            part = slice(begin, begin + _AT_ONCE)
            rows = targets[part]
            found = self._bands(expected.part(part), rows)
            for columns, answer in zip(
                (bands, judgement),
                measured.told(found, found.judge(values[part]), rows),
                strict=True,
            ):
                for column, answered in zip(columns, answer, strict=True):
                    column[part] = answered
        return bands, judgement

    def _baseline(self, targets: Indices) -> Baseline:
        window, values = self._question.window, self._measured.values
        return Baseline.of(self._task, window, values=values, targets=targets)

    def _expected(self, seen: Floats, windows: Baseline, targets: Indices) -> Expected:
        places, question = windows.points, self._question
        values, times = seen, self._times
        if len(places) < len(values):
            values, times = values[places], times[places]
        find = separate if question.separate else combined
        return find(
            Points(places, clipped(values), times),
            windows,
            targets,
            now=self._times[where(targets)],
            path=question.separate or question.path,
            terms=question.terms,
        )

    def _bands(self, expected: Expected, rows: Indices) -> Bands:
        return bands_of(expected, self._question, measured=self._measured, rows=rows)


def bands_of(expected: Expected, question: Question, *, measured: Measured, rows: Indices) -> Bands:
    """Put the spread around the centre, keeping zero out where it would be new.

    Zero from an established level is what an outage looks like. However noisy the level, the
    lower bound then stays above a tenth of it.

    Args:
        expected: (k,) what is expected.
        question: How bounds are made.
        measured: What is judged.
        rows: (k,) positions in it.
    """
    centre = expected.centre
    floor = measured.floor(centre, rows, absolute=question.floor, relative=question.floor_relative)
    reach = question.reach(expected.spread, about=expected.about, floor=floor)
    lower = centre - reach.down
    if measured.is_plain:
        least = _NEXT_TO_NOTHING * centre
        np.maximum(lower, least, out=lower, where=expected.established)
    bands = Bands(centre, lower, centre + reach.up, reach.unit)
    return bands.facing("up" if measured.has_no_sign else question.direction)


def judge_stack(stack: Stack, question: Question) -> Iterator[tuple[int, Verdicts]]:
    """Yield the place of each task in the stack and its verdicts."""
    expected, values = stack.expected, stack.values
    if not stack.tasks:
        return
    everywhere = np.arange(len(values))
    bands = bands_of(expected, question, measured=Measured(values, values), rows=everywhere)
    direction, score, excess = bands.judge(values)
    status = np.concatenate([task.series.status[task.targets] for task in stack.tasks])
    verdicts = Verdicts(
        detector="",
        labels=NO_LABELS,
        times=everywhere.view("datetime64[us]"),
        value=values,
        expected=bands.centre,
        lower=bands.lower,
        upper=bands.upper,
        score=score,
        excess=excess,
        direction=direction,
        verdict=(direction != 0).astype(np.uint8),
        status=status,
        explain={
            "group": _named(expected),
            "samples": expected.size,
            "pool": expected.pool,
            "scale": bands.unit,
        },
    )
    yield from stack.split(verdicts)


def _named(expected: Expected) -> Context:
    """Return (k,) names of the groupings that were used."""
    names = np.array(expected.names)
    if len(names) == 1:
        return np.broadcast_to(names[0], len(expected.level))
    return names[expected.level]


def _filled(column: Context, rows: Flags, rest: object) -> Context:
    """Return a column of all targets from that of ``rows``."""
    if len(column) == len(rows):
        return column
    whole = np.empty(len(rows), dtype=column.dtype if len(column) else np.array(rest).dtype)
    whole[...] = rest
    whole[rows] = column
    return whole
