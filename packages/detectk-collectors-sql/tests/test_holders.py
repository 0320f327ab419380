"""Who is dead: processes of this host that have ended, and nobody else."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from detectk.collectors.sql.holders import is_dead

HOST = socket.gethostname()


def ended() -> int:
    """Return the number of a process that has ended and been waited for."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_process_that_has_ended_is_dead() -> None:
    assert is_dead(f"{HOST}:{ended()}:1a2b")
    assert is_dead(f"{HOST}:{ended()}")


def test_a_process_that_runs_is_alive() -> None:
    assert not is_dead(f"{HOST}:{os.getpid()}:1a2b")
    assert not is_dead(f"{HOST}:1:init")


@pytest.mark.parametrize(
    "holder",
    ["", "a", HOST, f"{HOST}:", f"{HOST}::x", f"{HOST}:0:x", f"{HOST}:-5:x", f"{HOST}:12x:y"],
)
def test_any_doubt_is_for_the_living(holder: str) -> None:
    assert not is_dead(holder)


def test_nothing_is_known_of_other_hosts() -> None:
    assert not is_dead(f"not-{HOST}:{ended()}:1a2b")


def test_a_number_beyond_all_processes_is_no_error() -> None:
    assert is_dead(f"{HOST}:{10**30}:x") in (True, False)
