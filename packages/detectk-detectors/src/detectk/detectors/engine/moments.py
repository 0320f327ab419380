"""Mean and standard deviation of a changing sample, exact whatever has left it."""

from __future__ import annotations

from math import isqrt

__all__ = ["Moments"]

_SCALE = 1074
_SHIFT = 1 << _SCALE
_PRECISION = 256
_GUARD = 64


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
        variance = (self.count * self.squares - self.total * self.total) << 2 * _GUARD
        surplus = max(0, variance.bit_length() - _PRECISION) & ~1
        root = isqrt(variance >> surplus) << (surplus // 2)
        return root / (self.count << _SCALE + _GUARD)


def _whole(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return numerator * (_SHIFT // denominator)
