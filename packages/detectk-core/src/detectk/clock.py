"""The only place where time comes from."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Protocol

__all__ = ["Clock", "SystemClock", "VirtualClock"]


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back, for durations."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time, aware, in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block for ``seconds``."""
        time.sleep(seconds)


@dataclass(slots=True)
class VirtualClock:
    """A clock that moves only when told: for ``--execution-time``, the demo and tests.

    Durations stay real unless ``sleep`` is called, which moves the clock at once.
    """

    at: datetime
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            msg = "a virtual clock needs an aware time"
            raise ValueError(msg)

    def now(self) -> datetime:
        """Return the time it was last set to."""
        return self.at.astimezone(timezone.utc)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Move on by ``seconds`` without waiting."""
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)

    def set(self, at: datetime) -> None:
        """Move to ``at``."""
        self.at = at
