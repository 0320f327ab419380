"""A project with a real SQLite source, and ``dtk`` as a function."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from detectk.cli.app import run

BEGIN = datetime(2024, 2, 1, tzinfo=timezone.utc)
TROUBLE = datetime(2024, 2, 20, 10, tzinfo=timezone.utc)
END = datetime(2024, 2, 21, tzinfo=timezone.utc)

METRIC = """\
name: {name}
tags: [{tags}]
collector:
  type: sqlite
  params:
    path: {folder}/shop.db
    query: |
      {query}
detector:
  {detector}
{rest}
schedule:
  interval: 1 hour
  {schedule}
"""
QUERY = (
    "SELECT at AS period_time, amount AS value FROM orders"
    " WHERE at >= '{{ period_start }}' AND at < '{{ period_finish }}'"
)
MAD = "{type: mad, params: {window_size: 7 days}}"
CONSOLE = "alerter: {type: console}"


@dataclass(frozen=True, slots=True)
class Ran:
    """What one call of ``dtk`` did."""

    code: int
    out: str
    err: str

    @property
    def object(self) -> dict[str, Any]:
        """Standard output as the one JSON object it is to be."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Dtk = Callable[..., Ran]
"""``dtk`` as a function of its arguments."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A folder with orders per hour: 100 to 123, and 0 from `TROUBLE` on."""

    folder: Path

    def metric(  # noqa: PLR0913 - one argument a part of the file
        self,
        name: str,
        *,
        query: str = QUERY,
        detector: str = MAD,
        rest: str = CONSOLE,
        tags: str = "",
        schedule: str = "",
        file: str = "",
    ) -> str:
        """Write a metric and return its path, as a user would type it."""
        path = self.folder / (file or f"metrics/{name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        text = METRIC.format(
            name=name,
            tags=tags,
            folder=self.folder,
            query=query,
            detector=_block(detector),
            rest=rest,
            schedule=schedule,
        )
        path.write_text(text, "utf-8")
        return str(path.relative_to(self.folder))


def _block(detector: str) -> str:
    """Return ``{type: mad, params: {...}}`` as two lines of a block."""
    kind, _, params = detector.strip("{}").partition(", params: ")
    return f"{kind}\n  params: {params}}}" if params else kind


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep tests away from the user's profiles, and the log as it was."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("DETECTK_HOME", "DETECTK_PROFILES_PATH", "DETECTK_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERMINAL_WIDTH", "100")
    loggers = [logging.getLogger(), logging.getLogger("detectk")]
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder, which is the current one."""
    here = tmp_path / "work"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def shop(folder: Path) -> Shop:
    """Return a project with a source, without metrics."""
    (folder / "detectk_project.yaml").write_text("name: shop\n", "utf-8")
    with closing(sqlite3.connect(folder / "shop.db")) as database, database:
        database.execute("CREATE TABLE orders (at TEXT, amount REAL)")
        hours = int((END - BEGIN) / timedelta(hours=1))
        for hour in (BEGIN + timedelta(hours=n) for n in range(hours)):
            amount = 100.0 + hour.hour if hour < TROUBLE else 0.0
            database.execute("INSERT INTO orders VALUES (?, ?)", (f"{hour:%F %T}", amount))
    return Shop(folder)


@pytest.fixture
def dtk(capsys: pytest.CaptureFixture[str]) -> Dtk:
    """Return ``dtk`` as a function of its arguments."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        return Ran(code, *capsys.readouterr())

    return call
