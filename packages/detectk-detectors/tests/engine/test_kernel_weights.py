"""The compiled weighted statistics and those in Python agree in every bit."""

from __future__ import annotations

import numpy as np
import pytest

from detectk import kernels
from detectk.detectors.engine.weighting import Weighting
from detectk.detectors.engine.weights import WeightedSample
from detectk.values.arrays import Floats, Indices

pytestmark = pytest.mark.skipif(not kernels.available, reason="the kernels are not compiled here")

POINTS = 400
NAMES = ("median", "deviation", "tail", "first", "third")


def shapes(generator: np.random.Generator) -> dict[str, Floats]:
    noise = generator.normal(0, 10, POINTS)
    return {
        "noise": noise,
        "ties": np.round(noise / 8) + 0.0,
        "counts": np.where(generator.random(POINTS) < 0.8, 0.0, generator.poisson(3, POINTS)),
        "constant": np.full(POINTS, 0.1),
        "huge": np.where(generator.random(POINTS) < 0.1, 2.0**1000, noise),
        "wide": noise * 10.0 ** generator.integers(-320, 290, POINTS),
        "jumps": np.arange(POINTS) // 20 % 2 * 1000 + generator.random(POINTS),
    }


def reference(sample: WeightedSample, *, quartiles: bool) -> list[float]:
    median = sample.median
    first, third = (sample.quantile(share) for share in (0.25, 0.75))
    deviation = tail = np.nan
    if not quartiles or first == third:
        deviation = sample.distance(median, 0.5)
        tail = sample.distance(median, 0.95) if deviation == 0.0 else np.nan
    return [median, deviation, tail, *([first, third] if quartiles else [])]


def moments(generator: np.random.Generator, step: int) -> Indices:
    """Times with gaps, some of them long."""
    gaps = np.where(generator.random(POINTS + 1) < 0.05, generator.integers(2, 500), 1)
    return 1_700_000_000_000_000 + np.cumsum(gaps) * step


@pytest.mark.parametrize("quartiles", [False, True])
@pytest.mark.parametrize("reach", [1e-3, 3.0, 60.0, 5000.0])
@pytest.mark.parametrize("shape", ["exponential", "linear"])
def test_every_window_has_the_same_bits(shape: str, reach: float, *, quartiles: bool) -> None:
    generator = np.random.default_rng(int(reach) + quartiles)
    for step in (1, 600_000_000):
        for values in shapes(generator).values():
            times, targets = moments(generator, step), np.arange(POINTS + 1)
            weighting = Weighting(shape, reach * step)  # type: ignore[arg-type]
            low = np.maximum(targets - generator.integers(1, 150), 0)
            weights = weighting.exact(times[:-1], times, low=low, high=targets)
            results = [np.full(POINTS + 1, 7.0) for _ in NAMES]
            kernels.weighted(
                values,
                weights.mass,
                weights.exponent,
                weights.low,
                targets,
                weights.offset,
                *results[:3],
                *(results[3:] if quartiles else (None, None)),
            )
            found = np.array(results if quartiles else results[:3])
            for target in range(1, POINTS + 1, 3):
                window = slice(low[target], target)
                sample = weighting.sample(values[window], times[window], int(times[target]))
                expected = np.array(reference(sample, quartiles=quartiles))
                assert found[:, target].tobytes() == expected.tobytes(), target
