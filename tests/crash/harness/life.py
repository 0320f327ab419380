"""A small project and its life on a virtual clock: what the crash tests run, kill and run again.

Two metrics share one SQLite storage: ``orders`` has two series, mutable data and two channels;
``queue`` has a threshold, one channel and a source that is down for a while. Typed as a script,
it lives its whole life in one process, and kills itself where it is told to::

    python life.py FOLDER SOURCE [--from TICK] [--die-at BOUNDARY]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from boundaries import Boundaries, Watched

from detectk.clock import VirtualClock
from detectk.collectors.sql.collector import SqlCollector
from detectk.collectors.sql.options import SqlCollectorOptions, SqlStorageOptions
from detectk.collectors.sql.storage import SqlStorage
from detectk.contracts import Alerter, Options, Request, Sent, Services
from detectk.contracts.wire import encode
from detectk.detectors.mad import MadDetector
from detectk.detectors.options import MadOptions, ThresholdOptions
from detectk.detectors.threshold import ThresholdDetector
from detectk.errors import AlertError, CollectError
from detectk.pipeline import Alerting, Channel, Job, Judge, run
from detectk.values import Interval, Message, NoData, Report, Rule, Schedule, Series

HOUR = timedelta(hours=1)
START = datetime(2024, 3, 4, tzinfo=timezone.utc)
TICKS = [tick for tick in range(48) if tick not in (40, 41, 42)]
"""Hours after `START` whose end sees a run; nobody ran at three of them."""
PAST = 30
"""Hours of data before the first run."""

_FAR, _NEAR = 160.0, 100.0
_SPIKES = {
    **{("north", hour): _FAR for hour in (6, 7, 8)},
    **{(side, hour): 20.0 for side in ("north", "south") for hour in (14, 15)},
    ("north", 28): _FAR,  # corrected two hours later: it never was
    **{("south", hour): _FAR for hour in (40, 41)},  # over before the next run
    **{("", hour): 70.0 for hour in (10, 11, 12, 31, 32)},
}
_LOST = {("south", hour) for hour in (20, 21, 22, 23)}
_CORRECTIONS = {("north", 28): _NEAR, ("south", 34): _FAR}
"""What the source says two hours later instead."""
_SOURCE_DOWN = range(24, 29)
_PAGER_DOWN = range(31, 34)

_QUERY = """
SELECT at, side, value, max(known_at) AS newest FROM arrivals
WHERE metric = '{{ metric_name }}' AND known_at <= '{{ execution_time }}'
    AND at >= '{{ period_start }}' AND at < '{{ period_finish }}'
GROUP BY at, side
"""


def make_source(file: Path) -> None:
    """Write the database that the metrics are collected from."""
    rows = []
    for metric, side in (("orders", "north"), ("orders", "south"), ("queue", "")):
        for hour in range(-PAST, max(TICKS) + 1):
            if (side, hour) in _LOST:
                continue
            usual = (_NEAR if side else 5.0) + 0.5 * (hour * 7 % 5)
            at = START + hour * HOUR
            value = _SPIKES.get((side, hour), usual)
            rows.append((metric, side, _text(at), value, _text(at + HOUR)))
            if (side, hour) in _CORRECTIONS:
                value = _CORRECTIONS[side, hour]
                rows.append((metric, side, _text(at), value, _text(at + 3 * HOUR)))
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE arrivals (metric, side, at, value, known_at)")
        connection.executemany("INSERT INTO arrivals VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


class MoodyCollector(SqlCollector):
    """Asks a real database that now and then cannot be reached."""

    def collect(self, request: Request) -> Sequence[Series]:
        """Return the rows of the window, or fail while the source is down."""
        hour = (request.execution_time - START) // HOUR - 1
        if request.metric == "queue" and hour in _SOURCE_DOWN:
            raise CollectError("the source is down", where=request.metric, retryable=True)
        return super().collect(request)


class FileAlerter(Alerter[Options]):
    """Appends each message to a file as one line, and comes back when it is on the disk.

    What is in the file was delivered, whatever anybody else believes.
    """

    def __init__(self, name: str, file: Path, services: Services) -> None:
        super().__init__(Options(), services)
        self._name, self._file = name, file

    def send(self, message: Message) -> Sent:
        """Write the line, or fail while the channel is down."""
        hour = (self.services.clock.now() - START) // HOUR - 1
        if self._name == "pager" and hour in _PAGER_DOWN:
            raise AlertError("the pager answered 500", where=self._name, retryable=True)
        line = {
            "channel": self._name,
            "metric": message.metric,
            "kind": message.kind,
            "key": message.dedup_key,
            "step": message.step.isoformat(),
            "series": [notice.series for notice in message.notices],
            "about": message.lead.incident.kind,
            "late": message.lead.late,
            "over": message.lead.over,
            "text": hashlib.sha256(encode(message).encode()).hexdigest(),
        }
        descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, (json.dumps(line) + "\n").encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return Sent()


class WatchedStorage(SqlStorage):
    """Tells of each statement before it runs; may be given a small disk."""

    watch: Callable[[str], object] | None = None
    spare_pages: int | None = None

    def connect(self) -> sqlite3.Connection:
        """Open the database."""
        connection: Any = super().connect()
        if self.spare_pages is not None:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {max(pages + self.spare_pages, 1)}")
        connection.set_trace_callback(self.watch)
        opened: sqlite3.Connection = connection
        return opened


class Serial:
    """Runs one thing after the other, so that every life crosses the same boundaries."""

    map = staticmethod(map)


@dataclass(frozen=True)
class Home:
    """Where a life takes place.

    Attributes:
        folder: Its storage, and what its channels delivered.
        source: What it is collected from; shared, since nobody writes to it.
        breakage: Replaces parts of a job by worse ones, to see whether the tests notice.
    """

    folder: Path
    source: Path
    breakage: Callable[[Job], Job] = field(default=lambda job: job)

    @property
    def database(self) -> Path:
        return self.folder / "detectk.db"

    @property
    def lines(self) -> Path:
        return self.folder / "delivered.ndjson"


def live(
    home: Home,
    ticks: Sequence[int],
    *,
    steps: Boundaries | None = None,
    statements: Boundaries | None = None,
    again: int = 0,
    spare_pages: int | None = None,
) -> list[Report]:
    """Run at each of ``ticks``, in one process; return what each run reported.

    Args:
        home: Where.
        ticks: Hours after `START`.
        steps: Told before and after each call of a part.
        statements: Told before each statement that writes to the storage.
        again: How often the first of ``ticks`` was tried before: a few seconds each.
        spare_pages: How many pages the disk has left for the storage.
    """
    clock = VirtualClock(START)
    storage = WatchedStorage(SqlStorageOptions(path=home.database), Services(clock, home.folder))
    storage.watch = statements.statement if statements else None
    storage.spare_pages = spare_pages
    crossing = steps or Boundaries()
    jobs = [home.breakage(job) for job in jobs_of(home, storage, clock, crossing)]
    reports = []
    try:
        for tick in ticks:
            late = again * 7 if tick == ticks[0] else 0
            clock.set(START + (tick + 1) * HOUR + timedelta(seconds=9 + late))
            reports.append(run(jobs, clock=clock, executor=Serial()))
    finally:
        storage.close()
    return reports


def jobs_of(
    home: Home, storage: SqlStorage, clock: VirtualClock, crossing: Boundaries
) -> list[Job]:
    """Return the two metrics, every part of them watched."""
    services = Services(clock, home.folder)

    def watched(name: str, part: object) -> Any:
        return Watched(name, part, crossing)

    def collector(*dimensions: str) -> Any:
        options = SqlCollectorOptions(
            path=home.source, query=_QUERY, timestamp_column="at", dimensions=dimensions
        )
        return watched("collector", MoodyCollector(options, services))

    def channel(name: str) -> Channel:
        return Channel(name, watched("alerter", FileAlerter(name, home.lines, services)))

    mad = MadDetector(MadOptions(window_size=24, min_samples=8, std_floor=1.0), services)
    limit = ThresholdDetector(ThresholdOptions(operator="greater_than", threshold=50.0), services)
    rule = Rule(cooldown=timedelta(0), no_data=NoData(after=3, sparse_guard=False))
    patient = Rule(consecutive=2, cooldown=timedelta(0), no_data=NoData(after=0))
    history = watched("history", storage.history())
    state = watched("state", storage.state())
    return [
        Job(
            metric="orders",
            schedule=Schedule(Interval(1, "hour"), mutable=4 * HOUR),
            collector=collector("side"),
            judges=(Judge("mad", watched("detector", mad)),),
            alerting=(Alerting(rule, (channel("chat"), channel("pager"))),),
            history=history,
            state=state,
        ),
        Job(
            metric="queue",
            schedule=Schedule(Interval(1, "hour")),
            collector=collector(),
            judges=(Judge("limit", watched("detector", limit)),),
            alerting=(Alerting(patient, (channel("pager"),)),),
            history=history,
            state=state,
        ),
    ]


def main() -> None:
    """Live the whole life, or die trying."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("--die-at", type=int, default=None)
    parser.add_argument("--from", type=int, default=TICKS[0], dest="first")
    given = parser.parse_args()
    boundaries = Boundaries(given.die_at)
    for tick in TICKS[TICKS.index(given.first) :]:
        (given.folder / "tick").write_text(str(tick))
        live(Home(given.folder, given.source), [tick], steps=boundaries)


if __name__ == "__main__":
    main()
