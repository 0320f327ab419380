"""Hostile inputs for every function: ``python fuzz.py SECONDS [SEED]``, CPU time.

What is valid must give the same bits in line, alone, and without the values around it. What is not
must be refused or do no harm, which the sanitizers watch.
"""

from __future__ import annotations

import math
import random
import struct
import sys
from array import array
from time import process_time
from typing import Any

from detectk import kernels

MOST = 2.0**1000
POINTS = {"values", "mass", "exponent", "codes"}
INPUTS = POINTS | {"low", "high", "offset", "wanted", "groups"}
ARGUMENTS = {
    "order": "values low high median deviation tail first third least",
    "moments": "values low high mean deviation",
    "weighted": "values mass exponent low high offset median deviation tail first third",
    "pooled": "values codes groups low high wanted enough by_mean "
    "centre size least pool zeros deviation tail first third",
    "effects": "values groups codes low high wanted fewest enough by_mean "
    "centre size effects least pool zeros deviation tail first third",
}
Arguments = dict[str, Any]


def main() -> None:
    """Call with one input after another until the time is up."""
    seconds, seed = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    calls = drive(seconds, seed)
    print(f"fuzz: {calls} inputs of seed {seed}, nothing found")  # noqa: T201  # a program


def drive(seconds: float, seed: int) -> int:
    """Return how many inputs were tried; an assertion fails with the number of the culprit."""
    if not kernels.available:
        raise SystemExit("fuzz: the kernels are not compiled here")
    end = process_time() + seconds
    number = 0
    while process_time() < end:
        generator = random.Random(f"{seed} {number}")
        function = generator.choice(list(ARGUMENTS))
        given = valid(generator, function)
        assert same_alone(generator, function, given), f"{function}, seed {seed}, input {number}"
        harm(generator, function, given)
        number += 1
    return number


def call(function: str, given: Arguments) -> None:
    getattr(kernels, function)(*(given[name] for name in ARGUMENTS[function].split()))


def same_alone(generator: random.Random, function: str, given: Arguments) -> bool:
    """Whether windows give the same in line, alone, and without the values around them."""
    call(function, given)
    count = len(given["low"])
    for window in generator.sample(range(count), min(count, 3)):
        low, high = given["low"][window], given["high"][window]
        alone, apart = dict(given), dict(given)
        for name, part in given.items():
            if not isinstance(part, array) or (function == "effects" and name == "groups"):
                continue
            if name in POINTS:
                apart[name] = cut(part, len(given["values"]), low, high)
            else:
                alone[name] = apart[name] = cut(part, count, window, window + 1)
        apart |= {"low": array("q", [0]), "high": array("q", [high - low])}
        written = [name for name in given if name not in INPUTS and isinstance(given[name], array)]
        before = [alone[name].tobytes() for name in written]
        for other in (alone, apart):
            for name in written:
                # What wanted -1 leaves alone stays what it was.
                kept = function == "pooled" and given["wanted"][window] < 0
                other[name] = other[name][:] if kept else array(other[name].typecode, [3])
            call(function, other)
            if [other[name].tobytes() for name in written] != before:
                return False
    return True


def cut(part: array[Any], count: int, low: int, high: int) -> array[Any]:
    """Return a stretch of a column, or of one column for every feature."""
    starts = range(0, len(part), count) if count else ()
    return array(part.typecode, [one for start in starts for one in part[start:][low:high]])


def harm(generator: random.Random, function: str, given: Arguments) -> None:
    """Change a few numbers to others and call; only what it raises is watched."""
    for _ in range(generator.randint(1, 3)):
        name = generator.choice(list(given))
        part = given[name]
        if isinstance(part, int):
            given[name] = generator.choice([-1, 0, 1, 2, part + 1, part * 2, 10_000, 2**62])
        elif part:
            changed = array(part.typecode, part)
            changed[generator.randrange(len(part))] = (
                stray_float(generator) if part.typecode == "d" else stray_integer(generator)
            )
            given[name] = changed[: generator.choice([len(part)] * 5 + [len(part) - 1])]
        elif generator.random() < 0.5:
            given[name] = None if part is not None else array("d", [0.0] * len(given["low"]))
    try:
        call(function, given)
    except (TypeError, ValueError):
        return


def stray_float(generator: random.Random) -> float:
    (value,) = struct.unpack("d", generator.randbytes(8))
    return float(generator.choice([value, math.nan, math.inf, -0.0, MOST, -MOST, 0.0]))


def stray_integer(generator: random.Random) -> int:
    near = generator.randint(-3, 300)
    return generator.choice(
        [near, near, near, -1, 2**63 - 1, -(2**63), 1 << generator.randint(0, 62), 1 << 20]
    )


def valid(generator: random.Random, function: str) -> Arguments:
    """Return arguments, by name, that the function has to take."""
    given: Arguments = {"values": array("d"), "low": array("q"), "high": array("q")}
    for name in {"weighted": ["mass", "exponent", "offset"], "pooled": ["codes"]}.get(function, []):
        given[name] = array("q")
    grouped = function in ("pooled", "effects")
    for _ in range(1 if grouped else generator.choice([1, 1, 2, 9])):
        grow(generator, function, given)
    count = len(given["low"])
    for name in ARGUMENTS[function].split():
        if name not in given:
            given[name] = array("d", [3.0] * count)
    if grouped:
        (group if function == "pooled" else explain)(generator, given)
        scale(generator, given)
        return given
    if function == "weighted":
        given[generator.choice(["exponent", "offset"])] = None
    for together in (["deviation", "tail"], ["first", "third"], ["least"]):
        if function != "moments" and generator.random() < 0.3:
            given |= {name: None for name in together if name in given}
    return given


def group(generator: random.Random, given: Arguments) -> None:
    """Put the values in groups, and set what only ``pooled`` takes."""
    count, groups = len(given["low"]), generator.choice([1, 2, 5, 24, 168])
    given |= {"groups": groups, "enough": generator.choice([1, 2, 5, 40])}
    skewed = generator.choice([1, 3])
    codes = [int(groups * generator.random() ** skewed) for _ in given["values"]]
    given["codes"] = array("q", codes)
    given["wanted"] = array("q", [generator.randrange(-1, groups) for _ in range(count)])


def explain(generator: random.Random, given: Arguments) -> None:
    """Put the values in groups of several features, and set what only ``effects`` takes."""
    count, groups = (
        len(given["low"]),
        generator.choices([1, 2, 5, 24, 168], k=generator.randint(1, 3)),
    )
    codes, wanted = array("q"), array("q")
    for some in groups:
        skewed = generator.choice([1, 3])
        codes.extend(int(some * generator.random() ** skewed) for _ in given["values"])
        wanted.extend(generator.randrange(some) for _ in range(count))
    given |= {"groups": array("q", groups), "codes": codes, "wanted": wanted}
    given |= {"fewest": generator.choice([1, 2, 3, 9]), "enough": generator.choice([1, 2, 5, 40])}


def scale(generator: random.Random, given: Arguments) -> None:
    """Choose what is written of borrowed residuals."""
    for name in {"size", "effects", "pool", "zeros"} & set(given):
        given[name] = array("q", [3] * len(given["low"]))
    given["by_mean"] = generator.randrange(2)
    if given["by_mean"]:
        given["tail"] = None
    if given["by_mean"] or generator.random() < 0.3:
        given |= dict.fromkeys(["first", "third"])


def grow(generator: random.Random, function: str, given: Arguments) -> None:
    """Append a group: values, windows over them, and their weights."""
    count = generator.choice([0, 1, 2, 3, 10, 60, 200, 200, 700])
    start = len(given["values"])
    given["values"].extend(values(generator, count))
    low = high = 0
    width = generator.choice([1, 2, 7, 30, 100, 1000])
    steady = generator.random() < 0.5
    mass = weights(generator, function, given, count)
    for _ in range(generator.choice([1, 5, count + 1])):
        high = min(count, high + (1 if steady else generator.choice([0, 0, 1, 1, 2, 9, 80])))
        if not steady:
            low += generator.choice([0, 1, 1, 2, 90])
        low = min(high, max(low, high - width))
        given["low"].append(start + low)
        given["high"].append(start + high)
        if function == "weighted":
            least = min(mass[low:high], default=0)
            given["offset"].append(1 - least + generator.choice([0, 1, 1000, 1 << 30]))


def weights(generator: random.Random, function: str, given: Arguments, count: int) -> list[int]:
    """Append exponents that never fall, and masses for either kind of weight; return these."""
    if function != "weighted":
        return []
    spread = generator.choice([1, 2, 1 << 20])
    mass = [(1 << 20) + generator.randrange(spread) for _ in range(count)]
    if generator.random() < 0.5:
        mass.sort()
    step = generator.choice([[0], [0, 0, 0, 1], [0, 1, 22, 23], [0, 0, 0, 1 << 40]])
    exponent = generator.randint(-50, 50)
    for _ in range(count):
        exponent += generator.choice(step)
        given["exponent"].append(exponent)
    given["mass"].extend(mass)
    return mass


def values(generator: random.Random, count: int) -> list[float]:
    """Return values of one kind, with a few of any other kind among them."""
    unit = 2.0 ** generator.choice([0, 0, 0, 10, -30, 900, -1000, -1060])
    kinds = [
        lambda: generator.gauss(0, 1) * unit,
        lambda: generator.gauss(100, 1) * unit,
        lambda: float(generator.randint(-2, 2)),
        lambda: float(generator.randint(0, 1)) * unit,
        lambda: generator.choice([0.0, 0.0, 0.0, 3.5]),
        lambda: generator.uniform(-1, 1) * 2.0 ** generator.randint(-1074, 1000),
        lambda: generator.choice([5e-324, -5e-324, MOST, -MOST, 1.0, 1.0 + 2.0**-52]),
    ]
    kind, strange = generator.choice(kinds), generator.choice([0, 0, 0.02])
    result = [
        (generator.choice(kinds) if generator.random() < strange else kind)() for _ in range(count)
    ]
    if generator.random() < 0.2:
        result.sort(reverse=generator.random() < 0.5)
    return [max(-MOST, min(MOST, value)) + 0.0 for value in result]


if __name__ == "__main__":
    main()
