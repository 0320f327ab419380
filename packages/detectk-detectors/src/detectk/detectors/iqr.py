"""Judge by the quartiles: for skewed metrics, where up and down are not alike."""

from __future__ import annotations

from typing import Final

from detectk.detectors.engine.band import Spread
from detectk.detectors.engine.sample import Sample
from detectk.detectors.engine.sliding import SlidingDetector
from detectk.detectors.mad import robust_scale
from detectk.detectors.options import IqrOptions

__all__ = ["IqrDetector"]

_IQR_OF_SIGMA: Final = 1.349
"""Interquartile range of the standard normal distribution."""


class IqrDetector(SlidingDetector[IqrOptions]):
    """Flags what lies more than ``threshold`` interquartile ranges outside the quartiles.

    Source: Tukey (1977), Exploratory Data Analysis, ch. 2: the inner fences, at 1.5 ranges.
    """

    def centre(self, sample: Sample) -> float:
        """Return the median."""
        return sample.median

    def spread(self, sample: Sample, centre: float, *, floor: float) -> Spread:
        """Return the way to each fence; the unit is the interquartile range."""
        low, high = sample.quantile(0.25), sample.quantile(0.75)
        width = high - low
        if width == 0.0:
            width = _IQR_OF_SIGMA * robust_scale(sample, centre)
        width = max(width, _IQR_OF_SIGMA * floor)
        reach = self.options.threshold * width
        return Spread(down=centre - low + reach, up=high - centre + reach, unit=width)
