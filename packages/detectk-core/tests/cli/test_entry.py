from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detectk.cli.menu import BUILT_IN
from detectk.version import VERSION

if TYPE_CHECKING:
    from conftest import Dtk, Shop

MODULES = """
import sys
sys.argv = ["dtk", *sys.argv[1:]]
from detectk.cli.entry import main
try:
    main()
except SystemExit as done:
    assert not done.code, done.code
print("MODULES", *sorted(sys.modules), file=sys.stderr)
"""
SLOW = {"typer", "click", "pluggy", "pydantic", "importlib.metadata", "rich", "numpy", "jinja2"}
HEAVY = {"numpy", "polars", "jinja2", "ruamel", "httpx", "rich", "detectk.config", "detectk.check"}

STOPPED = """
import os, signal, sys
sys.argv = ["dtk", *sys.argv[2:]]
from detectk.cli.entry import main
from detectk.pipeline.metric_run import MetricRun

def detect(self):
    os.kill(os.getpid(), getattr(signal, os.environ["SIGNAL"]))

MetricRun.detect = detect
main()
"""


def modules(*arguments: str) -> set[str]:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", MODULES, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stderr.rpartition("MODULES")[2].split())


def test_version_prints_one_line_without_importing_anything_slow() -> None:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", MODULES, "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"dtk {VERSION}\n"
    assert not SLOW & set(done.stderr.split())


@pytest.mark.parametrize("arguments", [("--help",), ("list-detectors",), ("plugins",)])
def test_help_and_lists_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    heavy = HEAVY & modules(*arguments)
    assert heavy == set()


@pytest.mark.parametrize("name", ["run", "validate"])
def test_only_the_module_of_the_chosen_command_is_imported(name: str) -> None:
    loaded = modules(name, "--help")
    commands = {one for one in loaded if one.startswith("detectk.cli.commands.")}
    assert commands == {f"detectk.cli.commands.{name}"}
    assert not HEAVY & loaded


def test_every_command_of_the_menu_explains_itself(dtk: Dtk) -> None:
    for name in BUILT_IN:
        ran = dtk(name, "--help")
        assert ran.code == 0, name
        assert f"dtk {name}" in ran.out
        assert "--debug" in ran.out


@pytest.mark.parametrize(
    ("name", "code", "word"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")]
)
def test_a_stopped_run_says_so_in_one_line_and_gives_its_lease_back(
    shop: Shop, dtk: Dtk, name: str, code: int, word: str
) -> None:
    path = shop.metric("orders")
    arguments = ["run", path, "-t", "2024-02-20T12:00:00", "-q"]
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", STOPPED, "x", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SIGNAL": name},
    )
    assert done.returncode == code
    assert re.fullmatch(rf"\S+ \S+ ERROR \[-\] {word}; nothing is lost.*\n", done.stderr)
    again = dtk(*arguments)
    assert again.code == 0
    assert "orders: ANOMALY" in again.out


def test_a_reader_that_goes_away_is_no_error_to_speak_of(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", "from detectk.cli.entry import main; main()", "list-detectors"],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    os.close(write)
    assert done.returncode == 128 + signal.SIGPIPE
    assert done.stderr == ""


def test_a_run_imports_nothing_that_it_does_not_use(shop: Shop, dtk: Dtk) -> None:
    """A source and a storage in SQLite, a query that only names values, nobody to call."""
    path = shop.metric("orders")
    assert dtk("run", path, "-t", "2024-02-19T10:00:00").code == 0
    unused = {"jinja2", "http.client", "ssl", "numpy.ma", "detectk.collectors.sql.dialects.server"}
    unused |= {"detectk.check.placing", "detectk.check.points", "detectk.check.table"}
    unused |= {"detectk.config.yaml_words", "detectk.storage.memory", "detectk.template.messages"}
    assert not unused & modules("run", path, "-t", "2024-02-19T11:00:00")
