"""How much counts and shares scatter by chance alone, and how much more they do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import sqrt
from typing import NamedTuple

import numpy as np

from detectk.values.arrays import Floats, Indices

__all__ = ["CountNoise", "Noise", "Residuals", "ShareNoise", "overdispersion"]

POOL = 200
"""Residuals that make a dispersion: the relative error of a variance of 200 is about 10 %."""

_MOST = 100.0
_SMALL = 2**16


class Residuals(NamedTuple):
    """What the points of a window missed the rates of their groups by.

    Attributes:
        square: (m,) squares in units of their expectation under pure chance.
        gain: (m,) what the expectation of ``square`` gains by a unit of overdispersion.
        variance: (m,) of pure chance, in events.
        rate: (m,) rate of the point's group.
    """

    square: Floats
    gain: Floats
    variance: Floats
    rate: Floats


class Noise(ABC):
    """One kind of chance."""

    @abstractmethod
    def residuals(
        self, events: Floats, trials: Floats, *, group: tuple[Floats, Floats, Floats]
    ) -> Residuals:
        """Compare each point with the others of its group.

        Args:
            events: (m,) counts.
            trials: (m,) what they are counted among.
            group: For each point, sums of events and of trials and the number of points, the
                point itself included.
        """

    @abstractmethod
    def variance(self, rate: Floats, trials: Floats) -> Floats:
        """Return (m,) variances of events by pure chance."""


class CountNoise(Noise):
    """Counts in equal intervals: Poisson, or negative binomial of variance m + dispersion m²."""

    def residuals(
        self,
        events: Floats,
        trials: Floats,  # noqa: ARG002  # every interval counts the same
        *,
        group: tuple[Floats, Floats, Floats],
    ) -> Residuals:
        """Compare each count with the mean of the others.

        Given the sum of a group, Poisson counts are multinomial whatever their rate, so the
        expectation of a square is exactly 1, for rare events as well as for busy groups.
        """
        total, _, size = group
        others = np.maximum(size - 1.0, 1.0)
        difference = events - (total - events) / others
        known = (size > 1.0) & (total > 0.0)
        square = np.where(known, others * difference * difference / np.maximum(total, 1.0), 1.0)
        gain = np.where(known, np.maximum(total - 1.0, 0.0) / size, 0.0)
        rate = total / size
        return Residuals(square, gain, rate, rate)

    def variance(self, rate: Floats, trials: Floats) -> Floats:
        """Return (m,) variances of counts by pure chance."""
        return rate * trials


class ShareNoise(Noise):
    """Successes among trials: binomial, or beta-binomial where trials of a point correlate."""

    def residuals(
        self, events: Floats, trials: Floats, *, group: tuple[Floats, Floats, Floats]
    ) -> Residuals:
        """Compare each share with that of the whole group.

        Given the sum of a group, binomial counts are hypergeometric whatever their proportion, so
        the expectation of a square is exactly 1.
        """
        total, among, _ = group
        rate = total / among
        variance = trials * rate * (1.0 - rate)
        difference = events - trials * rate
        known = (variance > 0.0) & (among > trials)
        room = np.where(known, variance * (among - trials) / np.maximum(among - 1.0, 1.0), 1.0)
        square = np.where(known, difference * difference / room, 1.0)
        gain = np.where(known, np.maximum(trials - 1.0, 0.0), 0.0)
        return Residuals(square, gain, variance, rate)

    def variance(self, rate: Floats, trials: Floats) -> Floats:
        """Return (m,) variances of successes by pure chance."""
        share = np.minimum(rate, 1.0)
        return trials * share * (1.0 - share)


def overdispersion(residuals: Residuals, rates: Floats) -> tuple[Floats, Indices]:
    """Return (g,) overdispersions of the groups of ``rates``, and how many residuals made them.

    The residuals of a group, if it has 200, or else of the 200 points nearest in rate, have a
    mean square of 1 plus the overdispersion times their mean gain. What they leave open is made
    up for: the answer is one standard error above the estimate, and never below pure chance.

    Source: moment estimators of Anscombe (1950) for the negative binomial and of Kleinman (1973)
    for the beta-binomial.
    """
    ordered, order = _in_order(residuals.rate)
    size = len(order)
    left, right = np.searchsorted(ordered, rates), np.searchsorted(ordered, rates, side="right")
    sizes = np.minimum(np.maximum(right - left, POOL), size)
    starts = np.clip((left + right) // 2 - sizes // 2, 0, size - sizes)
    found = np.zeros(len(rates))
    moments: dict[tuple[int, int], float] = {}
    for place, chosen in enumerate(zip(starts.tolist(), sizes.tolist(), strict=True)):
        if chosen not in moments:
            start, width = chosen
            rows = slice(None) if width == size else order[start : start + width]
            moments[chosen] = _moment(Residuals(*(column[rows] for column in residuals)))
        found[place] = moments[chosen]
    return found, sizes


def _in_order(rate: Floats) -> tuple[Floats, Indices]:
    """Return (m,) ``rate``, ascending, and its stable order."""
    if rate.min() == rate.max():
        return rate, np.arange(len(rate))
    groups, which = np.unique(rate, return_inverse=True)
    small = which.astype(np.uint16) if len(groups) < _SMALL else which
    order = np.argsort(small, kind="stable")
    return rate[order], order


def _moment(residuals: Residuals) -> float:
    size = len(residuals.square)
    kurtosis = float(np.add.reduce(1.0 / np.maximum(residuals.variance, 1.0 / size))) / size
    error = sqrt((2.0 + kurtosis) / size)
    excess = float(np.add.reduce(residuals.square)) / size * (1.0 + error) - 1.0
    gain = float(np.add.reduce(residuals.gain)) / size
    return min(max(excess / max(gain, 1.0 / size), 0.0), _MOST)
