"""What does a tick cost: 10,000 metrics, one new point each, a window of 4,320 points?

Everything from the lease to the committed state and the stored verdict, on SQLite, without the
users' own queries. Each figure is CPU time; the ratios are to one plain pass of numpy over the
same windows (the median and the MAD of each, with `numpy.partition`), in the same process, so
that they can be compared between machines.

    python benchmarks/tick.py [--metrics 10000] [--window 4320] [--twice]
"""

from __future__ import annotations

import argparse
import gc
import resource
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import process_time

import numpy as np

from detectk.clock import VirtualClock
from detectk.collectors.sql.options import SqlStorageOptions
from detectk.collectors.sql.storage import SqlStorage
from detectk.contracts import Collector, Health, Options, Points, Request, Services
from detectk.detectors.mad import MadDetector
from detectk.detectors.options import MadOptions
from detectk.pipeline import Alerting, Job, Judge, run
from detectk.values import NO_LABELS, Interval, Rule, Schedule, Series, Window

GRID = Interval(10, "minute")
BEGIN = datetime(2024, 1, 1, tzinfo=timezone.utc)
STEP = timedelta(minutes=10)
TICKS = 6


class Noise(Collector[Options]):
    """Gives one value a step, at no cost worth measuring."""

    def __init__(self, values: np.ndarray) -> None:
        super().__init__(Options(), Services())
        self.values = values

    def collect(self, request: Request) -> Sequence[Series]:
        first = (request.window.start - BEGIN) // STEP
        times = GRID.steps(request.window.start, request.window.end)
        values = self.values.take(np.arange(first, first + len(times)), mode="wrap")
        return [Series(NO_LABELS, times, values, np.zeros(len(times), np.uint8))]

    def check(self) -> Health:
        return Health(ok=True, detail="")

    def fingerprint(self) -> str:
        return "noise"


class Serial:
    """Runs one thing after the other."""

    map = staticmethod(map)


def fleet(storage: SqlStorage, metrics: int, window: int) -> list[Job]:
    """Return the metrics of the benchmark, all on one storage."""
    noise = np.random.default_rng(1).normal(100.0, 5.0, window * 3)
    days = f"{window * 10} minutes"
    judge = Judge("mad", MadDetector(MadOptions(window_size=days), Services()))
    return [
        Job(
            metric=f"metric_{number:05}",
            schedule=Schedule(GRID),
            collector=Noise(np.roll(noise, number)),
            judges=(judge,),
            alerting=(Alerting(Rule()),),
            history=storage.history(),
            state=storage.state(),
        )
        for number in range(metrics)
    ]


def fill(jobs: Sequence[Job], points: int) -> None:
    """Give every metric a past of so many points."""
    whole = Window(BEGIN, BEGIN + points * STEP)
    for start in range(0, len(jobs), 200):
        some = jobs[start : start + 200]
        batch = [
            Points(
                job.metric,
                job.collector.collect(Request(job.metric, whole, GRID, whole.end)),
                whole.end,
                whole,
                job.collector.fingerprint(),
            )
            for job in some
        ]
        jobs[0].history.write_points(batch)


def tick(jobs: Sequence[Job], step: int) -> float:
    """Run every metric once, after interval number ``step``; return the CPU seconds."""
    clock = VirtualClock(BEGIN + (step + 1) * STEP + timedelta(seconds=5))
    gc.collect()
    began = process_time()
    report = run(jobs, clock=clock, executor=Serial())
    spent = process_time() - began
    bad = [one for one in report.metrics if one.error or not one.verdicts]
    assert not bad, bad[0]
    return spent


def plain(jobs: Sequence[Job], window: int) -> float:
    """Return the CPU seconds of the same medians and MADs with numpy alone."""
    began = process_time()
    for job in jobs:
        values = job.collector.values[:window]
        middle = np.median(values)
        np.median(np.abs(values - middle))
    return process_time() - began


def measure(metrics: int, window: int, points: int) -> tuple[float, float]:
    """Return the cheapest tick, and numpy's pass, both in CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        storage = SqlStorage(SqlStorageOptions(path=Path("m.db")), Services(root=Path(folder)))
        storage.history().prepare()
        jobs = fleet(storage, metrics, window)
        began = process_time()
        fill(jobs, points)
        filled = process_time() - began
        rate = metrics * points / filled
        print(f"{metrics:,} metrics of {points:,} points: written at {rate:,.0f} points/s of CPU")
        tick(jobs, points)  # the first run has states to begin
        spent = [tick(jobs, points + number) for number in range(1, TICKS + 1)]
        numpy_alone = min(plain(jobs, window) for _ in range(3))
        size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
        storage.close()
    told = ", ".join(f"{seconds:.2f}" for seconds in spent)
    print(
        f"  ticks of {told} s of CPU; {min(spent) / metrics * 1e6:.0f} us a metric; {size:.0f} MB"
    )
    print(f"  {min(spent) / numpy_alone:.1f} x numpy's own medians of the windows")
    return min(spent), numpy_alone


def main() -> None:
    """Print what a tick costs, and whether a longer history makes it dearer."""
    reading = argparse.ArgumentParser()
    reading.add_argument("--metrics", type=int, default=10_000)
    reading.add_argument("--window", type=int, default=4_320)
    reading.add_argument("--twice", action="store_true", help="also with the history doubled")
    asked = reading.parse_args()
    gc.set_threshold(100_000, 50, 50)  # as the command line does
    once, _ = measure(asked.metrics, asked.window, asked.window + 8)
    if asked.twice:
        double, _ = measure(asked.metrics, asked.window, 2 * asked.window + 8)
        print(f"  with the history doubled: {double / once:.2f} x")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
