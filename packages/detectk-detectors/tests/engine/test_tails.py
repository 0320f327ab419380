from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from math import comb, exp, factorial, lgamma, log, log1p, sqrt

import numpy as np
import pytest

from detectk.detectors.engine.laws import BetaBinomial, BetaNegativeBinomial, Law
from detectk.detectors.engine.tails import log_tails


def lanes(kind: type[Law], parameters: tuple[float, ...], size: int) -> Law:
    return kind(*(np.full(size, float(parameter)) for parameter in parameters))


def tails(law: Law, counts: object, sense: int) -> np.ndarray:
    count = np.asarray(counts, dtype=np.float64)
    return log_tails(law, count, np.full(len(count), float(sense)))[0]


def beta(a: int, b: int) -> Fraction:
    return Fraction(factorial(a - 1) * factorial(b - 1), factorial(a + b - 1))


@pytest.mark.parametrize("trials", [1, 3, 40, 130])
@pytest.mark.parametrize(("hits", "misses"), [(1, 1), (2, 30), (300, 2), (50, 60), (1, 900)])
def test_beta_binomial_tails_are_sums_of_fractions(trials: int, hits: int, misses: int) -> None:
    whole = beta(hits, misses)
    mass = [
        comb(trials, x) * beta(hits + x, misses + trials - x) / whole for x in range(trials + 1)
    ]
    assert sum(mass) == 1
    law = lanes(BetaBinomial, (trials, hits, misses), trials + 1)
    below = [log(tail) for tail in accumulate(mass)]
    above = [log(tail) for tail in accumulate(reversed(mass))][::-1]
    assert tails(law, range(trials + 1), -1) == pytest.approx(below, abs=1e-6)
    assert tails(law, range(trials + 1), 1) == pytest.approx(above, abs=1e-6)


@pytest.mark.parametrize("size", [1, 4, 60])
@pytest.mark.parametrize(("events", "trials"), [(1, 2), (3, 20), (400, 30), (50, 3000)])
def test_beta_negative_binomial_tails_are_sums_of_fractions(
    size: int, events: int, trials: int
) -> None:
    whole, last = beta(events, trials), 150
    mass = [
        comb(size + x - 1, x) * beta(trials + size, events + x) / whole for x in range(last + 1)
    ]
    below = list(accumulate(mass))
    above = [Fraction(1), *(1 - tail for tail in below[:-1])]
    law = lanes(BetaNegativeBinomial, (size, events, trials), last + 1)
    assert tails(law, range(last + 1), -1) == pytest.approx(list(map(log, below)), abs=1e-6)
    beyond = slice(int(law.mean[0]) + 1, None)
    expected = list(map(log, above[beyond]))
    assert tails(law, range(last + 1), 1)[beyond] == pytest.approx(expected, abs=1e-5)


# The oracle adds up to three million terms: a greater mean only where counts scatter little.
MEANS = [(size, mean) for size in (0.5, 30.0, 1e9) for mean in (0.02, 5.0, 500.0)]
MEANS += [(30.0, 1e5), (1e9, 1e5), (1e9, 1e7)]


@pytest.mark.parametrize(("size", "mean"), MEANS)
def test_tails_of_any_mean_are_sums_of_neighbours(size: float, mean: float) -> None:
    """The oracle multiplies ratios of neighbours and never sees a gamma function."""
    deviation = sqrt(mean + mean * mean / size)
    first, last = max(0, int(mean - 30 * deviation)), int(mean + 90 * deviation + 200)
    count = np.arange(first, last, dtype=np.longdouble)
    ratios = (size + count) / (count + 1) * (mean / (size + mean))
    logs = np.concatenate(([0.0], np.cumsum(np.log(ratios))))[:-1]
    mass = np.exp(logs - logs.max())
    mass /= mass.sum()
    trials = 1e11 * max(1.0, size) * max(1.0, mean)
    for sense, tail in ((1, np.cumsum(mass[::-1])[::-1]), (-1, np.cumsum(mass))):
        places = np.unique(np.geomspace(1, len(mass), 300).astype(int)) - 1
        places = np.union1d(places, np.searchsorted(count, mean + deviation * np.arange(-9, 9.5)))
        places = places[places < len(mass)]
        wanted = (tail[places] > 1e-13) & (tail[places] < 0.05)
        chosen = places[wanted]
        law = lanes(BetaNegativeBinomial, (size, trials * mean / size, trials), len(chosen))
        found = tails(law, count[chosen].astype(np.float64), sense)
        assert found == pytest.approx(np.log(tail[chosen]).astype(np.float64), abs=1e-6)


@pytest.mark.parametrize(("size", "events", "trials"), [(0.01, 0.5, 0.04), (0.03, 1.5, 0.97)])
def test_a_tail_that_hardly_falls_is_what_the_counts_before_leave(
    size: float, events: float, trials: float
) -> None:
    mass = exp(
        lgamma(trials + size)
        - lgamma(trials + size + events)
        - lgamma(trials)
        + lgamma(trials + events)
    )
    below = 0.0
    for count in range(400):
        below += mass
        mass *= (size + count) * (events + count) / ((count + 1) * (size + events + trials + count))
    law = lanes(BetaNegativeBinomial, (size, events, trials), 3)
    near, far, farther = tails(law, [400, 1e12, 1e15], 1)
    assert near == pytest.approx(log1p(-below), abs=1e-6)
    assert far - farther == pytest.approx(trials * log(1000.0), rel=1e-6)


def test_a_lane_does_not_depend_on_its_neighbours() -> None:
    generator = np.random.default_rng(0)
    laws = BetaNegativeBinomial(*(10.0 ** generator.uniform(-1, 6, (3, 5000))))
    count = np.floor(laws.mean + 3.0 * laws.deviation)
    sense = np.ones(5000)
    whole = log_tails(laws, count, sense)[0]
    for rows in ([7], [4, 3], list(range(100, 600)), list(range(4999, 0, -3))):
        some = log_tails(laws.take(np.array(rows)), count[rows], sense[rows])[0]
        assert some.tolist() == whole[rows].tolist()


def test_nothing_lies_beyond_the_last_trial_and_below_zero() -> None:
    law = lanes(BetaBinomial, (10, 2, 3), 2)
    here, beyond = log_tails(law, np.array([10.0, 0.0]), np.array([1.0, -1.0]))
    assert np.isfinite(here).all()
    assert beyond.tolist() == [-np.inf, -np.inf]
