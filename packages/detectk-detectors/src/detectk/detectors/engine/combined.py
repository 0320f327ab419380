"""Compare with the points that agree in all features: from one group, or borrowed where it is thin.

The target's own group carries the centre. Where it has `POOL` values it carries the scale too.
Otherwise the scale comes from residuals, the own group's first and then those of the groups nearest
in level, until there are `POOL` of them; each residual is measured from the centre of the other
values of its group, which prices in that a centre made of four values is itself uncertain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectk.detectors.engine.arrange import Arranged
from detectk.detectors.engine.expectation import (
    Expected,
    Grouped,
    Points,
    Terms,
    none_up_to_zero,
    rare,
)
from detectk.detectors.engine.flags import none_within
from detectk.detectors.engine.groups import POOL
from detectk.detectors.engine.statistics import borrowed, statistics
from detectk.detectors.engine.weighting import ExactWeights
from detectk.detectors.engine.windows import Baseline
from detectk.values.arrays import Indices

__all__ = ["combined"]


def combined(
    points: Points,
    windows: Baseline,
    targets: Indices,
    *,
    now: Indices,
    path: Sequence[Grouped],
    terms: Terms,
) -> Expected:
    """Compare each target with the points that agree with it in all features.

    Args:
        points: Of the baseline.
        windows: (k,) of the targets, none empty.
        targets: (k,) their positions in the series.
        now: (k,) their microseconds.
        path: Groupings to try in turn: the first in which the target's group is not thin. The
            last one is the whole window.
        terms: How to measure.
    """
    names = [grouping.name for grouping in path]
    if not len(targets):
        return Expected.of(names, 0, terms.measure)
    base = int(windows.low[0])
    points = points.between(base, int(windows.high[-1]))
    low, high = (windows.low - base, windows.high - base) if base else (windows.low, windows.high)
    if len(path) == 1 and int((high - low).min()) >= POOL:
        return _whole(names, points, low, high, now=now, terms=terms)
    expected = Expected.of(names, len(targets), terms.measure)
    left = np.arange(len(targets))
    for level, grouping in enumerate(path):
        last = level == len(path) - 1
        side = _Side.of(points, grouping, targets[left], low[left], high[left])
        enough = side.size >= (1 if last else terms.least)
        rows = np.flatnonzero(enough)
        if len(rows):
            expected.level[left[rows]] = level
            side.expect(expected, left, rows, now=now[left], terms=terms)
        left = left[~enough]
        if not len(left):
            break
    expected.established &= none_within(points.values < 0.0, low, high)
    return expected


def _whole(
    names: Sequence[str],
    points: Points,
    low: Indices,
    high: Indices,
    *,
    now: Indices,
    terms: Terms,
) -> Expected:
    """Compare each target with its whole window, which is never thin."""
    weights = None
    if terms.weighting is not None:
        weights = terms.weighting.exact(points.times, now, low=low, high=high)
    first = low if weights is None else weights.low
    found = statistics(points.values, first, high, measure=terms.measure, weights=weights)
    nothing = np.zeros(len(low), dtype=np.int64)
    return Expected(
        names=names,
        centre=found.centre,
        about=found.centre,
        spread=found.spread,
        level=nothing,
        size=high - low,
        pool=nothing,
        established=none_up_to_zero(points.values, low, high),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Targets beside one grouping of the points.

    Attributes:
        points: Of the baseline, in order of time.
        codes: (m,) their groups.
        wanted: (k,) the groups of the targets.
        low: (k,) windows in order of time.
        high: (k,) their ends.
        order: (m,) places of ``points`` by group; None for a single group.
        first: (k,) windows of the targets' own groups, in ``order``.
        after: (k,) their ends.
    """

    points: Points
    codes: Indices
    wanted: Indices
    low: Indices
    high: Indices
    order: Indices | None
    first: Indices
    after: Indices

    @classmethod
    def of(
        cls, points: Points, grouping: Grouped, targets: Indices, low: Indices, high: Indices
    ) -> _Side:
        if not grouping.features:
            nothing = np.zeros(0, dtype=np.intp)
            return cls(points, nothing, nothing, low, high, None, low, high)
        codes, wanted = grouping.codes[points.places], grouping.codes[targets]
        arranged = Arranged.of(codes, wanted, low=low, high=high)
        first, after = np.empty_like(low), np.empty_like(high)
        first[arranged.rows], after[arranged.rows] = arranged.low, arranged.high
        return cls(points, codes, wanted, low, high, arranged.order, first, after)

    @property
    def size(self) -> Indices:
        """(k,) values in each target's group."""
        return self.after - self.first

    def expect(
        self, expected: Expected, place: Indices, rows: Indices, *, now: Indices, terms: Terms
    ) -> None:
        """Fill in ``expected`` at ``place[rows]`` what the groups of ``rows`` say."""
        size = self.size[rows]
        expected.size[place[rows]] = size
        own = size >= POOL
        measured = rows if terms.weighting is not None else rows[own]
        if len(measured):
            self._own(expected, place, measured, now=now, terms=terms)
        thin = rows[~own]
        if len(thin):
            self._thin(expected, place, thin, terms=terms)

    def _own(
        self, expected: Expected, place: Indices, rows: Indices, *, now: Indices, terms: Terms
    ) -> None:
        values, weights = self.points.values, None
        low, high = self.first[rows], self.after[rows]
        if terms.weighting is not None:
            bounds = {"low": self.low[rows], "high": self.high[rows]}
            weights = terms.weighting.exact(self.points.times, now[rows], **bounds)
        if self.order is None:
            low = low if weights is None else weights.low
        else:
            # One group after another, each in order of time.
            turn = np.argsort(low, kind="stable")
            values, rows, low, high = values[self.order], rows[turn], low[turn], high[turn]
            if weights is not None:
                low, weights = self._weighed(weights, rows, turn)
        found = statistics(values, low, high, measure=terms.measure, weights=weights)
        at = place[rows]
        expected.put(at, found)
        expected.about[at] = found.centre
        expected.established[at] = none_up_to_zero(values, self.first[rows], self.after[rows])

    def _weighed(
        self, weights: ExactWeights, rows: Indices, turn: Indices
    ) -> tuple[Indices, ExactWeights]:
        """Return weights by group, and where those of each target's group begin."""
        low = self.first[rows]
        if weights.offset is not None:
            bounds = {"low": weights.low, "high": self.high[np.sort(rows)]}
            arranged = Arranged.of(self.codes, self.wanted[np.sort(rows)], **bounds)
            low = arranged.low
        order, exponent, offset = self.order, weights.exponent, weights.offset
        return low, ExactWeights(
            low,
            weights.mass[order],
            None if exponent is None else exponent[order],
            None if offset is None else offset[turn],
        )

    def _thin(self, expected: Expected, place: Indices, rows: Indices, *, terms: Terms) -> None:
        at = place[rows]
        centre = expected.centre[at]
        codes, wanted = self.codes, self.wanted
        if self.order is None:
            codes, wanted = (
                np.zeros(len(self.points.values), np.int64),
                np.zeros(len(rows), np.int64),
            )
        else:
            wanted = wanted[rows]
        found = borrowed(
            self.points.values,
            codes,
            self.low[rows],
            self.high[rows],
            wanted,
            measure=terms.measure,
        )
        expected.put(at, found.statistics)
        if terms.weighting is not None:
            expected.centre[at] = centre
        expected.about[at] = 0.0
        expected.pool[at] = found.pool
        values = self.points.values if self.order is None else self.points.values[self.order]
        few = rare(found.zeros, found.pool)
        first, after = self.first[rows], self.after[rows]
        expected.established[at] = few & none_up_to_zero(values, first, after)
