"""Judge by the mean and the standard deviation: for metrics that are normal and clean."""

from __future__ import annotations

import numpy as np

from detectk.detectors.engine.judging import Reach
from detectk.detectors.engine.sliding import SlidingDetector
from detectk.detectors.options import ZscoreOptions
from detectk.values.arrays import Floats

__all__ = ["ZscoreDetector"]


class ZscoreDetector(SlidingDetector[ZscoreOptions]):
    """Flags what lies more than ``n_sigma`` standard deviations from the mean.

    One large outlier widens the band for as long as it is in the window, and no longer.
    """

    measure = "mean"

    def reach(
        self,
        spread: dict[str, Floats],
        *,
        about: Floats,  # noqa: ARG002  # the deviation is measured from the centre already
        floor: Floats,
    ) -> Reach:
        """Return ``n_sigma`` standard deviations, the same up and down; the unit is one."""
        scale = np.maximum(spread["deviation"], floor)
        reach = self.options.n_sigma * scale
        return Reach(reach, reach, scale)
