"""Run a metric on a copy of what is stored: everything happens, nothing is kept or sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from detectk.contracts.history import Coverage, History, HistoryRequest, Judgements, Points
from detectk.contracts.state import StateChange, StateKey
from detectk.pipeline.detect import lookback_of
from detectk.pipeline.fold import Memory
from detectk.pipeline.job import Job
from detectk.values.window import Window

__all__ = ["rehearsal"]


def rehearsal(job: Job, now: datetime) -> Job:
    """Return ``job`` with its history and state replaced by copies, and without channels.

    Points, verdicts and states that a run at ``now`` would look at are copied into memory.

    Raises:
        StorageError: The storage cannot be read.
    """
    from detectk.storage.memory import MemoryHistory, MemoryState

    history, state = MemoryHistory(), MemoryState()
    coverage, documents = Coverage(), dict[StateKey, str]()
    if job.history.exists():
        job.history.prepare()
        coverage = job.history.coverage([job.metric])[job.metric]
    if job.state.exists():
        job.state.prepare()
        documents = dict(job.state.load([job.metric]))
    if coverage.extent:
        newest = job.schedule.newest_complete(now)
        memory = Memory(documents)
        decided = memory.decided(job.metric, [one.rule for one in job.alerting]) or newest
        oldest = min(extent.start for extent in coverage.extent.values())
        back = lookback_of(job, newest) + job.schedule.mutable + job.schedule.max_catchup
        start = max(oldest, min(decided, newest) - min(back, newest - min(oldest, newest)))
        _copy(job, history, Window(min(start, newest), job.schedule.interval.next(newest)))
        for fingerprint, windows in coverage.loaded.items():
            noted = [Points(job.metric, (), newest, window, fingerprint) for window in windows]
            history.write_points(noted)
    lease = state.lease([job.metric], holder="rehearsal", ttl=timedelta(minutes=1))
    state.commit([StateChange(lease.held[job.metric], documents)])
    state.release(list(lease.held.values()))
    alerting = tuple(replace(one, channels=()) for one in job.alerting)
    return replace(job, history=history, state=state, alerting=alerting, ask_cost=True)


def _copy(job: Job, history: History, window: Window) -> None:
    request = HistoryRequest(job.metric, window)
    points = job.history.read_points([request])[0]
    history.write_points([Points(job.metric, points, window.end)])
    verdicts = job.history.read_verdicts([request])[0]
    history.write_verdicts([Judgements(job.metric, verdicts, window.end)])
