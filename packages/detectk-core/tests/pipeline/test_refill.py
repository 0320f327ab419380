"""A run asks again for what earlier runs left out, and says when the question has changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import numpy as np

from detectk.clock import VirtualClock
from detectk.contracts import Collector, Health, HistoryRequest, Options, Points, Request, Services
from detectk.errors import CollectError
from detectk.pipeline import Alerting, Job, Judge, run
from detectk.storage import MemoryHistory, MemoryState
from detectk.testing.scenario import BandDetector, BandOptions
from detectk.values import NO_LABELS, Interval, MetricReport, Rule, Schedule, Series, Window

START = datetime(2024, 2, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
GRID = Interval(1, "hour")


class Archive(Collector[Options]):
    """Has a value for every hour, but is down for some windows."""

    def __init__(self, question: str = "q") -> None:
        super().__init__(Options(), Services())
        self.question = question
        self.asked: list[Window] = []
        self.down_before: datetime | None = None

    def collect(self, request: Request) -> Sequence[Series]:
        self.asked.append(request.window)
        if self.down_before and request.window.start < self.down_before:
            raise CollectError("the partition is gone", where=request.metric)
        times = GRID.steps(request.window.start, request.window.end)
        return [Series(NO_LABELS, times, np.ones(len(times)), np.zeros(len(times), np.uint8))]

    def check(self) -> Health:
        return Health(ok=True, detail="")

    def fingerprint(self) -> str:
        return self.question


def job(collector: Archive, history: MemoryHistory, state: MemoryState) -> Job:
    return Job(
        metric="orders",
        schedule=Schedule(GRID, max_catchup=100 * HOUR),
        collector=collector,
        judges=(Judge("band", BandDetector(BandOptions(), Services())),),
        alerting=(Alerting(Rule()),),
        history=history,
        state=state,
    )


class Serial:
    """Runs one thing after the other."""

    map = staticmethod(map)


def tick(one: Job, hour: int) -> MetricReport:
    clock = VirtualClock(START + (hour + 1) * HOUR + timedelta(seconds=9))
    [report] = run([one], clock=clock, executor=Serial()).metrics
    assert report.error is None
    return report


def loaded(history: MemoryHistory, start: int, end: int, question: str = "q") -> None:
    window = Window(START + start * HOUR, START + end * HOUR)
    times = GRID.steps(window.start, window.end)
    series = Series(NO_LABELS, times, np.ones(len(times)), np.zeros(len(times), np.uint8))
    history.write_points([Points("orders", [series], window.end, window, question)])


def stored(history: MemoryHistory) -> list[int]:
    request = HistoryRequest("orders", Window(START, START + 1000 * HOUR))
    [[series]] = history.read_points([request])
    first = np.datetime64(START.replace(tzinfo=None), "us")
    return ((series.times - first) // np.timedelta64(1, "h")).tolist()


def test_a_hole_is_filled_by_the_next_run() -> None:
    collector, history, state = Archive(), MemoryHistory(), MemoryState()
    loaded(history, 0, 10)
    loaded(history, 20, 50)
    tick(job(collector, history, state), 50)
    tick(job(collector, history, state), 51)
    assert stored(history) == list(range(52))
    assert Window(START + 10 * HOUR, START + 20 * HOUR) in collector.asked
    asked = len(collector.asked)
    tick(job(collector, history, state), 52)
    assert len(collector.asked) == asked + 1


def test_a_hole_that_cannot_be_filled_does_not_hold_the_present_up() -> None:
    collector, history, state = Archive(), MemoryHistory(), MemoryState()
    loaded(history, 0, 10)
    loaded(history, 20, 50)
    collector.down_before = START + 30 * HOUR
    tick(job(collector, history, state), 50)
    report = tick(job(collector, history, state), 51)
    assert report.verdicts
    [warning] = report.warnings
    assert warning == (
        "the hole from 2024-02-01 10:00 to 2024-02-01 20:00 UTC could not be filled:"
        " the partition is gone"
    )
    assert stored(history) == [*range(10), *range(20, 52)]
    collector.down_before = None
    assert tick(job(collector, history, state), 52).warnings == ()
    assert stored(history) == list(range(53))


def test_a_changed_question_is_said_once() -> None:
    history, state = MemoryHistory(), MemoryState()
    tick(job(Archive("old"), history, state), 50)
    changed = job(Archive("new"), history, state)
    [warning] = tick(changed, 51).warnings
    assert warning.startswith("the query has changed: older points are of the old one")
    assert tick(changed, 52).warnings == ()
