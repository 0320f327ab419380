"""Judge by the quartiles: for skewed metrics, where up and down are not alike."""

from __future__ import annotations

from typing import Final

import numpy as np

from detectk.detectors.engine.judging import Reach
from detectk.detectors.engine.sliding import SlidingDetector
from detectk.detectors.mad import robust_scale
from detectk.detectors.options import IqrOptions
from detectk.values.arrays import Floats

__all__ = ["IqrDetector"]

_IQR_OF_SIGMA: Final = 1.349
"""Interquartile range of the standard normal distribution."""


class IqrDetector(SlidingDetector[IqrOptions]):
    """Flags what lies more than ``threshold`` interquartile ranges outside the quartiles.

    Source: Tukey (1977), Exploratory Data Analysis, ch. 2: the inner fences, at 1.5 ranges.
    """

    measure = "quartiles"

    def reach(self, spread: dict[str, Floats], *, about: Floats, floor: Floats) -> Reach:
        """Return the way to each fence; the unit is the interquartile range."""
        low, high = spread["first"], spread["third"]
        width = high - low
        width = np.where(width == 0.0, _IQR_OF_SIGMA * robust_scale(spread), width)
        width = np.maximum(width, _IQR_OF_SIGMA * floor)
        reach = self.options.threshold * width
        return Reach(about - low + reach, high - about + reach, width)
