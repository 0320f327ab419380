"""Run every sweep, as many side by side as there are processors, and print what they found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

SWEEP = Path(__file__).with_name("harness") / "sweep.py"
MEMORY = Path("/dev/shm")
"""Files that cost no disk; a process that is killed leaves there what it would leave on one."""
FIGURES = pytest.StashKey[list[str]]()


@dataclass(frozen=True)
class Tally:
    """What ``sweep.py`` prints; see there."""

    boundaries: int
    kinds: dict[str, int]
    disturbed: int
    whole: int
    lost: int
    repeated: int
    most_repeated: int
    seconds: float
    problems: list[str]

    def __str__(self) -> str:
        return (
            f"{self.disturbed} runs disturbed, {self.whole} followed to the end, "
            f"{self.lost} messages lost, {self.repeated} repeated "
            f"(at most {self.most_repeated} in one life), {self.seconds:.0f} s"
        )


Swept = Callable[[str], Tally]


@pytest.fixture(scope="session")
def swept(request: pytest.FixtureRequest) -> Iterator[Swept]:
    """Return the tally of a sweep by its arguments; all that are marked start at once."""
    wanted = {
        str(mark.args[0]): None
        for item in request.session.items
        for mark in item.iter_markers("sweep")
    }
    figures = request.config.stash.setdefault(FIGURES, [])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running: dict[str, Future[Tally]] = {what: pool.submit(_sweep, what) for what in wanted}

        def result(what: str) -> Tally:
            tally = running[what].result()
            figures.append(f"{what}: {tally}")
            return tally

        yield result


@pytest.fixture
def tally(request: pytest.FixtureRequest, swept: Swept) -> Tally:
    """Return the tally of the sweep that the test is marked with."""
    mark = request.node.get_closest_marker("sweep")
    return swept(mark.args[0])


def _sweep(what: str) -> Tally:
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    with TemporaryDirectory(dir=place, prefix="detectk-crash-") as folder:
        command = [sys.executable, str(SWEEP), folder, *what.split()]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Tally(**json.loads(done.stdout))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sweep(arguments): what sweep.py is asked to do")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(line)
