"""What judges the points of a series."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from detectk.contracts.part import O, Part
from detectk.values.arrays import Indices
from detectk.values.interval import Interval
from detectk.values.series import Series
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window

__all__ = ["Detector", "Lookback", "Outcome", "Task"]


@dataclass(frozen=True, slots=True)
class Lookback:
    """How much history before a target a detector wants.

    Attributes:
        points: Grid points.
        duration: Real time before those: both add up.
        everything: From the metric's first point on.
    """

    points: int = 0
    duration: timedelta = timedelta(0)
    everything: bool = False

    def start(self, target: datetime, interval: Interval) -> datetime | None:
        """Return where the history of ``target`` begins, on the grid; None for everything."""
        if self.everything:
            return None
        return interval.floor(target - self.points * interval.nominal - self.duration)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One series to judge.

    Attributes:
        id: Id of the detector, to be written into the verdicts.
        series: (n,) points, dense on the grid of ``interval``: every interval has a row.
        interval: The grid, with the metric's zone for calendar features.
        targets: (k,) increasing positions in ``series`` that want a verdict.
        memory: What this detector returned for the same series before; None at first or when
            it has been dropped, which must not change a verdict.
        exclude: Windows that must not enter a baseline.
    """

    id: str
    series: Series
    interval: Interval
    targets: Indices
    memory: bytes | None = None
    exclude: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One series, judged.

    Attributes:
        verdicts: (k,) one row a target, in order.
        memory: What to hand in next time, None for nothing.
    """

    verdicts: Verdicts
    memory: bytes | None = None


class Detector(Part[O]):
    """Judges points from arrays alone; it never sees a storage, an alert or the time of day.

    Causal: the verdict of a point depends on points up to and including it, and the point is
    never in its own baseline. Judged one by one, in batches or over the whole history, a point
    gets the same verdict, bit for bit, whenever `lookback` is honoured.
    """

    algorithm_version: ClassVar[int] = 1
    """Raise it when the same options give other verdicts: it is part of the detector id."""

    @abstractmethod
    def lookback(self) -> Lookback:
        """Return how much history before a target is wanted."""

    @abstractmethod
    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        """Judge every target of every task; one outcome a task, in order.

        Too little history is `Verdict.INSUFFICIENT`, a point without a value
        `Verdict.UNJUDGED`; neither is an error.

        Raises:
            DetectError: The series does not have what the options ask for.
        """
