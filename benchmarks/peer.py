"""How does DetectK compare with `detectkit`, a project like this one, on the same servers?

Both tools read the same table of 10-minute points (a daily wave, noise and spikes), keep what they
know on the same server, judge with the median and the MAD of the same window and the same
threshold, and tell nobody. Each has run before it is measured. Seconds are CPU time of the tool's
process from its start to its end; the server's are not in them, but are in those of the clock.

The other tool is installed in an environment of its own, below a temporary folder, and is left
as it comes: 10,000 points a batch to load, 1,000 to judge. It cannot keep anything in SQLite.

    python benchmarks/peer.py [postgresql mariadb clickhouse] [--peer-python PATH]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit

from detectk.testing.servers import (
    Server,
    ask,
    fresh_database,
    started_clickhouse,
    started_mariadb,
    started_postgresql,
    tell,
)

PEER = "detectkit[clickhouse,postgres,mysql]==0.67.2"
BEGIN = datetime(2024, 1, 1, tzinfo=timezone.utc)
STEP = timedelta(minutes=10)
WINDOWS = (144, 4320)
SPARE = 30
"""Values before which neither tool judges; also the points of a run that only warms up."""
TIMES = 3
STARTED: Mapping[str, Callable[[], AbstractContextManager[Server]]] = {
    "postgresql": started_postgresql,
    "mariadb": started_mariadb,
    "clickhouse": started_clickhouse,
}
VALUE = (
    "100 + 20 * sin(2 * pi() * (i % 144) / 144) + (i * 7919 % 1000) / 5e2"
    " + (i * 104729 % 997) / 5e2 + CASE WHEN i % 500 = 499 THEN 60 ELSE 0 END"
)
SOURCE = {
    "postgresql": "CREATE TABLE source AS SELECT timestamp '{begin}' + i * interval '10 minutes'"
    " AS ts, ({value})::double precision AS v FROM generate_series(0::bigint, {last}) AS i",
    "mysql": "CREATE TABLE source (ts DATETIME PRIMARY KEY, v DOUBLE) SELECT"
    " '{begin}' + INTERVAL 10 * i MINUTE AS ts, {value} AS v FROM"
    " (SELECT CAST(seq AS SIGNED) AS i FROM seq_0_to_{last}) AS counted",
    "clickhouse": "CREATE TABLE source ENGINE = MergeTree ORDER BY ts AS SELECT"
    " toDateTime('{begin}', 'UTC') + number * 600 AS ts, toFloat64({value}) AS v"
    " FROM (SELECT number, toInt64(number) AS i FROM numbers({last} + 1))",
}

OURS = """\
name: {name}
collector:
  type: {kind}
  params:
    connection_string: {url}
    query: |
      SELECT ts AS period_time, v FROM {source}
      WHERE ts >= '{{{{ period_start }}}}' AND ts < '{{{{ period_finish }}}}'
    value_column: v
storage:
  type: {kind}
  params:
    connection_string: {url}
detector:
  type: mad
  params:
    n_sigma: 3
    window_size: {window}
    min_samples: {spare}
schedule:
  interval: 10 minutes
"""
THEIRS = """\
name: {name}
interval: 10min
loading_start_time: "{begin}"
query: |
  SELECT ts AS timestamp, v AS value FROM {source}
  WHERE ts >= '{{{{ dtk_start_time }}}}' AND ts < '{{{{ dtk_end_time }}}}'
  ORDER BY ts
detectors:
  - type: mad
    params:
      threshold: 3.0
      window_size: {window}
      min_samples: {spare}
      start_time: "{judged_from}"
"""
PROFILE = """\
default_profile: bench
profiles:
  bench:
    type: {kind}
    host: {host}
    port: {port}
    user: {user}
    password: "{password}"
    database: {database}
    internal_{place}: {internal}
    data_{place}: {data}
"""


class Spent(NamedTuple):
    """What a command took, in seconds."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Project:
    """Metrics that both tools watch, each in a folder of its own.

    Attributes:
        server: Where the source is, and what both tools keep.
        url: Of the database there.
        window: Points that the detector looks back.
        metrics: Their names.
        judged_from: Where the other tool begins to judge; ours begins where its first run is.
    """

    server: Server
    url: str
    window: int
    metrics: Sequence[str]
    judged_from: datetime = BEGIN

    @property
    def database(self) -> str:
        """Name of the database."""
        return urlsplit(self.url).path.lstrip("/")

    @property
    def source(self) -> str:
        """Name of the table that both tools read."""
        return "source" if self.server.kind == "postgresql" else f"{self.database}.source"

    def count(self, table: str) -> int:
        """Return how many rows there are in a table."""
        question = f"SELECT count(*) FROM {table}"  # noqa: S608  # our own names
        return int(ask(self.server, question, database=self.database)[0][0])


class Tool(ABC):
    """One of the two, with a project to work on."""

    def __init__(self, command: Path, folder: Path, project: Project) -> None:
        self.command = str(command)
        self.folder = folder
        self.project = project
        (folder / "metrics").mkdir(parents=True)
        self.write()

    def __call__(self, *arguments: str) -> Spent:
        """Run the command with some arguments."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        environment["HOME"] = str(self.folder)
        began = perf_counter()
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                [self.command, *arguments],
                cwd=self.folder,
                env=environment,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                said.seek(0)
                told = said.read()[-2000:].decode(errors="replace")
                raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}:\n{told}")
        return Spent(usage.ru_utime + usage.ru_stime, wall)

    @abstractmethod
    def write(self) -> None:
        """Write the files of the project."""

    @abstractmethod
    def backfill(self, metric: str, until: datetime) -> Spent:
        """Load and judge the whole past of one metric."""

    @abstractmethod
    def load(self, until: datetime) -> Spent:
        """Load the past of every metric and judge nothing."""

    @abstractmethod
    def run(self, metric: str, now: datetime) -> Spent:
        """Load and judge what is new, of one metric or of all."""

    @abstractmethod
    def judged(self) -> int:
        """Return how many verdicts are kept."""


class Ours(Tool):
    """DetectK."""

    def write(self) -> None:
        """Write a file for each metric."""
        mine = self.project
        (self.folder / "detectk_project.yaml").write_text("name: bench\n")
        for name in mine.metrics:
            text = OURS.format(
                name=name,
                kind=mine.server.kind,
                url=mine.url,
                source=mine.source,
                window=mine.window,
                spare=SPARE,
            )
            (self.folder / "metrics" / f"{name}.yaml").write_text(text)

    def backfill(self, metric: str, until: datetime) -> Spent:
        """Load and judge the whole past of one metric."""
        return self("load-history", "-qq", f"metrics/{metric}.yaml", *between(BEGIN, until))

    def load(self, until: datetime) -> Spent:
        """Load the past of every metric and judge nothing."""
        return self("load-history", "-qq", "--skip-detection", *between(BEGIN, until))

    def run(self, metric: str, now: datetime) -> Spent:
        """Load and judge what is new, of one metric or of all."""
        which = f"metrics/{metric}.yaml" if metric else "metrics"
        return self("run", "-qq", which, "-t", f"{now:%Y-%m-%dT%H:%M:%S}")

    def judged(self) -> int:
        """Return how many verdicts are kept."""
        return self.project.count("dtk_detections")


class Theirs(Tool):
    """The other one."""

    def write(self) -> None:
        """Write a file for each metric, and the profile."""
        mine = self.project
        server, schemas = mine.server, mine.server.kind == "postgresql"
        profile = PROFILE.format(
            kind={"postgresql": "postgres"}.get(server.kind, server.kind),
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            database=mine.database,
            place="schema" if schemas else "database",
            internal="peer" if schemas else mine.database,
            data="public" if schemas else mine.database,
        )
        about = "name: bench\nversion: '1.0'\ndefault_profile: bench\n"
        (self.folder / "detectkit_project.yml").write_text(about)
        (self.folder / "profiles.yml").write_text(profile)
        for name in mine.metrics:
            text = THEIRS.format(
                name=name,
                source=mine.source,
                begin=f"{BEGIN:%Y-%m-%d %H:%M:%S}",
                judged_from=f"{mine.judged_from:%Y-%m-%d %H:%M:%S}",
                window=mine.window,
                spare=SPARE,
            )
            (self.folder / "metrics" / f"{name}.yml").write_text(text)

    def backfill(self, metric: str, until: datetime) -> Spent:
        """Load and judge the whole past of one metric."""
        return self.run(metric, until)

    def load(self, until: datetime) -> Spent:
        """Load the past of every metric and judge nothing."""
        return self("run", "-s", "*", "--steps", "load", "--to", f"{until:%Y-%m-%d %H:%M:%S}")

    def run(self, metric: str, now: datetime) -> Spent:
        """Load and judge what is new, of one metric or of all."""
        return self("run", "-s", metric or "*", "--to", f"{now:%Y-%m-%d %H:%M:%S}")

    def judged(self) -> int:
        """Return how many verdicts are kept."""
        schema = "peer." if self.project.server.kind == "postgresql" else ""
        return self.project.count(f"{schema}_dtk_detections")


@dataclass(frozen=True)
class Rivals:
    """Where the two commands are, and how much each is given.

    Attributes:
        ours: The command of DetectK.
        theirs: The command of the other tool.
        our_points: Points of our backfill; 0 for no backfill.
        their_points: Points of theirs, so few that it ends.
        fleet: Metrics of the fleet.
        window: Points that its detectors look back.
    """

    ours: Path
    theirs: Path
    our_points: int
    their_points: int
    fleet: int
    window: int

    def compare(self, name: str) -> None:
        """Print each comparison on one server."""
        with STARTED[name]() as server, tempfile.TemporaryDirectory() as place:
            for window in WINDOWS if self.our_points else ():
                with fresh_database(server) as url:
                    folder = Path(place) / f"backfill_{window}"
                    self._backfill(name, Project(server, url, window, ("warm", "m")), folder)
            with fresh_database(server) as url:
                metrics = [f"m{number:03}" for number in range(self.fleet)]
                project = Project(server, url, self.window, metrics)
                self._fleet(name, project, Path(place) / "fleet")

    def _tools(self, project: Project, folder: Path, points: int) -> tuple[Tool, Tool]:
        make_source(project, points)
        ours = Ours(self.ours, folder / "ours", project)
        return ours, Theirs(self.theirs, folder / "theirs", project)

    def _backfill(self, name: str, project: Project, folder: Path) -> None:
        ours, theirs = self._tools(project, folder, max(self.our_points, self.their_points))
        rates: list[Spent] = []
        for tool, points in ((ours, self.our_points), (theirs, self.their_points)):
            tool.backfill("warm", BEGIN + 2 * SPARE * STEP)
            spent = tool.backfill("m", BEGIN + points * STEP)
            expect(tool.judged(), at_least=points)
            rates.append(Spent(points / spent.cpu, points / spent.wall))
        ratio = Spent(*(our / their for our, their in zip(*rates, strict=True)))
        print(
            f"{name}, backfill, a window of {project.window:,}: "
            f"{rates[1].cpu:,.0f} against {rates[0].cpu:,.0f} points a CPU second, "
            f"{ratio.cpu:.0f} x; by the clock {ratio.wall:.0f} x",
            flush=True,
        )

    def _fleet(self, name: str, project: Project, folder: Path) -> None:
        newest = BEGIN + (self.window + SPARE) * STEP
        project = replace(project, judged_from=newest)
        tools = self._tools(project, folder, self.window + 4 * SPARE)
        spent: dict[str, list[Spent]] = {"": [], project.metrics[0]: []}
        for tool in tools:
            tool.load(newest)
            now = newest
            for metric, found in spent.items():
                ticks = []
                for _ in range(TIMES + 1):  # the first one only warms up
                    now += STEP
                    ticks.append(tool.run(metric, now))
                found.append(min(ticks[1:]))
            expect(tool.judged(), at_least=(TIMES + 1) * (len(project.metrics) + 1))
        for metric, (our, their) in spent.items():
            many = "1 metric" if metric else f"{len(project.metrics)} metrics"
            print(
                f"{name}, one new point, {many}, a window of {project.window:,}: "
                f"{their.cpu:.2f} against {our.cpu:.2f} CPU seconds, {their.cpu / our.cpu:.1f} x; "
                f"by the clock {their.wall:.2f} against {our.wall:.2f}, "
                f"{their.wall / our.wall:.1f} x",
                flush=True,
            )


def between(begin: datetime, end: datetime) -> tuple[str, ...]:
    """Return the arguments that name a range."""
    return ("--from", f"{begin:%Y-%m-%dT%H:%M:%S}", "--to", f"{end:%Y-%m-%dT%H:%M:%S}")


def expect(found: int, *, at_least: int) -> None:
    """End if a tool has not judged what it should have."""
    if found < at_least:
        raise SystemExit(f"{found} verdicts instead of {at_least}")


def make_source(project: Project, points: int) -> None:
    """Create the table that both tools ask."""
    begin = f"{BEGIN:%Y-%m-%d %H:%M:%S}"
    statement = SOURCE[project.server.kind].format(begin=begin, last=points - 1, value=VALUE)
    tell(project.server, statement, database=project.database)


def installed(folder: Path) -> Path:
    """Install the other tool in an environment of its own and return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", PEER], check=True)
    return python


def main() -> None:
    """Print each comparison on each server."""
    reading = argparse.ArgumentParser()
    reading.add_argument("names", nargs="*", choices=[[], *STARTED], default=[])
    reading.add_argument("--peer-python", type=Path, help="of an environment that has detectkit")
    reading.add_argument("--points", type=int, default=50_000, help="of our backfill; 0 for none")
    reading.add_argument("--peer-points", type=int, default=10_000, help="of the other's")
    reading.add_argument("--fleet", type=int, default=50, help="metrics")
    reading.add_argument("--window", type=int, default=1_008, help="of the fleet, in points")
    asked = reading.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = asked.peer_python or installed(Path(folder))
        rivals = Rivals(
            ours=Path(sys.executable).parent / "dtk",
            theirs=python.parent / "dtk",
            our_points=asked.points,
            their_points=asked.peer_points,
            fleet=asked.fleet,
            window=asked.window,
        )
        for name in asked.names or STARTED:
            rivals.compare(name)


if __name__ == "__main__":
    main()
