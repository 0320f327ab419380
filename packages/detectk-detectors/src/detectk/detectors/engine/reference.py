"""The kernels in plain Python: what is used where they are not compiled, and what they must equal.

Each function has the face of its namesake in `detectk.kernels`, and gives the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import nan

import numpy as np

from detectk.detectors.engine.direct import DirectGroups
from detectk.detectors.engine.effects import CentreAt, fit_effects
from detectk.detectors.engine.groups import Centre, Groups
from detectk.detectors.engine.level import Level
from detectk.detectors.engine.measures import Measure
from detectk.detectors.engine.moments import Moments
from detectk.detectors.engine.ordered import (
    deviation_quantile,
    median,
    median_deviation,
    quantile,
    windows,
)
from detectk.detectors.engine.pool_scale import pool_scale
from detectk.detectors.engine.sample import Sample
from detectk.detectors.engine.weighting import ExactWeights
from detectk.detectors.engine.weights import WeightedSample
from detectk.values.arrays import Floats, Indices

__all__ = ["effects", "moments", "order", "pooled", "weighted", "weighted_moments"]

_TAIL = 0.95
# Windows up to which sorting each is not dearer than keeping one sorted, as measured.
_FEW = 16


def order(
    values: Floats,
    low: Indices,
    high: Indices,
    centre: Floats,
    deviation: Floats | None,
    tail: Floats | None,
    first: Floats | None,
    third: Floats | None,
    least: Floats | None,
) -> None:
    """Write the order statistics of every window."""
    outputs = (deviation, tail, first, third)
    measure = _measure(outputs)
    sort = _sorted_each if len(low) <= _FEW else _sorted_sliding
    middles, leasts, spreads = [], [], []
    for ordered in sort(values, low, high):
        middle = median(ordered) if len(ordered) else nan
        middles.append(middle)
        leasts.append(ordered[0] if len(ordered) else nan)
        if measure:
            spreads.append(_spread(ordered, measure, middle))
    centre[:] = middles
    if least is not None:
        least[:] = leasts
    columns = zip(*spreads, strict=True) if spreads else ()
    for output, column in zip(outputs, columns, strict=False):
        if output is not None:
            output[:] = column


def moments(values: Floats, low: Indices, high: Indices, mean: Floats, deviation: Floats) -> None:
    """Write the mean and the population standard deviation of every window."""
    sums = Moments()
    begin = end = 0
    numbers: list[float] = values.tolist() if len(low) > 1 else []
    for row, (start, stop) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        if start >= end:
            sums = Moments.of(values[start:stop])
        else:
            for number in numbers[end:stop]:
                sums.add(number)
            for number in numbers[begin:start]:
                sums.remove(number)
        begin, end = start, stop
        mean[row] = sums.mean if sums.count else nan
        deviation[row] = sums.deviation if sums.count else nan


def weighted(
    values: Floats,
    mass: Indices,
    exponent: Indices | None,
    low: Indices,
    high: Indices,
    offset: Indices | None,
    centre: Floats,
    deviation: Floats | None,
    tail: Floats | None,
    first: Floats | None,
    third: Floats | None,
) -> None:
    """Write the weighted order statistics of every window."""
    outputs = (deviation, tail, first, third)
    measure = _measure(outputs)
    weights = ExactWeights(low, mass, exponent, offset)
    for row, sample in enumerate(_weighted(values, weights, low, high)):
        centre[row] = sample.median
        if measure:
            spread = _weighted_spread(sample, measure, centre[row])
            _put(outputs, row, spread)


def weighted_moments(
    values: Floats, weights: ExactWeights, low: Indices, high: Indices
) -> tuple[Floats, Floats]:
    """Return the (k,) weighted means and the (k,) weighted standard deviations of windows."""
    samples = list(_weighted(values, weights, low, high))
    means, deviations = np.empty(len(low)), np.empty(len(low))
    for row, sample in enumerate(samples):
        means[row], deviations[row] = sample.mean, sample.deviation
    return means, deviations


def pooled(
    values: Floats,
    codes: Indices,
    groups: int,  # noqa: ARG001  # the kernels want to know it
    low: Indices,
    high: Indices,
    wanted: Indices,
    enough: int,  # noqa: ARG001  # as above
    by_mean: bool,  # noqa: FBT001  # as above
    centre: Floats,
    size: Indices,
    least: Floats,
    pool: Indices,
    zeros: Indices,
    deviation: Floats,
    tail: Floats | None,
    first: Floats | None,
    third: Floats | None,
) -> None:
    """Write the centres of thin groups, and the spread of what their neighbours lend."""
    middle: Centre = _mean if by_mean else _median
    outputs = (deviation, tail, first, third)
    measure = "mean" if by_mean else _measure(outputs) or "deviation"
    level: Level = (
        DirectGroups(codes, values, exact=by_mean)
        if len(low) == 1
        else Groups(codes.tolist(), values.tolist(), exact=by_mean)
    )
    bounds = zip(low.tolist(), high.tolist(), wanted.tolist(), strict=True)
    for row, (start, stop, code) in enumerate(bounds):
        if code < 0:
            continue
        level.move(start, stop)
        group = level.get(code)
        size[row] = len(group.sample) if group else 0
        if group is None:
            continue
        centre[row] = middle(group.sample)
        least[row] = group.least
        lent = level.pool(middle, centre[row])
        pool[row], zeros[row] = len(lent.residuals), lent.zeros
        _put(outputs, row, _spread(lent.residuals, measure, 0.0))


def effects(
    values: Floats,
    groups: Indices,
    codes: Indices,
    low: Indices,
    high: Indices,
    wanted: Indices,
    fewest: int,
    enough: int,  # noqa: ARG001  # as above
    by_mean: bool,  # noqa: FBT001  # as above
    centre: Floats,
    size: Indices,
    effects: Indices,
    least: Floats,
    pool: Indices,
    zeros: Indices,
    deviation: Floats,
    tail: Floats | None,
    first: Floats | None,
    third: Floats | None,
    centre_at: CentreAt | None = None,
) -> None:
    """Write what one additive effect a feature makes of each target; the kernels do not weigh."""
    outputs = (deviation, tail, first, third)
    measure = "mean" if by_mean else _measure(outputs) or "deviation"
    middle = _exact_mean if by_mean else _sorted_median
    columns = codes.reshape(len(groups), len(values))
    targets = wanted.reshape(len(groups), len(low)).T.tolist()
    bounds = zip(low.tolist(), high.tolist(), targets, strict=True)
    for row, (start, stop, target) in enumerate(bounds):
        if start == stop:
            centre[row] = least[row] = nan
            size[row] = effects[row] = pool[row] = zeros[row] = 0
            _put(outputs, row, (nan, nan, nan, nan))
            continue
        fit = fit_effects(
            values[start:stop],
            [column[start:stop] for column in columns],
            target,
            centre=centre_at(row) if centre_at else middle,
            least=fewest,
        )
        lent = fit.pool()
        centre[row], size[row], effects[row] = fit.centre, fit.samples, fit.effects
        least[row], pool[row], zeros[row] = fit.least, len(lent.residuals), lent.zeros
        _put(outputs, row, _spread(lent.residuals, measure, 0.0))


def _measure(outputs: Sequence[Floats | None]) -> Measure | None:
    deviation, _, first, _ = outputs
    if first is not None:
        return "quartiles"
    return None if deviation is None else "deviation"


def _spread(
    ordered: Sequence[float], measure: Measure, about: float
) -> tuple[float, float, float, float]:
    """Return deviation, tail and the quartiles; for a mean, the root mean square first."""
    if not len(ordered):
        return nan, nan, nan, nan
    if measure == "mean":
        return pool_scale(ordered), nan, nan, nan
    first = third = nan
    if measure == "quartiles":
        first, third = quantile(ordered, 0.25), quantile(ordered, 0.75)
        if first != third:
            return nan, nan, first, third
    deviation = median_deviation(ordered, about)
    tail = nan if deviation else deviation_quantile(ordered, about, _TAIL)
    return deviation, tail, first, third


def _put(outputs: Sequence[Floats | None], row: int, numbers: Sequence[float]) -> None:
    for output, number in zip(outputs, numbers, strict=True):
        if output is not None:
            output[row] = number


def _weighted(
    values: Floats, weights: ExactWeights, low: Indices, high: Indices
) -> Iterator[WeightedSample]:
    for row, (start, stop) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        yield WeightedSample(values[start:stop], weights.window(row, start, stop))


def _weighted_spread(
    sample: WeightedSample, measure: Measure, about: float
) -> tuple[float, float, float, float]:
    first = third = nan
    if measure == "quartiles":
        first, third = sample.quantile(0.25), sample.quantile(0.75)
        if first != third:
            return nan, nan, first, third
    deviation = sample.distance(about, 0.5)
    tail = nan if deviation else sample.distance(about, _TAIL)
    return deviation, tail, first, third


def _sorted_each(values: Floats, low: Indices, high: Indices) -> Iterator[Sequence[float]]:
    for start, stop in zip(low.tolist(), high.tolist(), strict=True):
        # Unlike the array, a view of it reads out as Python floats, as a list does.
        yield np.sort(values[start:stop]).data


def _sorted_sliding(values: Floats, low: Indices, high: Indices) -> Iterator[list[float]]:
    return windows(values.tolist(), zip(low.tolist(), high.tolist(), strict=True))


def _median(sample: Sample) -> float:
    return sample.median


def _mean(sample: Sample) -> float:
    return sample.mean


def _sorted_median(values: Floats, places: Indices) -> float:  # noqa: ARG001  # they weigh alike
    return median(np.sort(values).data)


def _exact_mean(values: Floats, places: Indices) -> float:  # noqa: ARG001  # as above
    return Moments.of(values).mean
