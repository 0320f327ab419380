"""How much an older point counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from detectk.detectors.engine.weights import WeightedSample
from detectk.values.arrays import Floats, Indices

__all__ = ["Weighting"]

_LEAST: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Weighting:
    """Weight of a point by its age in time, so that gaps do not compress decay.

    Attributes:
        shape: Halved every ``reach`` (exponential), or falling to nothing at ``reach`` (linear).
        reach: Microseconds.
    """

    shape: Literal["exponential", "linear"]
    reach: float

    def sample(self, values: Floats, times: Indices, now: int) -> WeightedSample:
        """Weigh points, at least one, oldest first, as seen at ``now``.

        Args:
            values: (n,) values.
            times: (n,) their microseconds.
            now: Microseconds of the target.
        """
        if self.shape == "linear":
            weights = np.maximum(1.0 - (now - times) / self.reach, _LEAST)
        else:  # counted from the newest point: only ratios matter, and one weight is always 1
            weights = np.exp2(np.maximum((times - times[-1]) / self.reach, -1000.0))
        return WeightedSample(values, weights)
