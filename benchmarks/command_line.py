"""How many times the start of Python itself do the commands of every day cost?

Each figure is the fastest of several runs, divided by the fastest ``python -c pass``, so that it
can be compared between machines.
"""

from __future__ import annotations

import compileall
import importlib.util
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
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
    database: {folder}/shop.db
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


def fastest(command: list[str], *, times: int, folder: Path) -> float:
    """Return the least wall-clock seconds of ``command``, with bytecode written and read."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["HOME"] = str(folder)
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        best = min(best, time.perf_counter() - start)
    return best


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
        python = fastest([sys.executable, "-c", "pass"], times=10, folder=folder)
        print(f"python -c pass: {python * 1000:.0f} ms")
        commands = {
            "dtk --version": ([DTK, "--version"], 10),
            "dtk run one.yaml": ([DTK, "run", "one.yaml", "-t", NEWEST.isoformat()], 5),
            f"dtk validate, {FILES} files": ([DTK, "validate", "fleet"], 2),
        }
        for label, (command, times) in commands.items():
            seconds = fastest(command, times=times, folder=folder)
            print(f"{label}: {seconds / python:.1f} x python -c pass ({seconds * 1000:.0f} ms)")


if __name__ == "__main__":
    main()
