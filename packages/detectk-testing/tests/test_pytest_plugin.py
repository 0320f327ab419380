"""The fixtures that pytest finds wherever the distribution is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

AUTHORS_TEST = """
from datetime import datetime, timedelta, timezone

def test_services(services, virtual_clock, tmp_path):
    assert services.clock is virtual_clock
    assert services.root == tmp_path
    assert virtual_clock.now() == datetime(2024, 7, 1, 12, tzinfo=timezone.utc)
    virtual_clock.sleep(60)
    assert services.clock.now().minute == 1
"""


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return subprocess.run(  # noqa: S603  # this interpreter
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_author_gets_services_and_a_clock(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(AUTHORS_TEST)
    plugin = ("-p", "detectk.testing.pytest_plugin", "-p", "no:cacheprovider")
    done = run("-m", "pytest", "-q", *plugin, folder=tmp_path)
    assert "1 passed" in done.stdout, done.stdout


def test_pytest_starts_without_anything_slow(tmp_path: Path) -> None:
    script = "import sys, detectk.testing.pytest_plugin; print(*sys.modules)"
    done = run("-c", script, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"numpy", "pydantic", "hypothesis", "jinja2"} & set(done.stdout.split()) == set()
