"""Separate seasonal features: one additive effect a feature, fitted in turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detectk.detectors.engine.effects import Centre, CentreAt
from detectk.detectors.engine.expectation import Expected, Grouped, Points, Terms, rare
from detectk.detectors.engine.flags import none_within
from detectk.detectors.engine.statistics import effects
from detectk.detectors.engine.windows import Baseline
from detectk.values.arrays import Floats, Indices

__all__ = ["separate"]


def separate(
    points: Points,
    windows: Baseline,
    targets: Indices,
    *,
    now: Indices,
    path: Sequence[Grouped],
    terms: Terms,
) -> Expected:
    """Add up an effect of each grouping; the arguments are those of `combined`.

    See `detectk.detectors.engine.effects.fit_effects`. The scale comes from the points whose fitted
    values are nearest.
    """
    names = (" + ".join(grouping.name for grouping in path), "window")
    expected = Expected.of(names, len(targets), terms.measure)
    if not len(targets):
        return expected
    base = int(windows.low[0])
    points = points.between(base, int(windows.high[-1]))
    low, high = windows.low - base, windows.high - base
    codes = [grouping.codes[points.places] for grouping in path]
    wanted = [grouping.codes[targets] for grouping in path]
    found = effects(
        points.values,
        codes,
        low,
        high,
        wanted,
        measure=terms.measure,
        fewest=terms.least,
        centre_at=_weighted(terms, points.times, low, now=now),
    )
    expected.put(np.arange(len(targets)), found.statistics)
    expected.level[:] = found.effects == 0
    expected.size[:], expected.pool[:] = found.size, found.pool
    expected.established[:] = (found.least > 0.0) & rare(found.zeros, found.pool)
    expected.established &= none_within(points.values < 0.0, low, high)
    return expected


def _weighted(terms: Terms, times: Indices, low: Indices, *, now: Indices) -> CentreAt | None:
    """Return the weighted centres of points of each target's window; None without weights."""
    weighting, by_mean = terms.weighting, terms.measure == "mean"
    if weighting is None:
        return None

    def centre_at(row: int) -> Centre:
        seen, first = int(now[row]), int(low[row])

        def centre(values: Floats, places: Indices) -> float:
            sample = weighting.sample(values, times[first + places], seen)
            return sample.mean if by_mean else sample.median

        return centre

    return centre_at
