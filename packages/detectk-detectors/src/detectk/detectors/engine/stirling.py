"""Logarithms of products of gamma functions, without the cancellation of their differences."""

from __future__ import annotations

import numpy as np

from detectk.values.arrays import Floats

__all__ = ["brief", "deviance", "log_mixed", "remainder"]

_SMALLEST = 1e-200
_LARGE = 16.0
_SHIFT = 6.0
_NEAR = 0.1
_TWO_PI = 2.0 * np.pi


def remainder(y: Floats) -> Floats:
    """Return what Stirling's formula leaves of ``log(y!)``.

    Args:
        y: > 0, of any shape.

    Returns:
        ``log(gamma(y + 1)) - (y + 1/2) log y + y - log(2 pi) / 2``.

    Source: Loader (2000), Fast and accurate computation of binomial probabilities, section 2,
    with the recurrence for small ``y`` instead of a table.
    """
    small = y < _LARGE
    found = _series(np.maximum(y, _LARGE))
    if small.any():
        low = y[small]
        high = low + _SHIFT
        pairs = low * (low + 7.0)
        steps = (pairs + 6.0) * (pairs + 10.0) * (pairs + 12.0)
        grown = (high + 0.5) * np.log(high) - (low + 0.5) * np.log(low)
        found[small] = _series(high) + (grown - _SHIFT - np.log(steps))
    return found


def _series(y: Floats) -> Floats:
    """Return `remainder` for ``y >= 6`` by its asymptotic series."""
    inverse = 1.0 / y
    square = inverse * inverse
    inner = 1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0)
    found: Floats = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * inner))
    return found


def brief(y: Floats) -> Floats:
    """Return `remainder` for ``y >= 30``, where its third term is below 1e-10."""
    inverse = 1.0 / y
    return inverse * (1.0 / 12.0 - inverse * inverse / 360.0)


def deviance(x: Floats, mean: Floats, difference: Floats) -> Floats:
    """Return ``x log(x / mean) + mean - x``.

    Args:
        x: > 0.
        mean: > 0.
        difference: ``x - mean``, computed without cancellation.

    Source: Loader (2000), function bd0.
    """
    v = difference / (x + mean)
    square = v * v
    tail = square / 13.0
    for odd in range(11, 1, -2):
        tail = square * (tail + 1.0 / odd)
    near = v * (difference + 2.0 * x * tail)
    far = np.abs(v) >= _NEAR
    if far.any():
        near[far] = x[far] * np.log(x[far] / mean[far]) - difference[far]
    return near


def log_mixed(parts: Floats) -> tuple[Floats, Floats]:
    """Return the log of ``gamma(w + 1) / (gamma(a + 1) gamma(b + 1)) B(a + c, b + d) / B(c, d)``.

    ``B`` is the beta function and ``w`` is ``a + b``.

    Args:
        parts: (4, k) >= 0: a, b, c, d.

    Returns:
        (k,) all but what is left, and (k,) what is left: a factor to be taken the root of.

    Source: Loader (2000), equation (2), of three binomial probabilities.
    """
    parts = np.maximum(parts, _SMALLEST)
    a, b, c, d = parts
    sums = np.empty((9, len(a)))
    sums[:4] = parts
    np.add(parts[::2], parts[1::2], out=sums[4:6])
    np.add(parts[:2], parts[2:], out=sums[6:8])
    np.add(sums[4], sums[5], out=sums[8])
    one, two, left, right, whole = sums[4:]
    rests = remainder(sums)
    share = (a * d - b * c) / whole
    shares = np.stack((left, right)) / whole
    means = np.concatenate((one * shares, two * shares))
    rests[:4] += deviance(parts, means, share * _SIGNS)
    log = (rests[4] + rests[5] + rests[6] + rests[7]) - (rests[0] + rests[1])
    log -= rests[2] + rests[3] + rests[8]
    return log, (one / a / b) * (c / left) * (d / right) * (whole / two) / _TWO_PI


_SIGNS = np.array([1.0, -1.0, -1.0, 1.0])[:, None]
