"""A level and one additive effect a feature: how one window is explained, and what that leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from detectk.detectors.engine.groups import POOL, Pool
from detectk.values.arrays import Floats, Indices

__all__ = ["Centre", "CentreAt", "Fit", "fit_effects"]

Centre = Callable[[Floats, Indices], float]
"""What numbers at these places of the window lie around; NaN if nothing is known of them."""

CentreAt = Callable[[int], Centre]
"""That of a target, by its row."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A window explained.

    Attributes:
        centre: What the target is expected to be.
        samples: Points of the target's smallest group that gave an effect; all points if none.
        effects: How many features gave an effect.
        values: (n,) the window, oldest first.
        fitted: (n,) what each was expected to be.
        left: (n,) how far from that it lay, one step after another: in the last bits, it is not
            the difference of the two.
    """

    centre: float
    samples: int
    effects: int
    values: Floats
    fitted: Floats
    left: Floats

    @property
    def least(self) -> float:
        """Smallest of the values whose fitted value is ``centre``; NaN if there is none."""
        like = self.values[self.fitted == self.centre]
        return float(like.min()) if len(like) else nan

    def pool(self) -> Pool:
        """Collect what is left of the points whose fitted values are nearest to ``centre``.

        Those at equal distance enter together, until there are `POOL`. Noise usually goes with the
        level: see `detectk.detectors.engine.groups.pooled`.
        """
        left, values = self.left, self.values
        if len(left) > POOL:
            distances = np.abs(self.fitted - self.centre)
            near = distances <= np.partition(distances, POOL - 1)[POOL - 1]
            left, values = left[near], values[near]
        return Pool(np.sort(left).tolist(), int(np.count_nonzero(values <= 0.0)))


def fit_effects(
    values: Floats,
    codes: Sequence[Indices],
    target: Sequence[int],
    *,
    centre: Centre,
    least: int,
) -> Fit:
    """Fit ``value = level + effect of feature 1 + effect of feature 2 + ...``.

    Each effect is the centre of what the earlier ones leave, so that features which overlap (an
    hour of the day and a shift) are not counted twice, and nothing is ever divided by a level
    that may be near zero. A group of fewer than ``least`` points has no effect.

    Args:
        values: (n,) the window, oldest first; at least one.
        codes: For each feature, (n,) the group of each point.
        target: For each feature, the group of the target.
        centre: Centre of such points.
        least: Points that make an effect.

    Source: one sweep of the median polish, Tukey (1977), ch. 11, when the centre is a median.
    """
    expected = centre(values, np.arange(len(values)))
    left, fitted = values - expected, np.full(len(values), expected)
    samples, effects = len(values), 0
    for groups, wanted in zip(codes, target, strict=True):
        each = np.zeros(len(values))
        for members in _members(groups):
            effect = centre(left[members], members) if len(members) >= least else nan
            if effect != effect:  # noqa: PLR0124  # NaN
                continue
            each[members] = effect
            if groups[members[0]] == wanted:
                expected += effect
                samples = min(samples, len(members))
                effects += 1
        left -= each
        fitted += each
    return Fit(expected, samples, effects, values, fitted, left)


def _members(groups: Indices) -> list[Indices]:
    """Return the places of each group, ascending."""
    small = groups.astype(np.int16) if 0 <= groups.min() <= groups.max() < 1 << 15 else groups
    order = np.argsort(small, kind="stable")  # numpy counts small numbers instead of comparing
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
