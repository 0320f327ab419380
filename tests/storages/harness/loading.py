"""A load of known points into any storage, in a process of its own that may be killed."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np

from detectk.contracts import Collector, Health, HistoryRequest, Options, Request, Services, Storage
from detectk.detectors.options import ThresholdOptions
from detectk.detectors.threshold import ThresholdDetector
from detectk.errors import StorageError
from detectk.pipeline import Job, Judge, holder_name, load
from detectk.values import NO_LABELS, Interval, Schedule, Series, Window, to_instant

BEGIN = datetime(2024, 1, 1, tzinfo=timezone.utc)
MINUTE = Interval(1, "minute")
STARTED, FINISHED, FAILED = "started", "finished", "failed"


@dataclass(frozen=True)
class Load:
    """What one process is to do."""

    kind: type[Storage[Any]]
    options: Options
    root: Path
    metric: str
    points: int
    batch: timedelta

    @property
    def window(self) -> Window:
        return Window(BEGIN, BEGIN + timedelta(minutes=self.points))

    def storage(self) -> Storage[Any]:
        return self.kind(self.options, Services(root=self.root))


class Counted(Collector[Options]):
    """Gives a value for every minute that can be worked out again."""

    def collect(self, request: Request) -> Sequence[Series]:
        times = MINUTE.steps(request.window.start, request.window.end)
        values = expected(times)
        return [Series(NO_LABELS, times, values, np.zeros(len(times), np.uint8))]

    def check(self) -> Health:
        return Health(ok=True, detail="always there")

    def fingerprint(self) -> str:
        return "counted"


def expected(times: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    minutes = (times - to_instant(BEGIN)) / np.timedelta64(60, "s")
    return np.sin(minutes / 7.0) + minutes


def start(task: Load) -> subprocess.Popen[bytes]:
    """Start a load; its first line says that it is about to begin."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        [sys.executable, __file__],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # what follows the first line is for whoever waits for the end
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(pickle.dumps(task))
    process.stdin.close()
    process.stdin = None
    said = process.stdout.readline().decode().strip()
    assert said == STARTED, f"{said}: {process.communicate()[1].decode()}"
    return process


def ended(process: subprocess.Popen[bytes], seconds: float) -> str:
    """Return the last line of a load, or what went wrong with it; wait at most so long."""
    out, errors = process.communicate(timeout=seconds)
    return out.decode().strip() or errors.decode()


def problems(task: Load) -> list[str]:
    """Return what is wrong with what was stored: holes, doubles, other values, versions."""
    storage = task.storage()
    history = storage.history()
    history.prepare()
    request = HistoryRequest(task.metric, task.window, versions=True)
    [[series]] = history.read_points([request])
    [[verdicts]] = history.read_verdicts([request])
    coverage = history.coverage([task.metric])[task.metric]
    storage.close()
    grid = MINUTE.steps(task.window.start, task.window.end)
    checks = {
        "holes or doubles among the points": np.array_equal(series.times, grid),
        "values that the source never gave": np.array_equal(series.values, expected(grid)),
        "points without a value": not series.status.any(),
        "points that count as revised": np.array_equal(series.seen, series.times),
        "holes or doubles among the verdicts": np.array_equal(verdicts.times, grid),
        "verdicts of other values": np.array_equal(verdicts.value, series.values),
        "ranges that count as missing": coverage.ranges == (task.window,),
    }
    return [wrong for wrong, fine in checks.items() if not fine]


def _run(task: Load) -> str:
    storage = task.storage()
    state = storage.state()
    assert state is not None
    limit = ThresholdDetector(ThresholdOptions(threshold=1e9), Services())
    job = Job(
        metric=task.metric,
        schedule=Schedule(MINUTE, start=task.window.start, end=task.window.end, batch=task.batch),
        collector=Counted(Options(), Services()),
        judges=(Judge("limit", limit),),
        alerting=(),
        history=storage.history(),
        state=state,
    )
    print(STARTED, flush=True)
    try:
        state.prepare()
        state.unlock([task.metric])  # who was killed does not give its lease back
        load(job, now=task.window.end + timedelta(days=1), holder=holder_name())
    except StorageError as error:
        return f"{FAILED} {'for now' if error.retryable else 'for good'}: {error}"
    finally:
        storage.close()
    return FINISHED


if __name__ == "__main__":
    print(_run(pickle.load(sys.stdin.buffer)), flush=True)
