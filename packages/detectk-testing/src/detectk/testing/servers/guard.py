"""Outlives the process that started a server, to end the server and remove its folders.

Run as a script: ``guard.py SIGNAL FOLDER...``. Each line of its input is the process id to watch
over from now on, 0 for none; the end of its input means that whoever wrote it is gone, however it
went. A pipe is the one notice that also comes after SIGKILL, on every POSIX system.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from threading import Event

__all__: list[str] = []

_PATIENCE = 5.0
_STEP = 0.05


def watch() -> None:
    """Read process ids until the input ends, then clean up."""
    farewell, folders, watched = int(sys.argv[1]), sys.argv[2:], 0
    for line in sys.stdin:
        watched = int(line)
    if watched:
        end(watched, farewell)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def end(process: int, farewell: int) -> None:
    """Ask ``process`` to end, and insist after a while."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, farewell)
        for _ in range(round(_PATIENCE / _STEP)):
            Event().wait(_STEP)  # a script that imports nothing of ours, so no clock
            os.kill(process, 0)
        os.killpg(process, signal.SIGKILL)


if __name__ == "__main__":
    watch()
