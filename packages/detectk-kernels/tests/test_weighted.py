"""Weighted order statistics against sums of whole numbers over sorted windows, bit for bit."""

from __future__ import annotations

import random
import struct
from array import array
from collections.abc import Callable
from fractions import Fraction
from itertools import groupby
from math import isnan, nan

import pytest

from detectk import kernels

pytestmark = pytest.mark.skipif(not kernels.available, reason="the kernels are not compiled here")

Exact = list[tuple[int, int]]
HALVINGS = 22
LEAST_MASS = 1 << 20
NAMES = ("median", "deviation", "tail", "first", "third")


def quantile(pairs: list[tuple[float, int]], share: Fraction) -> float:
    """The smallest value whose cumulative weight exceeds the share; a mean where one meets it."""
    wanted = share * sum(weight for _, weight in pairs)
    reached = 0
    met: float | None = None
    for value, ties in groupby(sorted(pairs), key=lambda pair: pair[0]):
        if met is not None:
            return (met + value) / 2
        reached += sum(weight for _, weight in ties)
        if reached > wanted:
            return value
        met = value if reached == wanted else None
    raise AssertionError("a share of 1")


def expected(pairs: list[tuple[float, int]], *, quartiles: bool) -> tuple[float, ...]:
    pairs = [(value, weight) for value, weight in pairs if weight > 0]
    if not pairs:
        return (nan,) * 5
    median = quantile(pairs, Fraction(1, 2))
    first = quantile(pairs, Fraction(1, 4)) if quartiles else nan
    third = quantile(pairs, Fraction(3, 4)) if quartiles else nan
    deviation = tail = nan
    if not quartiles or first == third:
        distances = [(abs(value - median), weight) for value, weight in pairs]
        deviation = quantile(distances, Fraction(1, 2))
        if deviation == 0.0:
            tail = quantile(distances, Fraction(19, 20))
    return median, deviation, tail, first, third


def bits(numbers: tuple[float, ...]) -> bytes:
    return struct.pack("<5d", *(nan if isnan(number) else number for number in numbers))


def kernel(
    values: list[float],
    weights: tuple[list[int], list[int] | None, list[int] | None],
    windows: Exact,
    *,
    quartiles: bool,
) -> list[tuple[float, ...]]:
    mass, exponent, offset = weights
    size = len(windows)
    results = [array("d", [7.0] * size) for _ in NAMES]
    given = [*results[:3], *(results[3:] if quartiles else (None, None))]
    kernels.weighted(
        array("d", values),
        array("q", mass),
        None if exponent is None else array("q", exponent),
        array("q", [low for low, _ in windows]),
        array("q", [high for _, high in windows]),
        None if offset is None else array("q", offset),
        *given,
    )
    if not quartiles:
        results[3:] = [array("d", [nan] * size)] * 2
    return list(zip(*results, strict=True))


def clusters(chance: random.Random, size: int) -> list[float]:
    return [chance.choice([-1e9, 0.0, 1e-9, 5.0, 1e12]) + chance.random() for _ in range(size)]


def jumps(chance: random.Random, size: int) -> list[float]:
    """The median leaps from one cluster to the other again and again."""
    return [float(place // 20 % 2 * 1000) + chance.random() for place in range(size)]


SHAPES: dict[str, Callable[[random.Random, int], list[float]]] = {
    "noise": lambda chance, size: [chance.gauss(0, 1) for _ in range(size)],
    "ties": lambda chance, size: [float(chance.randrange(-2, 3)) for _ in range(size)],
    "counts": lambda chance, size: [
        float(chance.random() < 0.2) * chance.randrange(9) for _ in range(size)
    ],
    "constant": lambda chance, size: [0.1] * size,
    "clusters": clusters,
    "jumps": jumps,
    "rising": lambda chance, size: [float(place) for place in range(size)],
    "falling": lambda chance, size: [-float(place) for place in range(size)],
    "huge": lambda chance, size: [
        chance.choice([-(2.0**1000), 2.0**1000, 5e-324, 0.0, 1.0]) for _ in range(size)
    ],
    "wide": lambda chance, size: [
        chance.gauss(0, 1) * 10.0 ** chance.randrange(-320, 300) + 0.0 for _ in range(size)
    ],
}


def times_of(chance: random.Random, size: int) -> list[int]:
    """Ascending, with gaps of any length."""
    now, times = -chance.randrange(1000), []
    for _ in range(size):
        now += chance.choice([1, 1, 1, 1, 1, 2, 60, 5000]) if chance.random() < 0.3 else 1
        times.append(now)
    return times


def windows_of(chance: random.Random, size: int, count: int) -> Exact:
    """Bounds that never fall: steady ones, jumps, windows that grow, shrink or hold nothing."""
    width, low, windows = chance.choice([1, 2, 7, 30, 90, 250]), 0, Exact()
    high = min(size, chance.choice([0, width]))
    steady = chance.random() < 0.5
    for _ in range(count):
        if steady:
            high = min(size, high + 1)
            low = max(low, high - width)
        else:
            high = min(size, high + chance.choice([0, 1, 1, 1, 2, 9, width]))
            low = min(high, max(low, chance.choice([low, low + 1, high - width, high - 3])))
            if chance.random() < 0.02:
                low = high
        windows.append((low, high))
    return windows


def exponential(
    chance: random.Random, times: list[int], half_life: float
) -> tuple[list[int], list[int]]:
    powers = [divmod(time / half_life, 1.0) for time in times]
    mass = [
        max(LEAST_MASS, min(2 * LEAST_MASS - 1, round(LEAST_MASS * 2.0**part)))
        if chance.random() < 0.9
        else chance.choice([LEAST_MASS, 2 * LEAST_MASS - 1])
        for _, part in powers
    ]
    return mass, [int(whole) for whole, _ in powers]


@pytest.mark.parametrize("half_life", [1e-3, 0.3, 4.0, 100.0, 1e6])
@pytest.mark.parametrize("shape", SHAPES)
def test_exponential_weights_add_up_exactly(shape: str, half_life: float) -> None:
    chance = random.Random(f"{shape} {half_life}")
    for repeat in range(4):
        size = chance.choice([1, 130, 300, 600])
        values = [value + 0.0 for value in SHAPES[shape](chance, size)]
        mass, exponent = exponential(chance, times_of(chance, size), half_life)
        windows = windows_of(chance, size, 150)
        got = kernel(values, (mass, exponent, None), windows, quartiles=repeat % 2 == 1)
        for (low, high), found in zip(windows, got, strict=True):
            weights = [
                mass[place] << HALVINGS + exponent[place] - exponent[high - 1]
                if exponent[place] - exponent[high - 1] >= -HALVINGS
                else 0
                for place in range(low, high)
            ]
            pairs = list(zip(values[low:high], weights, strict=True))
            assert bits(found) == bits(expected(pairs, quartiles=repeat % 2 == 1)), (low, high)


@pytest.mark.parametrize("scale", [1, 10**6])
@pytest.mark.parametrize("shape", SHAPES)
def test_linear_weights_add_up_exactly(shape: str, scale: int) -> None:
    chance = random.Random(f"{shape} {scale}")
    for repeat in range(8):
        size = chance.choice([1, 130, 300, 600])
        values = [value + 0.0 for value in SHAPES[shape](chance, size)]
        mass = [time * scale for time in times_of(chance, size)]
        windows = windows_of(chance, size, 150)
        offset = [
            -mass[low if low < size else -1] + 1 + chance.choice([0, 1, 50 * scale])
            for low, _ in windows
        ]
        got = kernel(values, (mass, None, offset), windows, quartiles=repeat % 2 == 1)
        for (low, high), more, found in zip(windows, offset, got, strict=True):
            pairs = [(values[place], mass[place] + more) for place in range(low, high)]
            assert bits(found) == bits(expected(pairs, quartiles=repeat % 2 == 1)), (low, high)


def test_groups_side_by_side_begin_anew_in_time() -> None:
    """Sorted by group and then by time, the exponents fall where a group begins."""
    chance = random.Random(7)
    values, exponent, windows = [], [], Exact()
    for _ in range(40):
        first, size = len(values), chance.choice([1, 3, 40])
        values += [chance.gauss(0, 1) for _ in range(size)]
        exponent += sorted(chance.randrange(-90, 90) for _ in range(size))
        windows += [(max(first, first + end - 20), first + end) for end in range(1, size + 1)]
    mass = [chance.randrange(LEAST_MASS, 2 * LEAST_MASS) for _ in values]
    got = kernel(values, (mass, exponent, None), windows, quartiles=False)
    for (low, high), found in zip(windows, got, strict=True):
        pairs = [
            (values[place], mass[place] << HALVINGS + exponent[place] - exponent[high - 1])
            for place in range(low, high)
            if exponent[place] - exponent[high - 1] >= -HALVINGS
        ]
        assert bits(found) == bits(expected(pairs, quartiles=False))


def test_one_window_has_the_statistics_it_has_among_many() -> None:
    chance = random.Random(11)
    size = 3000
    values = [chance.gauss(0, 1) for _ in range(size)]
    mass, exponent = exponential(chance, times_of(chance, size), 120.0)
    windows = [(max(0, high - 700), high) for high in range(1, size + 1)]
    many = kernel(values, (mass, exponent, None), windows, quartiles=False)
    for row in chance.sample(range(size), 60):
        (one,) = kernel(values, (mass, exponent, None), [windows[row]], quartiles=False)
        assert bits(one) == bits(many[row])


@pytest.mark.parametrize("shape", ["noise", "ties", "jumps"])
@pytest.mark.parametrize("half_life", [2.0, 500.0])
def test_a_long_window_that_shrinks_and_grows_again(shape: str, half_life: float) -> None:
    chance = random.Random(f"{shape} {half_life}")
    size = 20_000
    values = SHAPES[shape](chance, size)
    mass, exponent = exponential(chance, times_of(chance, size), half_life)
    windows = [(max(0, high - 4000), high) for high in range(0, 9000, 7)]
    windows += [(low, 9000) for low in range(5000, 9000, 9)]
    windows += [(9000, high) for high in range(9000, size, 11)]
    got = kernel(values, (mass, exponent, None), windows, quartiles=False)
    for row in chance.sample(range(len(windows)), 60):
        low, high = windows[row]
        pairs = [
            (values[place], mass[place] << HALVINGS + exponent[place] - exponent[high - 1])
            for place in range(low, high)
            if exponent[place] - exponent[high - 1] >= -HALVINGS
        ]
        assert bits(got[row]) == bits(expected(pairs, quartiles=False)), (low, high)


def test_no_windows_are_no_results() -> None:
    assert kernel([1.0], ([LEAST_MASS], [0], None), [], quartiles=True) == []
