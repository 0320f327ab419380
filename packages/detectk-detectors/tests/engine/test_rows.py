from __future__ import annotations

import numpy as np
import pytest

from detectk.detectors.engine.rows import OrderedRows


def test_quantiles_are_those_of_the_values_that_are_there() -> None:
    generator = np.random.default_rng(3)
    matrix = generator.normal(0, 1, (50, 37))
    matrix[generator.random(matrix.shape) < 0.4] = np.nan
    rows = OrderedRows(matrix)
    assert rows.counts.tolist() == (~np.isnan(matrix)).sum(axis=1).tolist()
    for share in (0.0, 0.25, 0.5, 0.98, 1.0):
        assert rows.quantile(share) == pytest.approx(np.nanquantile(matrix, share, axis=1))


def test_a_row_without_a_value_has_no_quantile() -> None:
    rows = OrderedRows(np.array([[np.nan, np.nan], [np.nan, 3.0]]))
    assert np.isnan(rows.quantile(0.5)[0])
    assert rows.quantile(0.5)[1] == 3.0


def test_the_scale_is_the_median_deviation_or_else_its_tail() -> None:
    deviations = np.array([[2.0, 1.0, 0.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0, 5.0], [0.0] * 5])
    expected = [1.4826, 0.8 * 5 / 1.96, 0.0]  # the 0.95 quantile of 0, 0, 0, 0, 5 is 4
    assert OrderedRows(deviations).scale() == pytest.approx(expected)


def test_the_tail_says_how_far_all_but_the_rarest_go() -> None:
    deviations = np.abs(np.random.default_rng(1).normal(0, 7, (1, 100_000)))
    assert OrderedRows(deviations).tail() == pytest.approx([7.0], rel=0.02)
