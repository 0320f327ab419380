"""How the life of a metric begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from detectk.clock import VirtualClock
from detectk.contracts import Leases, OutboxRow, Services
from detectk.errors import StorageError
from detectk.pipeline import Alerting, Job, Judge, run
from detectk.storage.memory import MemoryHistory, MemoryState
from detectk.testing.scenario import Arrival, BandDetector, BandOptions, ScriptedCollector
from detectk.values import Interval, Labels, Rule, Schedule

HOUR = timedelta(hours=1)
START = datetime(2024, 3, 1, tzinfo=timezone.utc)


class Serial:
    map = staticmethod(map)


def job_of(arrivals: list[Arrival]) -> Job:
    return Job(
        metric="orders",
        schedule=Schedule(Interval(1, "hour")),
        collector=ScriptedCollector(arrivals),
        judges=(Judge("band", BandDetector(BandOptions(points=0), Services())),),
        alerting=(Alerting(Rule()),),
        history=MemoryHistory(),
        state=MemoryState(),
    )


def judged(job: Job, hour: int) -> list[int]:
    report = run([job], clock=VirtualClock(START + hour * HOUR), executor=Serial())
    (metric,) = report.metrics
    assert metric.error is None
    return sorted(len(one) for one in metric.verdicts)


def row(hour: int, labels: Labels | None = None) -> Arrival:
    time = START + hour * HOUR
    return Arrival(time, 1.0, time + HOUR, labels or Labels())


def test_the_first_run_judges_the_newest_interval_only() -> None:
    job = job_of([row(hour) for hour in range(10)])
    assert judged(job, 5) == [1]
    assert judged(job, 8) == [3]


def test_a_first_run_without_a_row_is_a_beginning_too() -> None:
    job = job_of([row(7), row(9)])
    assert judged(job, 5) == []
    assert judged(job, 6) == []
    assert judged(job, 11) == [4]  # 7 is the first row; 8 and 10 are missing, 9 is there


def test_a_series_that_appears_later_is_judged_from_its_first_row() -> None:
    late = Labels.of({"n": "late"})
    job = job_of([*(row(hour, Labels.of({"n": "early"})) for hour in range(10)), row(7, late)])
    assert judged(job, 5) == [1]
    assert judged(job, 9) == [2, 4]


def test_a_run_that_gets_no_lease_for_a_broken_state_sends_nothing() -> None:
    class Broken(MemoryState):
        asked = 0

        def lease(self, metrics: Sequence[str], *, holder: str, ttl: timedelta) -> Leases:
            msg = "the disk is gone"
            raise StorageError(msg)

        def outbox(self, metrics: Sequence[str]) -> Sequence[OutboxRow]:
            self.asked += 1
            return super().outbox(metrics)

    state = Broken()
    job = replace(job_of([row(1)]), state=state)
    (metric,) = run([job], clock=VirtualClock(START + 3 * HOUR), executor=Serial()).metrics
    assert isinstance(metric.error, StorageError)
    assert state.asked == 0
