"""What features explain, against lists of each group and fractions, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from math import nan
from statistics import median
from typing import Any

import numpy as np
import pytest

from detectk.detectors.engine import reference, statistics
from detectk.detectors.engine.effects import Fit, fit_effects
from detectk.detectors.engine.groups import POOL
from detectk.detectors.engine.measures import COLUMNS, Measure
from detectk.detectors.engine.pool_scale import pool_scale
from detectk.values.arrays import Floats, Indices

POINTS = 260
COMPILED = pytest.mark.skipif(not statistics.compiled(), reason="the kernels are not compiled here")
KERNELS = statistics._backend()  # `asked` puts others in its place


def middle(values: Floats, places: Indices) -> float:
    assert len(values) == len(places)
    return float(median(values.tolist()))


def fitted(values: Sequence[float], codes: Sequence[Sequence[int]], target: Sequence[int]) -> Fit:
    columns = [np.array(column) for column in codes]
    return fit_effects(np.array(values), columns, target, centre=middle, least=3)


def test_effects_add_up() -> None:
    """B7: products of ratios flagged 2,468 of 3,000 clean points around zero."""
    first, second = [0, 0, 1, 1] * 5, [0, 1, 0, 1] * 5
    values = [
        -10.0 * (a == 0) + 10.0 * (a == 1) + 3.0 * (2 * b - 1)
        for a, b in zip(first, second, strict=True)
    ]
    fit = fitted(values, [first, second], [1, 0])
    assert fit.centre == pytest.approx(7.0)
    assert not fit.left.any()
    assert fit.least == 7.0


def test_a_feature_given_twice_counts_once() -> None:
    codes = [0, 1] * 10
    fit = fitted([100.0 if code else 20.0 for code in codes], [codes, codes], [1, 1])
    assert (fit.centre, fit.effects, fit.samples) == (100.0, 2, 10)


def test_a_thin_group_has_no_effect() -> None:
    codes = [0] * 9 + [1]
    fit = fitted([float(code * 50) for code in codes], [codes], [1])
    assert (fit.centre, fit.effects, fit.samples) == (0.0, 0, 10)


def test_a_group_of_which_nothing_is_known_has_no_effect() -> None:
    """Weights may leave no point of a group any say."""

    def centre(values: Floats, places: Indices) -> float:
        return nan if places[0] == 1 else middle(values, places)

    codes = np.array([0, 1] * 10)
    fit = fit_effects(codes * 50.0, [codes], [1], centre=centre, least=3)
    assert (fit.centre, fit.effects) == (25.0, 0)


def test_points_fitted_at_equal_distance_enter_together() -> None:
    codes = [0] * 30 + [1] * 30 + [2] * 30
    values = [code * 10.0 for code in codes]
    assert len(fitted(values, [codes], [1]).pool().residuals) == 90
    assert len(fitted(values, [codes], [0]).pool().residuals) == 60


def exact(values: Sequence[float]) -> float:
    return float(sum(map(Fraction, values)) / len(values))


def one_by_one(
    values: list[float], codes: list[list[int]], target: list[int], *, by_mean: bool
) -> tuple[list[float], list[float]]:
    """Point by point: centre, size, effects, smallest of the like, and zeros; and residuals."""

    def centre(some: Sequence[float]) -> float:
        return exact(some) if by_mean else float(median(some))

    level = centre(values)
    left, sums = [value - level for value in values], [level] * len(values)
    expected, size, effects = level, len(values), 0
    for groups, wanted in zip(codes, target, strict=True):
        members: dict[int, list[float]] = {}
        for rest, code in zip(left, groups, strict=True):
            members.setdefault(code, []).append(rest)
        effect = {code: centre(mine) for code, mine in members.items() if len(mine) >= 3}
        left = [rest - effect.get(code, 0.0) for rest, code in zip(left, groups, strict=True)]
        sums = [number + effect.get(code, 0.0) for number, code in zip(sums, groups, strict=True)]
        if wanted in effect:
            expected += effect[wanted]
            size = min(size, len(members[wanted]))
            effects += 1
    residuals: list[float] = []
    zeros = 0
    near = sorted((abs(s - expected), r, v) for s, r, v in zip(sums, left, values, strict=True))
    for _, ring in groupby(near, key=lambda point: point[0]):
        if len(residuals) >= POOL:
            break
        for _, residual, value in ring:
            residuals.append(residual)
            zeros += value <= 0.0
    least = min((v for s, v in zip(sums, values, strict=True) if s == expected), default=nan)
    return [expected, size, effects, least, zeros], sorted(residuals)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Type 7 of Hyndman & Fan."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = ordered[min(below + 1, len(ordered) - 1)]
    return ordered[below] + (above - ordered[below]) * (place - below)


def spread(residuals: Sequence[float], way: Measure) -> dict[str, float]:
    """Of ascending residuals."""
    if way == "mean":
        return {"deviation": pool_scale(residuals)}
    first, third = quantile(residuals, 0.25), quantile(residuals, 0.75)
    distances = sorted(map(abs, residuals))
    deviation = nan if way == "quartiles" and first != third else median(distances)
    tail = quantile(distances, 0.95) if deviation == 0.0 else nan
    return {"deviation": deviation, "tail": tail, "first": first, "third": third}


def shapes(generator: np.random.Generator) -> dict[str, Floats]:
    noise = generator.normal(0, 10, POINTS)
    return {
        "noise": noise,
        "levels": noise + np.arange(POINTS) % 24 * 10.0,
        "ties": np.round(noise / 8) + 0.0,
        "counts": np.where(generator.random(POINTS) < 0.8, 0.0, generator.poisson(3, POINTS)),
        "constant": np.full(POINTS, 0.1),
        "huge": np.where(generator.random(POINTS) < 0.2, 2.0**1000, noise),
        "wide": noise * 10.0 ** generator.integers(-320, 290, POINTS),
        "subnormal": generator.integers(-9, 9, POINTS) * 5e-324,
        "mantissas": generator.integers(2**52, 2**53, POINTS).astype(np.float64),
    }


def asked(
    backend: Any, values: Floats, features: int, way: Measure, seed: int
) -> tuple[statistics.Effects, list[Indices], list[Indices], Indices, Indices]:
    """Fit with a backend; the windows and groups are the same for the same seed."""
    generator = np.random.default_rng(seed)
    groups = generator.choice([1, 2, 7, 24, 300], features)
    codes = [
        np.arange(POINTS) * 7 % count
        if generator.random() < 0.5
        else (generator.random(POINTS) ** 3 * count).astype(np.int64)
        for count in groups
    ]
    high = np.arange(20, POINTS, 5)
    low = np.maximum(high - generator.choice([2, 30, 120]), 0)
    low[-3:] = high[-3:]
    wanted = [np.roll(column, 1)[high] for column in codes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "_backend", lambda: backend)
        found = statistics.effects(values, codes, low, high, wanted, measure=way, fewest=3)
    return found, codes, wanted, low, high


def columns(found: statistics.Effects) -> dict[str, list[str]]:
    whole = {"size": found.size, "effects": found.effects, "pool": found.pool, "zeros": found.zeros}
    parts = whole | found.statistics.spread | {"least": found.least}
    return {
        name: [float(number).hex() for number in column]
        for name, column in (parts | {"centre": found.statistics.centre}).items()
    }


@pytest.mark.parametrize("way", COLUMNS)
@pytest.mark.parametrize("features", [1, 2, 3])
def test_every_target_is_what_lists_say(features: int, way: Measure) -> None:
    for seed, values in enumerate(shapes(np.random.default_rng(features)).values()):
        found, codes, wanted, low, high = asked(reference, values, features, way, seed)
        for row, (start, stop) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
            mine = [column[start:stop].tolist() for column in codes]
            if start == stop:
                assert np.isnan(found.statistics.centre[row])
                assert not found.size[row] + found.effects[row] + found.pool[row]
                continue
            target = [int(column[row]) for column in wanted]
            numbers, residuals = one_by_one(
                values[start:stop].tolist(), mine, target, by_mean=way == "mean"
            )
            assert numbers == pytest.approx(
                [
                    found.statistics.centre[row],
                    *(found.size[row], found.effects[row]),
                    *(found.least[row], found.zeros[row]),
                ],
                rel=0,
                abs=0,
                nan_ok=True,
            )
            assert found.pool[row] == len(residuals)
            for name, column in found.statistics.spread.items():
                wanted_spread = spread(residuals, way)[name]
                assert float(column[row]).hex() == wanted_spread.hex(), name


@COMPILED
@pytest.mark.parametrize("way", COLUMNS)
@pytest.mark.parametrize("features", [1, 2, 3, 16])
def test_compiled_code_gives_the_same_bits(features: int, way: Measure) -> None:
    for seed, values in enumerate(shapes(np.random.default_rng(features)).values()):
        for again in range(3):
            ours = asked(reference, values, features, way, seed + 100 * again)[0]
            theirs = asked(KERNELS, values, features, way, seed + 100 * again)[0]
            assert columns(ours) == columns(theirs)


@COMPILED
def test_more_features_than_compiled_code_takes_are_fitted_all_the_same() -> None:
    found = asked(KERNELS, np.arange(POINTS) * 1.0, 17, "deviation", 1)[0]
    assert columns(found) == columns(
        asked(reference, np.arange(POINTS) * 1.0, 17, "deviation", 1)[0]
    )
