from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.detectors.engine.ordered import (
    deviation_quantile,
    median,
    median_deviation,
    quantile,
)

NUMBERS = st.one_of(
    st.floats(-1e300, 1e300, allow_subnormal=True), st.sampled_from([0.0, 1.0, 1.0, -3.5, 5e-324])
)
SAMPLES = st.lists(NUMBERS, min_size=1, max_size=60).map(sorted)


@given(SAMPLES)
def test_median_is_numpys(ordered: list[float]) -> None:
    assert median(ordered) == float(np.median(ordered))


@given(SAMPLES)
def test_median_deviation_is_bit_for_bit_that_of_all_deviations(ordered: list[float]) -> None:
    centre = median(ordered)
    assert median_deviation(ordered, centre) == float(np.median(np.abs(np.array(ordered) - centre)))


@given(SAMPLES, NUMBERS)
def test_the_centre_of_a_deviation_may_be_any_number(ordered: list[float], centre: float) -> None:
    everything = np.abs(np.array(ordered) - centre)
    assert median_deviation(ordered, centre) == float(np.median(everything))


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 0.95, 1.0])
@given(ordered=st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=60).map(sorted))
def test_quantiles_are_numpys(ordered: list[float], share: float) -> None:
    assert quantile(ordered, share) == pytest.approx(float(np.quantile(ordered, share)), abs=1e-12)
    deviations = np.abs(np.array(ordered) - ordered[0])
    expected = float(np.quantile(deviations, share))
    assert deviation_quantile(ordered, ordered[0], share) == pytest.approx(expected, abs=1e-12)
