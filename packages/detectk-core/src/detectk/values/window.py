"""A half-open stretch of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

__all__ = ["Window", "joined", "missing", "without"]


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
        if not self.start.tzinfo is self.end.tzinfo is timezone.utc:
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


def joined(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return the same instants as few windows, ordered; touching ones become one, empty ones go."""
    result: list[Window] = []
    for window in sorted(window for window in windows if not window.empty):
        if result and window.start <= result[-1].end:
            result[-1] = Window(result[-1].start, max(result[-1].end, window.end))
        else:
            result.append(window)
    return tuple(result)


def without(windows: Iterable[Window], hole: Window) -> tuple[Window, ...]:
    """Return what is left of ``windows`` where ``hole`` is cut out, in their order."""
    pieces = (
        piece
        for window in windows
        for piece in (
            (window.start, min(window.end, hole.start)),
            (max(window.start, hole.end), window.end),
        )
    )
    return tuple(Window(start, end) for start, end in pieces if start < end)


def missing(windows: Iterable[Window], wanted: Window) -> tuple[Window, ...]:
    """Return what of ``wanted`` no window covers, in order."""
    left: tuple[Window, ...] = () if wanted.empty else (wanted,)
    for window in windows:
        left = without(left, window)
    return left
