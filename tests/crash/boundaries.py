"""Count what a run crosses - calls of its parts, statements of its storage - and act at one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

READS = ("SELECT", "PRAGMA")


def die(_: str) -> None:
    """End this process as the kernel would: no cleanup, no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)


class Boundaries:
    """Counts boundaries, names them, and calls ``act`` at the one numbered ``at``.

    Attributes:
        ticks: The names crossed, one list a run.
    """

    def __init__(self, at: int | None = None, act: Callable[[str], None] = die) -> None:
        self.ticks: list[list[str]] = [[]]
        self._at, self._act = at, act
        self._count = 0

    def cross(self, name: str) -> None:
        """Stand at a boundary."""
        self.ticks[-1].append(name)
        self._count += 1
        if self._at is not None and self._count == self._at + 1:
            self._act(name)

    def statement(self, sql: str) -> None:
        """Stand before a statement; one that only reads leaves the next one's boundary as it is."""
        words = sql.split()
        if words and words[0].upper() not in READS:
            self.cross(" ".join(words[:3]) if words[0] in ("INSERT", "DELETE") else " ".join(words[:2]))

    def next_tick(self) -> None:
        """Count the next run by itself."""
        self.ticks.append([])


class Watched:
    """Stands before a part; each call crosses one boundary on the way in and one on the way out."""

    def __init__(self, name: str, part: object, boundaries: Boundaries) -> None:
        self._name, self._part, self._boundaries = name, part, boundaries

    def __getattr__(self, method: str) -> Any:
        """Return the part's method, between two boundaries."""
        target = getattr(self._part, method)
        if not callable(target):
            return target

        def call(*args: object, **named: object) -> object:
            self._boundaries.cross(f"before {self._name}.{method}")
            result = target(*args, **named)
            self._boundaries.cross(f"after {self._name}.{method}")
            return result

        return call
