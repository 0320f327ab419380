from __future__ import annotations

import numpy as np
import pytest

from detectk.detectors.engine.regress import Regression
from detectk.values import Floats


def windows(count: int, width: int = 120) -> tuple[Floats, Floats]:
    generator = np.random.default_rng(9)
    design = generator.normal(0, 1, (4, count, width))
    design[0] = 1.0
    target = 2 * design[0] - design[1] + 0.5 * design[2] + generator.normal(0, 0.1, (count, width))
    return design, target


def test_coefficients_are_those_of_least_squares() -> None:
    design, target = windows(3)
    fit = Regression.fit(design, target, np.ones(target.shape, dtype=np.bool_))
    for window in range(3):
        ideal = np.linalg.lstsq(design[:, window].T, target[window], rcond=None)[0]
        assert fit.coefficients[:, window] == pytest.approx(ideal, abs=0.01)
    assert fit.scale == pytest.approx([0.1] * 3, rel=0.3)
    assert fit.samples.tolist() == [120] * 3


def test_a_window_is_fitted_as_if_it_were_the_only_one() -> None:
    design, target = windows(40, 117)
    usable = np.random.default_rng(2).random(target.shape) < 0.9
    design[:, ~usable], target[~usable] = 0.0, 0.0
    together = Regression.fit(design, target, usable)
    for size in (1, 3, 7):
        part = slice(11, 11 + size)
        alone = Regression.fit(design[:, part].copy(), target[part].copy(), usable[part])
        assert np.array_equal(alone.coefficients, together.coefficients[:, part])
        assert np.array_equal(alone.scale, together.scale[part])


def test_outliers_are_weighed_down() -> None:
    design, target = windows(1)
    target[0, ::15] += 10.0
    fit = Regression.fit(design, target, np.ones(target.shape, dtype=np.bool_))
    plain = np.linalg.lstsq(design[:, 0].T, target[0], rcond=None)[0]
    ideal = np.array([2.0, -1.0, 0.5, 0.0])
    assert np.abs(fit.coefficients[:, 0] - ideal).max() < 0.5 * np.abs(plain - ideal).max()


def test_regressors_that_are_the_same_share_a_coefficient() -> None:
    design, target = windows(1)
    design[3] = design[2]
    fit = Regression.fit(design, target, np.ones(target.shape, dtype=np.bool_))
    assert fit.coefficients[2:, 0] == pytest.approx([0.25, 0.25], abs=0.02)


def test_rows_that_are_not_usable_count_for_nothing() -> None:
    design, target = windows(1)
    usable = np.ones(target.shape, dtype=np.bool_)
    usable[0, 50:] = False
    design[:, ~usable], target[~usable] = 0.0, 0.0
    fit = Regression.fit(design, target, usable)
    short = Regression.fit(design[:, :, :50], target[:, :50], usable[:, :50])
    assert fit.coefficients == pytest.approx(short.coefficients, rel=1e-9)
    assert fit.samples[0] == 50


def test_nothing_to_fit_gives_no_coefficient() -> None:
    nothing = np.zeros((1, 60))
    fit = Regression.fit(np.zeros((3, 1, 60)), nothing, nothing.astype(np.bool_))
    assert fit.coefficients.ravel().tolist() == [0.0, 0.0, 0.0]
    assert fit.samples[0] == 0
