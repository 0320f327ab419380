"""Load the past in batches: the same steps without decisions, so it can never alert."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from detectk.contracts.history import Coverage, Judgements
from detectk.errors import ConfigError, LeaseHeldError
from detectk.pipeline.asking import alone
from detectk.pipeline.detect import Targets, judge, reach
from detectk.pipeline.gather import gather
from detectk.pipeline.job import Job
from detectk.pipeline.metric_run import LEASE
from detectk.values.window import Window, missing

__all__ = ["Batch", "Loaded", "load", "missing_batches"]


@dataclass(frozen=True, slots=True)
class Batch:
    """One question of a load: a window on the grid."""

    window: Window


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did.

    Attributes:
        metric: Name of the metric.
        batches: How many questions were asked.
        rows: Points that the source gave.
        verdicts: Verdicts that were kept.
        changed: Whether the stored past was loaded by another query.
    """

    metric: str
    batches: int
    rows: int
    verdicts: int
    changed: bool = False


def missing_batches(
    job: Job, coverage: Coverage, *, now: datetime, force: bool = False
) -> list[Batch]:
    """Return what is still to be asked, in order, none longer than ``schedule.batch``.

    Raises:
        ConfigError: The schedule has no ``start_time``, or ends before it starts.
    """
    wanted = _wanted(job, now)
    holes = (wanted,) if force else missing(coverage.ranges, wanted)
    return [batch for hole in holes for batch in _cut(job, hole)]


def loaded_otherwise(job: Job, coverage: Coverage, *, now: datetime) -> bool:
    """Whether another query loaded any of what the load would ask for."""
    own, wanted = job.collector.fingerprint(), _wanted(job, now)
    others = coverage.loaded_otherwise(own) if own else ()
    return any(one.start < wanted.end and wanted.start < one.end for one in others)


def load(
    job: Job,
    *,
    now: datetime,
    holder: str,
    force: bool = False,
    detect: bool = True,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Loaded:
    """Load what is missing and judge it; stop at any moment, and the next call goes on.

    Args:
        job: The metric; its rules and channels are not looked at.
        now: Nothing after it is loaded.
        holder: Who takes the metric's lease.
        force: Ask again for what is there, and for what another query loaded.
        detect: Whether verdicts are worked out too.
        progress: Told of batches done and in all.

    Raises:
        LeaseHeldError: Another run holds the metric.
        DetectKError: A step failed; what was loaded before it is kept.
    """
    job.state.prepare()
    job.history.prepare()
    coverage = job.history.coverage([job.metric])[job.metric]
    changed = loaded_otherwise(job, coverage, now=now)
    batches = missing_batches(job, coverage, now=now, force=force)
    rows = verdicts = 0
    for done, batch in enumerate(batches):
        progress(done, len(batches))
        lease = job.state.lease([job.metric], holder=holder, ttl=LEASE)
        if job.metric in lease.refused:
            msg = f"held by another run ({lease.refused[job.metric]})"
            raise LeaseHeldError(msg, where=job.metric, hint="try again when it is done")
        try:
            coverage = job.history.coverage([job.metric])[job.metric]
            batch_rows, batch_verdicts = _one(job, batch.window, coverage, now, detect=detect)
        finally:
            job.state.release(list(lease.held.values()))
        rows += batch_rows
        verdicts += batch_verdicts
    progress(len(batches), len(batches))
    return Loaded(job.metric, len(batches), rows, verdicts, changed)


def _one(
    job: Job, window: Window, coverage: Coverage, now: datetime, *, detect: bool
) -> tuple[int, int]:
    grid = job.schedule.interval
    newest = grid.previous(window.end)
    gathered = alone(gather(job, window, coverage, at=now, newest=newest))
    judged = 0
    if gathered.points.series:
        job.history.write_points([replace(gathered.points, covered=None)])
        if detect and job.keep_verdicts:
            there = job.history.coverage([job.metric])[job.metric]
            targets = Targets(grid.previous(window.start), newest)
            verdicts = alone(judge(job, targets, reach(job, there, window.start, newest)))
            job.history.write_verdicts([Judgements(job.metric, verdicts, newest)])
            judged = sum(len(one) for one in verdicts)
    # Coverage comes last: killed before it, the batch is simply asked again.
    job.history.write_points([replace(gathered.points, series=())])
    return gathered.rows, judged


def _wanted(job: Job, now: datetime) -> Window:
    schedule, grid = job.schedule, job.schedule.interval
    if schedule.start is None:
        raise ConfigError(
            "there is no schedule.start_time",
            where=job.metric,
            hint="say where the load begins, in the file or with --from",
        )
    newest = grid.next(schedule.newest_complete(now))
    end = min(grid.floor(schedule.end), newest) if schedule.end else newest
    start = grid.floor(schedule.start)
    if end <= start:
        msg = f"the load ends ({end}) before it starts ({start})"
        raise ConfigError(msg, where=job.metric, hint="check schedule.start_time and end_time")
    return Window(start, end)


def _cut(job: Job, hole: Window) -> list[Batch]:
    grid = job.schedule.interval
    batches = []
    start = hole.start
    while start < hole.end:
        end = max(grid.floor(start + job.schedule.batch), grid.next(start))
        end = min(end, hole.end)
        batches.append(Batch(Window(start, end)))
        start = end
    return batches
