"""The grid of a metric: intervals that follow the calendar and the clock of a zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from detectk.values.duration import SECONDS, Unit, read_amount
from detectk.values.zones import EPOCH, SECOND, Piece, piece_at, pieces_between, zone_info

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detectk.values.arrays import Times

    Seconds = NDArray[np.int64]

__all__ = ["Interval"]

_DAY: Final = SECONDS["day"]
_MONTH: Final = 30 * _DAY
_CENTURY: Final = 36_525 * _DAY
_MONDAY: Final = 4 * _DAY
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Interval:
    """Length of one step of a grid, in a zone.

    Steps are counted in local wall time: those that divide a day from midnight, others from
    1970-01-01, weeks from the Monday 1970-01-05, months from January 1970. Steps shorter than a
    day have a boundary each time the clock shows one, so the repeated hour of autumn is two
    intervals; longer ones only the first time. A boundary the clock leaps over falls on the leap.

    Equal grids are equal values: 60 minutes become 1 hour, 24 hours become 1 day. Times go in
    aware, in any zone, and come out in UTC.

    Attributes:
        count: How many units.
        unit: The unit.
        zone: IANA key.

    Raises:
        ValueError: The count is not positive, the step is over a century, the zone is unknown;
            in any method, a time is naive.
    """

    count: int
    unit: Unit
    zone: str = "UTC"

    def __post_init__(self) -> None:
        zone_info(self.zone)
        if self.count <= 0:
            raise ValueError(
                f"interval of {self.count} {self.unit}s is not positive; write 1 or more"
            )
        if self._seconds > _CENTURY:
            raise ValueError(
                f"interval of {self.count} {self.unit}s is too long; stay below 100 years"
            )
        if self.unit not in ("week", "month"):
            count, unit = _largest(self._seconds)
            object.__setattr__(self, "count", count)
            object.__setattr__(self, "unit", unit)

    @classmethod
    def parse(cls, text: str | float, zone: str = "UTC") -> Interval:
        """Read an interval as people write it: "10 minutes", "1h", "1.5 hours", 600 (seconds).

        Raises:
            ValueError: Not a length of time, not positive, not whole seconds, or an unknown zone.
        """
        amount, unit = read_amount(text)
        if amount <= 0:
            raise ValueError(f"interval {text!r} is not positive; write one such as '10 minutes'")
        if amount.denominator == 1:
            return cls(int(amount), unit, zone)
        seconds = amount * SECONDS.get(unit, 0)
        if seconds == 0 or seconds.denominator != 1:
            whole = "months" if unit == "month" else "seconds"
            raise ValueError(
                f"interval {text!r} is not a whole number of {whole}; write one that is"
            )
        return cls(int(seconds), "second", zone)

    def __str__(self) -> str:
        """``10 minutes``, ``1 hour``: what `parse` reads back."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    @property
    def nominal(self) -> timedelta:
        """Length without regard to the clock's leaps; a month counts as 30 days."""
        return timedelta(seconds=self._seconds)

    def floor(self, time: datetime) -> datetime:
        """Return the start of the interval that holds ``time``."""
        return _floor(self, time if time.tzinfo is timezone.utc else _utc(time))

    def next(self, start: datetime) -> datetime:
        """Return the first start after ``start``, which need not be one itself."""
        return _next(self, start if start.tzinfo is timezone.utc else _utc(start))

    def previous(self, start: datetime) -> datetime:
        """Return the last start before ``start``, which need not be one itself."""
        return _previous(self, start if start.tzinfo is timezone.utc else _utc(start))

    def steps(self, start: datetime, end: datetime) -> Times:
        """Return all starts ``s`` with ``start <= s < end``, as datetime64[us], read-only."""
        return _steps(
            self,
            start if start.tzinfo is timezone.utc else _utc(start),
            end if end.tzinfo is timezone.utc else _utc(end),
        )

    def floor_many(self, times: Times) -> Times:
        """Floor each of ``times``, in any order.

        Raises:
            ValueError: A time is NaT.
        """
        if np.isnat(times).any():
            raise ValueError("a time is NaT; drop such rows before they meet the grid")
        seconds = times.astype("datetime64[us]").astype(np.int64) // 1_000_000
        if not seconds.size:
            return times.astype("datetime64[us]")
        pieces = list(pieces_between(self.zone, int(seconds.min()), int(seconds.max()) + 1))
        where = np.searchsorted([piece.start for piece in pieces], seconds, side="right") - 1
        offsets = np.array([piece.offset for piece in pieces], np.int64).take(where)
        walls = self._bounds(self._indices(seconds + offsets))
        floors = walls - offsets
        early = walls < np.array([self._lowest(piece) for piece in pieces], np.int64).take(where)
        for index in set(where[early].tolist()):
            floors[early & (where == index)] = self._before(pieces[index])
        return floors.astype("datetime64[s]").astype("datetime64[us]")

    def _steps(self, first: int, stop: int) -> Times:
        found = [np.empty(0, np.int64)]
        if first < stop:
            for piece in pieces_between(self.zone, first, stop):
                if first <= piece.start and self._leap(piece):
                    found.append(np.array([piece.start]))
                lowest = max(self._lowest(piece), first + piece.offset)
                highest = min(piece.end, stop) + piece.offset
                indices = np.arange(self._index(lowest - 1) + 1, self._index(highest - 1) + 1)
                found.append(self._bounds(indices) - piece.offset)
        return np.concatenate(found).astype("datetime64[s]").astype("datetime64[us]")

    # A piece of the zone's clock is walked in wall seconds; `index` counts the boundaries on it.

    @property
    def _seconds(self) -> int:
        return self.count * (_MONTH if self.unit == "month" else SECONDS[self.unit])

    @property
    def _anchor(self) -> int:
        return _MONDAY if self.unit == "week" else 0

    def _floor(self, second: int) -> int:
        piece = piece_at(self.zone, second)
        wall = self._bound(self._index(second + piece.offset))
        return wall - piece.offset if wall >= self._lowest(piece) else self._before(piece)

    def _before(self, piece: Piece) -> int:
        """Return the boundary in force as ``piece`` begins, before any of its own."""
        return piece.start if self._leap(piece) else self._floor(piece.start - 1)

    def _next(self, second: int) -> int:
        piece = piece_at(self.zone, second)
        lowest = max(self._lowest(piece), second + 1 + piece.offset)
        while True:
            found = self._bound(self._index(lowest - 1) + 1) - piece.offset
            if found < piece.end:
                return found
            piece = piece_at(self.zone, piece.end)
            if self._leap(piece):
                return piece.start
            lowest = self._lowest(piece)

    def _lowest(self, piece: Piece) -> int:
        """Return the first wall second that may be a boundary: long steps ignore repeats."""
        start = piece.start + piece.offset
        return start if self._seconds < _DAY else max(start, piece.reached)

    def _leap(self, piece: Piece) -> bool:
        """Return whether the clock leapt over a boundary, and past it, as ``piece`` began."""
        start = piece.start + piece.offset
        return (
            piece.reached < start
            and self._index(piece.reached - 1) < self._index(start - 1)
            and self._bound(self._index(start)) != start
        )

    def _index(self, wall: int) -> int:
        if self.unit != "month":
            return (wall - self._anchor) // self._seconds
        day = date.fromordinal(wall // _DAY + _EPOCH_ORDINAL)
        return ((day.year - 1970) * 12 + day.month - 1) // self.count

    def _bound(self, index: int) -> int:
        if self.unit != "month":
            return index * self._seconds + self._anchor
        years, months = divmod(index * self.count, 12)
        return (date(1970 + years, months + 1, 1).toordinal() - _EPOCH_ORDINAL) * _DAY

    def _indices(self, walls: Seconds) -> Seconds:
        if self.unit != "month":
            return (walls - self._anchor) // self._seconds
        months = walls.astype("datetime64[s]").astype("datetime64[M]")
        return months.astype(np.int64) // self.count

    def _bounds(self, indices: Seconds) -> Seconds:
        if self.unit != "month":
            return indices * self._seconds + self._anchor
        months = (indices * self.count).astype("datetime64[M]")
        return months.astype("datetime64[s]").astype(np.int64)


# Thousands of metrics of one run ask the same grid for the same moments. They are asked for in UTC
# only: elsewhere two moments of a repeated hour are equal, and one would be answered as the other.


@lru_cache(maxsize=4096)
def _floor(interval: Interval, time: datetime) -> datetime:
    return _moment(interval._floor((time - EPOCH) // SECOND))  # noqa: SLF001  # the same module


@lru_cache(maxsize=4096)
def _next(interval: Interval, start: datetime) -> datetime:
    return _moment(interval._next((start - EPOCH) // SECOND))  # noqa: SLF001


@lru_cache(maxsize=4096)
def _previous(interval: Interval, start: datetime) -> datetime:
    return _moment(interval._floor(_ceil(start) - 1))  # noqa: SLF001


@lru_cache(maxsize=32)
def _steps(interval: Interval, start: datetime, end: datetime) -> Times:
    steps = interval._steps(_ceil(start), _ceil(end))  # noqa: SLF001
    steps.flags.writeable = False
    return steps


def _largest(seconds: int) -> tuple[int, Unit]:
    for unit in ("day", "hour", "minute"):
        if seconds % SECONDS[unit] == 0:
            return seconds // SECONDS[unit], unit
    return seconds, "second"


def _utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError(f"time {time.isoformat()} has no zone; give it one, such as UTC")
    return time.astimezone(timezone.utc)


def _ceil(time: datetime) -> int:
    return -((EPOCH - time) // SECOND)


def _moment(second: int) -> datetime:
    return EPOCH + timedelta(seconds=second)
