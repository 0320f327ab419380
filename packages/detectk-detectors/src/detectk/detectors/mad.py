"""Judge by the median and the median absolute deviation: outliers hardly move either."""

from __future__ import annotations

from typing import Final

from detectk.detectors.engine.band import Spread
from detectk.detectors.engine.sample import Sample
from detectk.detectors.engine.sliding import SlidingDetector
from detectk.detectors.options import MadOptions

__all__ = ["MadDetector", "robust_scale"]

CONSISTENCY: Final = 1.4826
"""1 / the 0.75 quantile of the standard normal distribution."""

_TAIL: Final = 0.95
_TAIL_SIGMAS: Final = 1.96


class MadDetector(SlidingDetector[MadOptions]):
    """Flags what lies more than ``n_sigma`` robust standard deviations from the median.

    The window ends before the point, so eight bad points in a row do not make themselves normal
    at once, and up to half of a window may be bad before its median follows.
    """

    def centre(self, sample: Sample) -> float:
        """Return the median."""
        return sample.median

    def spread(self, sample: Sample, centre: float, *, floor: float) -> Spread:
        """Return ``n_sigma`` robust scales, the same up and down; the unit is one of them."""
        scale = max(robust_scale(sample, centre), floor)
        reach = self.options.n_sigma * scale
        return Spread(down=reach, up=reach, unit=scale)


def robust_scale(sample: Sample, centre: float) -> float:
    """Scale of ``sample`` around ``centre`` as a consistent median absolute deviation.

    Where more than half of the values equal the centre the median deviation is 0, though the
    others may be as usual as the few orders of a quiet shop. Then the 95 % quantile of the
    deviations says how far values go; it is 0 only if fewer than one in twenty differs.

    Returns:
        Scale in the metric's unit; 0.0 for a constant sample.

    Source: Rousseeuw & Croux (1993), factor 1.4826; 95 % of a normal sample lies within 1.96 sigma.
    """
    deviation = sample.distance(centre, 0.5)
    if deviation > 0.0:
        return CONSISTENCY * deviation
    return sample.distance(centre, _TAIL) / _TAIL_SIGMAS
