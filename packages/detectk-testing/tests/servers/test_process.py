"""A server's process leaves no trace, however its parent goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from detectk.clock import SystemClock

pytestmark = pytest.mark.server

PARENT = """
import signal
from detectk.testing.servers import started_old_clickhouse
with started_old_clickhouse() as server:
    process = server.control
    print(process.home.folder, process._process.pid, flush=True)
    signal.pause()
"""


def gone(process: int) -> bool:
    # One whose parent is gone may stay in the table until somebody collects it.
    try:
        return "Z" in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]
    except OSError:
        return True


def test_killed_the_parent_takes_the_server_with_it() -> None:
    clock = SystemClock()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(  # noqa: S603  # this interpreter
        [sys.executable, "-c", PARENT], env=environment, stdout=subprocess.PIPE, text=True
    ) as parent:
        folder, process = (parent.stdout.readline() if parent.stdout else "").split()
        assert Path(folder).exists()
        assert not gone(int(process))
        parent.kill()
    deadline = clock.monotonic() + 20
    while Path(folder).exists() and clock.monotonic() < deadline:
        clock.sleep(0.05)
    assert not Path(folder).exists()
    assert gone(int(process))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_it_says_its_url_and_ends_on_a_signal(sign: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "detectk.testing.servers", "old_clickhouse"]
    with subprocess.Popen(  # noqa: S603  # this interpreter
        command, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("clickhouse://detectk:")
        process.send_signal(sign)
        assert process.wait(20) == 0
