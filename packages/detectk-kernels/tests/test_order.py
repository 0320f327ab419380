from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Mapping, Sequence

import pytest

from detectk import kernels

NAMES = ["median", "deviation", "tail", "first", "third", "least"]
MEDIAN, SPREAD, QUARTILES = {"median"}, {"median", "deviation", "tail"}, {"first", "third"}
# What detectors ask for: the median, the deviation, quartiles with a deviation for ties, all.
ASKED = [MEDIAN, SPREAD, SPREAD | QUARTILES, MEDIAN | QUARTILES, {*NAMES}, SPREAD | {"least"}]
MOST = 2.0**1000
TINY = 5e-324
Windows = Sequence[tuple[int, int]]
Results = Mapping[str, Sequence[float]]
Random = random.Random


def found(values: Sequence[float], windows: Windows, asked: set[str]) -> Results:
    """What the kernel says, by output."""
    low, high = (array("q", bounds) for bounds in zip(*windows, strict=True))
    outputs = {name: array("d", [7.0] * len(windows)) for name in NAMES if name in asked}
    kernels.order(array("d", values), low, high, *(outputs.get(name) for name in NAMES))
    return outputs


def middle(ordered: Sequence[float]) -> float:
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2


def part(ordered: Sequence[float], share: float) -> float:
    """The quantile of type 7 of Hyndman & Fan (1996)."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return low + (high - low) * (place - below)


def expected(window: Sequence[float], asked: set[str]) -> dict[str, float]:
    """Every output of one window, by sorting its values and all their distances."""
    result = dict.fromkeys(NAMES, math.nan)
    if not window:
        return result
    ordered = sorted(window)
    result["median"], result["least"] = middle(ordered), ordered[0]
    result["first"], result["third"] = part(ordered, 0.25), part(ordered, 0.75)
    if "first" not in asked or result["first"] == result["third"]:
        distances = sorted(abs(value - result["median"]) for value in window)
        result["deviation"] = middle(distances)
        if result["deviation"] == 0:
            result["tail"] = part(distances, 0.95)
    return result


def compare(values: Sequence[float], windows: Windows, asked: set[str], chosen: range) -> int:
    """Compare chosen windows bit for bit, so that -0.0 is not 0.0; returns how many."""
    outputs = found(values, windows, asked)
    for row in chosen:
        low, high = windows[row]
        wanted = expected(values[low:high], asked)
        for name, column in outputs.items():
            assert column[row].hex() == wanted[name].hex(), (name, low, high, sorted(asked))
    return len(chosen)


def normal(generator: Random, count: int) -> list[float]:
    return [generator.gauss(0, 1) for _ in range(count)]


def integers(generator: Random, count: int) -> list[float]:
    return [float(generator.randint(-3, 3)) for _ in range(count)]


def constant(generator: Random, count: int) -> list[float]:
    return [generator.uniform(1, 9)] * count


def mostly_zeros(generator: Random, count: int) -> list[float]:
    return [float(max(0, generator.randint(-50, 5))) for _ in range(count)]


def alternating_clusters(generator: Random, count: int) -> list[float]:
    return [generator.gauss(1 if row % 2 else -1, 0.1) for row in range(count)]


def many_clusters(generator: Random, count: int) -> list[float]:
    return [generator.choice([-4, 0, 1, 30]) + generator.random() / 64 for _ in range(count)]


def subnormal(generator: Random, count: int) -> list[float]:
    return [generator.randint(-4, 4) * TINY + 0.0 for _ in range(count)]


def huge(generator: Random, count: int) -> list[float]:
    return [generator.choice([-MOST, MOST, generator.uniform(-MOST, MOST)]) for _ in range(count)]


def mixed_magnitudes(generator: Random, count: int) -> list[float]:
    return [generator.choice([-1, 1]) * 10.0 ** generator.uniform(-300, 300) for _ in range(count)]


def fine_beside_huge(generator: Random, count: int) -> list[float]:
    """Values that share their leading bits, once the huge one has stretched the range."""
    values = [1e9 + generator.gauss(0, 1e-3) for _ in range(count)]
    values[count // 3 :: 500] = [-MOST for _ in values[count // 3 :: 500]]
    return values


def ascending(generator: Random, count: int) -> list[float]:
    return sorted(normal(generator, count))


def descending(generator: Random, count: int) -> list[float]:
    return ascending(generator, count)[::-1]


def sawtooth(generator: Random, count: int) -> list[float]:
    period = generator.randint(20, 400)
    return [row % period / 7 for row in range(count)]


def walk(generator: Random, count: int) -> list[float]:
    level, values = 0.0, []
    for _ in range(count):
        level += generator.gauss(0, 1)
        values.append(level)
    return values


Kind = Callable[[Random, int], list[float]]
KINDS: list[Kind] = [
    *[normal, integers, constant, mostly_zeros, alternating_clusters, many_clusters, subnormal],
    *[huge, mixed_magnitudes, fine_beside_huge, ascending, descending, sawtooth, walk],
]


def trailing(count: int, width: int) -> Windows:
    return [(max(0, point - width), point) for point in range(1, count + 1)]


def grouped(count: int, size: int, width: int) -> Windows:
    """Trailing windows in groups that follow one another; the first of each group is empty."""
    return [(max(row - row % size, row - width), row) for row in range(count)]


def leaping(generator: Random, count: int, most: int) -> Windows:
    """Bounds that stand, step and leap, each by itself."""
    low = high = 0
    windows = []
    while low < count:
        windows.append((low, high))
        low = min(count, low + generator.choice([0, 0, 1, 1, 2, most // 3, most + 5]))
        high = max(low, min(count, high + generator.choice([0, 1, 1, 3, most // 2])))
        high = min(high, low + most)
    return windows


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_window_equals_brute_force(kind: Kind) -> None:
    generator = Random(kind.__name__)
    compared = 0
    for asked in ASKED:
        for width in (1, 2, 3, 7):
            values = kind(generator, 350)
            compared += compare(values, trailing(350, width), asked, range(350))
        for width, every in [(100, 21), (101, 22), (1000, 150), (1001, 151), (9999, 199)]:
            values = kind(generator, 2600)
            compared += compare(values, trailing(2600, width), asked, range(7, 2600, every))
        values = kind(generator, 1800)
        for windows in [
            grouped(1800, 60, 25),
            leaping(generator, 1800, 40),
            leaping(generator, 1800, 700),
            [(0, 900 + row // 9) for row in range(1000)],
            [(row * 60, row * 60 + 30) for row in range(30)],
            [(500, 500)] * 50,
        ]:
            compared += compare(values, windows, asked, range(0, len(windows), 5))
    assert compared >= 10_000


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_target_by_itself_gives_what_it_gives_in_line(kind: Kind) -> None:
    values = kind(Random(kind.__name__), 3000)
    for windows in (trailing(3000, 33), trailing(3000, 1200), grouped(3000, 250, 180)):
        for asked in (SPREAD, {*NAMES}):
            whole = found(values, windows, asked)
            for row in range(0, len(windows), 37):
                alone = found(values, windows[row : row + 1], asked)
                for name, column in whole.items():
                    assert alone[name][0].hex() == column[row].hex(), (name, windows[row])


@pytest.mark.parametrize("kind", [normal, integers, huge], ids=lambda kind: kind.__name__)
def test_a_long_window_by_itself_equals_brute_force(kind: Kind) -> None:
    values = kind(Random(6), 400_001)
    for window in [(0, 400_001), (1, 400_001), (3, 60_000)]:
        assert compare(values, [window], SPREAD, range(1)) == 1


def test_batches_give_what_the_whole_gives() -> None:
    values, windows = walk(Random(3), 6000), trailing(6000, 500)
    whole = found(values, windows, {*NAMES})
    for size in (3, 40, 1700):
        for start in range(0, 6000, size):
            batch = found(values, windows[start : start + size], {*NAMES})
            for name, column in batch.items():
                same = array("d", whole[name][start : start + size])
                assert array("d", column).tobytes() == same.tobytes()


def test_values_outside_every_window_change_nothing() -> None:
    generator = Random(4)
    values = normal(generator, 900)
    windows = [(row, row + 50) for row in range(300, 500)]
    around = [*huge(generator, 300), *values[300:549], *huge(generator, 351)]
    one, other = found(values, windows, SPREAD), found(around, windows, SPREAD)
    assert one["median"] == other["median"]
    assert one["deviation"] == other["deviation"]


def test_a_few_values_are_found_among_many_ranks() -> None:
    generator, count = Random(5), 500_000
    values = [generator.gauss(0, 1) * 10.0 ** generator.randint(-9, 9) for _ in range(count)]
    windows = []
    for row in range(0, 200_000, 7):
        windows += [(row, row + generator.randint(2, 4)), (row + 3, row + 9)]
    windows += [(200_000 + row, 440_000 + row * 9) for row in range(2000)]
    last = len(windows)
    for asked in (SPREAD, {*NAMES}):
        compare(values, windows, asked, range(0, last - 2000, 9))
        compare(values, windows, asked, range(last - 1500, last, 700))


def test_a_window_of_one_value_has_no_spread() -> None:
    outputs = found([4.0, -2.5], [(0, 1), (1, 2)], {*NAMES})
    assert list(outputs["median"]) == list(outputs["least"]) == [4.0, -2.5]
    assert list(outputs["first"]) == list(outputs["third"]) == [4.0, -2.5]
    assert list(outputs["deviation"]) == list(outputs["tail"]) == [0.0, 0.0]


def test_windows_by_hand() -> None:
    values = [3.0, 1.0, 2.0, 100.0, 2.0, 2.0, 2.0, 2.0]
    outputs = found(values, [(0, 4), (2, 7)], SPREAD)
    # 1 2 3 100: between 2 and 3; distances 0.5 0.5 1.5 97.5.
    assert (outputs["median"][0], outputs["deviation"][0]) == (2.5, 1.0)
    assert math.isnan(outputs["tail"][0])
    # 2 2 2 2 100: distances 0 0 0 0 98, of which 0.95 lies at place 3.8.
    assert (outputs["median"][1], outputs["deviation"][1]) == (2.0, 0.0)
    assert outputs["tail"][1] == pytest.approx(0.8 * 98)
    outputs = found(values, [(0, 4)], {*NAMES})
    assert (outputs["first"][0], outputs["third"][0], outputs["least"][0]) == (1.75, 27.25, 1.0)
    assert math.isnan(outputs["deviation"][0])


def test_a_window_without_values_gives_nan() -> None:
    outputs = found([1.0, 2.0], [(0, 0), (0, 2), (2, 2), (2, 2)], {*NAMES})
    for name in ("median", "first", "third", "least"):
        assert [math.isnan(value) for value in outputs[name]] == [True, False, True, True]


def test_nothing_asked_is_nothing_done() -> None:
    low, high, median = array("q"), array("q"), array("d")
    kernels.order(array("d", [1.0]), low, high, median, None, None, None, None, None)
    assert not median
