"""Statistics of weighted values that do not depend on the order of ties."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import frexp, sqrt

import numpy as np

from detectk.errors import DetectError
from detectk.values.arrays import Floats, Indices

__all__ = ["WeightedSample", "check_size", "weighted_quantile"]

_MOST = 1 << 20
_FINEST = 1000


class WeightedSample:
    """Values with weights, where `detectk.detectors.engine.sample.OrderedSample` has none.

    Without any weight, every statistic is NaN.

    Args:
        values: (n,) oldest first.
        weights: (n,) whole numbers, not negative, not falling, their sum below 2**63; a value of
            weight 0 counts in the length of the sample, and nowhere else.
    """

    __slots__ = ("_size", "values", "weights")

    def __init__(self, values: Floats, weights: Indices) -> None:
        self._size = len(values)
        if self._size and weights[0] == 0:
            known = weights > 0
            values, weights = values[known], weights[known]
        order = np.argsort(values)
        self.values = values[order]
        if (self.values[1:] == self.values[:-1]).any():
            # A stable sort orders ties by weight, whoever came first: sums of floats need that.
            order = np.argsort(values, kind="stable")
        self.weights = weights[order]

    def __len__(self) -> int:
        return self._size

    @property
    def median(self) -> float:
        """The weighted median."""
        return self.quantile(0.5)

    @property
    def mean(self) -> float:
        """The weighted mean."""
        shares = self._shares
        return float((self.values * shares).sum() / shares.sum()) if len(shares) else np.nan

    @property
    def deviation(self) -> float:
        """The weighted population standard deviation."""
        distances, shares = np.abs(self.values - self.mean), self._shares
        largest = float(distances.max(initial=0.0))
        if largest == 0.0:
            return 0.0 if len(shares) else np.nan
        share = ((distances / largest) ** 2 * shares).sum() / shares.sum()
        return largest * sqrt(share)

    def quantile(self, share: float) -> float:
        """Return the weighted ``share`` quantile."""
        return weighted_quantile(self.values, self.weights, share)

    def distance(self, centre: float, share: float) -> float:
        """Return the weighted ``share`` quantile of ``abs(x - centre)``."""
        distances = np.abs(self.values - centre)
        order = np.argsort(distances)
        return weighted_quantile(distances[order], self.weights[order], share)

    @property
    def _shares(self) -> Floats:
        """Weights below 1, by a power of two: no product with a value overflows."""
        if not len(self.weights):
            return np.zeros(0)
        shares: Floats = self.weights.astype(np.float64)
        shares *= 2.0 ** -frexp(float(shares.max()))[1]
        return shares


def weighted_quantile(values: Floats, weights: Indices, share: float) -> float:
    """Return the ``share`` quantile: the inverse of the weighted distribution function.

    It is the smallest value whose cumulative weight exceeds ``share`` of the total; where one
    meets it exactly, the mean of that value and the next greater one. Compared without rounding.

    Args:
        values: (n,) ascending.
        weights: (n,) positive whole numbers, their sum below 2**63.
        share: Between 0 and 1, exclusive; read as the fraction it is next to.

    Returns:
        The quantile; NaN without a value.
    """
    if not len(values):
        return np.nan
    reached = np.cumsum(weights)
    parts, whole = _fraction(share)
    wanted, rest = divmod(int(reached[-1]) * parts, whole)
    place = int(np.searchsorted(reached, wanted, side="right"))
    value = float(values[place])
    if not rest and place and reached[place - 1] == wanted:
        return (float(values[place - 1]) + value) / 2
    return value


def check_size(size: int) -> None:
    """Refuse a sample whose weights may not add up in 63 bits.

    Raises:
        DetectError: It has more than 2**20 points.
    """
    if size > _MOST:
        raise DetectError(
            f"a window of {size} points cannot be weighted, only one of {_MOST}",
            hint="make the window shorter, or drop use_weighted",
        )


@lru_cache(maxsize=64)
def _fraction(share: float) -> tuple[int, int]:
    return Fraction(share).limit_denominator(_FINEST).as_integer_ratio()
