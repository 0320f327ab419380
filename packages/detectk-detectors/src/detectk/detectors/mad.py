"""Judge by the median and the median absolute deviation: outliers hardly move either."""

from __future__ import annotations

from typing import Final

import numpy as np

from detectk.detectors.engine.judging import Reach
from detectk.detectors.engine.sliding import SlidingDetector
from detectk.detectors.options import MadOptions
from detectk.values.arrays import Floats

__all__ = ["MadDetector", "robust_scale"]

CONSISTENCY: Final = 1.4826
"""1 / the 0.75 quantile of the standard normal distribution."""

_TAIL_SIGMAS: Final = 1.96


class MadDetector(SlidingDetector[MadOptions]):
    """Flags what lies more than ``n_sigma`` robust standard deviations from the median.

    The window ends before the point, so eight bad points in a row do not make themselves normal
    at once, and up to half of a window may be bad before its median follows.
    """

    measure = "deviation"

    def reach(
        self,
        spread: dict[str, Floats],
        *,
        about: Floats,  # noqa: ARG002  # deviations are measured from the centre already
        floor: Floats,
    ) -> Reach:
        """Return ``n_sigma`` robust scales, the same up and down; the unit is one of them."""
        scale = np.maximum(robust_scale(spread), floor)
        reach = self.options.n_sigma * scale
        return Reach(reach, reach, scale)


def robust_scale(spread: dict[str, Floats]) -> Floats:
    """Return (k,) scales as consistent median absolute deviations, in the metric's unit.

    Where more than half of the values equal the centre the median deviation is 0, though the
    others may be as usual as the few orders of a quiet shop. Then the 95 % quantile of the
    deviations says how far values go; it is 0 only if fewer than one in twenty differs.

    Source: Rousseeuw & Croux (1993), factor 1.4826; 95 % of a normal sample lies within 1.96 sigma.
    """
    deviation = spread["deviation"]
    return np.where(deviation > 0.0, CONSISTENCY * deviation, spread["tail"] / _TAIL_SIGMAS)
