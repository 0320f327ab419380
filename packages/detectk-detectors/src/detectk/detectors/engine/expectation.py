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
from detectk.detectors.engine.direct import DirectGroups
from detectk.detectors.engine.groups import POOL, Groups, pooled
from detectk.detectors.engine.level import Level, Members
from detectk.detectors.engine.sample import OrderedSample, Sample
from detectk.detectors.engine.seasons import Grouping, fallbacks, feature_codes
from detectk.detectors.engine.weighting import Weighting
from detectk.detectors.engine.windows import Baseline, clipped, finite, microseconds

__all__ = ["Combined", "Expectation", "Grouped", "Separate", "Terms"]

_RARE = 0.05
_KNOWN = 20
# Targets up to which a window for each is not dearer than one that slides, as measured. A thin
# group of a season looks through all others, which only a sliding window remembers.
_FEW, _FEW_OF_A_SEASON = 16, 1

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
        self._baseline = baseline
        self._path = fallbacks(task, features)
        self._times = microseconds(task.series.times)
        self._values = clipped(task.series.values[baseline.points])
        self._direct = len(task.targets) <= (_FEW_OF_A_SEASON if features else _FEW)
        self._levels: dict[str, Level] = {}
        self._level(self._path[0])  # a feature that is not there is an error at once

    def expect(self, target: int, low: int, high: int) -> Expectation:
        """Use the first grouping of the path in which the target's group is not thin."""
        for grouping in self._path:
            level = self._level(grouping)
            level.move(low, high)
            group = level.get(int(grouping.codes[target]))
            least = 1 if grouping is self._path[-1] else self._terms.least
            if group and len(group.sample) >= least:
                expected = self._from(group, level, grouping.name, target)
                established = expected.established and self._values[low:high].min() >= 0.0
                return expected._replace(established=bool(established))
        raise ValueError("an expectation needs at least one point")

    def _level(self, grouping: Grouping) -> Level:
        """Build what slides only for many targets, and a fall-back only when it is needed."""
        level = self._levels.get(grouping.name)
        if level is None:
            codes, values = grouping.codes[self._baseline.points], self._values
            exact = self._terms.exact
            level = self._levels[grouping.name] = (
                DirectGroups(codes, values, exact=exact)
                if self._direct
                else Groups(codes.tolist(), values.tolist(), exact=exact)
            )
        return level

    def _from(self, group: Members, level: Level, name: str, target: int) -> Expectation:
        sample = self._sample(group, target)
        centre = self._terms.centre(sample)
        size = len(sample)
        positive = group.least > 0.0
        if size >= POOL:
            return Expectation(centre, sample, centre, name, size, 0, positive)
        pool = level.pool(self._terms.centre, self._terms.centre(group.sample))
        return Expectation(
            centre,
            OrderedSample(pool.residuals),
            0.0,
            name,
            size,
            len(pool.residuals),
            positive and len(pool.residuals) >= _KNOWN and pool.zeros < _RARE,
        )

    def _sample(self, group: Members, target: int) -> Sample:
        if self._terms.weighting is None:
            return group.sample
        places = group.indices
        return self._terms.weighting.sample(
            self._values[places],
            self._times[self._baseline.points[places]],
            int(self._times[target]),
        )


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
                self._times[baseline.points].tolist(),
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
            centre=self._centre_at(int(self._times[target])),
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
