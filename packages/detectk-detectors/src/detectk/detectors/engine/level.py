"""What an expectation asks of a grouping, whether its window slides or not."""

from __future__ import annotations

from typing import Protocol

from detectk.detectors.engine.groups import Centre, Pool
from detectk.detectors.engine.sample import Sample
from detectk.values.arrays import Indices

__all__ = ["Level", "Members"]


class Members(Protocol):
    """The values of one group in a window, at least one."""

    @property
    def sample(self) -> Sample:
        """The values, unweighted."""
        ...

    @property
    def least(self) -> float:
        """The smallest value."""
        ...

    @property
    def indices(self) -> Indices:
        """(n,) places of the values, ascending."""
        ...


class Level(Protocol):
    """One grouping of the points of a window."""

    def move(self, low: int, high: int) -> None:
        """Make ``[low, high)`` the window; neither bound ever goes back."""
        ...

    def get(self, code: int) -> Members | None:
        """Return a group that has values, None for any other."""
        ...

    def pool(self, centre: Centre, level: float) -> Pool:
        """Return what the groups nearest to ``level`` lend."""
        ...
