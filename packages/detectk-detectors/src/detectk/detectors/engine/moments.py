"""Mean and standard deviation of a changing sample, exact whatever has left it."""

from __future__ import annotations

from math import frexp, ldexp, sqrt

import numpy as np

from detectk.values.arrays import Floats

__all__ = ["Moments"]

_SCALE = 1074
_SHIFT = 1 << _SCALE
_EXACT = 53
_MOST_DIGITS = 8
_LEAST_EXPONENT = -800
_FEW = 48


class Moments:
    """Count, sum and sum of squares of finite numbers, as integers.

    A float is a whole multiple of 2**-1074, so sums of floats and of their squares are whole
    numbers that Python adds and subtracts without rounding. A value that leaves takes away exactly
    what it brought, and the result depends on what is in the sample, not on its past.
    """

    __slots__ = ("count", "squares", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0
        self.squares = 0

    @classmethod
    def of(cls, values: Floats) -> Moments:
        """Return what adding each of ``values`` gives, many of them by whole arrays.

        Args:
            values: (n,) at most 2**1000.
        """
        moments = cls()
        digits, steps = _digits(values) if len(values) > _FEW else (values, [])
        if not steps:
            for value in values.tolist():
                moments.add(value)
            return moments
        moments.count = len(values)
        # Not `@`: the threads of a linear algebra library cost more than this sum.
        products = np.einsum("in,jn->ij", digits, digits).tolist()
        for total, row, step in zip(digits.sum(axis=1).tolist(), products, steps, strict=True):
            moments.total += int(total) << step - steps[-1]
            for product, other in zip(row, steps, strict=True):
                moments.squares += int(product) << step + other - 2 * steps[-1]
        moments.total <<= steps[-1] + _SCALE
        moments.squares <<= 2 * (steps[-1] + _SCALE)
        return moments

    def add(self, value: float) -> None:
        """Let ``value`` enter."""
        whole = _whole(value)
        self.count += 1
        self.total += whole
        self.squares += whole * whole

    def remove(self, value: float) -> None:
        """Let ``value``, which must have entered, leave."""
        whole = _whole(value)
        self.count -= 1
        self.total -= whole
        self.squares -= whole * whole

    @property
    def mean(self) -> float:
        """The mean, correctly rounded; the sample must not be empty."""
        return self.total / (self.count << _SCALE)

    @property
    def deviation(self) -> float:
        """The population standard deviation; 0.0 for a constant sample."""
        spread = self.count * self.squares - self.total * self.total
        return _root(spread, self.count)

    @property
    def rms(self) -> float:
        """Root of the mean of the squares; the sample must not be empty."""
        return _root(self.count * self.squares, self.count)


def _root(square: int, count: int) -> float:
    """Root of ``square * 4**-1074``, over ``count``.

    With the square as f * 4**e and 1 <= f < 4, f rounded to a float, that is the root of f over
    ``count``, times 2**e: three roundings whatever the size, which compiled code repeats.
    """
    if not square:
        return 0.0
    exponent = (square.bit_length() - 1) // 2
    fraction = square / (1 << 2 * exponent)
    return ldexp(sqrt(fraction) / count, exponent - _SCALE)


def _digits(values: Floats) -> tuple[Floats, list[int]]:
    """Write each value as a sum of whole numbers, each times a power of two.

    The whole numbers are so short that sums of their products are below 2**53, so floating point
    adds and multiplies them without rounding, in any order.

    Returns:
        (k, n) whole numbers, and the k exponents; none if the values are too far apart.

    Source: Demmel & Hida (2004), Fast and accurate floating point summation, for the idea.
    """
    largest = max(float(values.max()), -float(values.min()))
    width = (_EXACT - len(values).bit_length()) // 2
    step = frexp(largest)[1] - width
    digits, steps, rest = np.empty((_MOST_DIGITS, len(values))), list[int](), values.copy()
    for digit in digits if step > _LEAST_EXPONENT else ():
        np.rint(np.multiply(rest, 2.0**-step, out=digit), out=digit)
        rest -= digit * 2.0**step
        steps.append(step)
        if not rest.any():
            return digits[: len(steps)], steps
        step -= width
    return digits, []


def _whole(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return numerator * (_SHIFT // denominator)
