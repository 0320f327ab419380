"""The greatest and the least count that is still normal."""

from __future__ import annotations

import numpy as np

from detectk.detectors.engine.laws import Law
from detectk.detectors.engine.normal import sigmas
from detectk.detectors.engine.tails import log_tails
from detectk.values.arrays import Floats

__all__ = ["limits", "standing"]

_ROUNDS = 200
_GUARD = 4
_FLAT = 1e-6
_LEVEL = 1e-15
_FARTHEST = 1e15
_BLUR = 1e-7
_ULP = 2.0**-51


def standing(law: Law, count: Floats) -> Floats:
    """Return (k,) how far out ``count`` is, in standard deviations of a normal distribution.

    A count above the mean is as far out as a normal value that is reached as rarely from above;
    one below the mean likewise on its side. The mean itself is at 0.
    """
    return _standings(law, count, np.where(count < law.mean, -1.0, 1.0))[0]


def limits(law: Law, n_sigma: float) -> tuple[Floats, Floats]:
    """Return (k,) the least and (k,) the greatest count of at most ``n_sigma`` by `standing`.

    Counts between the mean and a limit are normal. Where a count changes the standing by less
    than 1e-7 of a sigma, a limit is a normal count within that of the true one.
    """
    lanes = np.arange(len(law.mean))
    sense = np.repeat((-1.0, 1.0), len(lanes))
    found = _edges(law.take(np.concatenate((lanes, lanes))), n_sigma, sense)
    return found[: len(lanes)], found[len(lanes) :]


def _standings(law: Law, count: Floats, sense: Floats) -> tuple[Floats, Floats]:
    """Return (k,) the standings of ``count`` and (k,) those of what comes after it."""
    here, after = (sigmas(tail) for tail in log_tails(law, count, sense))
    return np.where(sense * (count - law.mean) > 0.0, here, 0.0), after


def _edges(law: Law, n_sigma: float, sense: Floats) -> Floats:
    """Search between a count that is normal and one that is not, by Newton's method.

    The number of standard deviations is almost straight in the count, and its slope is known with
    it; halving the bracket now and then guards against what is not straight.
    """
    mean, last, up = law.mean, law.last, sense > 0.0
    normal = np.where(up, np.ceil(mean) - 1.0, np.minimum(np.floor(mean) + 1.0, last))
    beyond = np.where(up, last + 1.0, -1.0)
    spread = law.deviation
    guess = np.rint(_first_guess(law, sense * n_sigma))
    live = np.arange(len(mean))
    for turn in range(_ROUNDS):
        way, near, far = sense[live], normal[live], beyond[live]
        inner, outer = np.where(way > 0.0, near, far + 1.0), np.where(way > 0.0, far - 1.0, near)
        count = np.clip(guess[live], inner, outer)
        here, after = _standings(law.take(live), count, way)
        slack = np.floor(
            _BLUR / 2.0 * np.minimum(spread[live], np.minimum(count, last[live] - count))
        )
        over, under = here > n_sigma, after <= n_sigma
        near = np.where(under, count + way, np.where(over, near, count))
        far = np.where(over, count, np.where(under, far, count + way))
        step = np.clip((n_sigma - here) / np.maximum(after - here, _LEVEL), -_FARTHEST, _FARTHEST)
        aim = count + way * (np.floor(step) + np.where(over, -1.0, 1.0) * slack)
        if turn % _GUARD == _GUARD - 1:
            middle = np.floor((near + far) / 2.0)
            aim = np.where(np.isfinite(middle), middle, 2.0 * count)
        normal[live], beyond[live], guess[live] = near, far, aim
        blur = np.maximum(2.0 * slack + 1.0, _ULP * np.abs(near))
        live = live[way * (far - near) > blur]
        if not len(live):
            break
    return normal


def _first_guess(law: Law, sigma: Floats) -> Floats:
    """Return (k,) quantiles of the gamma distribution with the first three moments of the law.

    Source: Wilson & Hilferty (1931).
    """
    lean = law.skewness
    lean = np.where(np.abs(lean) < _FLAT, _FLAT, lean)
    cube = np.maximum(1.0 + lean * (sigma / 6.0) - lean * lean / 36.0, 0.0) ** 3
    return np.clip(law.mean + law.deviation * (2.0 / lean) * (cube - 1.0), 0.0, law.last)
