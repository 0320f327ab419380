"""How many points of history to ask for."""

from __future__ import annotations

__all__ = ["padded"]

_SPARE, _SHARE = 2, 50


def padded(points: int) -> int:
    """Return a count to ask for that brings at least ``points``, whatever the calendar does.

    History is asked for by the nominal length of an interval, and a month counts as 30 days: of
    68 months asked for, 67 come.
    """
    return points + points // _SHARE + _SPARE
