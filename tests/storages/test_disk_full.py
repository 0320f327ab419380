"""A full disk is said in one line, and costs nothing once there is room again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import gettempdir

import pytest
from loading import FAILED, FINISHED, Load, ended, problems, start
from places import NAMES, options_of

from detectk.testing.servers import (
    Server,
    fresh_database,
    started_clickhouse,
    started_mariadb,
    started_postgresql,
)

STARTED: dict[str, Callable[..., AbstractContextManager[Server]]] = {
    "postgresql": started_postgresql,
    "mariadb": started_mariadb,
    "clickhouse": started_clickhouse,
}
SIZES = {"sqlite": 16, "postgresql": 220, "mariadb": 260, "clickhouse": 120}
"""Megabytes: what a server takes for itself, and little more."""
CRUMB = 256 * 1024


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Have a filesystem of its own while inside ``with``."""
    folder.mkdir()
    folder.parent.chmod(0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small filesystem cannot be mounted here ({done.stderr.strip()})")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Take all the room that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * CRUMB)
    return filler


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_is_said_and_costs_nothing(
    name: str, tmp_path_factory: pytest.TempPathFactory, figures: list[str]
) -> None:
    base = Path(gettempdir()) / f"dtk-full-{name}-{os.getpid()}"
    base.mkdir()
    with ExitStack() as stack:
        stack.callback(base.rmdir)
        stack.callback((base / "disk").rmdir)
        disk = stack.enter_context(small_disk(base / "disk", SIZES[name]))
        url, root = "sqlite:///metrics.db", disk
        if name != "sqlite":
            server = stack.enter_context(STARTED[name](data=disk))
            url = stack.enter_context(fresh_database(server))
            root = tmp_path_factory.mktemp(name)
        kind, options = options_of(name, url)
        small = Load(kind, options, root, metric="orders", points=5_000, batch=timedelta(days=1))
        assert finish(small) == FINISHED
        filler = fill(disk)
        large = Load(kind, options, root, metric="visits", points=60_000, batch=timedelta(days=1))
        said = finish(large)
        assert said.startswith(f"{FAILED} for "), said
        filler.unlink()
        assert finish(large) == FINISHED
        assert problems(small) == []
        assert problems(large) == []
        figures.append(f"{name}, disk full: {said.partition(' ')[2]}")


def finish(task: Load) -> str:
    return ended(start(task), 120)
