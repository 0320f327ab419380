"""Put the points of a baseline side by side with those of their group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectk.values.arrays import Indices

__all__ = ["Arranged"]

_SHORT = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """Windows of single groups, as windows of one sequence.

    Attributes:
        order: (m,) places of the baseline's points, sorted by group and then by time.
        rows: (k,) rows of the targets, sorted by group and then by time.
        low: (k,) first place in ``order`` of the window of ``rows``; never falls.
        high: (k,) place after the last one; never falls.
    """

    order: Indices
    rows: Indices
    low: Indices
    high: Indices

    @classmethod
    def of(cls, codes: Indices, wanted: Indices, *, low: Indices, high: Indices) -> Arranged:
        """Arrange points by group.

        Args:
            codes: (m,) group of each point of the baseline, >= 0, in order of time.
            wanted: (k,) group of each target.
            low: (k,) first place of each target's window in the baseline; never falls.
            high: (k,) place after the last one; never falls.
        """
        size = len(codes) + 1
        order = _in_turn(codes)
        keys = codes[order] * size + order
        rows = _in_turn(wanted)
        base = wanted[rows] * size
        return cls(
            order,
            rows,
            np.searchsorted(keys, base + low[rows]),
            np.searchsorted(keys, base + high[rows]),
        )


def _in_turn(codes: Indices) -> Indices:
    """Return places by group and then by time; short numbers are sorted in linear time."""
    short = codes.astype(np.int16) if codes.max(initial=0) < _SHORT else codes
    return np.argsort(short, kind="stable")
