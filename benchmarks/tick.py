"""What does a tick cost: 10,000 metrics, one new point each, a window of 4,320 points?

Everything from the lease to the committed state and the stored verdict, without the users' own
queries. Seconds are CPU time of this process, the server's not included; the ratio is to one plain
pass of numpy over the same windows (the median and the MAD of each), so that it can be compared
between machines. One process writes the past, another one ticks: only the latter's memory counts.

    python benchmarks/tick.py [--storage sqlite] [--metrics 10000] [--window 4320] [--twice]
    python benchmarks/tick.py --storage postgresql --metrics 1000
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import resource
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TypeVar

import numpy as np

from detectk.clock import VirtualClock
from detectk.contracts import Collector, Health, Options, Points, Request, Services, Storage
from detectk.detectors.mad import MadDetector
from detectk.detectors.options import MadOptions
from detectk.pipeline import Alerting, Job, Judge, run
from detectk.plugin import Catalogue
from detectk.testing.servers import (
    Server,
    fresh_database,
    started_clickhouse,
    started_mariadb,
    started_postgresql,
)
from detectk.values import NO_LABELS, Interval, Rule, Schedule, Series, Window

GRID = Interval(10, "minute")
BEGIN = datetime(2024, 1, 1, tzinfo=timezone.utc)
STEP = timedelta(minutes=10)
TICKS = 6
NEWEST = 8
STARTED: Mapping[str, Callable[[], AbstractContextManager[Server]]] = {
    "postgresql": started_postgresql,
    "mariadb": started_mariadb,
    "clickhouse": started_clickhouse,
}
STORAGES = ("sqlite", *STARTED)

T = TypeVar("T")


@dataclass(frozen=True)
class Fleet:
    """What is measured, in a form that another process understands.

    Attributes:
        storage: Type of the storage.
        url: Where it is.
        folder: Of the embedded one.
        metrics: How many metrics.
        window: Points that the detector looks back.
        past: Points that each metric has before the first tick.
    """

    storage: str
    url: str
    folder: str
    metrics: int
    window: int
    past: int


@dataclass(frozen=True)
class Cost:
    """What the ticks of a fleet took.

    Attributes:
        cpu: CPU seconds of each.
        wall: Seconds of each.
        plain: CPU seconds of numpy alone.
        memory: Most bytes that the process ever held.
    """

    cpu: Sequence[float]
    wall: Sequence[float]
    plain: float
    memory: int


class Noise(Collector[Options]):
    """Gives one value a step, at no cost worth measuring."""

    def __init__(self, values: np.ndarray[Any, Any], shift: int) -> None:
        super().__init__(Options(), Services())
        self.values = values
        self.shift = shift

    def collect(self, request: Request) -> Sequence[Series]:
        """Return the noise of the window."""
        first = (request.window.start - BEGIN) // STEP + self.shift
        times = GRID.steps(request.window.start, request.window.end)
        values = self.values.take(np.arange(first, first + len(times)), mode="wrap")
        return [Series(NO_LABELS, times, values, np.zeros(len(times), np.uint8))]

    def check(self) -> Health:
        """Return that all is well."""
        return Health(ok=True, detail="")

    def fingerprint(self) -> str:
        """Return one name for all noise."""
        return "noise"


class Serial:
    """Runs one thing after the other."""

    map = staticmethod(map)


def opened(fleet: Fleet) -> Storage[Any]:
    """Return the storage of a fleet."""
    catalogue = Catalogue.default()
    found = catalogue.find("storage", fleet.storage)
    options = catalogue.options(found.component).model_validate(
        {**found.preset, "connection_string": fleet.url}
    )
    storage: Storage[Any] = catalogue.load(found.component)(
        options, Services(root=Path(fleet.folder))
    )
    return storage


def jobs_of(fleet: Fleet, storage: Storage[Any]) -> list[Job]:
    """Return the metrics of a fleet, all on one storage."""
    noise = np.random.default_rng(1).normal(100.0, 5.0, fleet.window * 3)
    detector = MadDetector(MadOptions(window_size=fleet.window), Services())
    state = storage.state()
    if state is None:
        raise SystemExit(f"{fleet.storage} keeps no state")
    return [
        Job(
            metric=f"metric_{number:05}",
            schedule=Schedule(GRID),
            collector=Noise(noise, number),
            judges=(Judge("mad", detector),),
            alerting=(Alerting(Rule()),),
            history=storage.history(),
            state=state,
        )
        for number in range(fleet.metrics)
    ]


def fill(fleet: Fleet) -> float:
    """Give every metric its past and its state; return the points written a CPU second.

    The first run of a metric follows all that is stored of it, which is another figure than that
    of a tick. So it happens while only the newest points are there; the older ones come after it.
    """
    storage = opened(fleet)
    storage.history().prepare()
    jobs = jobs_of(fleet, storage)
    newest = BEGIN + (fleet.past - NEWEST) * STEP
    write(jobs, Window(newest, BEGIN + fleet.past * STEP))
    tick(jobs, fleet.past)
    began = process_time()
    write(jobs, Window(BEGIN, newest))
    spent = process_time() - began
    storage.close()
    return fleet.metrics * (fleet.past - NEWEST) / spent


def write(jobs: Sequence[Job], window: Window) -> None:
    """Keep the points of a window, those of some metrics at a time."""
    for start in range(0, len(jobs), 200):
        batch = [
            Points(
                job.metric,
                job.collector.collect(Request(job.metric, window, GRID, window.end)),
                window.end,
                window,
                job.collector.fingerprint(),
            )
            for job in jobs[start : start + 200]
        ]
        jobs[0].history.write_points(batch)


def ticks(fleet: Fleet) -> Cost:
    """Run every metric some times, with one new point each time."""
    gc.set_threshold(200_000, 50, 50)  # as the command line does
    storage = opened(fleet)
    jobs = jobs_of(fleet, storage)
    spent = [tick(jobs, fleet.past + number) for number in range(1, TICKS + 1)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    values = jobs[0].collector.values[: fleet.window]  # type: ignore[attr-defined]
    numpy_alone = min(plain(values, fleet.metrics) for _ in range(3))
    storage.close()
    return Cost([cpu for cpu, _ in spent], [wall for _, wall in spent], numpy_alone, memory)


def tick(jobs: Sequence[Job], step: int) -> tuple[float, float]:
    """Run every metric once, after interval number ``step``; return seconds of CPU and wall."""
    clock = VirtualClock(BEGIN + (step + 1) * STEP + timedelta(seconds=5))
    gc.collect()
    began, began_wall = process_time(), perf_counter()
    report = run(jobs, clock=clock, executor=Serial())
    spent = process_time() - began, perf_counter() - began_wall
    if bad := [one for one in report.metrics if one.error or not one.verdicts]:
        raise SystemExit(f"{len(bad)} metrics were not judged: {bad[0]}")
    return spent


def plain(values: np.ndarray[Any, Any], metrics: int) -> float:
    """Return the CPU seconds of the same medians and MADs with numpy alone."""
    began = process_time()
    for _ in range(metrics):
        np.median(np.abs(values - np.median(values)))
    return process_time() - began


def apart(work: Callable[[Fleet], T], fleet: Fleet) -> T:
    """Return what ``work`` does in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(work, fleet).result()


def measure(fleet: Fleet) -> float:
    """Print what the ticks of a fleet cost; return the CPU seconds of the cheapest."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = "sqlite:///bench.db"
        if fleet.storage != "sqlite":
            server = stack.enter_context(STARTED[fleet.storage]())
            url = stack.enter_context(fresh_database(server))
        fleet = replace(fleet, url=url, folder=folder)
        rate = apart(fill, fleet)
        cost = apart(ticks, fleet)
    cheapest = min(cost.cpu)
    told = ", ".join(f"{seconds:.2f}" for seconds in cost.cpu)
    print(
        f"{fleet.storage}, {fleet.metrics:,} metrics of {fleet.past:,} points:\n"
        f"  a tick: {cheapest:.2f} s of CPU (of {told}), {min(cost.wall):.2f} s by the clock\n"
        f"  a metric: {cheapest / fleet.metrics * 1e6:.0f} us, "
        f"{cheapest / cost.plain:.1f} x the medians of its window with numpy\n"
        f"  most memory: {cost.memory / 2**20:.0f} MB\n"
        f"  the past was written at {rate:,.0f} points a CPU second"
    )
    return cheapest


def main() -> None:
    """Print what a tick costs, and whether a longer history makes it dearer."""
    reading = argparse.ArgumentParser()
    reading.add_argument("--storage", choices=STORAGES, default="sqlite")
    reading.add_argument("--metrics", type=int, default=10_000)
    reading.add_argument("--window", type=int, default=4_320, help="points")
    reading.add_argument("--twice", action="store_true", help="also with the history doubled")
    asked = reading.parse_args()
    fleet = Fleet(asked.storage, "", "", asked.metrics, asked.window, asked.window + NEWEST)
    once = measure(fleet)
    if asked.twice:
        double = measure(replace(fleet, past=2 * asked.window + NEWEST))
        print(f"with the history doubled: {double / once:.2f} x")


if __name__ == "__main__":
    main()
