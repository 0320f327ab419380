"""When a metric is due, and when an interval of it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from detectk.values.interval import Interval

__all__ = ["Schedule"]

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The time grid of a metric and how late its data may be.

    Attributes:
        interval: The grid.
        delay: An interval is complete this long after its end.
        mutable: How far back each run collects again.
        max_catchup: How far back a late run still judges.
        start: First instant of a historical load, None for a live metric.
        end: End of a historical load, exclusive; None means now.
        batch: Length of one batch of a historical load.
    """

    interval: Interval
    delay: timedelta = timedelta(0)
    mutable: timedelta = timedelta(0)
    max_catchup: timedelta = _WEEK
    start: datetime | None = None
    end: datetime | None = None
    batch: timedelta = timedelta(days=30)

    def known_at(self, start: datetime) -> datetime:
        """Return when the interval starting at ``start`` is complete: its end plus the delay."""
        return self.interval.next(start) + self.delay

    def newest_complete(self, now: datetime) -> datetime:
        """Return the start of the newest interval that is complete at ``now``."""
        start = self.interval.floor(now - self.delay)
        return self.interval.previous(start)
