"""How much an older point counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from detectk.detectors.engine.weights import WeightedSample

__all__ = ["Weighting"]

_LEAST = 1e-9
_TINY = 2.0**-1000


@dataclass(frozen=True, slots=True)
class Weighting:
    """Weight of a point by its age in time, so that gaps do not compress decay.

    Attributes:
        shape: Halved every ``reach`` (exponential), or falling to nothing at ``reach`` (linear).
        reach: Microseconds.
    """

    shape: Literal["exponential", "linear"]
    reach: float

    def sample(self, points: Iterable[tuple[float, int]], now: int) -> WeightedSample:
        """Weigh (value, microseconds) points, at least one, oldest first, as seen at ``now``."""
        known = list(points)
        if self.shape == "linear":
            return WeightedSample(
                [(value, max(1.0 - (now - at) / self.reach, _LEAST)) for value, at in known]
            )
        # Counted from the newest point: only ratios matter, and one weight is always 1.
        newest = known[-1][1]
        return WeightedSample(
            [(value, max(2.0 ** ((at - newest) / self.reach), _TINY)) for value, at in known]
        )
