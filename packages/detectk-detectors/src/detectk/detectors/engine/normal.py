"""Say of a probability how many standard deviations out a normal value is as rare."""

from __future__ import annotations

from math import erfc, log, log1p, pi, sqrt
from typing import Final

import numpy as np

from detectk.values.arrays import Floats

__all__ = ["log_tail", "sigmas"]

_IMPOSSIBLE = 1e150
_SERIES = 30.0


def log_tail(sigma: float) -> float:
    """Return the log of the probability of a normal value beyond ``sigma`` > 0 deviations.

    Source: Abramowitz & Stegun 26.2.12, from 30 deviations on.
    """
    if sigma < _SERIES:
        return log(erfc(sigma / sqrt(2.0)) / 2.0)
    square = sigma * sigma
    return -square / 2.0 - log(sigma * sqrt(2.0 * pi)) + log1p((3.0 / square - 1.0) / square)


def sigmas(log_tail: Floats) -> Floats:
    """Return (k,) how many standard deviations out a normal value has the same tail.

    Args:
        log_tail: (k,) logs of a one-sided probability, -inf for none; from a half on the answer
            is 0.

    Source: Wichura (1988), algorithm AS 241; beyond 37 standard deviations the asymptotic series
    of the normal tail, Abramowitz & Stegun 26.2.12, solved for the quantile.
    """
    log_half = np.clip(log_tail, -_IMPOSSIBLE, -np.log(2.0))
    root = np.sqrt(-log_half)
    found = np.empty(len(root))
    central = 0.5 - np.exp(log_half)
    piece = np.searchsorted(_PIECES, root)
    for number, polynomials in enumerate((_CENTRAL, _MIDDLE, _FAR)):
        lanes = np.flatnonzero(piece == number)
        if len(lanes) and number == 0:
            near = central[lanes]
            found[lanes] = near * _ratio(0.180625 - near * near, polynomials)
        elif len(lanes):
            found[lanes] = _ratio(root[lanes] - (1.6, 5.0)[number - 1], polynomials)
    lanes = np.flatnonzero(piece == len(_PIECES))
    if len(lanes):
        found[lanes] = _asymptotic(-log_half[lanes])
    return np.maximum(found, 0.0)


_PIECES: Final = np.array([np.sqrt(-np.log(0.075)), 5.0, 26.0])


def _asymptotic(minus_log: Floats) -> Floats:
    square = 2.0 * minus_log
    for _ in range(8):
        mills = np.log1p((3.0 / square - 1.0) / square)
        square = 2.0 * (minus_log - 0.5 * np.log(2.0 * np.pi * square) + mills)
    return np.sqrt(square)


def _ratio(x: Floats, polynomials: Floats) -> Floats:
    """Return one polynomial over another; (2, 8, 1) coefficients, the highest power first."""
    both = np.zeros((2, len(x)))
    for power in range(polynomials.shape[1]):
        both = both * x + polynomials[:, power]
    quotient: Floats = both[0] / both[1]
    return quotient


def _table(above: tuple[float, ...], below: tuple[float, ...]) -> Floats:
    return np.array([above, below])[:, :, None]


_CENTRAL: Final = _table(
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852545925,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
_MIDDLE: Final = _table(
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
_FAR: Final = _table(
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    ),
)
