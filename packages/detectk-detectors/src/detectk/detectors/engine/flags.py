"""Columns of yes and no."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from detectk.values.arrays import Indices

__all__ = ["Flags", "none_within"]

Flags: TypeAlias = npt.NDArray[np.bool_]


def none_within(flags: Flags, low: Indices, high: Indices) -> Flags:
    """Return (k,) whether no flag of a window ``[low, high)`` is set."""
    if not flags.any():
        return np.ones(len(low), dtype=np.bool_)
    count = np.concatenate([[0], np.cumsum(flags)])
    none: Flags = count[high] == count[low]
    return none
