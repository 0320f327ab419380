"""What one effect a feature leaves, against lists and fractions of each window, bit for bit."""

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
    effects: int
    least: float
    pool: int
    zeros: int
    deviation: float
    tail: float
    first: float
    third: float


class Way(NamedTuple):
    """How a scale is taken: by means, by order statistics, by these with quartiles."""

    by_mean: bool = False
    quartiles: bool = False


class Ask(NamedTuple):
    low: int
    high: int
    wanted: tuple[int, ...]


class Terms(NamedTuple):
    fewest: int
    enough: int
    way: Way


WAYS = {"mean": Way(by_mean=True), "median": Way(), "quartiles": Way(quartiles=True)}
WHOLE = ("size", "effects", "pool", "zeros")
NOTHING = Row(nan, 0, 0, nan, 0, 0, nan, nan, nan, nan)


def middle(values: list[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


@lru_cache(maxsize=100_000)
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


def expected(
    values: list[float], codes: list[list[int]], wanted: tuple[int, ...], terms: Terms
) -> Row:
    if not values:
        return NOTHING
    centre = mean if terms.way.by_mean else middle
    level = centre(values)
    left, fitted = [value - level for value in values], [level] * len(values)
    own, size, effects = level, len(values), 0
    for groups, mine in zip(codes, wanted, strict=True):
        members: dict[int, list[float]] = {}
        for rest, code in zip(left, groups, strict=True):
            members.setdefault(code, []).append(rest)
        effect = dict.fromkeys(members, 0.0) | {
            code: centre(rests) for code, rests in members.items() if len(rests) >= terms.fewest
        }
        left = [rest - effect[code] for rest, code in zip(left, groups, strict=True)]
        fitted = [number + effect[code] for number, code in zip(fitted, groups, strict=True)]
        if len(members.get(mine, ())) >= terms.fewest:
            own += effect[mine]
            size = min(size, len(members[mine]))
            effects += 1
    like = [value for value, number in zip(values, fitted, strict=True) if number == own]
    near = sorted(
        (abs(number - own), rest, value)
        for number, rest, value in zip(fitted, left, values, strict=True)
    )
    residuals: list[float] = []
    zeros = 0
    for _, ring in groupby(near, key=lambda point: point[0]):
        if len(residuals) >= terms.enough:
            break
        for _, rest, value in ring:
            residuals.append(rest)
            zeros += value <= 0.0
    known = own, size, effects, min(like, default=nan), len(residuals), zeros
    return Row(*known, *spread(residuals, terms.way))


def spread(residuals: list[float], way: Way) -> tuple[float, float, float, float]:
    if way.by_mean:
        return root_mean_square(residuals), nan, nan, nan
    first = third = nan
    if way.quartiles:
        first, third = quantile(residuals, 0.25), quantile(residuals, 0.75)
        if first != third:
            return nan, nan, first, third
    distances = list(map(abs, residuals))
    deviation = middle(distances)
    return deviation, quantile(distances, 0.95) if deviation == 0.0 else nan, first, third


def kernel(
    values: list[float], codes: list[list[int]], groups: list[int], asks: list[Ask], terms: Terms
) -> list[Row]:
    results = [array("q" if name in WHOLE else "d", [7] * len(asks)) for name in Row._fields]
    wanted = [ask.wanted[feature] for feature in range(len(groups)) for ask in asks]
    kernels.effects(
        array("d", values),
        array("q", groups),
        array("q", [code for column in codes for code in column]),
        array("q", [ask.low for ask in asks]),
        array("q", [ask.high for ask in asks]),
        array("q", wanted),
        terms.fewest,
        terms.enough,
        int(terms.way.by_mean),
        *results[:7],
        None if terms.way.by_mean else results[7],
        *(results[8:] if terms.way.quartiles else (None, None)),
    )
    rows = [Row(*row) for row in zip(*results, strict=True)]
    if terms.way.by_mean:
        rows = [row._replace(tail=nan) for row in rows]
    return rows if terms.way.quartiles else [row._replace(first=nan, third=nan) for row in rows]


def bits(row: Row) -> bytes:
    return struct.pack("<dqqdqqdddd", *(nan if isnan(number) else number for number in row))


Shape = Callable[[random.Random, int], list[float]]

SHAPES: dict[str, Shape] = {
    "noise": lambda chance, size: [chance.gauss(100, 10) for _ in range(size)],
    "seasons": lambda chance, size: [
        place % 24 * 10.0 + place // 24 % 7 + chance.gauss(0, 1) for place in range(size)
    ],
    "exact seasons": lambda _, size: [
        place % 24 * 10.0 + place // 24 % 7 * 5.0 for place in range(size)
    ],
    "ties": lambda chance, size: [float(chance.randrange(-2, 3)) for _ in range(size)],
    "counts": lambda chance, size: [
        float(chance.random() < 0.2) * chance.randrange(9) for _ in range(size)
    ],
    "constant": lambda _, size: [0.1] * size,
    "clusters": lambda chance, size: [
        chance.choice([-1e9, 0.0, 1e-9, 5.0, 1e12]) + chance.random() for _ in range(size)
    ],
    "rising": lambda _, size: [float(place) for place in range(size)],
    "huge": lambda chance, size: [
        chance.choice([-(2.0**1000), 2.0**1000, 5e-324, 0.0, 1.0, 1 / 3]) for _ in range(size)
    ],
    "wide": lambda chance, size: [
        chance.gauss(0, 1) * 10.0 ** chance.randrange(-320, 300) + 0.0 for _ in range(size)
    ],
    "subnormal": lambda chance, size: [chance.randrange(-9, 9) * 5e-324 for _ in range(size)],
    "mantissas": lambda chance, size: [float(chance.randrange(2**52, 2**53)) for _ in range(size)],
}


def codes_of(chance: random.Random, size: int, groups: int) -> list[int]:
    kind = chance.randrange(3)
    if kind == 0:
        return [place % groups for place in range(size)]
    if kind == 1:
        return [place // 24 % groups for place in range(size)]
    return [int(groups * chance.random() ** 3) for _ in range(size)]


def asks_of(chance: random.Random, size: int, groups: list[int], count: int) -> list[Ask]:
    """Windows that never fall back: steady ones, jumps, empty ones."""
    width, low, asks = chance.choice([3, 30, 90, 250]), 0, list[Ask]()
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
        asks.append(Ask(low, high, tuple(chance.randrange(count) for count in groups)))
    return asks


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", SHAPES)
def test_features_explain_what_lists_say(shape: str, way: str) -> None:
    chance = random.Random(f"{shape} {way}")
    for _ in range(6):
        size = chance.choice([1, 100, 300, 500])
        groups = [chance.choice([1, 2, 7, 24, 200]) for _ in range(chance.randint(1, 3))]
        terms = Terms(chance.choice([1, 2, 3, 12]), chance.choice([1, 5, 40]), WAYS[way])
        values = [value + 0.0 for value in SHAPES[shape](chance, size)]
        codes = [codes_of(chance, size, count) for count in groups]
        if chance.random() < 0.2:
            codes[-1], groups[-1] = codes[0], groups[0]  # a feature given twice
        asks = asks_of(chance, size, groups, 30)
        for ask, found in zip(asks, kernel(values, codes, groups, asks, terms), strict=True):
            window = [column[ask.low : ask.high] for column in codes]
            wanted = expected(values[ask.low : ask.high], window, ask.wanted, terms)
            assert bits(found) == bits(wanted), (ask, found, wanted)


def test_effects_add_up() -> None:
    first, second = [0, 0, 1, 1] * 5, [0, 1, 0, 1] * 5
    values = [20.0 * a + 6.0 * b - 13.0 for a, b in zip(first, second, strict=True)]
    (row,) = kernel(
        values, [first, second], [2, 2], [Ask(0, 20, (1, 0))], Terms(3, 40, WAYS["median"])
    )
    assert row[:6] == (7.0, 10, 2, 7.0, 20, 10)


def test_sixteen_features_of_the_largest_values_do_not_overflow() -> None:
    chance = random.Random(1)
    values = SHAPES["huge"](chance, 400)
    groups = [24] * 16
    codes = [[chance.randrange(24) for _ in values] for _ in groups]
    for way in WAYS.values():
        terms = Terms(1, 40, way)
        asks = [Ask(0, high, (3,) * 16) for high in range(300, 400, 20)]
        for ask, found in zip(asks, kernel(values, codes, groups, asks, terms), strict=True):
            window = [column[: ask.high] for column in codes]
            assert bits(found) == bits(expected(values[: ask.high], window, ask.wanted, terms))
