"""What a detector is handed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import pytest

from detectk.clock import VirtualClock
from detectk.contracts import Outcome, Services, Task
from detectk.errors import DetectError
from detectk.pipeline import Alerting, Job, Judge, run
from detectk.storage.memory import MemoryHistory, MemoryState
from detectk.testing.scenario import Arrival, BandDetector, BandOptions, ScriptedCollector
from detectk.values import Interval, Rule, Schedule, Window

START = datetime(2024, 3, 29, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


class Serial:
    map = staticmethod(map)


class Listening(BandDetector):
    """Remembers what it was handed."""

    def __init__(self) -> None:
        super().__init__(BandOptions(points=6), Services())
        self.tasks: list[Task] = []

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        self.tasks += batch
        return super().detect(batch)


def excluded(*incidents: Window, interval: Interval | None = None) -> tuple[Window, ...]:
    """Return what a detector is told after six intervals, judging the sixth."""
    interval = interval or Interval(1, "hour")
    detector = Listening()
    rows = [Arrival(START + i * HOUR, 1.0, START) for i in range(24 * 10)]
    times = interval.steps(START, START + timedelta(days=12)).tolist()
    rows = [Arrival(t.replace(tzinfo=timezone.utc), 1.0, START) for t in times]
    job = Job(
        metric="orders",
        schedule=Schedule(interval),
        collector=ScriptedCollector(rows),
        judges=(Judge("band", detector),),
        alerting=(Alerting(Rule()),),
        history=MemoryHistory(),
        state=MemoryState(),
        incidents=incidents,
    )
    at = times[6].replace(tzinfo=timezone.utc) + timedelta(minutes=1)
    (report,) = run([job], clock=VirtualClock(at), executor=Serial()).metrics
    assert report.error is None
    assert sum(map(len, report.verdicts)) == 1
    (task,) = detector.tasks
    return task.exclude


def hours(start: float, end: float) -> Window:
    return Window(START + start * HOUR, START + end * HOUR)


def test_without_incidents_nothing_is_excluded() -> None:
    assert excluded() == ()


def test_an_interval_that_an_incident_touches_is_excluded_whole() -> None:
    assert excluded(hours(1.2, 2.1)) == (hours(1, 3),)
    assert excluded(hours(1, 2)) == (hours(1, 2),)


def test_incidents_are_handed_on_ordered_and_apart() -> None:
    assert excluded(hours(4, 5), hours(0, 1.5), hours(1.7, 2.5)) == (hours(0, 3), hours(4, 5))


@pytest.mark.parametrize("far", [hours(-48, -24), hours(24, 48)])
def test_what_is_out_of_reach_is_not_handed_on(far: Window) -> None:
    assert excluded(far) == ()


def test_an_incident_may_go_on_over_the_target() -> None:
    """The sixth hour is judged, and is in the window too."""
    forever = Window(START + 2 * HOUR, datetime(9999, 12, 31, tzinfo=timezone.utc))
    assert excluded(forever) == (hours(2, 6),)


def test_days_are_those_of_the_metrics_zone() -> None:
    """Berlin's 31 March 2024 is 23 hours long."""
    day = Interval(1, "day", "Europe/Berlin")
    noon = datetime(2024, 3, 31, 12, tzinfo=timezone.utc)
    midnight = datetime(2024, 3, 30, 23, tzinfo=timezone.utc)
    assert excluded(Window(noon, noon + HOUR), interval=day) == (
        Window(midnight, midnight + 23 * HOUR),
    )


class Choosy(BandDetector):
    """Refuses series with a value that it does not like; counts how it is asked."""

    def __init__(self) -> None:
        super().__init__(BandOptions(points=6), Services())
        self.calls: list[int] = []

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        self.calls.append(len(batch))
        if any((task.series.values == 13.0).any() for task in batch):
            raise DetectError("13 is not a number to judge", hint="take another")
        return super().detect(batch)


def fleet(detector: Choosy, *values: float) -> list[Job]:
    def job(place: int, value: float) -> Job:
        rows = [Arrival(START + i * HOUR, value, START) for i in range(240)]
        return Job(
            metric=f"metric{place}",
            schedule=Schedule(Interval(1, "hour")),
            collector=ScriptedCollector(rows),
            judges=(Judge("band", detector),),
            alerting=(Alerting(Rule()),),
            history=MemoryHistory(),
            state=MemoryState(),
        )

    return [job(place, value) for place, value in enumerate(values)]


def test_metrics_that_share_a_detector_are_judged_in_one_call() -> None:
    detector = Choosy()
    clock = VirtualClock(START + 100 * HOUR)
    reports = run(fleet(detector, 1.0, 2.0, 3.0), clock=clock, executor=Serial()).metrics
    assert [report.error for report in reports] == [None] * 3
    assert all(sum(map(len, report.verdicts)) == 1 for report in reports)
    assert detector.calls == [3]


def test_a_metric_that_cannot_be_judged_harms_no_other_and_is_named() -> None:
    detector = Choosy()
    clock = VirtualClock(START + 100 * HOUR)
    first, wrong, last = run(
        fleet(detector, 1.0, 13.0, 3.0), clock=clock, executor=Serial()
    ).metrics
    assert first.error is None
    assert last.error is None
    assert str(wrong.error) == "metric1: 13 is not a number to judge; take another"
