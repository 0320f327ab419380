"""Run metrics: the one module that knows the order of the steps.

A metric's failure ends its own run only. Killed between any two steps, the next run goes on from
the *decided* cursor, which moves in the same transaction that fills the outbox.
"""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Final

from detectk.clock import Clock
from detectk.contracts.executor import Executor
from detectk.errors import DetectKError, StepError
from detectk.pipeline.asking import Steps, together
from detectk.pipeline.job import Job, Observer
from detectk.pipeline.metric_run import MetricRun
from detectk.values.report import Report

__all__ = ["holder_name", "run"]

_log = logging.getLogger(__name__)

_AT_ONCE: Final = 500
"""Metrics that take a step together: enough to share a call, few enough to hold their history."""


def run(
    jobs: Sequence[Job],
    *,
    clock: Clock,
    executor: Executor,
    observer: Observer | None = None,
) -> Report:
    """Check every job once and return what happened; a job's failure is in its report.

    Args:
        jobs: The metrics; their names are unique.
        clock: Tells when the run is, and waits between retries.
        executor: Runs the collectors side by side.
        observer: Told of what happens.
    """
    observer = observer or Observer()
    at = clock.now()
    observer.started(tuple(job.metric for job in jobs))
    line = _Line([MetricRun(job, at) for job in jobs], clock, executor)
    holder = holder_name()
    try:
        line.each("lease", lambda metric: metric.take_lease(holder))
        line.each("send", lambda metric: metric.send(clock, observer))
        line.each("plan", MetricRun.plan)
        line.each("collect", MetricRun.collect)
        line.each("detect", MetricRun.detect)
        line.each("decide", MetricRun.decide)
        line.each("commit", MetricRun.commit)
        line.each("commit", MetricRun.fail, failed=True)
        line.each("send", lambda metric: metric.send(clock, observer), failed=None)
    finally:
        line.each("release", MetricRun.release, failed=None)
    reports = tuple(metric.report() for metric in line.metrics)
    for report in reports:
        observer.checked(report)
    whole = Report(at, reports)
    observer.finished(whole)
    return whole


def holder_name() -> str:
    """Return who holds a lease: host, process and a name of its own."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True)
class _Line:
    """The metrics of a run, taken through one step after the other, some hundreds at a time."""

    metrics: Sequence[MetricRun]
    clock: Clock
    executor: Executor

    def each(
        self,
        step: str,
        act: Callable[[MetricRun], Steps[None]],
        *,
        failed: bool | None = False,
    ) -> None:
        """Take one step with every metric that is not held: healthy, failed, or all (None)."""
        mine = [
            metric
            for metric in self.metrics
            if not metric.held and failed in (None, metric.error is not None)
        ]
        for start in range(0, len(mine), _AT_ONCE):
            some = mine[start : start + _AT_ONCE]
            ended = together(
                [act(metric) for metric in some], executor=self.executor, clock=self.clock
            )
            for metric, done in zip(some, ended, strict=True):
                metric.seconds[step] = metric.seconds.get(step, 0.0) + done.seconds
                if done.error is not None:
                    _note(metric, step, done.error)


def _note(metric: MetricRun, step: str, error: Exception) -> None:
    if not isinstance(error, DetectKError):
        foreign = StepError(f"{step} failed: {type(error).__name__}: {error}")
        foreign.__cause__ = error
        error = foreign
    shared, error = error, copy(error)  # one trouble of a storage is told to many metrics
    error.__cause__ = shared
    if not str(error.where):
        error.where = metric.job.metric
    error.message = metric.job.redact(error.message)
    metric.error = metric.error or error
    told = str(error).removeprefix(f"{metric.job.metric}: ")  # the log names the metric
    _log.error("%s", told, extra={"metric": metric.job.metric})
    _log.debug("traceback", exc_info=error, extra={"metric": metric.job.metric})
