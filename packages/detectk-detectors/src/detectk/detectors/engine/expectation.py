"""What a value should be and how much values differ: from one group, or borrowed where it is thin.

Both ways of grouping end in the same place. The target's own group carries the centre. Where it has
`POOL` values it carries the scale too. Otherwise the scale comes from residuals, the own group's
first and then those of the groups nearest in level, until there are `POOL` of them; each residual
is measured from the centre of the other values of its group, which prices in that a centre made of
four values is itself uncertain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.additive import fit_effects
from detectk.detectors.engine.groups import POOL, Group, Groups, pooled
from detectk.detectors.engine.sample import OrderedSample, Sample
from detectk.detectors.engine.seasons import fallbacks, feature_codes
from detectk.detectors.engine.weighting import Weighting
from detectk.detectors.engine.windows import Baseline, finite, microseconds

__all__ = ["Combined", "Expectation", "Grouped", "Separate", "Terms"]

_RARE = 0.05
_KNOWN = 20

Points = Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the detector and its options settle once.

    Attributes:
        centre: The detector's idea of a centre.
        exact: Whether it wants exact sums.
        weighting: Weights by age; None for none. Borrowed residuals are never weighted.
        least: Values without which a group carries no centre.
    """

    centre: Callable[[Sample], float]
    exact: bool
    weighting: Weighting | None
    least: int


class Expectation(NamedTuple):
    """What is known of one target before it is seen.

    Attributes:
        centre: Where it should be.
        sample: What the scale is to be measured on, around ``about``.
        about: The centre for values, 0.0 for residuals.
        group: The grouping that was used.
        samples: Values in the target's group.
        pool: Borrowed and own residuals; 0 when the group is enough by itself.
        established: Whether zero would be new here: the series is never negative, the group has
            never been zero, and among the values behind the scale zero is rarer than 1 in 20.
    """

    centre: float
    sample: Sample
    about: float
    group: str
    samples: int
    pool: int
    established: bool


class Grouped(Protocol):
    """A way to form expectations from the points of a window."""

    def expect(self, target: int, low: int, high: int) -> Expectation:
        """Return what is expected at position ``target`` from baseline points ``[low, high)``."""
        ...


class Combined:
    """Points that agree in all features are a group; no features make one group."""

    def __init__(
        self, task: Task, baseline: Baseline, terms: Terms, *, features: Sequence[str]
    ) -> None:
        self._terms = terms
        self._path = fallbacks(task, features)
        self._codes = [grouping.codes.tolist() for grouping in self._path]
        self._times = microseconds(task.series.times)
        self._values = finite(task.series.values[baseline.points])
        self._array = np.array(self._values)
        self._instants = np.array(microseconds(task.series.times[baseline.points]), dtype=np.int64)
        self._levels = [
            Groups(
                grouping.codes[baseline.points].tolist(),
                self._values,
                exact=terms.exact,
            )
            for grouping in self._path
        ]

    def expect(self, target: int, low: int, high: int) -> Expectation:
        """Use the first grouping of the path in which the target's group is not thin."""
        smallest = float(self._array[low:high].min(initial=np.inf))
        for grouping, codes, level in zip(self._path, self._codes, self._levels, strict=True):
            level.move(low, high)
            group = level.get(codes[target])
            if group and (len(group.values) >= self._terms.least or level is self._levels[-1]):
                expected = self._from(group, level, grouping.name, self._times[target])
                return expected._replace(established=expected.established and smallest >= 0.0)
        raise ValueError("an expectation needs at least one point")

    def _from(self, group: Group, level: Groups, name: str, now: int) -> Expectation:
        sample = self._sample(group, now)
        centre = self._terms.centre(sample)
        size = len(group.values)
        positive = group.values[0] > 0.0
        if size >= POOL:
            return Expectation(centre, sample, centre, name, size, 0, positive)
        pool = level.pool(self._terms.centre, group.as_cell(self._terms.centre).centre)
        return Expectation(
            centre,
            OrderedSample(pool.residuals),
            0.0,
            name,
            size,
            len(pool.residuals),
            positive and len(pool.residuals) >= _KNOWN and pool.zeros < _RARE,
        )

    def _sample(self, group: Group, now: int) -> Sample:
        if self._terms.weighting is None:
            return group.sample
        places = np.fromiter(group.places, dtype=np.intp, count=len(group.places))
        return self._terms.weighting.sample(self._array[places], self._instants[places], now)


class Separate:
    """Each feature adds an effect of its own; see `fit_effects`."""

    def __init__(
        self, task: Task, baseline: Baseline, terms: Terms, *, features: Sequence[str]
    ) -> None:
        self._terms = terms
        self._name = " + ".join(features)
        codes = [feature_codes(task, feature) for feature in features]
        self._targets = [column.tolist() for column in codes]
        self._codes = [column[baseline.points].tolist() for column in codes]
        self._times = microseconds(task.series.times)
        self._points = list(
            zip(
                finite(task.series.values[baseline.points]),
                microseconds(task.series.times[baseline.points]),
                strict=True,
            )
        )

    def expect(self, target: int, low: int, high: int) -> Expectation:
        """Fit the window's points and add up the target's effects."""
        points = self._points[low:high]
        fit = fit_effects(
            points,
            [codes[low:high] for codes in self._codes],
            [codes[target] for codes in self._targets],
            centre=self._centre_at(self._times[target]),
            least=self._terms.least,
        )
        pool = pooled(fit.cells, fit.centre)
        rare = len(pool.residuals) >= _KNOWN and pool.zeros < _RARE
        return Expectation(
            fit.centre,
            OrderedSample(pool.residuals),
            0.0,
            self._name if fit.effects else "window",
            fit.samples,
            len(pool.residuals),
            rare and fit.least > 0.0 and min(value for value, _ in points) >= 0.0,
        )

    def _centre_at(self, now: int) -> Callable[[Points], float]:
        weighting, centre = self._terms.weighting, self._terms.centre
        if weighting is None:
            return lambda points: centre(OrderedSample(sorted(value for value, _ in points)))
        return lambda points: centre(
            weighting.sample(
                np.array([value for value, _ in points]),
                np.array([at for _, at in points], dtype=np.int64),
                now,
            )
        )
