"""What every detector must do: subclass `DetectorSuite` and pytest runs it."""
# ruff: noqa: D102  # the name of a test is its sentence

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import ValidationError

from detectk.contracts.detector import Detector, Task
from detectk.values.arrays import Floats, to_datetime, to_instant
from detectk.values.interval import Interval
from detectk.values.labels import Labels
from detectk.values.series import Series, Status
from detectk.values.verdicts import EXCESS_CAP, Verdict, Verdicts

__all__ = ["DetectorSuite"]


class DetectorSuite(ABC):
    """Holds a detector to its contract: causal, deterministic, exact in batches, never noisy.

    Subclass it, name the class ``Test...``, and give the detector::

        class TestMyDetector(DetectorSuite):
            def detector(self):
                return MyDetector(MyOptions(window_size=100), Services())

    Say what is special about it by the switches below, or by another `series`. A test cannot be
    overridden: a detector that fails one would mislead people.
    """

    interval: ClassVar[Interval] = Interval.parse("1 hour", "Europe/Berlin")
    """The grid of `series`."""

    points: ClassVar[int] = 400
    """Length of `series`; make it more than one window, so that old points leave."""

    judges_absence: ClassVar[bool] = False
    """Whether points without a value get a verdict; otherwise they are unjudged."""

    has_baseline: ClassVar[bool] = True
    """Whether bounds come from earlier points; otherwise one point alone gets a verdict."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in cls.__dict__:
            if name.startswith("test_") and hasattr(DetectorSuite, name):
                message = f"{cls.__name__}.{name}: a test of the suite is overridden; use a switch"
                raise TypeError(message)

    @abstractmethod
    def detector(self) -> Detector[Any]:
        """Return a new detector; every call must return an equal one."""

    def series(self) -> Series:
        """Return what is judged: by default, days and weeks with noise, spikes, zeros and holes.

        It crosses the end of summer time and has a context column ``segment``.
        """
        times = _grid(self.interval, self.points)
        return _series(times, _lively(self.points))

    # Shape

    def test_every_task_gets_its_outcome_in_order(self) -> None:
        tasks = [replace(self._task(), id=name) for name in ("first", "second", "third")]
        outcomes = self.detector().detect(tasks)
        assert [outcome.verdicts.detector for outcome in outcomes] == ["first", "second", "third"]

    def test_no_tasks_give_no_outcomes(self) -> None:
        assert list(self.detector().detect([])) == []

    def test_verdicts_are_rows_of_the_targets(self) -> None:
        task = self._task(slice(3, None, 7))
        verdicts = self._judge(task)
        assert np.array_equal(verdicts.times, task.series.times[task.targets])
        assert np.array_equal(verdicts.status, task.series.status[task.targets])
        assert verdicts.labels == task.series.labels
        for name in ("value", "expected", "lower", "upper", "score", "excess"):
            assert getattr(verdicts, name).dtype == np.float64, name
        assert verdicts.direction.dtype == np.int8
        assert verdicts.verdict.dtype == np.uint8

    def test_numbers_keep_to_their_ranges(self) -> None:
        verdicts = self._judge()
        assert np.isin(verdicts.direction, (-1, 0, 1)).all()
        assert np.isin(verdicts.verdict, list(Verdict)).all()
        assert (verdicts.score >= 0).all()
        assert ((verdicts.excess >= 0) & (verdicts.excess <= EXCESS_CAP)).all()

    def test_excess_of_one_is_the_edge_of_the_band(self) -> None:
        verdicts = self._judge()
        assert (verdicts.excess[verdicts.verdict == Verdict.ANOMALY] >= 1).all()
        assert (verdicts.excess[verdicts.verdict == Verdict.OK] <= 1).all()

    def test_only_anomalies_have_a_direction(self) -> None:
        verdicts = self._judge()
        assert (verdicts.direction[verdicts.verdict != Verdict.ANOMALY] == 0).all()

    # Causality

    def test_the_future_changes_no_verdict(self) -> None:
        task = self._task(slice(0, self.points // 2))
        values = task.series.values.copy()
        values[self.points // 2 :] = np.random.default_rng(7).choice(
            [np.nan, 0.0, -1e9, 1e12], len(values) - self.points // 2
        )
        _assert_same(self._judge(replace(task, series=_with(task.series, values))), task, self)

    def test_a_shorter_series_gives_the_same_verdicts(self) -> None:
        task = self._task(slice(0, self.points // 2))
        short = replace(task, series=task.series.take(slice(0, self.points // 2)))
        _assert_same(self._judge(short), task, self)

    def test_a_point_is_not_in_its_own_baseline(self) -> None:
        series = _present(self.series())
        values = series.values.copy()
        values[-1] = 1e9
        last = slice(self.points - 1, None)
        before = self._judge(self._task(last, series))
        after = self._judge(self._task(last, _with(series, values)))
        for name in ("expected", "lower", "upper"):
            column, changed = getattr(before, name), getattr(after, name)
            assert np.array_equal(column, changed, equal_nan=True), name

    # One by one, in batches, all at once

    def test_one_by_one_with_its_lookback_is_the_whole_history(self) -> None:
        task = self._task()
        whole = self._judge(task)
        for row in range(0, self.points, 3):
            alone = self._judge(self._alone(task, row))
            assert alone.same_as(whole.take(slice(row, row + 1))), task.series.times[row]

    def test_batches_are_the_whole_history(self) -> None:
        task = self._task()
        whole = self._judge(task)
        for size in (1, 17, self.points // 2):
            for start in range(0, self.points, max(size, self.points // 6)):
                rows = slice(start, min(start + size, self.points))
                part = self._judge(replace(task, targets=task.targets[rows]))
                assert part.same_as(whole.take(rows)), rows

    def test_memory_may_be_dropped(self) -> None:
        detector, task = self.detector(), self._task()
        half = self.points // 2
        first = detector.detect([replace(task, targets=task.targets[:half])])[0]
        later = replace(task, targets=task.targets[half:])
        remembered = detector.detect([replace(later, memory=first.memory)])[0]
        assert remembered.verdicts.same_as(self._judge(later))

    def test_series_of_a_batch_do_not_meet(self) -> None:
        task = self._task()
        other = replace(task, series=_with(task.series, task.series.values * 1000.0 + 5.0))
        together = self.detector().detect([other, task, other])
        assert together[1].verdicts.same_as(self._judge(task))
        assert together[2].verdicts.same_as(self._judge(other))

    def test_the_same_question_has_the_same_answer(self) -> None:
        detector, task = self.detector(), self._task()
        first = detector.detect([task])[0].verdicts
        assert detector.detect([task])[0].verdicts.same_as(first)
        assert self._judge(task).same_as(first)

    # Poor data

    def test_nothing_in_gives_nothing_out(self) -> None:
        series = self.series()
        assert len(self._judge(self._task(slice(0, 0)))) == 0
        assert len(self._judge(self._task(series=series.take(slice(0, 0))))) == 0

    def test_a_first_point_is_no_error(self) -> None:
        series = _present(self.series()).take(slice(0, 1))
        verdicts = self._judge(self._task(series=series))
        if self.has_baseline:
            assert verdicts.verdict.tolist() == [Verdict.INSUFFICIENT]
        else:
            assert verdicts.verdict[0] in (Verdict.OK, Verdict.ANOMALY)

    def test_points_without_a_value_are_unjudged(self) -> None:
        task = self._task()
        verdicts = self._judge(task)
        empty = np.isnan(task.series.values)
        assert empty.any(), "the suite's series needs holes"
        unjudged = verdicts.verdict == Verdict.UNJUDGED
        assert not (empty & (verdicts.verdict == Verdict.INSUFFICIENT)).any()
        assert unjudged[empty].all() != self.judges_absence

    def test_skipped_points_are_unjudged(self) -> None:
        series = self.series()
        status = series.status.copy()
        status[-5:] = Status.SKIPPED
        verdicts = self._judge(self._task(series=replace(series, status=status)))
        assert (verdicts.verdict[-5:] == Verdict.UNJUDGED).all()

    def test_a_series_without_any_value_is_no_error(self) -> None:
        series = self.series()
        nothing = _with(series, np.full(len(series), np.nan))
        assert len(self._judge(self._task(series=nothing))) == len(series)

    @pytest.mark.parametrize("level", [0.0, 1.0, -1e-300, 1e15])
    def test_a_constant_series_is_normal(self, level: float) -> None:
        """Lesson: twitter/AnomalyDetection#36, #67; nothing may become NaN or infinite."""
        if not self.has_baseline:
            return
        series = self.series()
        verdicts = self._judge(self._task(series=_with(series, np.full(len(series), level))))
        assert not (verdicts.verdict == Verdict.ANOMALY).any()
        assert np.isfinite(verdicts.score).all()

    def test_huge_values_give_no_nan(self) -> None:
        series = self.series()
        values = series.values.copy()
        values[5::11] = 1.7e308
        values[7::13] = -1.7e308
        verdicts = self._judge(self._task(series=_with(series, values)))
        assert not np.isnan(verdicts.score).any()
        assert not np.isnan(verdicts.excess).any()

    # Manners

    def test_inputs_are_left_as_they_were(self) -> None:
        task = self._task()
        columns = [task.series.times, task.series.values, task.series.status, task.targets]
        columns += list(task.series.context.values())
        before = [column.copy() for column in columns]
        for column in columns:
            column.setflags(write=False)
        self._judge(task)
        for column, copy in zip(columns, before, strict=True):
            assert column.tolist() == copy.tolist() or np.array_equal(
                column, copy, equal_nan=column.dtype.kind == "f"
            )

    def test_closing_twice_is_harmless(self) -> None:
        detector = self.detector()
        detector.detect([self._task()])
        detector.close()
        detector.close()

    def test_lookback_is_bounded_or_everything(self) -> None:
        lookback = self.detector().lookback()
        assert lookback.points >= 0
        assert lookback.duration >= timedelta(0)

    def test_unknown_options_are_errors(self) -> None:
        options = self.detector().options
        given = options.model_dump(exclude_defaults=True)
        type(options).model_validate(given)
        with pytest.raises(ValidationError):
            type(options).model_validate({**given, "no_such_option": 1})

    def test_options_cannot_be_changed(self) -> None:
        options = self.detector().options
        name = next(iter(type(options).model_fields), "anything")
        with pytest.raises((ValidationError, ValueError)):
            setattr(options, name, None)

    # What the tests are made of

    def _task(self, rows: slice = slice(None), series: Series | None = None) -> Task:
        chosen = self.series() if series is None else series
        return Task("suite", chosen, self.interval, np.arange(len(chosen))[rows])

    def _judge(self, task: Task | None = None) -> Verdicts:
        asked = self._task() if task is None else task
        (outcome,) = self.detector().detect([asked])
        return outcome.verdicts

    def _alone(self, task: Task, row: int) -> Task:
        """Return a task with one target and no more history than the detector asked for."""
        times = task.series.times
        start = self.detector().lookback().start(to_datetime(times[row]), self.interval)
        first = 0 if start is None else int(np.searchsorted(times, to_instant(start)))
        series = task.series.take(slice(first, row + 1))
        return replace(task, series=series, targets=np.array([row - first]))


def _assert_same(verdicts: Verdicts, task: Task, suite: DetectorSuite) -> None:
    (outcome,) = suite.detector().detect([task])
    assert verdicts.same_as(outcome.verdicts)


def _grid(interval: Interval, size: int) -> Sequence[np.datetime64]:
    start = datetime(2024, 10, 20, 22, tzinfo=timezone.utc)
    end = start + 2 * size * interval.nominal + timedelta(days=2)
    return list(interval.steps(start, end)[:size])


def _lively(size: int) -> Floats:
    generator = np.random.default_rng(20241020)
    place = np.arange(size)
    values: Floats = 100 + 30 * np.sin(place * 2 * np.pi / 24) + generator.normal(0, 5, size)
    values[place % 24 == 3] = 0.0
    values[generator.choice(size, size // 40, replace=False)] *= 5
    values[generator.choice(size, size // 15, replace=False)] = np.nan
    values[size // 3 : size // 3 + 6] = np.nan
    return values


def _series(times: Sequence[np.datetime64], values: Floats) -> Series:
    segment = ["high" if place % 5 else "low" for place in range(len(values))]
    return Series.from_arrays(
        times, values, labels=Labels.of({"country": "DE"}), context={"segment": segment}
    )


def _with(series: Series, values: Floats) -> Series:
    """Return ``series`` with other values; where they become NaN, the row is missing."""
    status = np.where(np.isnan(series.values), series.status, Status.MISSING)
    status = np.where(np.isnan(values), status, Status.VALUE).astype(np.uint8)
    return replace(series, values=values, status=status)


def _present(series: Series) -> Series:
    return _with(series, np.nan_to_num(series.values, nan=1.0))
