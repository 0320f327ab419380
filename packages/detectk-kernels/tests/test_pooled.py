"""What thin groups borrow, against sorted lists and fractions of each window, bit for bit."""

from __future__ import annotations

import random
import struct
from array import array
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from math import frexp, fsum, isnan, ldexp, nan, sqrt
from typing import NamedTuple

import pytest

from detectk import kernels

pytestmark = pytest.mark.skipif(not kernels.available, reason="the kernels are not compiled here")


UNIT = 1 << 1074


class Row(NamedTuple):
    centre: float
    size: int
    least: float
    pool: int
    zeros: int
    deviation: float
    tail: float
    first: float
    third: float


class Ask(NamedTuple):
    low: int
    high: int
    wanted: int


class Way(NamedTuple):
    """How a scale is taken: by means, by order statistics, by these with quartiles."""

    by_mean: bool = False
    quartiles: bool = False


WAYS = {"mean": Way(by_mean=True), "median": Way(), "quartiles": Way(quartiles=True)}


def middle(values: list[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


@lru_cache(maxsize=10_000)
def whole(value: float) -> int:
    """A float is a whole multiple of 2**-1074."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * (UNIT // denominator)


def mean(values: list[float]) -> float:
    return sum(map(whole, values)) / (len(values) * UNIT)


def quantile(values: list[float], share: float) -> float:
    ordered, place = sorted(values), share * (len(values) - 1)
    below = int(place)
    if below + 1 == len(ordered):
        return ordered[below]
    return ordered[below] + (ordered[below + 1] - ordered[below]) * (place - below)


def root_mean_square(residuals: list[float]) -> float:
    exponent = frexp(max(map(abs, residuals)))[1]
    shares = [ldexp(residual, -exponent) for residual in residuals]
    return ldexp(sqrt(fsum(share * share for share in shares) / len(residuals)), exponent)


def expected(members: dict[int, list[float]], wanted: int, enough: int, way: Way) -> Row:
    own = members.get(wanted)
    if not own:
        return Row(nan, 0, nan, 0, 0, nan, nan, nan, nan)
    centre = mean if way.by_mean else middle
    level = centre(own)
    lenders = [(abs(centre(mine) - level), mine) for mine in members.values() if len(mine) > 1]
    residuals: list[float] = []
    zeros = 0
    for _, ring in groupby(sorted(lenders, key=lambda one: one[0]), key=lambda one: one[0]):
        if len(residuals) >= enough:
            break
        for _, mine in ring:
            zeros += sum(value <= 0.0 for value in mine)
            for place, value in enumerate(mine):
                others = mine if len(mine) >= enough else mine[:place] + mine[place + 1 :]
                residuals.append(value - centre(others))
    deviation = tail = first = third = nan
    if residuals and way.by_mean:
        deviation = root_mean_square(residuals)
    elif residuals:
        if way.quartiles:
            first, third = quantile(residuals, 0.25), quantile(residuals, 0.75)
        if not way.quartiles or first == third:
            distances = list(map(abs, residuals))
            deviation = middle(distances)
            tail = quantile(distances, 0.95) if deviation == 0.0 else nan
    return Row(level, len(own), min(own), len(residuals), zeros, deviation, tail, first, third)


def kernel(
    points: list[tuple[int, float]], asks: list[Ask], groups: int, enough: int, way: Way
) -> list[Row]:
    kinds = ["q" if name in ("size", "pool", "zeros") else "d" for name in Row._fields]
    results = [array(kind, [7] * len(asks)) for kind in kinds]
    kernels.pooled(
        array("d", [value for _, value in points]),
        array("q", [code for code, _ in points]),
        groups,
        *(array("q", column) for column in (list(zip(*asks, strict=True)) or [()] * 3)),
        enough,
        int(way.by_mean),
        *results[:6],
        None if way.by_mean else results[6],
        *(results[7:] if way.quartiles else (None, None)),
    )
    if way.by_mean:
        results[6] = array("d", [nan] * len(asks))
    if not way.quartiles:
        results[7:] = [array("d", [nan] * len(asks))] * 2
    return [Row(*row) for row in zip(*results, strict=True)]


def bits(row: Row) -> bytes:
    return struct.pack("<dqdqqdddd", *(nan if isnan(number) else number for number in row))


Shape = Callable[[random.Random, int], list[float]]

SHAPES: dict[str, Shape] = {
    "noise": lambda chance, size: [chance.gauss(100, 10) for _ in range(size)],
    "cents": lambda chance, size: [chance.randrange(10_000) / 100 for _ in range(size)],
    "ties": lambda chance, size: [float(chance.randrange(-2, 3)) for _ in range(size)],
    "counts": lambda chance, size: [
        float(chance.random() < 0.2) * chance.randrange(9) for _ in range(size)
    ],
    "constant": lambda chance, size: [0.1] * size,
    "clusters": lambda chance, size: [
        chance.choice([-1e9, 0.0, 1e-9, 5.0, 1e12]) + chance.random() for _ in range(size)
    ],
    "rising": lambda chance, size: [float(place) for place in range(size)],
    "huge": lambda chance, size: [
        chance.choice([-(2.0**1000), 2.0**1000, 5e-324, 0.0, 1.0, 1 / 3]) for _ in range(size)
    ],
    "wide": lambda chance, size: [
        chance.gauss(0, 1) * 10.0 ** chance.randrange(-320, 300) + 0.0 for _ in range(size)
    ],
    "subnormal": lambda chance, size: [chance.randrange(-9, 9) * 5e-324 for _ in range(size)],
    "spike": lambda chance, size: [
        1e200 if chance.random() < 0.01 else chance.gauss(0, 1) for _ in range(size)
    ],
}


def asks_of(chance: random.Random, size: int, groups: int, count: int) -> list[Ask]:
    """Windows that never fall back: steady ones, jumps, empty ones, targets left alone."""
    width, low, asks = chance.choice([5, 30, 90, 250]), 0, list[Ask]()
    high = min(size, chance.choice([0, width]))
    steady = chance.random() < 0.6
    for _ in range(count):
        if steady:
            high = min(size, high + 1)
            low = max(low, high - width)
        else:
            high = min(size, high + chance.choice([0, 1, 1, 2, 9, width]))
            low = min(high, max(low, chance.choice([low, low + 1, high - width, high - 3])))
            if chance.random() < 0.02:
                low = high
        asks.append(Ask(low, high, -1 if chance.random() < 0.1 else chance.randrange(groups)))
    return asks


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", SHAPES)
def test_groups_lend_what_sorted_lists_say(shape: str, way: str) -> None:
    chance = random.Random(f"{shape} {way}")
    for _ in range(10):
        size, groups = chance.choice([1, 100, 300, 500]), chance.choice([1, 2, 7, 24, 200])
        enough = chance.choice([1, 5, 40])
        values = SHAPES[shape](chance, size)
        codes = [place * 7 % groups for place in range(size)]
        if chance.random() < 0.5:  # groups of very different sizes
            codes = [int(groups * chance.random() ** 3) for _ in range(size)]
        points = list(zip(codes, (value + 0.0 for value in values), strict=True))
        asks = asks_of(chance, size, groups, 70)
        for ask, found in zip(asks, kernel(points, asks, groups, enough, WAYS[way]), strict=True):
            if ask.wanted < 0:
                assert bits(found) == bits(
                    Row(
                        7.0,
                        7,
                        7.0,
                        7,
                        7,
                        7.0,
                        *(
                            nan if WAYS[way].by_mean else 7.0,
                            *((7.0, 7.0) if WAYS[way].quartiles else (nan, nan)),
                        ),
                    )
                )
                continue
            members: dict[int, list[float]] = {}
            for code, value in points[ask.low : ask.high]:
                members.setdefault(code, []).append(value)
            assert bits(found) == bits(expected(members, ask.wanted, enough, WAYS[way])), ask


def test_groups_at_equal_distance_lend_together() -> None:
    points = [(0, 10.0), (0, 10.0), (1, 8.0), (1, 8.0), (2, 12.0), (2, 12.0), (3, 13.0), (3, 13.0)]
    (row,) = kernel(points, [Ask(0, 8, 0)], 4, 3, WAYS["median"])
    assert row.pool == 6


def test_a_group_without_values_borrows_nothing() -> None:
    (row,) = kernel([(0, 1.0), (0, 2.0)], [Ask(0, 2, 1)], 2, 40, WAYS["median"])
    assert (row.size, row.pool, row.zeros) == (0, 0, 0)
    assert isnan(row.centre)


def test_no_targets_are_no_results() -> None:
    assert kernel([(0, 1.0)], [], 1, 40, WAYS["mean"]) == []


@pytest.mark.parametrize("count", [2, 3, 5, 7, 12, 25])
def test_means_that_lie_half_way_round_to_even(count: int) -> None:
    """Sums of few mantissas often divide into exactly 54 bits."""
    chance = random.Random(count)
    for _ in range(400):
        values = [float(chance.randrange(2**52, 2**53)) for _ in range(count)]
        points = [(0, value) for value in values]
        (row,) = kernel(points, [Ask(0, count, 0)], 1, 40, WAYS["mean"])
        assert row.centre == mean(values)
        assert bits(row) == bits(expected({0: values}, 0, 40, WAYS["mean"]))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", ["ties", "counts", "constant", "cents", "rising"])
def test_many_groups_of_one_level_lend_all_at_once(shape: str, way: str) -> None:
    chance = random.Random(f"{shape} {way}")
    size, groups = 1800, 40
    points = [(place % groups, value) for place, value in enumerate(SHAPES[shape](chance, size))]
    asks = [Ask(max(0, high - 1400), high, high % groups) for high in range(900, size)]
    rows = kernel(points, asks, groups, 40, WAYS[way])
    for row in chance.sample(range(len(asks)), 6):
        ask = asks[row]
        members: dict[int, list[float]] = {}
        for code, value in points[ask.low : ask.high]:
            members.setdefault(code, []).append(value)
        assert bits(rows[row]) == bits(expected(members, ask.wanted, 40, WAYS[way])), ask
        (alone,) = kernel(points, [ask], groups, 40, WAYS[way])
        assert bits(alone) == bits(rows[row])
