"""Put points on a grid, so that every interval has one row and no point is lost in silence."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from detectk.check.points import Points
from detectk.errors import ConfigError
from detectk.pipeline.collect import Filling, dense
from detectk.template.words import count
from detectk.values import Interval, Schedule, Series, Window, to_datetime

if TYPE_CHECKING:
    from detectk.values.arrays import Indices, Times

__all__ = ["Placed", "grid_of", "infer_interval", "place"]

_log = logging.getLogger(__name__)

_MOST_INTERVALS: Final = 20_000_000
_SECOND: Final = 1_000_000
_DAY: Final = 86_400
_WEEK: Final = 7 * _DAY
_LONE: Final = "1 minute"
_JITTER: Final = 0.05
_ROUND: Final = tuple(
    amount * unit
    for unit, amounts in (
        (1, (1, 2, 5, 10, 15, 20, 30)),
        (60, (1, 2, 5, 10, 15, 20, 30)),
        (3_600, (1, 2, 3, 4, 6, 8, 12, 24)),
    )
    for amount in amounts
)
_MONTHS: Final = {1: (28, 31), 3: (90, 92), 12: (365, 366)}


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Points on their grid.

    Attributes:
        series: (m,) every interval from the first point to the last, holes included.
        interval: The grid.
        rows: (n,) for each point as given, its interval's row in ``series``.
        held: (n,) bool, whether the interval holds this point and not a later one.
    """

    series: Series
    interval: Interval
    rows: Indices
    held: npt.NDArray[np.bool_]


def place(
    points: Points, *, interval: Interval | str | float | None = None, timezone: str = "UTC"
) -> Placed:
    """Put points on a grid.

    A time is moved back to the start of its interval. Of several points in one interval the
    latest is held, of equally late ones the last given, and how many that left out is logged.

    Args:
        points: At least one.
        interval: The grid; by default the commonest distance between points.
        timezone: IANA zone of the grid; that of an `Interval` wins.

    Raises:
        ConfigError: The interval is none, or the grid has far more intervals than points.
    """
    order = np.argsort(points.times, kind="stable")
    times = points.times[order]
    if not np.array_equal(order, np.arange(len(order))):
        _log.warning("%s: the rows are not in order of time; they are judged in it", points.where)
    grid = grid_of(interval, times, timezone=timezone, where=points.where)
    starts = grid.floor_many(times)
    later = starts[1:] == starts[:-1]
    _tell_repeated(points, grid, later, times[1:] == times[:-1])
    last = np.append(~later, [True])
    chosen = order[last]
    sparse = Series(
        points.labels,
        starts[last],
        points.values[chosen],
        points.status[chosen],
        {name: column[chosen] for name, column in points.context.items()},
    )
    series = _dense(sparse, grid, points)
    rows, held = np.empty(len(order), np.intp), np.zeros(len(order), bool)
    rows[order] = np.searchsorted(series.times, starts)
    held[chosen] = True
    return Placed(series, grid, rows, held)


def infer_interval(times: Times, timezone: str = "UTC") -> Interval:
    """Return the commonest distance between times as a grid; a minute for a single time.

    Where none has half of them, a round one near their median wins. Months are found as months.

    Args:
        times: (n,) datetime64, UTC, increasing; equal ones count once.
        timezone: IANA zone of the grid.

    Raises:
        ValueError: Most are less than a second apart.
    """
    distances = np.diff(np.unique(times)).astype("timedelta64[us]").astype(np.int64)
    if not len(distances):
        return Interval.parse(_LONE, timezone)
    lengths, counts = np.unique((distances + _SECOND // 2) // _SECOND, return_counts=True)
    common = int(lengths[counts.argmax()])
    if 2 * counts.max() < len(distances):
        common = _round(int(np.median(distances)) // _SECOND, common)
    if common == 0:
        raise ValueError(
            "most rows are less than a second apart; give an interval of whole seconds"
        )
    if common == _WEEK:
        return Interval(1, "week", timezone)
    for months, (least, most) in _MONTHS.items():
        if least * _DAY <= common <= most * _DAY and (distances != common * _SECOND).any():
            calendar = Interval(months, "month", timezone)
            if len(np.unique(calendar.floor_many(times))) == len(distances) + 1:
                return calendar
    return Interval(common, "second", timezone)


def _round(typical: int, common: int) -> int:
    """Return the round length that jitter hides, else the commonest one."""
    near = min(_ROUND, key=lambda length: abs(length - typical))
    return near if abs(near - typical) <= _JITTER * near else common


def grid_of(
    interval: Interval | str | float | None, times: Times, *, timezone: str, where: str
) -> Interval:
    """Return the grid that was asked for, or the one that ``times`` suggest.

    Raises:
        ConfigError: It is none.
    """
    if isinstance(interval, Interval):
        return interval
    try:
        if interval is not None:
            return Interval.parse(interval, timezone)
        found = infer_interval(times, timezone)
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        raise ConfigError(message, where=where, hint=hint) from None
    if len(times) > 1:
        _log.info("%s: the interval is %s, the commonest distance between rows", where, found)
    return found


def _tell_repeated(
    points: Points, grid: Interval, later: npt.NDArray[np.bool_], equal: npt.NDArray[np.bool_]
) -> None:
    twice, crowded = int((later & equal).sum()), int((later & ~equal).sum())
    if twice:
        _log.warning(
            "%s: %s with the time of a later one: the last row counts",
            points.where,
            count(twice, "row"),
        )
    if crowded:
        _log.warning(
            "%s: %s in the same interval of %s as a later one: the latest counts;"
            " is the interval right?",
            points.where,
            count(crowded, "row"),
            grid,
        )


def _dense(sparse: Series, grid: Interval, points: Points) -> Series:
    first, last = to_datetime(sparse.times[0]), to_datetime(sparse.times[-1])
    intervals = (last - first) // grid.nominal + 1
    if intervals > _MOST_INTERVALS:
        raise ConfigError(
            f"has {count(len(points), 'row')} and {intervals:,} intervals of {grid}",
            where=points.where,
            hint="give a longer interval, or look for a time that is wrong",
        )
    window = Window(first, grid.next(last))
    if len(grid.steps(window.start, window.end)) == len(sparse):
        return sparse
    filled = dense([sparse], Filling(Schedule(grid), window), {})[0]
    holes = len(filled) - len(sparse)
    _log.info(
        "%s: %s of %s without a row", points.where, count(holes, "interval"), f"{len(filled):,}"
    )
    return filled
