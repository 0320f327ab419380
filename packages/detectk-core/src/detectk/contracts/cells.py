"""What the cells of a source mean: times, numbers, labels and context, a column at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from reprlib import repr as short
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from detectk.values.arrays import to_instant
from detectk.values.zones import EPOCH, wall_to_utc, zone_info

if TYPE_CHECKING:
    from detectk.values.arrays import Context, Floats, Times
    from detectk.values.window import Window

__all__ = ["Column", "context", "instants", "labels", "numbers"]

Column: TypeAlias = Sequence[object] | npt.NDArray[Any]
T = TypeVar("T")

_MICRO: Final = 1_000_000
_PLAIN_TEXT: Final = np.array(["0000-00-00 00:00:00"])
_BETWEEN, _NINE = 2, 9
"""Which of the signs stands between day and clock; the last figure."""
_FIRST_YEAR: Final = np.datetime64("0001-01-01", "us")
_ROOM: Final = np.timedelta64(2, "D")
# An epoch number above these is in milliseconds, microseconds, nanoseconds: 1e11 seconds are the
# year 5138, 1e11 milliseconds are 1973.
_MILLI_FROM, _MICRO_FROM, _NANO_FROM = 10**11, 10**14, 10**17
_EPOCH_END: Final = 9.2e18
# Shorter digits are no epoch anybody means; 20240101 is a date without its dashes.
_EPOCH_TEXT = re.compile(r"\d{9,}(\.\d+)?")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?"
    r"(?: ?(?:(Z|UTC)|([+-]\d\d)(?::?(\d\d))?))?)?",
    re.ASCII | re.IGNORECASE,
)


def instants(cells: Column, *, zone: str, window: Window) -> Times:
    """Return the UTC times of a column.

    Args:
        cells: (n,) datetimes, dates, ISO strings, numpy datetimes, or numbers since 1970: seconds,
            above 1e11 milliseconds, above 1e14 microseconds, above 1e17 nanoseconds.
        zone: IANA zone of times without one; a time its clock shows twice is the first of them.
        window: The times that matter; far from it the zone is not applied.

    Returns:
        (n,) datetime64[us].

    Raises:
        ValueError: A cell is no time; the message names its row, counted from 1.
    """
    zone_info(zone)
    kinds = set(map(type, cells)) if not isinstance(cells, np.ndarray) else set()
    if kinds and kinds <= {int, float}:
        cells = np.asarray(cells)
    if isinstance(cells, np.ndarray):
        if cells.dtype.kind == "M":
            _refuse(np.isnat(cells), cells, "is no time")
            return _in_utc(cells.astype("datetime64[us]"), zone=zone, window=window)
        if cells.dtype.kind in "iuf":
            return _from_epoch(cells)
    if kinds == {str} and (walls := _plain_walls(cells)) is not None:
        return _in_utc(walls, zone=zone, window=window)
    moments: Sequence[Any] = cells.tolist() if isinstance(cells, np.ndarray) else cells
    if kinds != {datetime}:
        moments = _each(_moment, moments, "is no time")
    if all(moment.tzinfo is None for moment in moments):
        return _in_utc(np.array(moments, "datetime64[us]"), zone=zone, window=window)
    naive = np.array([moment.tzinfo is None for moment in moments])
    times = np.array(
        [to_instant(moment) if moment.tzinfo else moment for moment in moments], "datetime64[us]"
    )
    times[naive] = _in_utc(times[naive], zone=zone, window=window)
    return times


def numbers(cells: Column, *, rows: Sequence[int] | None = None) -> Floats:
    """Return a column as (n,) float64; None, NaN and blank text are NaN, infinities stay.

    Args:
        cells: (n,) numbers, texts that are numbers, None.
        rows: (n,) what to call the rows in an error, 1 to n by default.

    Raises:
        ValueError: A cell is no number; the message names its row.
    """
    if isinstance(cells, np.ndarray):
        if cells.dtype.kind in "biuf":
            return cells.astype(np.float64)
        cells = cells.tolist()
    try:
        values: Floats = np.array(cells, np.float64)
    except (OverflowError, TypeError, ValueError):
        values = np.empty(0)
    if values.shape == (len(cells),):
        return values
    # Something is no number, or blank, or a list: go by the cell to say which.
    return np.array(_each(_number, cells, "is no number", rows), np.float64)


def labels(cells: Column) -> list[str]:
    """Return a column as texts; None is the empty one."""
    return [cell if isinstance(cell, str) else _text(cell) for cell in _listed(cells)]


def context(cells: Column) -> Context:
    """Return a column as an array of what JSON can hold.

    Numbers with gaps become float64 with NaN; what is neither number, text nor None becomes text.
    """
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "biuf":
        return cells
    cells = _listed(cells)
    kinds = set(map(type, cells))
    if kinds in ({bool}, {int}):
        return np.array(cells)
    if kinds <= {int, float, Decimal, type(None)} and kinds != {type(None)}:
        return numbers(cells)
    column = np.empty(len(cells), object)
    column[:] = [
        cell if cell is None or isinstance(cell, bool | int | float | str) else _text(cell)
        for cell in cells
    ]
    return column


def _listed(cells: Column) -> Sequence[object]:
    return cells.tolist() if isinstance(cells, np.ndarray) else cells


def _each(
    read: Callable[[object], T], cells: Column, complaint: str, rows: Sequence[int] | None = None
) -> list[T]:
    """Read every cell, or say which one cannot be read."""

    def attempt(row: int, cell: object) -> T:
        try:
            return read(cell)
        except (ArithmeticError, TypeError, ValueError):
            raise ValueError(f"{short(cell)} in row {row} {complaint}") from None

    numbered = zip(range(1, len(cells) + 1) if rows is None else rows, cells, strict=True)
    return [attempt(row, cell) for row, cell in numbered]


def _refuse(bad: npt.NDArray[np.bool_], cells: npt.NDArray[Any], complaint: str) -> None:
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(f"{short(cells[row].item())} in row {row + 1} {complaint}")


def _plain_walls(cells: Column) -> Times | None:
    """Read ``2024-01-31 23:59:59``, all at once; None where a cell is anything else."""
    text = np.array(cells, np.str_)
    if text.dtype != _PLAIN_TEXT.dtype:
        return None
    codes = text.view(np.uint32).reshape(len(text), -1)
    form = _PLAIN_TEXT.view(np.uint32)
    figures = form == ord("0")
    # An unsigned number below the nought wraps around to one far above the nine.
    plain = (codes[:, figures] - ord("0") <= _NINE).all()
    signs = codes[:, ~figures] == form[~figures]
    signs[:, _BETWEEN] |= codes[:, ~figures][:, _BETWEEN] == ord("T")
    if not plain or not signs.all():
        return None
    try:
        walls: Times = text.astype("datetime64[us]")
    except ValueError:  # a month of 13: whoever goes cell by cell can say where
        return None
    return walls if (walls >= _FIRST_YEAR).all() else None


def _in_utc(walls: Times, *, zone: str, window: Window) -> Times:
    """Read wall times in ``zone``; rows far away must not have its clock searched for years."""
    if zone == "UTC":
        return walls
    near = (walls > to_instant(window.start) - _ROOM) & (walls < to_instant(window.end) + _ROOM)
    micros = walls[near].astype(np.int64)
    seconds = micros // _MICRO
    times: Times = walls.copy()
    times[near] = (micros + (wall_to_utc(zone, seconds) - seconds) * _MICRO).astype(times.dtype)
    return times


def _from_epoch(counts: npt.NDArray[Any]) -> Times:
    size = np.abs(counts.astype(np.float64))
    _refuse(~(size < _EPOCH_END), counts, "is no time")
    scales = [size > _NANO_FROM, size > _MICRO_FROM, size > _MILLI_FROM]
    if counts.dtype.kind == "f":
        micros = np.rint(np.select(scales, [counts / 1000, counts, counts * 1000], counts * _MICRO))
    else:
        counts = counts.astype(np.int64)
        micros = np.select(scales, [counts // 1000, counts, counts * 1000], counts * _MICRO)
    times: Times = micros.astype(np.int64).astype("datetime64[us]")
    return times


def _moment(cell: object) -> datetime:
    """Read one time; raise ValueError, TypeError or OverflowError for what is none."""
    if isinstance(cell, np.generic):
        cell = cell.astype("datetime64[us]").item() if cell.dtype.kind == "M" else cell.item()
    if isinstance(cell, bytes):
        cell = cell.decode()
    if isinstance(cell, str):
        return _from_text(cell.strip())
    # The not-a-time of pandas is a datetime that differs from itself.
    if isinstance(cell, datetime) and cell == cell:  # noqa: PLR0124
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - the zone comes later
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        micros = _from_epoch(np.array([cell], np.int64 if isinstance(cell, int) else np.float64))
        return EPOCH + timedelta(microseconds=int(micros.astype(np.int64)[0]))
    raise ValueError("no time")


def _from_text(text: str) -> datetime:
    if _EPOCH_TEXT.fullmatch(text):
        return _moment(float(text))
    # Python 3.10 reads fewer forms than later versions, which read more than dates with dashes.
    parts = _ISO.fullmatch(text)
    if parts is None:
        raise ValueError("no time")
    day, clock, fraction, utc, hours, minutes = parts.groups()
    moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}")
    if fraction:
        moment = moment.replace(microsecond=int(fraction.ljust(6, "0")[:6]))
    if utc:
        return moment.replace(tzinfo=timezone.utc)
    if hours:
        offset = timedelta(hours=abs(int(hours)), minutes=int(minutes or 0))
        moment = moment.replace(tzinfo=timezone(-offset if hours.startswith("-") else offset))
    return moment


def _number(cell: object) -> float:
    if cell is None or (isinstance(cell, str | bytes) and not cell.strip()):
        return float("nan")
    return float(cell)  # type: ignore[arg-type]  # what is no number raises


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bytes):
        return cell.decode(errors="replace")
    return cell.isoformat() if isinstance(cell, date) else str(cell)
