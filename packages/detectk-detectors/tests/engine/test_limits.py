from __future__ import annotations

import numpy as np
import pytest

from detectk.detectors.engine.laws import BetaBinomial, BetaNegativeBinomial, Law
from detectk.detectors.engine.limits import Standings


def random_laws(kind: str, size: int) -> Law:
    generator = np.random.default_rng(5)
    one, two, three = 10.0 ** generator.uniform(-0.5, 2.0, (3, size))
    if kind == "shares":
        return BetaBinomial(np.ceil(one), two, three)
    return BetaNegativeBinomial(one, two, three + 1.0)


@pytest.mark.parametrize("kind", ["shares", "counts"])
@pytest.mark.parametrize("n_sigma", [1.0, 2.5, 4.0])
def test_counts_beyond_a_limit_and_no_others_stand_too_far_out(kind: str, n_sigma: float) -> None:
    laws = random_laws(kind, 60)
    lower, upper, _ = Standings.of(laws, np.floor(laws.mean), n_sigma)
    for lane in range(60):
        last = min(laws.last[lane], 4.0 * upper[lane] + 10.0, 3000.0)
        count = np.arange(0.0, last + 1.0)
        law = laws.take(np.full(len(count), lane))
        normal = Standings.of(law, count, n_sigma).score <= n_sigma
        assert (normal == ((count >= lower[lane]) & (count <= upper[lane]))).all()


def test_standing_is_zero_at_the_mean_and_grows_outwards() -> None:
    law = BetaNegativeBinomial(np.full(41, 1e6), np.full(41, 20e6), np.full(41, 1e12))
    found = Standings.of(law, np.arange(41.0), 4.0).score
    assert found[20] == 0.0
    assert (np.diff(found[:20]) < 0.0).all()
    assert (np.diff(found[21:]) > 0.0).all()


@pytest.mark.parametrize("mean", [1e-3, 1.0, 1e3, 1e6, 1e9, 1e15])
def test_limits_of_a_poisson_count_are_about_where_the_normal_ones_are(mean: float) -> None:
    law = BetaNegativeBinomial(
        np.array([1e6 * mean]), np.array([1e9 * mean]), np.array([1e15 * mean])
    )
    lower, upper, _ = Standings.of(law, law.mean, 4.0)
    assert mean - 4.2 * np.sqrt(mean) - 1 <= lower[0] <= max(mean - 2.0 * np.sqrt(mean), 1.0)
    assert mean + 3.9 * np.sqrt(mean) <= upper[0] + 1 <= mean + 4.2 * np.sqrt(mean) + 6


def test_a_limit_that_no_count_reaches_is_a_number() -> None:
    law = BetaNegativeBinomial(np.array([0.01]), np.array([0.5]), np.array([0.04]))
    found = Standings.of(law, np.zeros(1), 4.0)
    assert found.lower[0] == 0.0
    assert 2.0**52 < found.upper[0] <= 2.0**53
