"""What counts of a window are usual, and what is an incident that must not become usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectk.detectors.engine.flags import Flags
from detectk.detectors.engine.noise import Noise
from detectk.values.arrays import Floats, Indices

__all__ = ["MOST", "Tally", "Usual"]

MOST = 2.0**50
"""What a greater count is taken as."""

_FEWEST = 3
_OUTER = 8
_REACH = 2.0
_RARE = 100
_APART = 120


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """The points of a series as events among trials.

    Attributes:
        events: (n,) counts >= 0; NaN where there is nothing to judge or to learn from.
        trials: (n,) what they are counted among, > 0 where there are events; 1 for plain counts.
        noise: How they scatter.
    """

    events: Floats
    trials: Floats
    noise: Noise


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """Rates that bound what is usual in each group of a window.

    Attributes:
        groups: (g,) ascending codes of the groups.
        low: (g,) -inf where nothing is too little.
        high: (g,) inf where nothing is too much.
    """

    groups: Indices
    low: Floats
    high: Floats

    @classmethod
    def of(cls, tally: Tally, points: Indices, codes: Indices) -> Usual:
        """Measure what is usual.

        The outer eighths of a group say how far its values go; beyond thrice as far from the
        median, and two standard deviations of pure chance, is what may be an incident. It is one
        if it comes in few episodes, at most one in a hundred points, however long they are: an
        outage of three days is one. What keeps coming back is how the metric is.

        Args:
            tally: The series.
            points: (m,) positions of the window's points.
            codes: (m,) their groups.
        """
        rate = tally.events[points] / tally.trials[points]
        order = np.argsort(rate, kind="stable")
        order = order[np.argsort(codes[order], kind="stable")]
        groups, left, count = np.unique(codes[order], return_index=True, return_counts=True)
        outer = np.maximum(count // _OUTER, 1)
        halves = ((count - 1) // 2, count // 2)
        places = left + np.stack((outer, *halves, count - 1 - outer))
        low, under, over, high = rate[order[np.clip(places, left, left + count - 1)]]
        few = count < _FEWEST
        low = np.where(few, -np.inf, low - _REACH * (under - low))
        high = np.where(few, np.inf, high + _REACH * (high - over))
        usual = cls(groups, low, high)
        least, most = usual._bounds(tally, points, codes)
        events = tally.events[points]
        return cls(
            groups,
            low if _is_rare(points, events < least) else np.full(len(groups), -np.inf),
            high if _is_rare(points, events > most) else np.full(len(groups), np.inf),
        )

    def cut(self, tally: Tally, points: Indices, codes: Indices) -> Floats:
        """Return (m,) the events at ``points``, incidents cut down to what is usual."""
        least, most = self._bounds(tally, points, codes)
        return np.clip(tally.events[points], least, most)

    def _bounds(self, tally: Tally, points: Indices, codes: Indices) -> tuple[Floats, Floats]:
        if not len(self.groups):
            return np.zeros(len(points)), np.full(len(points), MOST)
        place = np.minimum(np.searchsorted(self.groups, codes), len(self.groups) - 1)
        known = self.groups[place] == codes
        trials, noise = tally.trials[points], tally.noise
        bounded = np.where(known & np.isfinite(self.low[place]), np.maximum(self.low[place], 0), 0)
        least = bounded * trials - _REACH * np.sqrt(noise.variance(bounded, trials) + 1.0)
        high = np.where(known, self.high[place], np.inf)
        top = np.where(np.isfinite(high), high, 0.0)
        most = top * trials + _REACH * np.sqrt(noise.variance(top, trials) + 1.0)
        return np.maximum(least, 0.0), np.where(np.isfinite(high), most, MOST)


def _is_rare(points: Indices, extreme: Flags) -> bool:
    """Whether the extreme ones of ``points`` come in few episodes."""
    at = points[extreme]
    if not len(at):
        return True
    apart = max(2, int(points[-1] - points[0]) // _APART)
    episodes = 1 + np.count_nonzero(np.diff(at) > apart)
    return bool(episodes <= max(1, len(points) // _RARE))
