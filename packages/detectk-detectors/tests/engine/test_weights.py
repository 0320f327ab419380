from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.detectors.engine.weighting import Weighting
from detectk.detectors.engine.weights import WeightedSample, weighted_quantile
from detectk.errors import DetectError

PAIRS = st.lists(
    st.tuples(st.integers(-9, 9).map(float), st.integers(1, 5)), min_size=1, max_size=40
)
SHARES = {0.25: Fraction(1, 4), 0.5: Fraction(1, 2), 0.75: Fraction(3, 4), 0.95: Fraction(19, 20)}
MOST = 1 << 20
HUGE = st.integers(2**53, 2**57)


def split(pairs: list[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    return np.array([value for value, _ in pairs]), np.array([weight for _, weight in pairs])


@given(PAIRS, st.integers(1, 9))
def test_a_quantile_is_that_of_values_repeated_by_weight(
    pairs: list[tuple[float, float]], tenths: int
) -> None:
    """Inverse of the distribution function with means at jumps: Hyndman & Fan (1996), type 2."""
    pairs.sort()
    values, weights = split(pairs)
    repeated = np.repeat(values, weights).tolist()
    wanted = Fraction(tenths, 10) * len(repeated)
    place = int(wanted)
    expected = (repeated[place - (wanted == place)] + repeated[place]) / 2
    assert weighted_quantile(values, weights, tenths / 10) == expected


@given(st.lists(st.tuples(st.integers(-3, 3).map(float), HUGE), min_size=1, max_size=30))
def test_sums_beyond_the_precision_of_floats_are_compared_exactly(
    pairs: list[tuple[float, int]],
) -> None:
    pairs.sort()
    for share, fraction in SHARES.items():
        wanted, reached, met = fraction * sum(weight for _, weight in pairs), 0, float("nan")
        for value, ties in groupby(pairs, key=lambda pair: pair[0]):
            before, reached = reached, reached + sum(weight for _, weight in ties)
            if reached > wanted:
                expected = (met + value) / 2 if before == wanted else value
                break
            met = value
        assert weighted_quantile(*split(pairs), share) == expected


@given(PAIRS, st.randoms())
def test_ties_may_stand_in_any_order(pairs: list[tuple[float, float]], random: object) -> None:
    """Two equal values that swap places must not move the median."""
    weights = np.array(sorted(weight for _, weight in pairs), dtype=np.int64)
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
    sample = WeightedSample(values, np.full(31, 7))
    assert sample.median == np.median(values)
    assert sample.mean == pytest.approx(values.mean(), rel=1e-14)
    assert sample.deviation == pytest.approx(values.std(), rel=1e-14)


def test_a_gap_does_not_compress_decay() -> None:
    """A14: 0.1 a point made 30 days of history twenty points; age counts in time here."""
    half = Weighting("exponential", 1000.0)
    sample = half.sample(np.array([1.0, 2.0, 3.0]), np.array([0, 9000, 10000]), 10500)
    assert sample.weights.tolist() == [MOST << 12, MOST << 21, MOST << 22]


def test_weights_between_halvings_follow_the_power_of_two() -> None:
    sample = Weighting("exponential", 1000.0).sample(
        np.arange(4.0), np.array([0, 300, 500, 999]), 1000
    )
    expected = [round(MOST * 2 ** (age / 1000)) << 22 for age in (0, 300, 500, 999)]
    assert sample.weights.tolist() == expected


def test_linear_weights_fall_to_nothing_at_their_reach() -> None:
    sample = Weighting("linear", 100.0).sample(
        np.array([1.0, 2.0, 3.0, 4.0]), np.array([-1, 0, 50, 90]), 100
    )
    assert (sample.values.tolist(), sample.weights.tolist()) == ([3.0, 4.0], [50, 90])


def test_a_long_reach_is_counted_in_seconds() -> None:
    """Ten years of microseconds for each of 2**20 points would not add up in 63 bits."""
    year = 365 * 86_400 * 10**6
    sample = Weighting("linear", 10.0 * year).sample(
        np.array([1.0, 2.0]), np.array([0, 9 * year]), 10 * year - 10**6
    )
    assert sample.weights.tolist() == [1, 9 * 365 * 86_400 + 1]


def test_a_very_long_gap_leaves_a_weight() -> None:
    sample = Weighting("exponential", 1.0).sample(
        np.array([1e300, 2.0]), np.array([0, 10**9]), 10**9
    )
    assert (sample.median, sample.mean, sample.deviation) == (2.0, 2.0, 0.0)
    assert len(sample) == 2


def test_values_that_are_huge_have_a_mean() -> None:
    sample = Weighting("exponential", 1.0).sample(np.full(3, 2.0**1000), np.arange(3), 3)
    assert (sample.mean, sample.deviation) == (2.0**1000, 0.0)


def test_nothing_with_a_weight_has_no_statistics() -> None:
    sample = Weighting("linear", 10.0).sample(np.array([1.0]), np.array([0]), 99)
    assert len(sample) == 0
    assert all(map(isnan, (sample.median, sample.mean, sample.deviation, sample.distance(0, 0.5))))


@pytest.mark.parametrize("shape", ["exponential", "linear"])
def test_more_points_than_can_be_added_up_are_refused(shape: str) -> None:
    weighting, times = Weighting(shape, 1e6), np.arange(MOST + 1)  # type: ignore[arg-type]
    with pytest.raises(DetectError, match="a window of 1048577 points cannot be weighted"):
        weighting.sample(times.astype(float), times, MOST)
    bounds = {"low": np.array([0]), "high": np.array([MOST + 1])}
    with pytest.raises(DetectError, match="make the window shorter"):
        weighting.exact(times, np.array([MOST]), **bounds)


@pytest.mark.parametrize("reach", [1.0, 40.0, 5e12, 2e13])
@pytest.mark.parametrize("shape", ["exponential", "linear"])
def test_the_weights_of_a_series_are_those_of_each_sample(shape: str, reach: float) -> None:
    generator = np.random.default_rng(5)
    weighting = Weighting(shape, reach)  # type: ignore[arg-type]
    times = np.cumsum(generator.integers(1, 1 + int(reach / 3) + 1, 300)) - 1000
    targets = np.arange(20, 300, 7)
    low, high, now = np.maximum(targets - 40, 0), targets, times[targets]
    exact = weighting.exact(times, now, low=low, high=high)
    assert (np.diff(exact.low) >= 0).all()
    for row, target in enumerate(targets):
        window = slice(low[row], target)
        sample = weighting.sample(np.arange(300.0)[window], times[window], int(now[row]))
        mine = slice(exact.low[row], target)
        weights = exact.mass[mine]
        if exact.exponent is not None:
            shift = exact.exponent[mine] - exact.exponent[target - 1] + 22
            weights = np.where(shift < 0, 0, weights << np.maximum(shift, 0))
        elif exact.offset is not None:
            weights = weights + exact.offset[row]
            assert (weights > 0).all()
        assert sample.weights.tolist() == weights[weights > 0].tolist()
