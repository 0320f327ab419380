"""How many times the start of Python itself do the commands of every day cost?

Each figure is the CPU time of the cheapest of several runs, divided by that of the cheapest
``python -c pass``, so that it can be compared between machines.
"""

from __future__ import annotations

import compileall
import importlib.util
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

DTK = str(Path(sys.executable).parent / "dtk")
NEWEST = datetime(2024, 3, 1, tzinfo=timezone.utc)
FILES = 1000
METRIC = """\
name: orders_{number}
collector:
  type: sqlite
  params:
    path: {folder}/shop.db
    query: |
      SELECT period_time, value FROM orders
      WHERE period_time >= '{{{{ period_start }}}}' AND period_time < '{{{{ period_finish }}}}'
detector:
  type: mad
  params:
    window_size: 7 days
alerter:
  type: console
schedule:
  interval: 1 hour
"""


def cheapest(commands: Iterable[list[str]], *, folder: Path) -> float:
    """Return the least CPU seconds of ``commands``, with bytecode written and read."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["HOME"] = str(folder)
    best = float("inf")
    for command in commands:
        before = spent()
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        best = min(best, spent() - before)
    return best


def spent() -> float:
    """Return the CPU seconds of every process that was started and has ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ticks(count: int) -> Iterator[list[str]]:
    """Give runs of one metric that find one new point each, an hour apart."""
    for hour in range(count):
        at = NEWEST - timedelta(hours=count - hour)
        yield [DTK, "run", "one.yaml", "-t", at.isoformat()]


def project(folder: Path) -> None:
    """Write a source of 30 days of hours, one live metric and a fleet of files."""
    hours = [NEWEST - timedelta(hours=hour) for hour in range(720)]
    rows = [(f"{hour:%Y-%m-%d %H:%M:%S}", 100.0 + hour.hour) for hour in hours]
    with sqlite3.connect(folder / "shop.db") as database:
        database.execute("CREATE TABLE orders (period_time TEXT, value REAL)")
        database.executemany("INSERT INTO orders VALUES (?, ?)", rows)
    database.close()
    (folder / "one.yaml").write_text(METRIC.format(number="one", folder=folder))
    (folder / "fleet").mkdir()
    for number in range(FILES):
        text = METRIC.format(number=number, folder=folder)
        (folder / "fleet" / f"{number}.yaml").write_text(text)


def main() -> None:
    """Print a ratio for each command."""
    spec = importlib.util.find_spec("detectk")
    for place in (spec.submodule_search_locations or []) if spec else []:
        compileall.compile_dir(place, quiet=2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder)
        python = cheapest([[sys.executable, "-c", "pass"]] * 10, folder=folder)
        print(f"python -c pass: {python * 1000:.0f} ms of CPU")
        cheapest([[DTK, "load-history", "one.yaml", "--from", "2024-02-01"]], folder=folder)
        commands = {
            "dtk --version": [[DTK, "--version"]] * 10,
            "dtk --help": [[DTK, "--help"]] * 3,
            "dtk run one.yaml, one new point": ticks(6),
            f"dtk validate, {FILES} files": [[DTK, "validate", "fleet"]] * 2,
        }
        for label, runs in commands.items():
            seconds = cheapest(runs, folder=folder)
            print(f"{label}: {seconds / python:.1f} x python -c pass ({seconds * 1000:.0f} ms)")


if __name__ == "__main__":
    main()
