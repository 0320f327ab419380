"""Loading the past: in batches, resumable, silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from detectk.contracts import HistoryRequest, Request, Services
from detectk.errors import CollectError, ConfigError, LeaseHeldError
from detectk.pipeline import Alerting, Job, Judge, load, missing_batches
from detectk.storage.memory import MemoryHistory, MemoryState
from detectk.testing.scenario import Arrival, BandDetector, BandOptions, ScriptedCollector
from detectk.values import Interval, Rule, Schedule, Series, Window

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=timezone.utc)
NOW = START + 40 * DAY


class Counting(ScriptedCollector):
    question = "q"
    asked = 0
    fails_at = -1

    def collect(self, request: Request) -> Sequence[Series]:
        self.asked += 1
        if self.asked == self.fails_at:
            raise CollectError("down")
        return super().collect(request)

    def fingerprint(self) -> str:
        return self.question


@pytest.fixture
def job() -> Job:
    rows = [
        Arrival(START + hour * timedelta(hours=1), float(hour % 7), START)
        for hour in range(40 * 24)
    ]
    schedule = Schedule(Interval(1, "hour"), start=START, end=START + 30 * DAY, batch=7 * DAY)
    judge = Judge("band", BandDetector(BandOptions(), Services()))
    return Job(
        metric="orders",
        schedule=schedule,
        collector=Counting(rows),
        judges=(judge,),
        alerting=(Alerting(Rule()),),
        history=MemoryHistory(),
        state=MemoryState(),
    )


def stored(job: Job) -> int:
    window = Window(START - DAY, NOW + DAY)
    return sum(len(s) for s in job.history.read_points([HistoryRequest("orders", window)])[0])


def test_a_load_asks_in_batches_and_judges_what_it_loads(job: Job) -> None:
    told: list[tuple[int, int]] = []
    done = load(job, now=NOW, holder="me", progress=lambda *at: told.append(at))
    assert (done.batches, done.rows, done.verdicts) == (5, 720, 720)
    assert stored(job) == 720
    assert told[0] == (0, 5)
    assert told[-1] == (5, 5)


def test_a_second_load_asks_nothing(job: Job) -> None:
    load(job, now=NOW, holder="me")
    assert load(job, now=NOW, holder="me").batches == 0


def test_an_interrupted_load_goes_on_where_it_stopped(job: Job) -> None:
    assert isinstance(job.collector, Counting)
    job.collector.fails_at = 3
    with pytest.raises(CollectError):
        load(job, now=NOW, holder="me")
    assert stored(job) == 2 * 7 * 24
    assert load(job, now=NOW, holder="me").batches == 3
    assert stored(job) == 720


def test_batches_do_not_change_a_verdict(job: Job) -> None:
    load(job, now=NOW, holder="me")
    whole = replace(
        job,
        schedule=replace(job.schedule, batch=400 * DAY),
        history=MemoryHistory(),
        state=MemoryState(),
    )
    load(whole, now=NOW, holder="me")
    request = HistoryRequest("orders", Window(START, NOW))
    (one,), (other,) = (j.history.read_verdicts([request])[0] for j in (job, whole))
    assert one.same_as(other)


def test_a_load_never_touches_alert_state(job: Job) -> None:
    load(job, now=NOW, holder="me")
    assert job.state.load(["orders"]) == {}
    assert job.state.outbox(["orders"]) == []


def test_a_changed_query_is_told_and_reloaded_by_force_only(job: Job) -> None:
    assert isinstance(job.collector, Counting)
    load(job, now=NOW, holder="me")
    job.collector.question = "another"
    again = load(job, now=NOW, holder="me")
    assert (again.changed, again.batches) == (True, 0)
    assert load(job, now=NOW, holder="me", force=True).batches == 5


def test_a_load_without_detection_keeps_points_only(job: Job) -> None:
    assert load(job, now=NOW, holder="me", detect=False).verdicts == 0
    assert stored(job) == 720


def test_nothing_after_now_is_loaded(job: Job) -> None:
    early = START + 2 * DAY + timedelta(minutes=30)
    assert load(job, now=early, holder="me").rows == 48


def test_a_hole_between_two_loads_is_what_is_missing(job: Job) -> None:
    part = replace(job, schedule=replace(job.schedule, end=START + 7 * DAY))
    load(part, now=NOW, holder="me")
    part = replace(job, schedule=replace(job.schedule, start=START + 14 * DAY))
    load(part, now=NOW, holder="me")
    coverage = job.history.coverage(["orders"])["orders"]
    windows = [batch.window for batch in missing_batches(job, coverage, now=NOW)]
    assert windows == [Window(START + 7 * DAY, START + 14 * DAY)]


def test_a_held_metric_is_not_loaded(job: Job) -> None:
    job.state.lease(["orders"], holder="another", ttl=DAY)
    with pytest.raises(LeaseHeldError, match="another"):
        load(job, now=NOW, holder="me")


@pytest.mark.parametrize(("start", "end"), [(None, None), (START, START), (NOW + DAY, None)])
def test_a_load_needs_a_start_before_its_end(
    job: Job, start: datetime | None, end: datetime | None
) -> None:
    wrong = replace(job, schedule=replace(job.schedule, start=start, end=end))
    with pytest.raises(ConfigError):
        load(wrong, now=NOW, holder="me")


def test_an_empty_batch_is_covered_too(job: Job) -> None:
    empty = replace(job, collector=Counting([]))
    assert load(empty, now=NOW, holder="me").rows == 0
    assert load(empty, now=NOW, holder="me").batches == 0
    assert np.isclose(stored(empty), 0)
