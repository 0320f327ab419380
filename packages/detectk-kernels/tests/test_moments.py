from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import accumulate

import pytest

from detectk import kernels

SCALE = 1 << 1074
MOST = 2.0**1000
NAN = [math.nan]
Windows = Sequence[tuple[int, int]]


def found(values: Sequence[float], windows: Windows) -> list[tuple[float, float]]:
    """What the kernel says: (mean, deviation) of each window."""
    low, high = (array("q", bounds) for bounds in zip(*windows, strict=True))
    mean, deviation = (array("d", NAN * len(windows)) for _ in range(2))
    kernels.moments(array("d", values), low, high, mean, deviation)
    return list(zip(mean, deviation, strict=True))


def whole(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return numerator * (SCALE // denominator)


def expected(values: Sequence[float], windows: Windows) -> list[tuple[float, float]]:
    """The same from whole numbers of any length, by prefix sums."""
    numbers = [whole(value) for value in values]
    totals = [0, *accumulate(numbers)]
    squares = [0, *accumulate(number * number for number in numbers)]
    result = []
    for low, high in windows:
        total, count = totals[high] - totals[low], high - low
        if not count:
            result.append((math.nan, math.nan))
            continue
        spread = count * (squares[high] - squares[low]) - total * total
        result.append((total / (count * SCALE), root(spread, count)))
    return result


def root(spread: int, count: int) -> float:
    """``spread`` is f * 4**e in units of 4**-1074: root of f, over ``count``, times 2**e."""
    if not spread:
        return 0.0
    exponent = (spread.bit_length() - 1) // 2
    return math.ldexp(math.sqrt(spread / (1 << 2 * exponent)) / count, exponent - 1074)


def same(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> bool:
    """Whether every bit agrees, so that -0.0 is not 0.0 and NaN is NaN."""
    return [[part.hex() for part in pair] for pair in one] == [
        [part.hex() for part in pair] for pair in other
    ]


def trailing(count: int, width: int) -> Windows:
    """The window of ``width`` before each point, the point itself left out."""
    return [(max(0, point - width), point) for point in range(count + 1)]


def jumping(generator: random.Random, count: int, windows: int) -> Windows:
    """Bounds that stand, step and leap, with empty windows and windows that do not meet."""
    low = high = 0
    result = []
    for _ in range(windows):
        leap = generator.choice([0, 0, 1, 1, 1, 2, 5, 50])
        low = min(count, low + generator.choice([0, 1, leap]))
        high = max(low, min(count, high + leap))
        result.append((low, high))
    return result


def normal(generator: random.Random) -> float:
    return generator.gauss(100, 10)


def around_zero(generator: random.Random) -> float:
    return generator.gauss(0, 1)


def ties(generator: random.Random) -> float:
    return float(generator.randint(-2, 2))


def constant(generator: random.Random) -> float:
    return 0.1


def mostly_zero(generator: random.Random) -> float:
    return generator.choice([0.0, 0.0, 0.0, 3.5])


def subnormal(generator: random.Random) -> float:
    return generator.randint(-9, 9) * 5e-324


def edge_of_subnormal(generator: random.Random) -> float:
    return generator.uniform(-4, 4) * 2.0**-1022


def largest(generator: random.Random) -> float:
    return max(-MOST, min(MOST, generator.choice([1e308, -1e308, MOST, MOST / 3, 1e300])))


def near_a_power_of_two(generator: random.Random) -> float:
    return 1.0 + generator.choice([-1, 0, 1, 2, 3]) * 2.0**-53


def halves(generator: random.Random) -> float:
    """Sums that lie exactly between two doubles."""
    return generator.choice([1.0, 2.0**-53, 2.0**53, 2.0**53 + 2, 1.5])


def apart(generator: random.Random) -> float:
    return generator.gauss(0, 1) * 2.0 ** generator.randint(-60, 60)


def far_apart(generator: random.Random) -> float:
    return generator.uniform(-1, 1) * 2.0 ** generator.randint(-1074, 1000)


def hostile(generator: random.Random) -> float:
    return generator.choice([5e-324, -5e-324, 2.0**1000, -(2.0**1000), 1.0, 0.0, 0.1])


KINDS: list[Callable[[random.Random], float]] = [
    normal,
    around_zero,
    ties,
    constant,
    mostly_zero,
    subnormal,
    edge_of_subnormal,
    largest,
    near_a_power_of_two,
    halves,
    apart,
    far_apart,
    hostile,
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1, 2, 7, 144, 1000])
def test_every_bit_is_that_of_whole_numbers(
    kind: Callable[[random.Random], float], width: int
) -> None:
    generator = random.Random(width)
    values = [kind(generator) + 0.0 for _ in range(400)]
    windows = trailing(len(values), width)
    assert same(found(values, windows), expected(values, windows))


@pytest.mark.parametrize("kind", KINDS)
def test_windows_may_stand_and_leap(kind: Callable[[random.Random], float]) -> None:
    generator = random.Random(5)
    for _ in range(4):
        values = [kind(generator) + 0.0 for _ in range(200)]
        windows = jumping(generator, len(values), 250)
        assert same(found(values, windows), expected(values, windows))


@pytest.mark.parametrize("places", [0, 1, 10, 11, 12, 50, 62, 64, 65, 74, 120, 128, 190, 500, 2000])
def test_any_number_of_places_between_the_values(places: int) -> None:
    """Every width of the sums is taken, and the widths beside it."""
    generator = random.Random(places)
    values = [
        generator.uniform(1, 2) * 2.0 ** (900 - generator.choice([0, places])) + 0.0
        for _ in range(300)
    ]
    windows = trailing(len(values), 40)
    assert same(found(values, windows), expected(values, windows))


def test_the_other_values_of_the_call_change_nothing() -> None:
    """They change the unit that the sums are counted in."""
    generator = random.Random(3)
    values = [generator.gauss(5, 1) for _ in range(100)]
    windows = trailing(len(values), 20)
    alone = found(values, windows)
    for stranger in (5e-324, 1e-30, 1e12, 2.0**1000):
        among = found([*values, stranger], [*windows, (100, 101)])
        assert same(among[:-1], alone)


def test_one_window_alone_gives_what_it_gives_in_line() -> None:
    generator = random.Random(4)
    values = [generator.gauss(0, 1) for _ in range(300)]
    windows = trailing(len(values), 50)
    alone = [found(values, [window])[0] for window in windows]
    assert same(found(values, windows), alone)


def test_a_spike_that_left_leaves_nothing() -> None:
    generator = random.Random(6)
    values = [1e12, *(generator.gauss(0, 1e-3) for _ in range(50))]
    (_, after) = found(values, [(0, 51), (1, 51)])
    mean = sum(map(Fraction, values[1:])) / 50
    variance = sum((Fraction(value) - mean) ** 2 for value in values[1:]) / 50
    assert after[0] == float(mean)
    assert after[1] == pytest.approx(math.sqrt(variance), rel=4e-16)


def test_a_window_without_a_value_gives_nan() -> None:
    assert same(found([1.0, 2.0], [(0, 0), (0, 2), (2, 2)])[::2], [(math.nan, math.nan)] * 2)
    assert same(found([], [(0, 0)]), [(math.nan, math.nan)])


@pytest.mark.parametrize("level", [0.0, 0.1, -(2.0**1000), 5e-324, -3.0])
def test_a_constant_window_has_its_value_and_no_deviation(level: float) -> None:
    assert same(found([level] * 7, [(0, 7)]), [(level, 0.0)])


def test_a_mean_between_two_doubles_goes_to_the_even_one() -> None:
    one = 2.0**-52
    assert found([1.0, 1.0 + one], [(0, 2)])[0][0] == 1.0
    assert found([1.0 + one, 1.0 + 2 * one], [(0, 2)])[0][0] == 1.0 + 2 * one
    assert found([0.0, 5e-324], [(0, 2)])[0][0] == 0.0
    assert found([5e-324, 1e-323], [(0, 2)])[0][0] == 1e-323


def test_deviation_is_that_of_the_population() -> None:
    assert found([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], [(0, 8)]) == [(5.0, 2.0)]
