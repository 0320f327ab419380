"""Every storage that the project has, each in a database of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "harness"))

from places import NAMES, Place, options_of

from detectk.testing.servers import Server, fresh_database

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(params=NAMES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Return each storage in turn."""
    name: str = request.param
    with ExitStack() as stack:
        server: Server | None = None
        url = "sqlite:///metrics.db"
        if name != "sqlite":
            server = request.getfixturevalue(f"{name}_server")
            url = stack.enter_context(fresh_database(server))
        kind, options = options_of(name, url)
        yield Place(name, kind, options, tmp_path, server)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[str]:
    """Return where a test writes what it saw; it is shown at the end."""
    return request.config.stash.setdefault(FIGURES, [])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=12, help="how often a load is killed")
    parser.addoption("--rounds", type=int, default=3, help="leases that each process gets")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """Return how many leases each of the contending processes is to get."""
    wanted: int = request.config.getoption("--rounds")
    return wanted


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """Return how often a load is to be killed."""
    wanted: int = request.config.getoption("--kills")
    return wanted


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(line)
