"""Living tick by tick and folding the stored verdicts in one go give the same notices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from detectk.clock import VirtualClock
from detectk.contracts import HistoryRequest, Services, StateKey, Task
from detectk.contracts.wire import decode
from detectk.pipeline import Alerting, Job, Judge, Subject, fold, run
from detectk.pipeline.collect import Filling, dense
from detectk.storage.memory import MemoryHistory, MemoryState
from detectk.testing.scenario import Arrival, BandDetector, BandOptions, ScriptedCollector
from detectk.values import (
    AlertState,
    Interval,
    Labels,
    NoData,
    Notice,
    Rule,
    Schedule,
    Series,
    Window,
    to_datetime,
)

START = datetime(2024, 2, 1, tzinfo=timezone.utc)
DAYS = 60
WHOLE = Window(START - timedelta(days=1), START + timedelta(days=DAYS + 1))


@dataclass(frozen=True)
class Life:
    """Everything that a generated metric goes through."""

    seed: int
    hours: int
    mutable: int
    series: int
    late_share: float
    missing_share: float
    skipped_runs: float
    rule: Rule


lives = st.builds(
    Life,
    seed=st.integers(0, 2**32),
    hours=st.sampled_from([4, 6, 12]),
    mutable=st.integers(0, 6),
    series=st.integers(1, 2),
    late_share=st.sampled_from([0.0, 0.05, 0.3]),
    missing_share=st.sampled_from([0.0, 0.03, 0.2]),
    skipped_runs=st.sampled_from([0.0, 0.2, 0.7]),
    rule=st.builds(
        Rule,
        consecutive=st.integers(1, 3),
        window=st.sampled_from([0, 4]),
        share=st.just(0.5),
        direction=st.sampled_from(["up", "down", "both", "same"]),
        hold_for=st.sampled_from([timedelta(0), timedelta(hours=12)]),
        keep_firing_for=st.sampled_from([timedelta(0), timedelta(hours=24)]),
        cooldown=st.sampled_from([timedelta(0), timedelta(hours=30), timedelta(days=4)]),
        cooldown_reset_on_recovery=st.booleans(),
        notify_on_recovery=st.booleans(),
        no_data=st.builds(NoData, after=st.sampled_from([0, 2]), keep_state=st.booleans()),
    ),
)


def arrivals_of(life: Life) -> list[Arrival]:
    """Return a source with bursts, holes, late rows and later corrections."""
    chance = Random(life.seed)
    step = timedelta(hours=life.hours)
    rows = []
    for number in range(life.series):
        labels = Labels.of({"n": number}) if life.series > 1 else Labels()
        level, burst = 0.0, 0
        for index in range(DAYS * 24 // life.hours):
            time = START + index * step
            if burst == 0 and chance.random() < 0.05:
                burst, level = chance.randint(1, 5), chance.choice([-9.0, 9.0])
            value = chance.uniform(-1, 1) + (level if burst else 0.0)
            burst = max(0, burst - 1)
            due = time + step
            if chance.random() < life.missing_share:
                continue
            if chance.random() < life.late_share:
                due += chance.randint(1, 5) * step
            rows.append(Arrival(time, value, due, labels))
            if chance.random() < life.late_share / 2:
                correction = due + chance.randint(1, 4) * step
                rows.append(Arrival(time, chance.choice([0.0, 9.0, -9.0]), correction, labels))
    return rows


def job_of(life: Life) -> Job:
    interval = Interval(life.hours, "hour")
    schedule = Schedule(
        interval,
        mutable=life.mutable * timedelta(hours=life.hours),
        max_catchup=timedelta(days=3),
    )
    judges = tuple(
        Judge(name, BandDetector(BandOptions(points=points), Services()))
        for name, points in (("fast", 4), ("slow", 12))
    )
    return Job(
        metric="generated",
        schedule=schedule,
        collector=ScriptedCollector(arrivals_of(life)),
        judges=judges,
        alerting=(Alerting(life.rule),),
        history=MemoryHistory(),
        state=MemoryState(),
    )


def live(life: Life, job: Job) -> tuple[dict[StateKey, str], list[Notice]]:
    """Return the states after the first run, and every notice of the runs after it."""
    chance = Random(life.seed + 1)
    step = timedelta(hours=life.hours)
    first: dict[StateKey, str] = {}
    notices: list[Notice] = []
    at = START + 10 * step
    end = START + timedelta(days=DAYS)
    while at <= end:
        report = run([job], clock=VirtualClock(at + timedelta(seconds=9)), executor=Serial())
        assert report.metrics[0].error is None
        documents = dict(job.state.load([job.metric]))
        notices += report.metrics[0].notices if first else []
        for key, text in documents.items():
            first.setdefault(key, text)
        if first.keys() != documents.keys():
            notices = []
            first = documents
        steps = 1
        while chance.random() < life.skipped_runs:
            steps += 1
        at += steps * step
    return first, notices


class Serial:
    """Runs one thing after the other."""

    map = staticmethod(map)


def replay(life: Life, job: Job, first: dict[StateKey, str]) -> list[Notice]:
    request = HistoryRequest(job.metric, WHOLE, versions=True)
    verdicts = job.history.read_verdicts([request])[0]
    notices: list[Notice] = []
    last = {
        key: decode(AlertState, text).decided
        for key, text in job.state.load([job.metric]).items()
        if key.rule == life.rule.id
    }
    for key, text in first.items():
        if key.rule != life.rule.id:
            continue
        mine = [one for one in verdicts if one.labels.key == key.series]
        subject = Subject(key, life.rule, job.schedule)
        notices += fold(subject, decode(AlertState, text), mine, last[key]).notices
    return notices


def order(notice: Notice) -> tuple[datetime, str, str, str]:
    return (notice.step, notice.series, notice.kind, notice.id)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(lives)
def test_sixty_days_lived_tick_by_tick_equal_one_replay(life: Life) -> None:
    job = job_of(life)
    first, lived = live(life, job)
    replayed = replay(life, job, first)
    for kind in {notice.kind for notice in lived}:
        event(kind)
    assert sorted(lived, key=order) == sorted(replayed, key=order)


def on_the_grid(series: Series, job: Job) -> Series:
    """Return the series with a row for intervals that no run asked for."""
    end = job.schedule.interval.next(to_datetime(series.times[-1]))
    window = Window(to_datetime(series.times[0]), end)
    return dense([series], Filling(job.schedule, window), {})[0]


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(lives)
def test_in_the_end_every_verdict_is_that_of_the_final_data(life: Life) -> None:
    job = job_of(life)
    live(life, job)
    request = HistoryRequest(job.metric, WHOLE)
    points = {one.labels: one for one in job.history.read_points([request])[0]}
    detectors = {judge.id: judge.detector for judge in job.judges}
    for stored in job.history.read_verdicts([request])[0]:
        series = on_the_grid(points[stored.labels], job)
        targets = np.searchsorted(series.times, stored.times)
        task = Task(stored.detector, series, job.schedule.interval, targets)
        (fresh,) = detectors[stored.detector].detect([task])
        assert replace(fresh.verdicts, seen=stored.seen).same_as(stored)


def test_the_generated_lives_tell_every_kind_of_story() -> None:
    rule = Rule(cooldown=timedelta(0), no_data=NoData(after=2, sparse_guard=False))
    life = Life(7, 4, 6, 1, 0.3, 0.03, 0.2, rule)
    _, lived = live(life, job_of(life))
    assert {notice.kind for notice in lived} == {"fired", "resolved", "retracted", "no_data"}
    assert any(notice.late for notice in lived)
