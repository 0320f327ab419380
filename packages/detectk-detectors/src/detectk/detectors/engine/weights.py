"""Statistics of weighted values that do not depend on the order of ties."""

from __future__ import annotations

from math import sqrt

import numpy as np

from detectk.values.arrays import Floats

__all__ = ["WeightedSample", "weighted_quantile"]


class WeightedSample:
    """Values with weights, where `detectk.detectors.engine.sample.OrderedSample` has none.

    Args:
        values: (n,) at least one, oldest first.
        weights: (n,) positive, not falling: so a stable sort orders ties by weight, whoever
            came first.
    """

    __slots__ = ("values", "weights")

    def __init__(self, values: Floats, weights: Floats) -> None:
        order = np.argsort(values)
        self.values = values[order]
        if (self.values[1:] == self.values[:-1]).any():
            order = np.argsort(values, kind="stable")
        self.weights = weights[order]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def median(self) -> float:
        """The weighted median."""
        return self.quantile(0.5)

    @property
    def mean(self) -> float:
        """The weighted mean."""
        return float((self.values * self.weights).sum() / self.weights.sum())

    @property
    def deviation(self) -> float:
        """The weighted population standard deviation."""
        distances = np.abs(self.values - self.mean)
        largest = float(distances.max())
        if largest == 0.0:
            return 0.0
        share = ((distances / largest) ** 2 * self.weights).sum() / self.weights.sum()
        return largest * sqrt(share)

    def quantile(self, share: float) -> float:
        """Return the weighted ``share`` quantile."""
        return weighted_quantile(self.values, self.weights, share)

    def distance(self, centre: float, share: float) -> float:
        """Return the weighted ``share`` quantile of ``abs(x - centre)``."""
        distances = np.abs(self.values - centre)
        order = np.argsort(distances, kind="stable")
        return weighted_quantile(distances[order], self.weights[order], share)


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """Return the ``share`` quantile: the inverse of the weighted distribution function.

    It is the smallest value whose cumulative weight exceeds ``share`` of the total; where one
    meets it exactly, the mean of that value and the next greater one.

    Args:
        values: (n,) ascending, at least one.
        weights: (n,) positive.
        share: Between 0 and 1, exclusive.
    """
    reached = np.cumsum(weights)
    wanted = share * reached[-1]
    place = int(np.searchsorted(reached, wanted))
    value = float(values[place])
    after = int(np.searchsorted(values, value, side="right"))
    if after < len(values) and reached[after - 1] == wanted:
        return (value + float(values[after])) / 2
    return value
