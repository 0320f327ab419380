"""Let later windows see a flagged value only as far out as the bound that it crossed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from detectk.detectors.engine.judged import Bands
from detectk.values.arrays import Floats, Indices

__all__ = ["clamp"]

_SHORTEST, _LONGEST = 8, 4096


def clamp(values: Floats, rows: Indices, bands: Callable[[Floats, Indices], Bands]) -> Floats:
    """Return ``values`` with each one outside its band moved to the bound that it crossed.

    Each band comes from values that have been through this before. Whole stretches are judged at
    once; only what follows a flagged value is judged again.

    Args:
        values: (n,) NaN where there is none.
        rows: (k,) increasing positions of the values that are judged.
        bands: Returns the bands of some positions by the values before each; NaN bounds where
            there is too little history.
    """
    clamped: Floats = values.copy()
    done, stretch = 0, _SHORTEST
    while done < len(rows):
        some = rows[done : done + stretch]
        found = bands(clamped, some)
        judged = clamped[some]
        outside = np.flatnonzero((judged > found.upper) | (judged < found.lower))
        if len(outside):
            first = int(outside[0])
            bound = found.upper if judged[first] > found.upper[first] else found.lower
            clamped[some[first]] = bound[first]
            done += first + 1
            stretch = max(_SHORTEST, first)
        else:
            done += len(some)
            stretch = min(_LONGEST, 2 * stretch)
    return clamped
