from __future__ import annotations

from fractions import Fraction
from math import fsum
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.detectors.engine.groups import POOL, Groups, LazyCell, pooled


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-9, 9)), min_size=1, max_size=60), st.data())
def test_sliding_is_sorting_each_window(
    points: list[tuple[int, float]], data: st.DataObject
) -> None:
    codes = [code for code, _ in points]
    values = [value + 0.0 for _, value in points]
    groups, low, high = Groups(codes, values, exact=True), 0, 0
    while high < len(points):
        high = data.draw(st.integers(high + 1, len(points)))
        low = data.draw(st.integers(low, high - 1))
        groups.move(low, high)
        for code in range(4):
            group = groups.get(code)
            expected = sorted(
                v for c, v in zip(codes[low:high], values[low:high], strict=True) if c == code
            )
            assert (group.values if group else []) == expected


def test_a_residual_is_measured_from_the_others() -> None:
    """Four values around their own median look calmer than a fifth will be."""
    groups = Groups([0] * 4, [1.0, 2.0, 4.0, 8.0], exact=False)
    groups.move(0, 4)
    (cell,) = groups.cells(lambda sample: sample.median)
    assert cell.residuals == [1.0 - 4.0, 2.0 - 4.0, 4.0 - 2.0, 8.0 - 2.0]
    assert cell.centre == 3.0


def test_a_mean_of_others_is_rounded_once() -> None:
    """The sum of the others is not a float, so a quotient of the rounded sum would be another."""
    values = [float(2**52 + more) for more in (911, 394, 776, 864)]
    groups = Groups([0] * 4, values, exact=True)
    groups.move(0, 4)
    (cell,) = groups.cells(lambda sample: sample.mean)
    ordered = sorted(values)
    expected = [
        value - float((sum(map(Fraction, values)) - Fraction(value)) / 3) for value in ordered
    ]
    assert cell.residuals == expected
    assert cell.centre == float(sum(map(Fraction, values)) / 4)
    naive = [value - fsum(v for v in ordered if v != value) / 3 for value in ordered]
    assert naive != expected


def cell(centre: float, residuals: list[float], zeros: int) -> LazyCell:
    return LazyCell(centre, lambda: residuals, zeros)


def test_neighbours_in_level_lend_first() -> None:
    cells = [cell(float(level), [float(level)] * 15, 0) for level in (0, 10, 11, 12, 100)]
    assert pooled(cells, 11.0).residuals == [10.0] * 15 + [11.0] * 15 + [12.0] * 15


def test_a_group_that_is_enough_borrows_nothing() -> None:
    cells = [cell(5.0, [1.0] * POOL, 0), cell(5.1, [9.0] * POOL, 0)]
    assert pooled(cells, 5.0).residuals == [1.0] * POOL


def test_the_order_of_cells_does_not_matter() -> None:
    cells = [cell(float(level), [float(level), -1.0] * 9, level % 2) for level in range(-9, 9)]
    assert pooled(cells, 0.0) == pooled(cells[::-1], 0.0)


def test_no_cells_are_no_residuals() -> None:
    assert pooled([], 1.0).residuals == []


@pytest.mark.parametrize("size", [3, 4, 7])
def test_centres_are_medians(size: int) -> None:
    values = [float(3 * place % 7) for place in range(size)]
    groups = Groups([0] * size, values, exact=False)
    groups.move(0, size)
    (cell,) = groups.cells(lambda sample: sample.median)
    assert cell.centre == median(values)
