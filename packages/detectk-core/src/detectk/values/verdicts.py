"""What a detector thinks of a series' points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from operator import attrgetter
from typing import ClassVar, Final

import numpy as np

from detectk.values.arrays import Bytes, Context, Floats, Indices, Signs, Times
from detectk.values.labels import Labels

__all__ = ["EXCESS_CAP", "Verdict", "Verdicts"]

EXCESS_CAP = 1e6


class Verdict(IntEnum):
    """The detector's answer for one point; never says whether anybody is told."""

    OK = 0
    ANOMALY = 1
    INSUFFICIENT = 2
    """The history is too short: neither good nor bad."""
    UNJUDGED = 3
    """There was nothing to judge: no value, or a skipped interval."""


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """One detector's answers for some points of one series, columns ordered by time.

    Attributes:
        detector: Id of the detector, 8 hex digits or the user's own.
        labels: Which series of the metric.
        times: (n,) datetime64[us], UTC, increasing; several versions of one verdict may share a
            time where a History was asked for them, ordered by ``seen``.
        value: (n,) float64, what was judged; NaN where nothing was.
        expected: (n,) float64, the centre; NaN where there is none.
        lower: (n,) float64, the lower bound; NaN or -inf where there is none.
        upper: (n,) float64, the upper bound; NaN or inf where there is none.
        score: (n,) float64 >= 0, distance from expected in the detector's own unit.
        excess: (n,) float64 in [0, 1e6]; 1 is the edge of the band for every detector.
        direction: (n,) int8: -1 below, +1 above, 0 neither.
        verdict: (n,) uint8 of `Verdict`.
        status: (n,) uint8 of `detectk.values.Status`: what was known of the point when judged.
        explain: Name to (n,) array of scalar evidence: samples, fallback level, ...
        seen: (n,) datetime64[us]: the grid step at which this version of the verdict takes
            effect; its own time for a first version.

    Raises:
        ValueError: Columns differ in length.
    """

    detector: str
    labels: Labels
    times: Times
    value: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    score: Floats
    excess: Floats
    direction: Signs
    verdict: Bytes
    status: Bytes
    explain: Mapping[str, Context] = field(default_factory=dict)
    seen: Times = field(default_factory=lambda: np.empty(0, "datetime64[us]"))

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "value",
        "expected",
        "lower",
        "upper",
        "score",
        "excess",
        "direction",
        "verdict",
        "status",
    )

    def __post_init__(self) -> None:
        if not len(self.seen):
            object.__setattr__(self, "seen", self.times)
        count = len(self.times)
        if {len(self.seen), *map(len, self.cells()), *map(len, self.explain.values())} == {count}:
            return
        columns = dict(zip((*self.COLUMNS, "seen"), (*self.cells(), self.seen), strict=True))
        for name, column in {**columns, **self.explain}.items():
            if len(column) != count:
                msg = f"column {name!r} has {len(column)} entries for {count} times"
                raise ValueError(msg)

    def __len__(self) -> int:
        """Return the number of verdicts."""
        return len(self.times)

    def cells(self) -> tuple[Context, ...]:
        """Return the columns in order of `COLUMNS`."""
        return _cells(self)

    def take(self, index: Indices | slice) -> Verdicts:
        """Return the verdicts at ``index``, which must keep their order."""
        return replace(
            self,
            times=self.times[index],
            seen=self.seen[index],
            explain={name: column[index] for name, column in self.explain.items()},
            **{name: getattr(self, name)[index] for name in self.COLUMNS},
        )

    def same_as(self, other: Verdicts) -> bool:
        """Whether every column but ``explain`` equals the other's; NaN equals NaN."""
        return (
            self.detector == other.detector
            and self.labels == other.labels
            and np.array_equal(self.times, other.times)
            and np.array_equal(self.seen, other.seen)
            and all(
                np.array_equal(getattr(self, name), getattr(other, name), equal_nan=True)
                for name in self.COLUMNS
            )
        )


_cells: Final[Callable[[Verdicts], tuple[Context, ...]]] = attrgetter(*Verdicts.COLUMNS)
