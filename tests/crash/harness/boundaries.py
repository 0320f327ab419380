"""Count what a run crosses - calls of its parts, statements of its storage - and act at one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

__all__ = ["Boundaries", "Watched"]

_READS = ("SELECT", "PRAGMA")
_WORDS = {"INSERT": 3, "DELETE": 3}
_ABOUT_ITSELF = ("fingerprint", "lookback")


def die(_: str) -> None:
    """End this process as the kernel would: no cleanup, no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)


class Boundaries:
    """Names the boundaries as they are crossed, and calls ``act`` at the one numbered ``at``.

    With ``lasting`` it acts at every repetition that follows at once, too: a call for many metrics
    that fails is made again for each of them, and a fault that is gone by then harms nobody.
    """

    def __init__(
        self, at: int | None = None, act: Callable[[str], None] = die, *, lasting: bool = False
    ) -> None:
        self.names: list[str] = []
        self._at, self._act, self._lasting = at, act, lasting
        self._stuck = ""

    def cross(self, name: str) -> None:
        """Stand at a boundary."""
        self.names.append(name)
        if self._at == len(self.names) - 1:
            self._stuck = name if self._lasting else ""
            self._act(name)
        elif name == self._stuck:
            self._act(name)
        elif _call(name) != _call(self._stuck) and not name.endswith(".prepare"):
            self._stuck = ""  # something else is done; to prepare belongs to what is done again

    def statement(self, sql: str) -> None:
        """Stand before a statement; one that only reads leaves nothing that it could leave half."""
        words = sql.split()
        if words[0] not in _READS:
            self.cross("before " + " ".join(words[: _WORDS.get(words[0], 2)]))


def _call(name: str) -> str:
    return name.partition(" ")[2]


class Watched:
    """Stands before a part; a call crosses one boundary on its way in and one on its way out."""

    def __init__(self, name: str, part: object, boundaries: Boundaries) -> None:
        self.part = part
        self._name, self._boundaries = name, boundaries

    def __getattr__(self, method: str) -> Any:
        """Return the part's method, between two boundaries."""
        target = getattr(self.part, method)
        if method in _ABOUT_ITSELF:
            return target

        def call(*args: object, **named: object) -> object:
            self._boundaries.cross(f"before {self._name}.{method}")
            result = target(*args, **named)
            self._boundaries.cross(f"after {self._name}.{method}")
            return result

        return call
