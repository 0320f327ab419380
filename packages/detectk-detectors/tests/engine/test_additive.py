from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import pytest

from detectk.detectors.engine.additive import fit_effects


def middle(points: Sequence[tuple[float, int]]) -> float:
    return median(value for value, _ in points)


def test_effects_add_up() -> None:
    """B7: products of ratios flagged 2,468 of 3,000 clean points around zero."""
    first, second = [0, 0, 1, 1] * 5, [0, 1, 0, 1] * 5
    values = [
        -10.0 * (a == 0) + 10.0 * (a == 1) + 3.0 * (2 * b - 1)
        for a, b in zip(first, second, strict=True)
    ]
    points = [(value, place) for place, value in enumerate(values)]
    fit = fit_effects(points, [first, second], [1, 0], centre=middle, least=3)
    assert fit.centre == pytest.approx(7.0)
    assert all(residual == 0.0 for cell in fit.cells for residual in cell.residuals)


def test_a_feature_given_twice_counts_once() -> None:
    codes = [0, 1] * 10
    points = [(100.0 if code else 20.0, place) for place, code in enumerate(codes)]
    fit = fit_effects(points, [codes, codes], [1, 1], centre=middle, least=3)
    assert fit.centre == 100.0


def test_a_thin_group_has_no_effect() -> None:
    codes = [0] * 9 + [1]
    points = [(float(code * 50), place) for place, code in enumerate(codes)]
    fit = fit_effects(points, [codes], [1], centre=middle, least=3)
    assert (fit.centre, fit.effects, fit.samples) == (0.0, 0, 10)
