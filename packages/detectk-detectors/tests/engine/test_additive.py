from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from detectk.detectors.engine.additive import separate
from detectk.detectors.engine.expectation import Expected, Points, Terms
from detectk.detectors.engine.measures import COLUMNS, Measure
from detectk.detectors.engine.weighting import Weighting
from detectk.detectors.engine.windows import Baseline
from detectk.values.arrays import Floats, Indices


@dataclass
class Hours:
    """A grouping by a cycle of so many points."""

    codes: Indices
    name: str = "hour"
    features: tuple[str, ...] = ("hour",)


def separated(
    values: Floats,
    *cycles: int,
    window: int = 60,
    measure: Measure = "deviation",
    weighting: Weighting | None = None,
    missing: int = 0,
) -> Expected:
    """Expect the last quarter of a series whose first ``missing`` points are not there."""
    count = len(values)
    targets = np.arange(count * 3 // 4, count)
    places = np.arange(missing, count)
    return separate(
        Points(places, values[missing:], places * 1_000_000),
        Baseline(places, np.maximum(targets - window - missing, 0), targets - missing),
        targets,
        now=targets * 1_000_000,
        path=[Hours(np.arange(count) % cycle) for cycle in cycles],
        terms=Terms(measure, weighting, 3),
    )


def test_effects_of_both_features_are_expected() -> None:
    place = np.arange(120)
    values = 100.0 + 20.0 * (place % 2) + 3.0 * (place % 3)
    found = separated(values, 2, 3)
    assert found.centre == pytest.approx(values[90:])
    assert found.names == ("hour + hour", "window")
    assert not found.level.any()
    assert (found.size == 20).all()
    assert found.spread["deviation"] == pytest.approx(np.zeros(30), abs=1e-12)


def test_points_before_the_first_value_change_nothing() -> None:
    values = np.random.default_rng(1).normal(0, 1, 120)
    whole, part = separated(values, 2, 3), separated(values, 2, 3, missing=25)
    assert part.centre.tolist() == whole.centre.tolist()


def test_groups_that_are_all_thin_leave_the_window() -> None:
    values = np.random.default_rng(1).normal(0, 1, 120)
    found = separated(values, 50, 60)
    assert (found.level == 1).all()
    assert (found.size == 60).all()
    assert (found.pool == 60).all()
    assert found.centre.tolist() == [np.median(values[t - 60 : t]) for t in range(90, 120)]


def test_zero_is_new_only_where_nothing_like_the_target_was_ever_zero() -> None:
    values = 10.0 + np.arange(120) % 2 * 5.0
    assert separated(values, 2, 3).established.all()
    dead, negative = values.copy(), values.copy()
    dead[80], negative[80] = 0.0, -1.0
    assert separated(dead, 2, 3).established.tolist() == [row % 2 == 1 for row in range(30)]
    assert not separated(negative, 2, 3).established.any()


def test_no_targets_are_no_work() -> None:
    assert len(separated(np.zeros(0), 2, 3).centre) == 0


@pytest.mark.parametrize("measure", COLUMNS)
def test_equal_weights_change_nothing(measure: Measure) -> None:
    values = np.round(np.random.default_rng(1).normal(0, 8, 120)) + 0.0
    plain = separated(values, 2, 3, measure=measure)
    equal = separated(values, 2, 3, measure=measure, weighting=Weighting("exponential", 2.0**61))
    assert equal.centre == pytest.approx(plain.centre, rel=1e-13, abs=1e-13)
    assert (equal.size == plain.size).all()
    for name, column in plain.spread.items():
        assert equal.spread[name] == pytest.approx(column, rel=1e-12, abs=1e-12, nan_ok=True)


def test_newer_points_count_more() -> None:
    values = np.concatenate([np.zeros(60), np.full(60, 5.0)])
    half_lives = separated(values, 2, 3, weighting=Weighting("exponential", 3e6))
    assert half_lives.centre.tolist() == [5.0] * 30
    assert separated(values, 2, 3).centre[0] == pytest.approx(2.5)
