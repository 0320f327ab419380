from __future__ import annotations

from fractions import Fraction
from math import ldexp, sqrt
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.detectors.engine.moments import Moments

NUMBERS = st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=30)


def of(values: list[float]) -> Moments:
    moments = Moments()
    for value in values:
        moments.add(value)
    return moments


@given(
    st.integers(1, 300),
    st.sampled_from([1e-320, 1e-200, 1.0, 1e6, 1e290]),
    st.integers(0, 2000),
    st.booleans(),
)
def test_whole_arrays_are_summed_exactly(
    size: int,
    unit: float,
    apart: int,
    rounded: bool,  # noqa: FBT001  # hypothesis passes by position
) -> None:
    """``apart`` is how many binary places may lie between the values."""
    generator = np.random.default_rng(size)
    values = generator.normal(1, 3, size) * unit
    values = np.ldexp(values, -generator.integers(0, apart + 1, size))
    values = np.round(values) if rounded else values
    found, expected = Moments.of(values), of(values.tolist())
    assert (found.count, found.total, found.squares) == (
        expected.count,
        expected.total,
        expected.squares,
    )


@given(NUMBERS)
def test_mean_is_correctly_rounded(values: list[float]) -> None:
    assert of(values).mean == float(sum(map(Fraction, values)) / len(values))


@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=1, max_size=30))
def test_deviation_is_that_of_fractions(values: list[float]) -> None:
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / len(exact)
    assert of(values).deviation == pytest.approx(sqrt(variance), rel=1e-15)


@given(NUMBERS)
def test_deviation_is_rounded_three_times(values: list[float]) -> None:
    """Fraction under the root, root over count: the rule that the compiled kernels follow."""
    exact = [Fraction(value) for value in values]
    spread = len(exact) * sum(value * value for value in exact) - sum(exact) ** 2
    moments = of(values)
    if not spread:
        assert moments.deviation == 0.0
        return
    exponent = 0
    while spread >= 4:
        spread, exponent = spread / 4, exponent + 1
    while spread < 1:
        spread, exponent = spread * 4, exponent - 1
    assert moments.deviation == ldexp(sqrt(float(spread)) / len(values), exponent)


@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=1, max_size=30))
def test_rms_is_that_of_fractions(values: list[float]) -> None:
    mean = sum(Fraction(value) ** 2 for value in values) / len(values)
    assert of(values).rms == pytest.approx(sqrt(mean), rel=1e-15)


def test_rms_of_a_single_size_is_that_size() -> None:
    assert of([0.1, -0.1, 0.1]).rms == pytest.approx(0.1, rel=2**-52)
    assert of([0.0] * 3).rms == 0.0
    assert of([3.0, -4.0, 5.0, 0.0]).rms == sqrt(12.5)


@given(NUMBERS, NUMBERS)
def test_what_left_has_left_no_trace(stayed: list[float], left: list[float]) -> None:
    moments = of([*left, *stayed])
    for value in left:
        moments.remove(value)
    assert (moments.mean, moments.deviation) == (of(stayed).mean, of(stayed).deviation)


def test_a_departed_spike_leaves_nothing() -> None:
    """Running sums in bottleneck and coreforecast report a deviation that is 100 % wrong here."""
    values = np.random.default_rng(1).normal(0, 1e-3, 50).tolist()
    moments = of([1e12, *values])
    moments.remove(1e12)
    assert moments.mean == pytest.approx(fmean(values), rel=1e-12)
    assert moments.deviation == pytest.approx(float(np.std(values)), rel=1e-12)


@pytest.mark.parametrize("level", [0.0, 0.1, -1e300, 5e-324])
def test_a_constant_sample_does_not_deviate(level: float) -> None:
    assert of([level] * 7).deviation == 0.0


def test_subnormal_numbers_deviate_too() -> None:
    assert of([0.0, 1e-320]).deviation == pytest.approx(5e-321, rel=0.01)
