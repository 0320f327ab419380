"""What compiled code lets thin groups borrow is what `Groups` does, in every bit."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from detectk import kernels
from detectk.detectors.engine.groups import POOL, Groups
from detectk.detectors.engine.pool_scale import pool_scale
from detectk.detectors.engine.sample import OrderedSample, Sample
from detectk.values.arrays import Floats

pytestmark = pytest.mark.skipif(not kernels.available, reason="the kernels are not compiled here")

POINTS = 420
NOTHING = [nan, 0.0, nan, 0.0, 0.0, nan, nan, nan, nan]


def shapes(generator: np.random.Generator) -> dict[str, Floats]:
    noise = generator.normal(0, 10, POINTS)
    return {
        "noise": noise,
        "levels": noise + np.arange(POINTS) % 24 * 10.0,
        "ties": np.round(noise / 8) + 0.0,
        "counts": np.where(generator.random(POINTS) < 0.8, 0.0, generator.poisson(3, POINTS)),
        "constant": np.full(POINTS, 0.1),
        "huge": np.where(generator.random(POINTS) < 0.1, 2.0**1000, noise),
        "wide": noise * 10.0 ** generator.integers(-320, 290, POINTS),
        "mantissas": generator.integers(2**52, 2**53, POINTS).astype(np.float64),
    }


def reference(groups: Groups, wanted: int, way: str) -> list[float]:
    """One row of what the kernel writes."""

    def centre(sample: Sample) -> float:
        return sample.mean if way == "mean" else sample.median

    group = groups.get(wanted)
    if group is None:
        return NOTHING
    level = centre(group.sample)
    pool = groups.pool(centre, level)
    size = len(pool.residuals)
    row = [level, float(len(group.sample)), group.least, float(size)]
    row.append(float(pool.zeros))
    if way == "mean" or not size:
        return [*row, pool_scale(pool.residuals), nan, nan, nan]
    lent = OrderedSample(pool.residuals)
    deviation = tail = first = third = nan
    if way == "quartiles":
        first, third = lent.quantile(0.25), lent.quantile(0.75)
    if way == "median" or first == third:
        deviation = lent.distance(0.0, 0.5)
        tail = lent.distance(0.0, 0.95) if deviation == 0.0 else nan
    return [*row, deviation, tail, first, third]


@pytest.mark.parametrize("way", ["median", "quartiles", "mean"])
@pytest.mark.parametrize("count", [3, 24, 168])
def test_every_target_has_the_same_bits(count: int, way: str) -> None:
    generator = np.random.default_rng(count)
    for values in shapes(generator).values():
        codes = np.arange(POINTS) % count
        if generator.random() < 0.5:
            codes = generator.permutation(codes)
        wanted = np.where(generator.random(POINTS) < 0.5, codes, -1)
        high = np.arange(POINTS)
        low = np.maximum(high - generator.integers(1, 300), 0)
        floats = [np.full(POINTS, nan) for _ in range(6)]
        size, pool, zeros = (np.zeros(POINTS, dtype=np.int64) for _ in range(3))
        tail, quartiles = way != "mean", way == "quartiles"
        kernels.pooled(
            values,
            codes,
            count,
            low,
            high,
            wanted,
            POOL,
            int(way == "mean"),
            floats[0],
            size,
            floats[1],
            pool,
            zeros,
            floats[2],
            floats[3] if tail else None,
            *(floats[4:] if quartiles else (None, None)),
        )
        columns = [floats[0], size, floats[1], pool, zeros, *floats[2:]]
        found = np.array([column.astype(np.float64) for column in columns])
        groups = Groups(codes.tolist(), values.tolist(), exact=way == "mean")
        for target in np.flatnonzero(wanted >= 0)[::2].tolist():
            groups.move(int(low[target]), target)
            expected = np.array(reference(groups, int(wanted[target]), way))
            assert found[:, target].tobytes() == expected.tobytes(), target
