"""The band around an expectation, and what a value says in it."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

from detectk.values.verdicts import EXCESS_CAP

__all__ = ["Band", "Spread"]


class Spread(NamedTuple):
    """How far from the centre values usually lie, in the metric's unit.

    Attributes:
        down: From the centre to the lower bound.
        up: From the centre to the upper bound.
        unit: What the score counts in: a sigma, an interquartile range.
    """

    down: float
    up: float
    unit: float


class Band(NamedTuple):
    """Expectation, bounds and the unit of the score; a value on a bound is inside."""

    centre: float
    lower: float
    upper: float
    unit: float

    def direction(self, value: float) -> int:
        """Return -1 below the band, 1 above it, 0 inside."""
        return (value > self.upper) - (value < self.lower)

    def score(self, value: float) -> float:
        """Return the distance from the centre in units, at most `EXCESS_CAP`."""
        return _ratio(abs(value - self.centre), self.unit)

    def excess(self, value: float) -> float:
        """Return the distance from the centre in band widths: 1 is the edge."""
        bound = self.lower if value < self.centre else self.upper
        return _ratio(abs(value - self.centre), abs(bound - self.centre))


def _ratio(part: float, whole: float) -> float:
    if part == 0.0 or not isfinite(whole):
        return 0.0
    return min(part / whole, EXCESS_CAP) if part < whole * EXCESS_CAP else EXCESS_CAP
