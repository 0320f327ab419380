"""A half-open stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

__all__ = ["Window"]


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """``[start, end)``, both aware; kept in UTC.

    Raises:
        ValueError: A bound is naive, or the end is before the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            msg = "a window needs aware times"
            raise ValueError(msg)
        if self.end < self.start:
            msg = f"a window cannot end ({self.end}) before it starts ({self.start})"
            raise ValueError(msg)
        object.__setattr__(self, "start", self.start.astimezone(timezone.utc))
        object.__setattr__(self, "end", self.end.astimezone(timezone.utc))

    @property
    def length(self) -> timedelta:
        """Real time between the bounds."""
        return self.end - self.start

    @property
    def empty(self) -> bool:
        """Whether no instant lies in it."""
        return self.start == self.end

    def __contains__(self, at: datetime) -> bool:
        """Whether ``at`` lies in it; the end does not."""
        return self.start <= at < self.end
