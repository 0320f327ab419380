"""The user's own days: a file of dates or moments, laid over the grid of a metric."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectk.errors import DetectError
from detectk.values.arrays import Indices, Times, to_datetime
from detectk.values.interval import Interval
from detectk.values.spans import Spans
from detectk.values.zones import wall_to_utc

__all__ = ["Events"]

Micros = npt.NDArray[np.int64]

_MICRO = 1_000_000
_DAY = 86_400 * _MICRO
_ROOM = 2 * _DAY
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Python 3.10 reads fewer forms of offsets than later versions.
_SHAPE = re.compile(
    r"(?P<local>\d{4}-\d\d-\d\d(?P<clock>[ T]\d\d:\d\d(:\d\d(\.(\d{3}|\d{6}))?)?)?)"
    r"(?(clock) ?(?:(?P<utc>Z|UTC)|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?)?)",
    re.ASCII | re.IGNORECASE,
)
_HINT = "write 2024-11-29, 2024-11-29 10:00 or 2024-11-29T10:00:00+01:00"


class _Bound(NamedTuple):
    """One cell: microseconds since 1970 by the local clock, or by UTC where it has an offset."""

    micros: int
    is_day: bool
    is_local: bool


class _Span(NamedTuple):
    """One row: the stretch ``[start, end)`` and the number of its name."""

    start: int
    end: int
    start_is_local: bool
    end_is_local: bool
    code: int


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """The rows of one file.

    Attributes:
        bounds: (2, n) microseconds since 1970: starts, and ends which do not belong to it.
        local: (2, n) whether a bound is by the clock of the metric's zone, not by UTC.
        numbers: (n,) 1 for an event without a name, one number a name from 2 on.
    """

    bounds: Micros
    local: npt.NDArray[np.bool_]
    numbers: Indices

    @classmethod
    def read(cls, root: Path, file: str) -> Events:
        """Read a CSV file; a path that is not absolute starts at ``root``.

        The columns are ``date``, or ``start`` and ``end``, and perhaps ``name``, in any order
        among others. Dates are whole local days, the last one included; datetimes are moments of
        the metric's zone unless they carry an offset, and the end is excluded. A datetime alone,
        under ``date`` or with an empty end, is the one interval that holds it.

        Raises:
            DetectError: The file cannot be read; the message names it and the line.
        """
        path = root / file
        try:
            status = path.stat()
            return _read(path, file, status.st_mtime_ns, status.st_size)
        except OSError as error:
            raise DetectError(
                f"events cannot be read from {str(path)!r}: {error.strerror}",
                where=file,
                hint=f"paths start at the project's folder, {str(root)!r}",
            ) from error

    def codes(self, times: Times, interval: Interval) -> Indices:
        """Return (n,) the number of the event in which each interval lies at least in part.

        Where two events meet, the one further down in the file wins.

        Args:
            times: (n,) ascending starts of intervals.
            interval: The grid they are on, with its zone.

        Returns:
            Zero outside every event.
        """
        if not len(times) or not len(self.numbers):
            return np.zeros(len(times), np.intp)
        end = (interval.next(to_datetime(times[-1])) - _EPOCH) // _MICROSECOND
        near = (int(_micros(times[:1])[0]) - _ROOM, end + _ROOM)
        starts, ends = self._in_utc(interval.zone, near).astype("datetime64[us]")
        met = Spans(starts, ends).met(times, interval)
        return np.append(self.numbers, 0)[met]

    def _in_utc(self, zone: str, near: tuple[int, int]) -> Micros:
        """Return the bounds in UTC; those far away stay far away, and cost nothing."""
        bounds = np.clip(self.bounds, *near)
        seconds, rest = np.divmod(bounds, _MICRO)
        utc = wall_to_utc(zone, seconds.ravel()).reshape(seconds.shape) * _MICRO + rest
        return np.where(self.local, utc, bounds)


def _micros(times: Times) -> Micros:
    return times.astype("datetime64[us]", copy=False).view(np.int64)


# The metrics of a fleet share their files; a changed one is read again.


@lru_cache(maxsize=64)
def _read(path: Path, file: str, _changed: int, _size: int) -> Events:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DetectError("no UTF-8 text", where=file, hint="save it as UTF-8") from error
    spans = list(_spans(text, file))
    columns = np.array(spans, np.int64).reshape(-1, 5).T
    return Events(columns[:2], columns[2:4].astype(np.bool_), columns[4].astype(np.intp))


def _spans(text: str, file: str) -> Iterator[_Span]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    numbers: dict[str, int] = {}
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            where = f"{file}:{reader.line_num}"
            if not names:
                names = _header(cells, where)
                continue
            if len(cells) != len(names):
                raise DetectError(
                    f"{len(cells)} cells under {len(names)} columns",
                    where=where,
                    hint="quote a cell that has a comma",
                )
            row = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
            name = row.get("name", "")
            number = numbers.setdefault(name, len(numbers) + 2) if name else 1
            yield _span(row, number, where)
    except csv.Error as error:
        raise DetectError(
            f"no CSV: {error}", where=f"{file}:{reader.line_num}", hint="check its quotes"
        ) from error
    if not names:
        raise DetectError("the file is empty", where=file, hint="begin with a line date,name")


def _header(cells: list[str], where: str) -> list[str]:
    names = [cell.strip().casefold() for cell in cells]
    if ("date" in names) == ("start" in names and "end" in names):
        raise DetectError(
            f"the columns are {', '.join(names)}",
            where=where,
            hint="give either date, or start and end",
        )
    return names


def _span(row: Mapping[str, str], number: int, where: str) -> _Span:
    start = _bound(row.get("date") or row.get("start", ""), where)
    end = _bound(row["end"], where) if row.get("end") else start
    if end.is_local == start.is_local and end.micros < start.micros:
        raise DetectError(
            f"the event ends {row['end']!r} before it starts {row['start']!r}",
            where=where,
            hint="swap them",
        )
    length = _DAY if end.is_day else end == start  # a moment is not nothing
    return _Span(start.micros, end.micros + length, start.is_local, end.is_local, number)


def _bound(text: str, where: str) -> _Bound:
    shape = _SHAPE.fullmatch(text)
    try:
        if not shape:
            raise ValueError(text)  # noqa: TRY301  # as what only looks like a time does
        moment = datetime.fromisoformat(text[: shape.end("local")])
    except ValueError:
        raise DetectError(f"{text!r} is no date or time", where=where, hint=_HINT) from None
    micros = (moment.replace(tzinfo=timezone.utc) - _EPOCH) // _MICROSECOND
    sign, hours, minutes = shape.group("sign", "hours", "minutes")
    if sign:
        offset = int(hours) * 3_600 + int(minutes or 0) * 60
        micros -= (-offset if sign == "-" else offset) * _MICRO
    return _Bound(micros, not shape["clock"], not (sign or shape["utc"]))
