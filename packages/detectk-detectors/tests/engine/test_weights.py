from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.detectors.engine.weighting import Weighting
from detectk.detectors.engine.weights import WeightedSample, weighted_quantile

PAIRS = st.lists(
    st.tuples(st.integers(-9, 9).map(float), st.integers(1, 5).map(float)), min_size=1, max_size=40
)


@given(PAIRS, st.integers(1, 9))
def test_a_quantile_is_that_of_values_repeated_by_weight(
    pairs: list[tuple[float, float]], tenths: int
) -> None:
    """Inverse of the distribution function with means at jumps: Hyndman & Fan (1996), type 2."""
    pairs.sort()
    values, weights = np.array(pairs).T
    share = tenths / 10
    repeated = np.repeat(values, weights.astype(int))
    expected = float(np.quantile(repeated, share, method="averaged_inverted_cdf"))
    total = share * len(repeated)
    if abs(total - round(total)) < 1e-9 and total != round(total):
        return  # the share is not a binary fraction, so half-way is not met exactly
    assert weighted_quantile(values, weights, share) == expected


@given(PAIRS, st.randoms())
def test_ties_may_stand_in_any_order(pairs: list[tuple[float, float]], random: object) -> None:
    """Two equal values that swap places must not move the median."""
    weights = np.array(sorted(weight for _, weight in pairs))
    values = np.array([value for value, _ in pairs])
    sample = WeightedSample(values, weights)
    twin = WeightedSample(values.copy(), weights)
    order = np.arange(len(values))
    for value in set(values.tolist()):
        places = np.flatnonzero(values == value)
        order[places] = places[::-1]
    swapped = WeightedSample(values[order], weights)
    assert (
        (sample.median, sample.mean) == (swapped.median, swapped.mean) == (twin.median, twin.mean)
    )
    assert sample.distance(sample.median, 0.5) == swapped.distance(swapped.median, 0.5)


def test_equal_weights_give_the_plain_statistics() -> None:
    values = np.random.default_rng(3).normal(5, 2, 31)
    sample = WeightedSample(values, np.full(31, 0.5))
    assert sample.median == np.median(values)
    assert sample.mean == pytest.approx(values.mean(), rel=1e-14)
    assert sample.deviation == pytest.approx(values.std(), rel=1e-14)


def test_a_gap_does_not_compress_decay() -> None:
    """A14: 0.1 a point made 30 days of history twenty points; age counts in time here."""
    half = Weighting("exponential", 1000.0)
    sample = half.sample(np.array([1.0, 2.0, 3.0]), np.array([0, 9000, 10000]), 10500)
    assert sample.weights.tolist() == [2.0**-10, 0.5, 1.0]


def test_linear_weights_fall_to_nothing_at_their_reach() -> None:
    sample = Weighting("linear", 100.0).sample(
        np.array([1.0, 2.0, 3.0]), np.array([0, 50, 90]), 100
    )
    assert sample.weights.tolist() == pytest.approx([1e-9, 0.5, 0.9])


def test_a_very_long_gap_leaves_a_weight() -> None:
    sample = Weighting("exponential", 1.0).sample(np.array([1.0, 2.0]), np.array([0, 10**9]), 10**9)
    assert sample.median == 2.0
