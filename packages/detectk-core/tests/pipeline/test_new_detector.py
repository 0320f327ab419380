"""An edited parameter is another detector: the past is judged again, and nobody is asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

import pytest

from detectk.clock import VirtualClock
from detectk.contracts import HistoryRequest, Outcome, Request, Services, Task
from detectk.pipeline import Alerting, Job, Judge, run
from detectk.storage.memory import MemoryHistory, MemoryState
from detectk.testing.scenario import Arrival, BandDetector, BandOptions, ScriptedCollector
from detectk.values import Interval, MetricReport, Rule, Schedule, Series, Verdicts, Window

START = datetime(2024, 3, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
DAYS = Window(START - 24 * HOUR, START + 240 * HOUR)


class Serial:
    map = staticmethod(map)


class Counting(ScriptedCollector):
    """Remembers what it was asked for."""

    def __init__(self, arrivals: Sequence[Arrival]) -> None:
        super().__init__(arrivals)
        self.windows: list[Window] = []

    def collect(self, request: Request) -> Sequence[Series]:
        self.windows.append(request.window)
        return super().collect(request)


def judge(name: str, *, points: int) -> Judge:
    return Judge(name, BandDetector(BandOptions(points=points), Services()))


def hour(number: int) -> datetime:
    return START + number * HOUR


@dataclass
class Life:
    """A metric of 1 an hour, of 9 where it is said, and what became of it."""

    high: range = range(0)
    mutable: timedelta = timedelta(0)
    reports: list[MetricReport] = field(default_factory=list)

    def __post_init__(self) -> None:
        values = [9.0 if number in self.high else 1.0 for number in range(100)]
        rows = [Arrival(hour(n), value, hour(n + 1)) for n, value in enumerate(values)]
        self.source = Counting(rows)
        self.job = Job(
            metric="orders",
            schedule=Schedule(Interval(1, "hour"), mutable=self.mutable),
            collector=self.source,
            judges=(judge("old", points=6),),
            alerting=(Alerting(Rule(notify_on_recovery=True)),),
            history=MemoryHistory(),
            state=MemoryState(),
        )

    def live(self, first: int, last: int, *judges: Judge) -> None:
        """Run once after each of some hours."""
        if judges:
            self.job = replace(self.job, judges=judges)
        for number in range(first, last + 1):
            clock = VirtualClock(hour(number + 1) + timedelta(minutes=1))
            self.reports += run([self.job], clock=clock, executor=Serial()).metrics
        assert [report.error for report in self.reports if report.error] == []

    def verdicts(self) -> dict[str, Verdicts]:
        stored = self.job.history.read_verdicts([HistoryRequest("orders", DAYS)])[0]
        return {one.detector: one for one in stored}

    def hours(self, detector: str) -> list[int]:
        return [
            (time.replace(tzinfo=timezone.utc) - START) // HOUR
            for time in self.verdicts()[detector].times.tolist()
        ]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(n.kind, n.incident.onset.isoformat()) for r in self.reports for n in r.notices]


def test_the_past_is_judged_again_and_the_source_is_asked_for_the_new_interval_only() -> None:
    life = Life()
    life.live(20, 30)
    asked = len(life.source.windows)
    life.live(31, 31, judge("new", points=3))
    assert life.source.windows[asked:] == [Window(hour(31), hour(32))]
    # The first run reads as far back as its detector looks: from hour 14 on.
    assert life.hours("new") == list(range(14, 32))
    assert life.hours("old") == list(range(20, 31))


def test_the_verdicts_are_those_it_would_have_given_all_along() -> None:
    edited, always = Life(high=range(26, 29)), Life(high=range(26, 29))
    edited.live(20, 30)
    edited.live(31, 33, judge("new", points=3))
    always.live(20, 33, judge("first", points=6), judge("new", points=3))
    late, early = edited.verdicts()["new"], always.verdicts()["new"]
    assert late.take(slice(6, None)).same_as(early)


def test_a_parameter_that_is_taken_back_finds_its_verdicts_and_judges_the_rest() -> None:
    life, always = Life(high=range(26, 29)), Life(high=range(26, 29))
    life.live(20, 24)
    life.live(25, 29, judge("new", points=3))
    asked = len(life.source.windows)
    life.live(30, 30, judge("old", points=6))
    assert life.source.windows[asked:] == [Window(hour(30), hour(31))]
    always.live(20, 30)
    assert life.verdicts()["old"].same_as(always.verdicts()["old"])


def test_it_is_judged_again_once() -> None:
    life = Life()
    life.live(20, 30)
    detector = BandDetector(BandOptions(points=3), Services())
    targets: list[int] = []

    class Listening(BandDetector):
        def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
            targets.extend(len(task.targets) for task in batch)
            return detector.detect(batch)

    life.live(31, 33, Judge("new", Listening(BandOptions(points=3), Services())))
    assert targets == [17, 1, 1, 1]


@pytest.mark.parametrize("mutable", [timedelta(0), 12 * HOUR])
def test_an_open_incident_carries_over(mutable: timedelta) -> None:
    life = Life(high=range(26, 34), mutable=mutable)
    life.live(20, 27)
    onset = hour(26).isoformat()
    assert life.told == [("fired", onset)]
    life.live(28, 29, judge("new", points=24))
    assert life.told == [("fired", onset)]
    life.live(30, 40)
    assert life.told == [("fired", onset), ("resolved", onset)]
