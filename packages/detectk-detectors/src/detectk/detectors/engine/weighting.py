"""How much an older point counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from detectk.detectors.engine.weights import WeightedSample, check_size
from detectk.values.arrays import Floats, Indices

__all__ = ["ExactWeights", "Weighting"]

_BITS: Final = 20
"""Of a mass: so fine is a weight, and so many points may share a window."""

_HALVINGS: Final = 22
"""After which a point counts for nothing."""

_LONGEST: Final = 1 << 62
_LONG, _SECOND = 1 << 43, 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class ExactWeights:
    """Weights of the points of a whole series, as whole numbers.

    The weight of point i for target j is ``mass[i] * 2**(exponent[i] - exponent[newest])``, newest
    being the last point of j's window, and 0 where that exponent is below -22; or, without
    exponents, ``mass[i] + offset[j]``.

    Attributes:
        low: (k,) first place of each target's window whose point may have a weight; never falls.
        mass: (m,) with exponents, 2**20 <= mass < 2**21.
        exponent: (m,) never falls, or None.
        offset: (k,) exactly if there are no exponents.
    """

    low: Indices
    mass: Indices
    exponent: Indices | None = None
    offset: Indices | None = None

    def window(self, row: int, low: int, high: int) -> Indices:
        """Return the weights of points ``[low, high)`` for the target of ``row``."""
        mass = self.mass[low:high]
        if self.exponent is None:
            return mass if self.offset is None else mass + self.offset[row]
        return _scaled(mass, self.exponent[low:high])


@dataclass(frozen=True, slots=True)
class Weighting:
    """Weight of a point by its age in time, so that gaps do not compress decay.

    Weights are whole numbers: sums of them are exact, so no statistic depends on the order in which
    they are added, and no sum of a window reaches 2**63.

    Attributes:
        shape: Halved every ``reach`` (exponential), or falling to nothing at ``reach`` (linear).
        reach: Microseconds, rounded to whole ones, at least one.
    """

    shape: Literal["exponential", "linear"]
    reach: float

    def sample(self, values: Floats, times: Indices, now: int) -> WeightedSample:
        """Weigh points, at least one, oldest first, as seen at ``now``.

        Points that linear weights leave without a weight are not in the sample, which may then be
        empty; the oldest of exponential weights are, without a say.

        Args:
            values: (n,) values.
            times: (n,) their microseconds.
            now: Microseconds of the target.

        Raises:
            DetectError: There are too many points to add their weights up.
        """
        check_size(len(values))
        if self.shape == "linear":
            weights = times // self._unit - self._end(now)
            first = int(np.searchsorted(weights, 0, side="right"))
            return WeightedSample(values[first:], weights[first:])
        mass, exponent = self._powers(times)
        return WeightedSample(values, _scaled(mass, exponent))

    def exact(self, times: Indices, now: Indices, *, low: Indices, high: Indices) -> ExactWeights:
        """Return what the weights of `sample` are made of, for many windows at once.

        Args:
            times: (m,) microseconds of the points, ascending.
            now: (k,) microseconds of the targets, ascending.
            low: (k,) first place of each target's window; never falls.
            high: (k,) place after the last one; never falls.

        Raises:
            DetectError: A window has too many points to add their weights up.
        """
        check_size(int((high - low).max(initial=0)))
        if self.shape == "exponential":
            mass, exponent = self._powers(times)
            return ExactWeights(low, mass, exponent)
        mass, end = times // self._unit, self._end(now)
        weighty = np.searchsorted(mass, end, side="right")
        return ExactWeights(np.minimum(np.maximum(low, weighty), high), mass, offset=-end)

    def _powers(self, times: Indices) -> tuple[Indices, Indices]:
        """Write ``2**(time / reach)`` as (n,) masses and (n,) exponents of two."""
        exponent, rest = np.divmod(times, self._reach)
        mass = np.rint(np.exp2(rest / self._reach) * (1 << _BITS)).astype(np.int64)
        return np.minimum(mass, (2 << _BITS) - 1), exponent

    def _end(self, now: Indices | int) -> Indices:
        """Return the last moment that has no weight, in units."""
        end: Indices = (np.asarray(now, dtype=np.int64) - self._reach) // self._unit
        return end

    @property
    def _reach(self) -> int:
        return min(max(1, round(self.reach)), _LONGEST)

    @property
    def _unit(self) -> int:
        """Microseconds that one unit of a linear weight stands for."""
        return 1 if self._reach <= _LONG else _SECOND


def _scaled(mass: Indices, exponent: Indices) -> Indices:
    """Return (n,) weights as seen by the newest point, which is the last."""
    if not len(mass):
        return mass
    shift = exponent + (_HALVINGS - int(exponent[-1]))
    weights: Indices = np.where(shift < 0, 0, mass << np.maximum(shift, 0))
    return weights
