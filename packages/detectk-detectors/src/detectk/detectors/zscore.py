"""Judge by the mean and the standard deviation: for metrics that are normal and clean."""

from __future__ import annotations

from math import hypot

from detectk.detectors.engine.band import Spread
from detectk.detectors.engine.sample import Sample
from detectk.detectors.engine.sliding import SlidingDetector
from detectk.detectors.options import ZscoreOptions

__all__ = ["ZscoreDetector"]


class ZscoreDetector(SlidingDetector[ZscoreOptions]):
    """Flags what lies more than ``n_sigma`` standard deviations from the mean.

    One large outlier widens the band for as long as it is in the window, and no longer.
    """

    exact = True

    def centre(self, sample: Sample) -> float:
        """Return the mean."""
        return sample.mean

    def spread(self, sample: Sample, centre: float, *, floor: float) -> Spread:
        """Return ``n_sigma`` standard deviations around ``centre``; the unit is one of them."""
        scale = max(hypot(sample.deviation, sample.mean - centre), floor)
        reach = self.options.n_sigma * scale
        return Spread(down=reach, up=reach, unit=scale)
