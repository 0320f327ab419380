from __future__ import annotations

import numpy as np
import pytest

from detectk.detectors.engine.judged import Bands, Judgement
from detectk.values import EXCESS_CAP


def judge(value: float, *, centre: float, lower: float, upper: float, unit: float) -> Judgement:
    bands = Bands(*(np.array([number]) for number in (centre, lower, upper, unit)))
    return bands.judge(np.array([value]))


@pytest.mark.parametrize(
    ("value", "direction", "score", "excess"),
    [
        (10, 0, 0, 0),
        (4, 0, 3, 1),
        (22, 0, 6, 1),
        (1, -1, 4.5, 1.5),
        (46, 1, 18, 3),
        (7, 0, 1.5, 0.5),
    ],
)
def test_a_value_on_a_bound_is_inside(
    value: float, direction: int, score: float, excess: float
) -> None:
    found = judge(value, centre=10.0, lower=4.0, upper=22.0, unit=2.0)
    assert (found.direction[0], found.score[0], found.excess[0]) == (direction, score, excess)


def test_leaving_a_band_without_width_is_capped() -> None:
    far = judge(1e-9, centre=0.0, lower=0.0, upper=0.0, unit=0.0)
    assert (far.score[0], far.excess[0]) == (EXCESS_CAP, EXCESS_CAP)
    same = judge(0.0, centre=0.0, lower=0.0, upper=0.0, unit=0.0)
    assert (same.score[0], same.excess[0]) == (0.0, 0.0)


def test_a_band_without_bounds_holds_everything() -> None:
    found = judge(1e300, centre=0.0, lower=-np.inf, upper=np.inf, unit=np.inf)
    assert (found.direction[0], found.excess[0], found.score[0]) == (0, 0.0, 0.0)


@pytest.mark.parametrize(("facing", "below", "above"), [("up", 0, 1), ("down", -1, 0)])
def test_a_band_may_have_one_side(facing: str, below: int, above: int) -> None:
    bands = Bands(*(np.array([number, number]) for number in (10.0, 8.0, 12.0, 1.0)))
    found = bands.facing(facing).judge(np.array([0.0, 20.0]))  # type: ignore[arg-type]
    assert found.direction.tolist() == [below, above]
    assert (found.excess > 1).tolist() == [below != 0, above != 0]
