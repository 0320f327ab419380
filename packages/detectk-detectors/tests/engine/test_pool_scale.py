from __future__ import annotations

from math import isnan, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.detectors.engine.pool_scale import pool_scale


def test_the_scale_is_a_root_of_a_mean_of_squares() -> None:
    assert pool_scale([3.0, -4.0]) == sqrt(12.5)


@pytest.mark.parametrize("size", [1, 2, 100])
def test_what_is_always_the_same_is_its_own_scale(size: int) -> None:
    for number in (0.0, 1.0, 0.1, 2.0**1001, 5e-324):
        assert pool_scale([number] * size) == pytest.approx(number, rel=1e-15)


@given(st.lists(st.floats(-(2.0**1001), 2.0**1001), min_size=1, max_size=50), st.randoms())
def test_the_order_does_not_matter(residuals: list[float], random: object) -> None:
    swapped = sorted(residuals, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert pool_scale(residuals) == pool_scale(swapped)


def test_no_residuals_have_no_scale() -> None:
    assert isnan(pool_scale([]))
