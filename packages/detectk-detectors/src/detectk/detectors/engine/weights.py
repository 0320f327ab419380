"""Statistics of weighted values that do not depend on the order of ties."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import fsum, hypot, sqrt
from operator import itemgetter

__all__ = ["WeightedSample", "weighted_quantile"]

_VALUE, _WEIGHT = itemgetter(0), itemgetter(1)


class WeightedSample:
    """Values with weights, where `detectk.detectors.engine.sample.OrderedSample` has none.

    Args:
        pairs: (value, weight), not empty; weights are positive.
    """

    __slots__ = ("size", "ties", "weight")

    def __init__(self, pairs: Iterable[tuple[float, float]]) -> None:
        ordered = sorted(pairs, key=_VALUE)
        self.size = len(ordered)
        self.ties = _merged(ordered)
        self.weight = fsum(map(_WEIGHT, self.ties))

    def __len__(self) -> int:
        return self.size

    @property
    def median(self) -> float:
        """The weighted median."""
        return weighted_quantile(self.ties, 0.5)

    @property
    def mean(self) -> float:
        """The weighted mean."""
        return fsum(value * weight for value, weight in self.ties) / self.weight

    @property
    def deviation(self) -> float:
        """The weighted population standard deviation."""
        mean = self.mean
        return hypot(*[(value - mean) * sqrt(weight) for value, weight in self.ties]) / sqrt(
            self.weight
        )

    def quantile(self, share: float) -> float:
        """Return the weighted ``share`` quantile."""
        return weighted_quantile(self.ties, share)

    def distance(self, centre: float, share: float) -> float:
        """Return the weighted ``share`` quantile of ``abs(x - centre)``."""
        distances = sorted((abs(value - centre), weight) for value, weight in self.ties)
        return weighted_quantile(_merged(distances), share)


def weighted_quantile(ties: Sequence[tuple[float, float]], share: float) -> float:
    """Return the ``share`` quantile: the inverse of the weighted distribution function.

    It is the smallest value whose cumulative weight exceeds ``share`` of the total; where one
    meets it exactly, the mean of that value and the next.

    Args:
        ties: (value, weight), strictly ascending by value, not empty.
        share: Between 0 and 1, exclusive.
    """
    wanted = share * fsum(map(_WEIGHT, ties))
    reached = 0.0
    for place, (value, weight) in enumerate(ties[:-1]):
        reached += weight
        if reached > wanted:
            return value
        if reached == wanted:
            return (value + ties[place + 1][0]) / 2
    return ties[-1][0]


def _merged(ordered: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Make one pair of each run of equal values, with the exact sum of its weights."""
    return [(value, fsum(map(_WEIGHT, run))) for value, run in groupby(ordered, key=_VALUE)]
