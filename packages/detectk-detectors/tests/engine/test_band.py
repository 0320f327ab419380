from __future__ import annotations

import pytest

from detectk.detectors.engine.band import Band
from detectk.values import EXCESS_CAP

BAND = Band(centre=10.0, lower=4.0, upper=22.0, unit=2.0)


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
    assert (BAND.direction(value), BAND.score(value), BAND.excess(value)) == (
        direction,
        score,
        excess,
    )


def test_leaving_a_band_without_width_is_capped() -> None:
    flat = Band(centre=0.0, lower=0.0, upper=0.0, unit=0.0)
    assert (flat.score(1e-9), flat.excess(1e-9)) == (EXCESS_CAP, EXCESS_CAP)
    assert (flat.score(0.0), flat.excess(0.0)) == (0.0, 0.0)


def test_a_band_without_bounds_holds_everything() -> None:
    endless = Band(centre=0.0, lower=-float("inf"), upper=float("inf"), unit=float("inf"))
    assert (endless.direction(1e300), endless.excess(1e300), endless.score(1e300)) == (0, 0.0, 0.0)
