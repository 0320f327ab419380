"""Statistics of many windows at once: by the compiled kernels, or by the reference in Python.

Both give the same bits. The kernels come with `detectk-kernels`; without them, or with
``DETECTK_KERNELS=off``, everything here works, only slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from detectk.detectors.engine.effects import CentreAt
from detectk.detectors.engine.groups import POOL
from detectk.detectors.engine.measures import COLUMNS, Measure
from detectk.detectors.engine.weighting import ExactWeights
from detectk.values.arrays import Floats, Indices

__all__ = [
    "Borrowed",
    "Effects",
    "Statistics",
    "borrowed",
    "compiled",
    "effects",
    "measure_into",
    "medians",
    "statistics",
]

_MOST_FEATURES = 16
"""That the kernels take."""


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """One row a window; NaN where the window is empty or nobody asked.

    Attributes:
        centre: (k,) median, or mean.
        spread: What says how far from the centre values lie, by name: ``deviation`` (k,), the
            median of abs(x - median), or the population standard deviation; ``tail`` (k,), the
            0.95 quantile of abs(x - median) where the deviation is 0; ``first`` and ``third``
            (k,), the quartiles, and then deviation and tail only where both are equal.
    """

    centre: Floats
    spread: dict[str, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Borrowed:
    """Centres of thin groups, with the spread of the residuals their neighbours lend.

    Attributes:
        statistics: Centre of the own group, spread of the residuals around 0; the mean's
            deviation is their root mean square.
        pool: (k,) residuals borrowed.
        zeros: (k,) how many of the values behind them are not above 0.
    """

    statistics: Statistics
    pool: Indices
    zeros: Indices


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Sums of one additive effect a feature, with the spread of what these leave.

    Attributes:
        statistics: The sum, and the spread of borrowed residuals around 0; the mean's deviation is
            their root mean square.
        size: (k,) values in the smallest group of the target's that has an effect; in the window
            if none has.
        effects: (k,) how many have one.
        least: (k,) smallest of the values fitted like the target; NaN if there are none.
        pool: (k,) residuals borrowed.
        zeros: (k,) how many of the values behind them are not above 0.
    """

    statistics: Statistics
    size: Indices
    effects: Indices
    least: Floats
    pool: Indices
    zeros: Indices


def statistics(
    values: Floats,
    low: Indices,
    high: Indices,
    *,
    measure: Measure,
    weights: ExactWeights | None = None,
) -> Statistics:
    """Return the statistics of every window.

    Args:
        values: (m,) finite, at most 2**1000, no -0.0.
        low: (k,) first place of each window; never falls.
        high: (k,) place after the last one; never falls.
        measure: What to measure.
        weights: Weights of the values, in whose ``low`` ``low`` is already; None for none.
    """
    if measure == "mean" and weights is not None:
        from detectk.detectors.engine.reference import weighted_moments

        mean, deviation = weighted_moments(values, weights, low, high)
        return Statistics(mean, {"deviation": deviation})
    centre, spread = _empty(len(low), measure)
    if measure == "mean":
        _backend().moments(values, low, high, centre, spread["deviation"])
    elif weights is None:
        _backend().order(values, low, high, centre, *_outputs(spread), None)
    else:
        columns = (weights.mass, weights.exponent, low, high, weights.offset)
        _backend().weighted(values, *columns, centre, *_outputs(spread))
    return Statistics(centre, spread)


def measure_into(  # what `statistics` takes, and where to write it
    centre: Floats,
    spread: dict[str, Floats],
    rows: slice,
    values: Floats,
    low: Indices,
    high: Indices,
) -> None:
    """Write unweighted `statistics` into ``rows`` of columns that are there."""
    outputs = [None if column is None else column[rows] for column in _outputs(spread)]
    if len(spread) == 1:
        _backend().moments(values, low, high, centre[rows], outputs[0])
    else:
        _backend().order(values, low, high, centre[rows], *outputs, None)


def medians(values: Floats, low: Indices, high: Indices) -> Floats:
    """Return the (k,) medians of windows as `statistics` has them."""
    centre = np.empty(len(low))
    _backend().order(values, low, high, centre, None, None, None, None, None)
    return centre


def borrowed(
    values: Floats,
    codes: Indices,
    low: Indices,
    high: Indices,
    wanted: Indices,
    *,
    measure: Measure,
) -> Borrowed:
    """Return the statistics of thin groups, each with what its neighbours lend.

    Args:
        values: (m,) as for `statistics`, in order of time.
        codes: (m,) group of each value, >= 0.
        low: (k,) first place of each target's window; never falls.
        high: (k,) place after the last one; never falls.
        wanted: (k,) group of each target, which has a value in the window.
        measure: What to measure.
    """
    size = len(low)
    centre, spread = _empty(size, measure)
    pool, zeros = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    groups = int(max(codes.max(initial=-1), wanted.max(initial=-1))) + 1
    _backend().pooled(
        values,
        codes,
        groups,
        low,
        high,
        wanted,
        POOL,
        measure == "mean",
        centre,
        np.empty(size, dtype=np.int64),
        np.empty(size),
        pool,
        zeros,
        *_outputs(spread),
    )
    return Borrowed(Statistics(centre, spread), pool, zeros)


def effects(  # noqa: PLR0913  # a window, its groups, and how to fit them
    values: Floats,
    codes: Sequence[Indices],
    low: Indices,
    high: Indices,
    wanted: Sequence[Indices],
    *,
    measure: Measure,
    fewest: int,
    centre_at: CentreAt | None = None,
) -> Effects:
    """Fit one additive effect a feature to each window; see `effects.fit_effects`.

    Args:
        values: (m,) as for `statistics`, in order of time.
        codes: For each feature, (m,) group of each value, >= 0.
        low: (k,) first place of each target's window; never falls.
        high: (k,) place after the last one; never falls.
        wanted: For each feature, (k,) group of each target.
        measure: What to measure.
        fewest: Values that make an effect.
        centre_at: What to take instead of an unweighted centre: no kernel does that.
    """
    count = len(low)
    centre, spread = _empty(count, measure)
    size, found, pool, zeros = np.zeros((4, count), dtype=np.int64)
    least = np.empty(count)
    groups = [
        int(max(mine.max(initial=-1), theirs.max(initial=-1))) + 1
        for mine, theirs in zip(codes, wanted, strict=True)
    ]
    plain = centre_at is None and len(codes) <= _MOST_FEATURES
    backend, more = (_backend(), ()) if plain else (_reference(), (centre_at,))
    backend.effects(
        values,
        np.array(groups, dtype=np.int64),
        np.concatenate(codes),
        low,
        high,
        np.concatenate(wanted),
        fewest,
        POOL,
        measure == "mean",
        centre,
        size,
        found,
        least,
        pool,
        zeros,
        *_outputs(spread),
        *more,
    )
    return Effects(Statistics(centre, spread), size, found, least, pool, zeros)


def compiled() -> bool:
    """Whether the compiled kernels are in use."""
    name: str = _backend().__name__
    return name == "detectk.kernels"


@lru_cache(maxsize=1)
def _backend() -> Any:
    try:
        from detectk import kernels
    except ImportError:
        pass
    else:
        if kernels.available:
            return kernels
    return _reference()


def _reference() -> Any:
    from detectk.detectors.engine import reference

    return reference


def _empty(size: int, measure: Measure) -> tuple[Floats, dict[str, Floats]]:
    return np.empty(size), {name: np.empty(size) for name in COLUMNS[measure]}


def _outputs(spread: dict[str, Floats]) -> list[Floats | None]:
    return [spread.get(name) for name in ("deviation", "tail", "first", "third")]
