"""What the calendar says of the points of a series, by the clock of its zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detectk.detectors.engine.events import Events
from detectk.detectors.options_calendar import BUILTIN, CalendarOptions, HolidayOptions
from detectk.errors import DetectError
from detectk.values.arrays import Indices, Times
from detectk.values.interval import Interval
from detectk.values.zones import pieces_between

if TYPE_CHECKING:
    from detectk.contracts.services import Services

__all__ = ["BUILTIN", "Calendar"]

_HOUR, _DAY = 3_600, 86_400
_MICRO = 1_000_000
_MOST_REMEMBERED = 20_000
_THURSDAY, _SATURDAY, _SUNDAY = 3, 5, 6
_WEEKDAYS = 7


@dataclass(frozen=True, eq=False)
class Calendar:
    """What seasons need to know beside the clock; files are read at the first use, once.

    Attributes:
        holidays: Whose holidays; None for none.
        events: Name of an event to its file, as the user wrote it.
        root: Where relative paths start.
        where: What it belongs to, for error messages.
    """

    holidays: HolidayOptions | None = None
    events: Mapping[str, str] = field(default_factory=dict)
    root: Path = Path()
    where: str = ""
    _read: dict[str, Events] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, options: CalendarOptions, services: Services) -> Calendar:
        """Return the calendar that a detector's options describe; reads nothing yet."""
        return cls(options.holidays, options.events, services.root, services.where)

    def codes(self, feature: str, times: Times, interval: Interval) -> Indices:
        """Return (n,) numbers, equal where ``feature`` is; read-only.

        A feature is that of the local moment at which the interval starts. Where the clock leapt
        over that moment it is still the hour, and the day, that the interval is named after. The
        hour that autumn repeats is the same hour twice. With `holidays`, a holiday is the last
        day of a weekend: a Sunday, in most countries.

        Args:
            feature: One of `BUILTIN`, or the name of an event: 0 outside, then a number a name.
            times: (n,) ascending starts of intervals.
            interval: The grid they are on, with its zone.

        Raises:
            DetectError: A holiday needs `holidays`, or what they come from is not installed; the
                file of an event cannot be read.
        """
        if feature in self.events:
            return self._of_event(feature).codes(times, interval)
        if feature == "holiday" and self.holidays is None:
            raise DetectError(
                "seasonal feature 'holiday' needs to know whose",
                where=self.where,
                hint="add holidays: with the code of a country, DE say, "
                "or a context column 'holiday'",
            )
        if not len(times):
            return np.empty(0, np.intp)
        seconds = times.astype("datetime64[us]", copy=False).view(np.int64) // _MICRO
        try:
            if len(seconds) > _MOST_REMEMBERED:
                return _codes(feature, seconds, interval, self.holidays)
            return _cached(feature, seconds.tobytes(), interval, self.holidays)
        except ModuleNotFoundError as error:
            if error.name != "holidays":
                raise
            raise DetectError(
                f"holidays of {self.holidays.country if self.holidays else ''} "
                "need the package 'holidays', which is not installed",
                where=self.where,
                hint="pip install 'detectk-detectors[holidays]'",
            ) from None

    def _of_event(self, name: str) -> Events:
        if name not in self._read:
            self._read[name] = Events.read(self.root, self.events[name])
        return self._read[name]


class _Walls(NamedTuple):
    """Which hour of which day each interval is named after; days count from 1970-01-01."""

    hours: Indices
    days: Indices


class _Days(NamedTuple):
    """What is special about the days of a stretch of time, one entry a day."""

    holiday: npt.NDArray[np.bool_]
    business: npt.NDArray[np.bool_]
    weekday: Indices


# A fleet asks the same of the same grid again and again; a backfill asks once, of much.


@lru_cache(maxsize=32)
def _cached(
    feature: str, seconds: bytes, interval: Interval, whose: HolidayOptions | None
) -> Indices:
    codes = _codes(feature, np.frombuffer(seconds, np.int64), interval, whose)
    codes.setflags(write=False)
    return codes


def _codes(
    feature: str,
    seconds: npt.NDArray[np.int64],
    interval: Interval,
    whose: HolidayOptions | None,
) -> Indices:
    codes: Indices = _feature(feature, _walls(seconds, interval), whose).astype(np.intp)
    return codes


def _feature(feature: str, walls: _Walls, whose: HolidayOptions | None) -> npt.NDArray[Any]:
    if feature == "hour_of_day":
        return walls.hours
    if feature == "day_of_month":
        return walls.days - _months(walls.days).astype("datetime64[D]").view(np.int64)
    if feature == "month_end":
        return np.not_equal(_months(walls.days + 1), _months(walls.days))
    low = int(walls.days[0])
    days = _days(whose, low, int(walls.days[-1]))
    if feature == "hour_of_week":
        return days.weekday[walls.days - low] * 24 + walls.hours
    column = {"day_of_week": days.weekday, "business_day": days.business, "holiday": days.holiday}
    return column[feature][walls.days - low]


def _walls(seconds: npt.NDArray[np.int64], interval: Interval) -> _Walls:
    """Return the walls of ascending moments.

    Where the clock leapt over the start of a step, the step begins late: "2 hours" from 2:00 begin
    at 3:00, a day without a midnight at 1:00. What it is named after is the start it should have.
    """
    pieces = list(pieces_between(interval.zone, int(seconds[0]), int(seconds[-1]) + 1))
    where = np.searchsorted([piece.start for piece in pieces], seconds, side="right") - 1
    local = seconds + np.array([piece.offset for piece in pieces], np.int64)[where]
    step = min(int(interval.nominal.total_seconds()), _DAY)
    local -= local % step
    return _Walls(local // _HOUR % 24, local // _DAY)


def _dates(days: Indices) -> Times:
    return days.astype("datetime64[D]")


def _months(days: Indices) -> Times:
    return _dates(days).astype("datetime64[M]")


def _days(whose: HolidayOptions | None, low: int, high: int) -> _Days:
    """Return what is known of the days ``[low, high]``."""
    if whose is None:
        weekday = (np.arange(low, high + 1) + _THURSDAY) % _WEEKDAYS
        return _Days(np.zeros(len(weekday), np.bool_), weekday < _SATURDAY, weekday)
    first, last = (date.fromordinal(day + _EPOCH) for day in (low, high))
    years = [_year(whose, year) for year in range(first.year, last.year + 1)]
    start = low - (date(first.year, 1, 1).toordinal() - _EPOCH)
    here = slice(start, start + high - low + 1)
    return _Days(*(np.concatenate(column)[here] for column in zip(*years, strict=True)))


@lru_cache(maxsize=512)
def _year(whose: HolidayOptions, year: int) -> _Days:
    import holidays

    known = holidays.country_holidays(
        whose.country,
        subdiv=whose.subdivision,
        years=year,
        expand=False,
        categories=whose.categories or None,
    )
    first = date(year, 1, 1)
    dates = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    free = np.array([day in known for day in dates])
    rest = _last_of_weekend(set(known.weekend))
    weekday = np.array(
        [rest if off else day.weekday() for day, off in zip(dates, free, strict=True)]
    )
    return _Days(free, np.array([known.is_working_day(day) for day in dates]), weekday)


def _last_of_weekend(weekend: set[int]) -> int:
    """Return Sunday for Saturday and Sunday, Saturday for Friday and Saturday."""
    ends = [day for day in weekend if (day + 1) % _WEEKDAYS not in weekend]
    return max(ends, default=_SUNDAY)


_EPOCH = date(1970, 1, 1).toordinal()
