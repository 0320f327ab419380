"""What counts of a window are usual, and what is an incident that must not become usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectk.detectors.engine.flags import Flags
from detectk.detectors.engine.noise import Noise
from detectk.values.arrays import Floats, Indices

__all__ = ["MOST", "Tally", "usual"]

MOST = 2.0**50
"""What a greater count is taken as."""

_FEWEST = 3
_OUTER = 8
_REACH = 2.0
_RARE = 100
_APART = 120
_SMALL = 2**16


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """The points of a series as events among trials.

    Attributes:
        events: (n,) counts >= 0; NaN where there is nothing to judge or to learn from.
        trials: (n,) what they are counted among, > 0 where there are events; 1 for plain counts.
        noise: How they scatter.
        alike: Whether all trials are 1.
    """

    events: Floats
    trials: Floats
    noise: Noise
    alike: bool = False


def usual(tally: Tally, points: Indices, codes: Indices, *, window: slice) -> Floats:
    """Return (m,) the events at ``points``, incidents cut down to what is usual in the window.

    The outer eighths of a group say how far its values go; beyond thrice as far from the median,
    and two standard deviations of pure chance, is what may be an incident. It is one if it comes
    in few episodes, at most one in a hundred points, however long they are: an outage of three
    days is one. What keeps coming back is how the metric is.

    Args:
        tally: The series.
        points: (m,) positions.
        codes: (m,) their groups.
        window: Which of the points say what is usual.
    """
    events, trials, noise = tally.events[points], tally.trials[points], tally.noise
    rate = events[window] if tally.alike else events[window] / trials[window]
    low, high = _rates(rate, codes[window], int(codes.max(initial=0)) + 1)
    bottom, top = np.where(low > 0.0, low, 0.0), np.where(np.isinf(high), 0.0, high)
    if len(low) == 1:
        at: Indices | slice = slice(None)
    else:
        at = codes
    least = _bound(noise, bottom[at], trials, -_REACH)
    most = np.where(np.isinf(high)[at], MOST, _bound(noise, top[at], trials, _REACH))
    least = np.maximum(least, 0.0)
    seen, places = events[window], points[window]
    if not _is_rare(places, seen < least[window]):
        least = np.zeros(1)
    if not _is_rare(places, seen > most[window]):
        most = np.full(1, MOST)
    return np.minimum(np.maximum(events, least), most)


def _rates(rate: Floats, codes: Indices, size: int) -> tuple[Floats, Floats]:
    """Return (size,) rates of each group that bound what is usual: -inf and inf for no bound."""
    count = np.bincount(codes, minlength=size)
    left = np.cumsum(count) - count
    if size == 1:
        ordered = np.sort(rate)
    else:
        order = np.argsort(rate)
        small = codes.astype(np.uint16) if size <= _SMALL else codes  # sorts many times as fast
        ordered = rate[order[np.argsort(small[order], kind="stable")]]
    outer = np.maximum(count // _OUTER, 1)
    places = left + np.stack((outer, (count - 1) // 2, count // 2, count - 1 - outer))
    few = count < _FEWEST
    if not len(ordered):
        return np.full(size, -np.inf), np.full(size, np.inf)
    low, under, over, high = ordered[np.minimum(np.maximum(places, 0), len(ordered) - 1)]
    low = np.where(few, -np.inf, low - _REACH * (under - low))
    return low, np.where(few, np.inf, high + _REACH * (high - over))


def _bound(noise: Noise, rate: Floats, trials: Floats, reach: float) -> Floats:
    return rate * trials + reach * np.sqrt(noise.variance(rate, trials) + 1.0)


def _is_rare(points: Indices, extreme: Flags) -> bool:
    """Whether the extreme ones of ``points`` come in few episodes."""
    at = points[extreme]
    if not len(at):
        return True
    apart = max(2, int(points[-1] - points[0]) // _APART)
    episodes = 1 + np.count_nonzero(np.diff(at) > apart)
    return bool(episodes <= max(1, len(points) // _RARE))
