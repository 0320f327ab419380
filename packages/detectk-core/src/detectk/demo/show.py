"""Show the main job from end to end: build a project, live in it, tell what happened."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from detectk.check import Checker
from detectk.clock import SystemClock, VirtualClock
from detectk.config import ConfigLoader, MetricConfig
from detectk.console.printing import line, paint, wants_colour
from detectk.console.progress import progress
from detectk.demo.life import BEGIN, END, Lived, live, load_january
from detectk.demo.project_files import write_project
from detectk.demo.source import FLIGHTS, build_source
from detectk.demo.story import chart, incident_table, next_commands
from detectk.errors import ConfigError

__all__ = ["run"]

_MARK = "detectk_project.yaml"
_HOURS = round((END - BEGIN) / timedelta(hours=1))


def run(folder: Path, *, fresh: bool = False, keep: bool = False) -> int:
    """Run the demo in ``folder`` and return the exit code.

    A folder of an earlier demo is used again: its metrics as they are now, so that an edited one
    shows what the edit does, and its history from scratch.

    Args:
        folder: Where the project is built, and kept.
        fresh: Write the metrics and the source anew as well.
        keep: Go on with the history that is there, where an interrupted demo stopped.

    Raises:
        ConfigError: The folder holds something else, or a metric in it was broken by hand.
        DetectKError: A step failed.
    """
    began = SystemClock().monotonic()
    _prepare(folder, fresh=fresh, keep=keep)
    _title("DetectK on real data: every departure from New York in 2013")
    line()
    clock = VirtualClock(BEGIN)
    paths = write_project(folder, overwrite=fresh)
    _say(folder, paths)
    if not (folder / FLIGHTS).exists():
        line(f"  {'source':<10} {build_source(folder):,} flights in {folder / FLIGHTS}")
    configs = _configs(paths)
    with Checker(clock=clock) as checker:
        with progress("loading January", len(configs)) as done:
            points = load_january(checker, configs, done)
        line(f"  {'history':<10} {points:,} points of January loaded and judged, nobody told")
        line(f"  {'live':<10} 1 February to 31 March, one run an hour; messages as they are sent:")
        line()
        with progress("living February and March", _HOURS) as done:
            lived = live(checker, clock, configs, done)
        _tell(lived, configs, checker)
    line(f"{lived.runs:,} runs in {SystemClock().monotonic() - began:.1f} s.")
    line()
    next_commands(folder)
    for error in sorted(set(lived.errors)):
        line(error, error=True)
    return 4 if lived.errors else 0


def _prepare(folder: Path, *, fresh: bool, keep: bool) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).is_file():
        raise ConfigError(
            f"{folder} is not empty and holds no demo", hint="name another folder, or empty it"
        )
    if fresh and folder.exists():
        shutil.rmtree(folder)
    if not keep:
        shutil.rmtree(folder / ".detectk", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def _configs(paths: Sequence[Path]) -> list[MetricConfig]:
    loader = ConfigLoader(environ={k: v for k, v in os.environ.items() if k != "DETECTK_HOME"})
    return [loader.load(path) for path in paths]


def _say(folder: Path, paths: Sequence[Path]) -> None:
    names = ", ".join(path.stem for path in paths)
    line(f"  {'project':<10} {folder}: {len(paths)} metrics ({names})")


def _title(text: str) -> None:
    line(paint(text, "bold", colour=wants_colour()))


def _tell(lived: Lived, configs: Sequence[MetricConfig], checker: Checker) -> None:
    _title("What happened")
    line()
    incident_table(lived.notices)
    departures = next((c for c in configs if c.name == "departures"), None)
    if departures is not None:
        storm = datetime(2013, 2, 7, 12, tzinfo=BEGIN.tzinfo)
        chart(checker, departures, series="JFK", start=storm, length=timedelta(days=4))
