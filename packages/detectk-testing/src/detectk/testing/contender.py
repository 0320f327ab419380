"""Let processes contend for one lease, each as ``python -m detectk.testing.contender``."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from detectk.clock import SystemClock
from detectk.contracts.options import Options
from detectk.contracts.services import Services
from detectk.contracts.state import Lease, State, StateChange, StateKey
from detectk.contracts.storage import Storage

__all__ = ["CONTENDED", "contend_in_processes"]

CONTENDED: Final = StateKey("contended", "{}", "count")
"""What every holder adds one to."""


@dataclass(frozen=True, slots=True)
class _Task:
    kind: type[Storage[Any]]
    options: Options
    root: Path
    folder: Path
    rounds: int
    patience: float


def contend_in_processes(
    storage: Storage[Any], folder: Path, *, processes: int, rounds: int, patience: float = 120.0
) -> list[int]:
    """Return the tokens of all leases that the processes got.

    Each takes the lease ``rounds`` times; while it has it, it puts up a marker that must not be
    there yet and adds one to the document `CONTENDED`.

    Args:
        storage: What to build again in each process.
        folder: Where the marker goes.
        processes: How many.
        rounds: How often each gets the lease.
        patience: Seconds that all of it may take.

    Raises:
        AssertionError: A process failed: for one, because it found another's marker.
    """
    folder.mkdir()
    root = storage.services.root
    task = _Task(type(storage), storage.options, root, folder, rounds, patience)
    command = [sys.executable, "-m", "detectk.testing.contender"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    running = [
        subprocess.Popen(  # noqa: S603  # this very module
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(processes)
    ]
    try:
        for process in running:
            assert process.stdin
            process.stdin.write(pickle.dumps(task))
            process.stdin.close()
            process.stdin = None
        with ThreadPoolExecutor(processes) as threads:
            ended = [threads.submit(_tokens, process, patience) for process in running]
            # Who fails holds the lease, and the others would wait for it in vain.
            wait(ended, return_when=FIRST_EXCEPTION)
            for process in running:
                process.kill()
        failed = [error for one in ended if (error := one.exception())]
        if failed:
            raise min(failed, key=_was_killed)  # those we killed have failed too, but not first
        return [token for one in ended for token in one.result()]
    finally:
        for process in running:
            process.kill()
            process.wait()


def _was_killed(error: BaseException) -> bool:
    return str(error).startswith(f"code {-signal.SIGKILL}:")


def _tokens(process: subprocess.Popen[bytes], patience: float) -> list[int]:
    output, errors = process.communicate(timeout=patience)
    assert process.returncode == 0, f"code {process.returncode}: {errors.decode()}"
    return [int(word) for word in output.split()]


def _contend(task: _Task) -> list[int]:
    storage = task.kind(task.options, Services(root=task.root))
    state = _state(storage)
    state.prepare()
    holder = f"{socket.gethostname()}:{os.getpid()}:contender"
    tokens: list[int] = []
    while len(tokens) < task.rounds:
        lease = _wait(state, holder, task.patience)
        marker = task.folder / "held"
        marker.touch(exist_ok=False)
        count = int(state.load([CONTENDED.metric]).get(CONTENDED, "0"))
        state.commit([StateChange(lease, {CONTENDED: str(count + 1)})])
        marker.unlink()
        state.release([lease])
        tokens.append(lease.token)
    storage.close()
    return tokens


def _state(storage: Storage[Any]) -> State:
    state = storage.state()
    assert state is not None
    return state


def _wait(state: State, holder: str, patience: float) -> Lease:
    clock = SystemClock()
    deadline = clock.monotonic() + patience
    while clock.monotonic() < deadline:
        leases = state.lease([CONTENDED.metric], holder=holder, ttl=timedelta(minutes=5))
        if leases.held:
            return leases.held[CONTENDED.metric]
        clock.sleep(0.002)
    raise TimeoutError(f"{holder} never got the lease")


if __name__ == "__main__":
    sys.stdout.write(" ".join(map(str, _contend(pickle.load(sys.stdin.buffer)))))  # noqa: S301
