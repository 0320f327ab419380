"""Logarithms of products of gamma functions, without the cancellation of their differences."""

from __future__ import annotations

from typing import Final

import numpy as np

from detectk.values.arrays import Floats

__all__ = ["deviance", "gamma_growth", "log_binomial", "remainder"]

_SHIFT: Final = np.arange(12.0)[:, None]
_SMALLEST = 1e-280
_NEAR = 0.1
_TWO_PI = 2.0 * np.pi


def remainder(y: Floats) -> Floats:
    """Return what Stirling's formula leaves of ``log(y!)``.

    Args:
        y: (k,) >= 0; 0 is read as the limit, in which the infinite parts of a sum cancel.

    Returns:
        (k,) ``log(gamma(y + 1)) - (y + 1/2) log y + y - log(2 pi) / 2``.

    Source: Loader (2000), Fast and accurate computation of binomial probabilities, section 2,
    with the recurrence for small ``y`` instead of a table.
    """
    low = np.maximum(y, _SMALLEST) + _SHIFT
    steps = (low + 0.5) * np.log1p(1.0 / low) - 1.0
    return total(steps) + series(np.maximum(y, _SMALLEST) + len(_SHIFT))


def series(y: Floats) -> Floats:
    """Return `remainder` for ``y >= 12`` by its asymptotic series."""
    square = y * y
    inner: Floats = 1.0 / 1260.0 - (1.0 / 1680.0 - (1.0 / 1188.0) / square) / square
    return (1.0 / 12.0 - (1.0 / 360.0 - inner / square) / square) / y


def total(rows: Floats) -> Floats:
    """Add up axis 0 row by row, so that a lane's sum does not depend on how many there are."""
    sums: Floats = np.add.accumulate(rows, axis=0)[-1]
    return sums


def deviance(x: Floats, difference: Floats) -> Floats:
    """Return ``x log(x / m) + m - x`` for ``m = x - difference > 0``.

    Args:
        x: (k,) >= 0.
        difference: (k,) ``x - m``, computed without cancellation.

    Source: Loader (2000), function bd0.
    """
    mean = x - difference
    v = difference / (x + mean)
    square = v * v
    tail = square / 17.0
    for odd in range(15, 1, -2):
        tail = square * (tail + 1.0 / odd)
    near = v * (difference + 2.0 * x * tail)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.where(x > 0.0, x * np.log(x / mean), 0.0) - difference
    return np.where(np.abs(v) < _NEAR, near, far)


def log_binomial(a: Floats, b: Floats, difference: Floats) -> Floats:
    """Return the log of ``(a + b)! / (a! b!) p**a (1 - p)**b`` for real arguments.

    Args:
        a: (k,) >= 0.
        b: (k,) >= 0.
        difference: (k,) ``a - (a + b) p``, computed without cancellation.

    Source: Loader (2000), equation (2).
    """
    a, b = np.maximum(a, _SMALLEST), np.maximum(b, _SMALLEST)
    whole = a + b
    rest_whole, rest_a, rest_b = remainder(np.concatenate((whole, a, b))).reshape(3, -1)
    spread = 0.5 * (np.log(whole / a) - np.log(_TWO_PI * b))
    bent = deviance(np.concatenate((a, b)), np.concatenate((difference, -difference)))
    return (rest_whole - rest_a - rest_b) + spread - total(bent.reshape(2, -1))


def gamma_growth(y: Floats, more: Floats, step: Floats) -> Floats:
    """Return the log of how ``gamma(y + more) / gamma(y)`` grows as ``y`` grows by ``step``.

    Args:
        y: At least 30, with ``more`` and ``step`` added or not.
        more: What the two arguments differ by.
        step: Not necessarily whole.

    Source: Stirling's formula; the logarithms are combined before they are large.
    """
    upper, after = y + more, y + step
    lost = np.log1p(-step * (more / upper) / after) * (y - 0.5)
    grown = step * np.log1p(more / after) + more * np.log1p(step / upper) + lost
    return grown + (_brief(after + more) - _brief(upper)) - (_brief(after) - _brief(y))


def _brief(y: Floats) -> Floats:
    """Return `series` for ``y >= 30``, where its third term is below 1e-10."""
    inverse = 1.0 / y
    return inverse * (1.0 / 12.0 - inverse * inverse / 360.0)
