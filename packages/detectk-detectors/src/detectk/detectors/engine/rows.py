"""Order statistics of the rows of a matrix: of many short windows at once."""

from __future__ import annotations

import numpy as np

from detectk.values.arrays import Floats, Indices

__all__ = ["OrderedRows"]

_CONSISTENCY = 1.4826
_TAIL, _TAIL_SIGMAS = 0.98, 2.326


class OrderedRows:
    """The rows of a matrix, each in ascending order.

    Args:
        matrix: (k, w) values; NaN counts as no value.
    """

    def __init__(self, matrix: Floats) -> None:
        self._ordered = np.sort(matrix, axis=1)
        self.counts: Indices = np.count_nonzero(
            self._ordered == self._ordered, axis=1
        )  # NaN is not itself

    def quantile(self, share: float) -> Floats:
        """Return the (k,) ``share`` quantiles; NaN for a row without a value.

        Source: Hyndman & Fan (1996), type 7, numpy's default.
        """
        rows, last = np.arange(len(self.counts)), np.maximum(self.counts - 1, 0)
        place = share * last
        below = place.astype(np.intp)
        low = self._ordered[rows, below]
        high = self._ordered[rows, np.minimum(below + 1, last)]
        quantile: Floats = low + (high - low) * (place - below)
        return quantile

    def scale(self) -> Floats:
        """Return the (k,) robust standard deviations that rows of absolute deviations show.

        It is the consistent median; where more than half of the deviations are 0, their 95 %
        quantile stands for it.

        Source: Rousseeuw & Croux (1993), factor 1.4826; 95 % of a normal sample lies within 1.96
        sigma.
        """
        scale = _CONSISTENCY * self.quantile(0.5)
        if (scale == 0.0).any():
            scale = np.where(scale == 0.0, self.quantile(0.95) / 1.96, scale)
        return scale

    def tail(self) -> Floats:
        """Return the (k,) standard deviations that the tails of absolute deviations show.

        An alert meets the tail, and that of real metrics is heavier than their middle says. It is
        0 if fewer than one in fifty deviates; 98 % of a normal sample lies within 2.326 sigma.
        """
        return self.quantile(_TAIL) / _TAIL_SIGMAS
