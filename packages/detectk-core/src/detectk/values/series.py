"""A time series on its way through the pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from detectk.values.arrays import Bytes, Context, Floats, Indices, Times, to_instant
from detectk.values.labels import NO_LABELS, Labels
from detectk.values.window import Window

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Series", "Status"]


class Status(IntEnum):
    """What is known of one interval; kept apart from what a detector thinks of it."""

    VALUE = 0
    """A row with a finite value; zero is a value."""
    NULL = 1
    """A row without a value."""
    MISSING = 2
    """The interval is complete and has no row."""
    LATE = 3
    """No row yet, but the interval was still mutable when it was judged."""
    FAILED = 4
    """The query failed."""
    SKIPPED = 5
    """Older than ``schedule.max_catchup`` when it was collected: kept, never judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One series of a metric: columns of equal length, ordered by time.

    Attributes:
        labels: Which series of its metric.
        times: (n,) datetime64[us], UTC, strictly increasing; starts of intervals.
        values: (n,) float64 in the metric's unit; NaN where there is no value; never infinite.
        status: (n,) uint8 of `Status`.
        context: Column name to (n,) array, for seasonal features and low-volume guards.
        seen: (n,) datetime64[us]: the grid step at which this version of the point was first
            seen; its own time for a first version.

    Raises:
        ValueError: Columns differ in length, or times are not strictly increasing.
    """

    labels: Labels
    times: Times
    values: Floats
    status: Bytes
    context: Mapping[str, Context] = field(default_factory=dict)
    seen: Times = field(default_factory=lambda: np.empty(0, "datetime64[us]"))

    def __post_init__(self) -> None:
        times = self.times
        count = len(times)
        if not len(self.seen):
            object.__setattr__(self, "seen", times)
        if not len(self.values) == len(self.status) == len(self.seen) == count or self.context:
            own: dict[str, Context] = {
                "values": self.values,
                "status": self.status,
                "seen": self.seen,
            }
            for name, column in {**own, **self.context}.items():
                if len(column) != count:
                    msg = f"column {name!r} has {len(column)} entries for {count} times"
                    raise ValueError(msg)
        if count > 1 and not (times[1:] > times[:-1]).all():
            msg = "times are not strictly increasing"
            raise ValueError(msg)

    @classmethod
    def from_arrays(
        cls,
        times: Sequence[Any] | Times,
        values: Sequence[float | None] | Floats,
        *,
        labels: Labels = NO_LABELS,
        context: Mapping[str, Sequence[Any] | Context] | None = None,
    ) -> Series:
        """Return a series of what a person has at hand.

        Args:
            times: (n,) strictly increasing; numpy datetimes, ISO strings or ``datetime`` objects,
                naive ones in UTC.
            values: (n,); None, NaN and infinities become NaN with status `Status.NULL`.
            labels: Which series of its metric.
            context: Column name to (n,) values.

        Raises:
            ValueError: As for the class.
        """
        instants = np.array(
            [to_instant(t) if getattr(t, "tzinfo", None) else t for t in times],
            dtype="datetime64[us]",
        )
        numbers = np.array(values, dtype=np.float64)
        numbers[~np.isfinite(numbers)] = np.nan
        status = np.where(np.isnan(numbers), Status.NULL, Status.VALUE).astype(np.uint8)
        columns = {name: np.asarray(column) for name, column in (context or {}).items()}
        return cls(labels, instants, numbers, status, columns)

    @classmethod
    def empty(cls, labels: Labels = NO_LABELS) -> Series:
        """Return the series without points."""
        return cls.from_arrays([], [], labels=labels)

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.times)

    def take(self, index: Indices | slice) -> Series:
        """Return the points at ``index``, which must keep their order."""
        return replace(
            self,
            times=self.times[index],
            values=self.values[index],
            status=self.status[index],
            context={name: column[index] for name, column in self.context.items()},
            seen=self.seen[index],
        )

    def within(self, window: Window) -> Series:
        """Return the points whose interval starts in ``window``."""
        low = int(np.searchsorted(self.times, to_instant(window.start), side="left"))
        high = int(np.searchsorted(self.times, to_instant(window.end), side="left"))
        return self.take(slice(low, high))

    def same_as(self, other: Series) -> bool:
        """Whether every column equals the other's; NaN equals NaN."""
        return (
            self.labels == other.labels
            and np.array_equal(self.times, other.times)
            and np.array_equal(self.values, other.values, equal_nan=True)
            and np.array_equal(self.status, other.status)
            and np.array_equal(self.seen, other.seen)
            and self.context.keys() == other.context.keys()
            and all(
                [str(v) for v in column] == [str(v) for v in other.context[name]]
                for name, column in self.context.items()
            )
        )

    def to_polars(self) -> pl.DataFrame:
        """Return columns ``time`` (UTC), ``value``, ``status`` and the context; needs polars."""
        import polars as pl  # polars costs more to import than most runs take

        frame = pl.DataFrame(
            {"time": self.times, "value": self.values, "status": self.status, **self.context}
        )
        return frame.with_columns(pl.col("time").dt.replace_time_zone("UTC"))

    @classmethod
    def from_polars(
        cls,
        frame: pl.DataFrame,
        *,
        time: str = "time",
        value: str = "value",
        context: Sequence[str] = (),
        labels: Labels = NO_LABELS,
    ) -> Series:
        """Return the series of two columns of a frame; naive times are UTC, order does not matter.

        Raises:
            ValueError: Two rows share a time.
        """
        frame = frame.sort(time)
        return cls.from_arrays(
            frame[time].to_list(),
            frame[value].to_list(),
            labels=labels,
            context={name: frame[name].to_numpy() for name in context},
        )
