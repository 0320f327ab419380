"""Labelled series from a seed: what metrics look like, and what goes wrong with them.

Every family draws its own shape, noise and incidents; nothing is shared with any detector. The same
seed gives the same series on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["Incident", "Labelled", "series_of"]

Floats = npt.NDArray[np.float64]
Random = np.random.Generator

DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Incident:
    """Rows ``first`` to ``last`` are not as they should be."""

    first: int
    last: int
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A series with its incidents.

    Attributes:
        family: What it is like.
        name: Its name within the family.
        times: (n,) datetime64[us], UTC, on a grid.
        values: (n,) NaN where no value came.
        incidents: Ordered; ``kind`` "legit" marks what is neither good nor bad.
    """

    family: str
    name: str
    times: npt.NDArray[np.datetime64]
    values: Floats
    incidents: tuple[Incident, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """How to draw a series.

    Attributes:
        minutes: Grid.
        points: Length.
        shape: Draws (expected values, standard deviation of each).
        noise: Draws values from both.
        kinds: Incidents that befall it.
    """

    minutes: int
    points: int
    shape: Callable[[Random, Floats], tuple[Floats, Floats]]
    noise: Callable[[Random, Floats, Floats], Floats]
    kinds: tuple[str, ...]


def series_of(seed: int, each: int = 6) -> Iterator[Labelled]:
    """Yield ``each`` series of every family."""
    for place, (name, family) in enumerate(sorted(FAMILIES.items())):
        for number in range(each):
            yield _draw(name, family, np.random.default_rng([seed, place, number]), number)


def _draw(name: str, family: Family, random: Random, number: int) -> Labelled:
    minutes: Floats = np.arange(family.points, dtype=np.float64) * family.minutes
    expected, sigma = family.shape(random, minutes)
    incidents = _incidents(family, random)
    for incident in incidents:
        if incident.kind in BEFORE:
            BEFORE[incident.kind](random, expected, sigma, slice(incident.first, incident.last + 1))
    values = family.noise(random, expected, sigma)
    for incident in incidents:
        if incident.kind in AFTER:
            AFTER[incident.kind](random, values, slice(incident.first, incident.last + 1))
    start = np.datetime64("2024-01-01", "us") + np.timedelta64(int(random.integers(0, 60)), "D")
    times = start + (minutes * 60e6).astype("timedelta64[us]")
    return Labelled(name, f"{number:03d}", times, values, incidents)


def _incidents(family: Family, random: Random) -> tuple[Incident, ...]:
    """Scatter incidents over all but the first fifth, never two at once."""
    day = max(DAY // family.minutes, 1)
    count = int(random.integers(3, 7))
    places = np.linspace(0.22, 0.97, count + 1)
    found = []
    for low, high in pairwise(places.tolist()):
        kind = str(random.choice(family.kinds))
        room = int((high - low) * family.points)
        longest = max(2, min(room // 2, day // 2 if day > 1 else 5))
        length = 1 if kind in ("spike", "dip") else int(random.integers(2, longest + 1))
        length = max(length, min(12, longest)) if kind == "stuck" else length
        first = int(low * family.points + random.integers(0, max(1, room - length)))
        found.append(Incident(first, min(first + length, family.points) - 1, kind))
    return tuple(found)


# Shapes


def _daily(random: Random, minutes: Floats) -> tuple[Floats, Floats]:
    level = 10.0 ** random.uniform(0.5, 4.0)
    phase, depth = random.uniform(0, 2 * np.pi), random.uniform(0.2, 0.8)
    wave = np.sin(2 * np.pi * minutes / DAY + phase)
    wave += random.uniform(0, 0.4) * np.sin(4 * np.pi * minutes / DAY)
    expected = level * (1.0 + depth * wave / 1.4)
    return expected, np.full(len(minutes), level * random.uniform(0.02, 0.08))


def _weekly(random: Random, minutes: Floats) -> tuple[Floats, Floats]:
    expected, sigma = _daily(random, minutes)
    weekend = (minutes // DAY).astype(int) % 7 >= 5  # noqa: PLR2004  # Saturday and Sunday
    return np.where(weekend, expected * random.uniform(0.2, 0.7), expected), sigma


def _level(random: Random, minutes: Floats) -> tuple[Floats, Floats]:
    level = 10.0 ** random.uniform(0.0, 3.0)
    return np.full(len(minutes), level), np.full(len(minutes), level * random.uniform(0.01, 0.1))


def _walk(random: Random, minutes: Floats) -> tuple[Floats, Floats]:
    sigma = random.uniform(0.5, 2.0)
    steps = random.normal(0.0, sigma / 4, len(minutes))
    return 200.0 + np.cumsum(steps), np.full(len(minutes), sigma)


def _growth(random: Random, minutes: Floats) -> tuple[Floats, Floats]:
    expected, sigma = _weekly(random, minutes)
    grown = 1.0 + random.uniform(0.3, 1.5) * minutes / minutes[-1]
    return expected * grown, sigma * grown


def _busy(random: Random, minutes: Floats) -> tuple[Floats, Floats]:
    """Draw counts with a quiet night."""
    hour = minutes % DAY / 60
    day = np.exp(-(((hour - random.uniform(11, 16)) / 4.0) ** 2))
    expected = 10.0 ** random.uniform(0.7, 2.2) * day + 0.05
    return expected, np.sqrt(expected)


def _rare(random: Random, minutes: Floats) -> tuple[Floats, Floats]:
    expected = np.full(len(minutes), random.uniform(0.05, 1.0))
    return expected, np.sqrt(expected)


# Noise


def _normal(random: Random, expected: Floats, sigma: Floats) -> Floats:
    """Noise with a memory, as most have."""
    memory, noise = random.uniform(0.0, 0.7), random.normal(0.0, 1.0, len(expected))
    for row in range(1, len(noise)):
        noise[row] = memory * noise[row - 1] + np.sqrt(1 - memory**2) * noise[row]
    values: Floats = expected + sigma * noise
    return values


def _heavy(random: Random, expected: Floats, sigma: Floats) -> Floats:
    values: Floats = expected + sigma * random.standard_t(4, len(expected)) / np.sqrt(2)
    return values


def _count(random: Random, expected: Floats, sigma: Floats) -> Floats:
    """More scattered than Poisson, as counts are."""
    del sigma
    expected = np.maximum(expected, 1e-9)
    return random.poisson(random.gamma(20.0, expected / 20.0)).astype(np.float64)


# What goes wrong: with what is expected, before noise; or with the values, after it


def _shift(random: Random, expected: Floats, sigma: Floats, rows: slice) -> None:
    sign = random.choice([-1.0, 1.0])
    expected[rows] += sign * random.uniform(4, 8) * sigma[rows]


def _ramp(random: Random, expected: Floats, sigma: Floats, rows: slice) -> None:
    size = len(expected[rows])
    slope = np.linspace(0.2, 1.0, size) * random.uniform(6, 12)
    expected[rows] += random.choice([-1.0, 1.0]) * slope * sigma[rows]


def _partial(random: Random, expected: Floats, sigma: Floats, rows: slice) -> None:
    expected[rows] *= random.uniform(0.2, 0.6)
    del sigma


def _surge(random: Random, expected: Floats, sigma: Floats, rows: slice) -> None:
    expected[rows] = expected[rows] * random.uniform(2.0, 4.0) + 3.0
    del sigma


def _restless(random: Random, expected: Floats, sigma: Floats, rows: slice) -> None:
    sigma[rows] *= random.uniform(4.0, 8.0)
    del expected


def _spike(random: Random, values: Floats, rows: slice) -> None:
    values[rows] += random.uniform(6, 15) * _scatter(values, rows)


def _dip(random: Random, values: Floats, rows: slice) -> None:
    values[rows] -= random.uniform(6, 15) * _scatter(values, rows)


def _outage(random: Random, values: Floats, rows: slice) -> None:
    values[rows] = 0.0
    del random


def _stuck(random: Random, values: Floats, rows: slice) -> None:
    values[rows] = values[rows.start]
    del random


def _missing(random: Random, values: Floats, rows: slice) -> None:
    values[rows] = np.nan
    del random


def _scatter(values: Floats, rows: slice) -> float:
    """Return how far neighbours usually are apart around ``rows``."""
    near = values[max(0, rows.start - 100) : rows.start]
    near = near[np.isfinite(near)]
    return float(np.median(np.abs(np.diff(near)))) + 1e-3 * float(np.abs(near).mean()) + 1e-9


BEFORE: dict[str, Callable[[Random, Floats, Floats, slice], None]] = {
    "shift": _shift,
    "ramp": _ramp,
    "partial": _partial,
    "surge": _surge,
    "restless": _restless,
}
AFTER: dict[str, Callable[[Random, Floats, slice], None]] = {
    "spike": _spike,
    "dip": _dip,
    "outage": _outage,
    "stuck": _stuck,
    "missing": _missing,
}
GAUGE = ("spike", "dip", "shift", "ramp", "restless", "stuck", "missing")
VOLUME = ("partial", "surge", "outage", "missing")

FAMILIES: dict[str, Family] = {
    "business-10min": Family(10, 4320, _weekly, _normal, ("spike", "dip", *VOLUME, "shift")),
    "count-10min": Family(10, 4320, _busy, _count, VOLUME),
    "daily": Family(DAY, 700, _weekly, _normal, ("spike", "dip", "partial", "surge", "shift")),
    "gauge-hourly": Family(60, 2000, _level, _heavy, GAUGE),
    "growth-hourly": Family(60, 2000, _growth, _normal, ("spike", "dip", *VOLUME)),
    "rare-hourly": Family(60, 2000, _rare, _count, ("surge",)),
    "season-10min": Family(10, 4320, _daily, _normal, (*GAUGE, "outage")),
    "walk-10min": Family(10, 4320, _walk, _normal, GAUGE),
}
