"""The points of one series as they were given: some may share an interval, in any order."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detectk.check.frames import columns_of, is_frame
from detectk.check.table import Table
from detectk.check.timestamps import Spelling, is_time, read_times, spelling_of
from detectk.contracts.cells import Column, context, numbers
from detectk.errors import ConfigError
from detectk.values import NO_LABELS, Labels, Series, Status
from detectk.values.zones import zone_info

if TYPE_CHECKING:
    from detectk.values.arrays import Bytes, Context, Floats, Times

__all__ = ["Points", "points_of", "points_of_table"]

_log = logging.getLogger(__name__)

_TIME_NAMES: Final = ("timestamp", "time", "period_time", "datetime", "date", "ds", "ts")
_VALUE_NAMES: Final = ("value", "y")
_NO_VALUE: Final = frozenset({"", "nan", "null", "none", "na", "n/a", "#n/a"})
_PAIR: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points in the order in which they were given.

    Attributes:
        where: What to name in an error or a warning.
        times: (n,) datetime64[us], UTC, in any order.
        values: (n,) float64; NaN where there is no value; never infinite.
        status: (n,) uint8 of `Status`.
        context: Column name to (n,) array.
        stamps: (n,) the times as they are written; None where they were no text.
        spelling: How to write another one.
        labels: Which series it is.
    """

    where: str
    times: Times
    values: Floats
    status: Bytes
    context: Mapping[str, Context] = field(default_factory=dict)
    stamps: Sequence[str] | None = None
    spelling: Spelling = field(default_factory=Spelling)
    labels: Labels = NO_LABELS

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.times)


def points_of(given: Any, *, timezone: str = "UTC") -> Points:
    """Return the points of what a person has at hand.

    Args:
        given: A `Series`, a pair of times and values, or a frame of polars or pandas.
        timezone: IANA zone of times without one.

    Raises:
        ConfigError: It is none of these, or a cell is no time or no number.
    """
    if isinstance(given, Series):
        return Points(
            "series",
            given.times,
            given.values,
            given.status,
            given.context,
            labels=given.labels,
        )
    if is_frame(given):
        table = Table("series", columns_of(given), lambda row: f"series: row {row + 1}")
        return points_of_table(table, timezone=timezone)
    if isinstance(given, tuple) and len(given) == _PAIR:
        times, values = given
        if len(times) != len(values):
            raise ConfigError(f"has {len(times)} times for {len(values)} values", where="series")
        columns = {"timestamp": _listed(times), "value": _listed(values)}
        table = Table("series", columns, lambda row: f"series: row {row + 1}")
        return points_of_table(table, timezone=timezone)
    raise ConfigError(
        f"{type(given).__name__} is no series",
        where="series",
        hint="give a Series, a pair (times, values), or a frame with timestamp and value",
    )


def points_of_table(
    table: Table, *, timezone: str = "UTC", timestamp_column: str = "", value_column: str = ""
) -> Points:
    """Return the points of a table; columns beside time and value become context.

    Args:
        table: What was read.
        timezone: IANA zone of times without one.
        timestamp_column: Where the times are; by default a usual name, else the first column.
        value_column: Where the values are; by default a usual name, else the next column.

    Raises:
        ConfigError: There is no such column or zone, or a cell is no time or no number.
    """
    try:
        zone_info(timezone)
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        raise ConfigError(message, where="timezone", hint=hint) from None
    time, value = _chosen(table, timestamp_column, value_column)
    cells = table.columns[time]
    times = _times(table, cells, timezone)
    values = _values(table, value)
    written = len(cells) > 0 and isinstance(cells[0], str)
    infinite = np.isinf(values)
    if infinite.any():
        _log.warning("%s: %d infinite values were taken as no value", table.where, infinite.sum())
        values = np.where(infinite, np.nan, values)
    return Points(
        table.where,
        times,
        values,
        np.where(np.isnan(values), Status.NULL, Status.VALUE).astype(np.uint8),
        {
            name: _context(column)
            for name, column in table.columns.items()
            if name not in (time, value)
        },
        stamps=[str(cell).strip() for cell in cells] if written else None,
        spelling=spelling_of(cells[0]) if written else Spelling(),
    )


def _listed(column: Any) -> Column:
    return column if isinstance(column, np.ndarray) else list(column)


def _chosen(table: Table, time: str, value: str) -> tuple[str, str]:
    names = list(table.columns)
    for option, name in (("--timestamp-column", time), ("--value-column", value)):
        if name and name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise ConfigError(
                f"column {name!r} is not among {', '.join(map(repr, names))}",
                where=table.where,
                hint=f"did you mean {near[0]!r}?" if near else f"name one of these as {option}",
            )
    if len(names) < _PAIR:
        raise ConfigError(
            f"has {'1 column' if names else 'no column'}, not a time and a value",
            where=table.where,
            hint="separate them with commas, semicolons or tabs",
        )
    found_time = time or _usual(_TIME_NAMES, [name for name in names if name != value])
    found_value = value or _usual(_VALUE_NAMES, [name for name in names if name != found_time])
    found_time = found_time or next(name for name in names if name != found_value)
    found_value = found_value or next(name for name in names if name != found_time)
    if found_time == found_value:
        raise ConfigError(f"column {time!r} is both time and value", where=table.where)
    usual = found_time.casefold() in _TIME_NAMES and found_value.casefold() in _VALUE_NAMES
    if not usual and not (time and value):
        _log.info(
            "%s: column %r has the times, %r the values", table.where, found_time, found_value
        )
    return found_time, found_value


def _usual(names: Sequence[str], present: Sequence[str]) -> str:
    folded = {name.casefold(): name for name in reversed(present)}
    return next((folded[name] for name in names if name in folded), "")


def _times(table: Table, cells: Column, timezone: str) -> Times:
    try:
        return read_times(cells, timezone)
    except (OverflowError, ValueError) as error:
        row = next((row for row, cell in enumerate(cells) if not is_time(cell)), None)
        raise ConfigError(
            str(error) if row is None else f"{_shown(cells[row])} is no time",
            where=table.where if row is None else table.place(row),
            hint="write it like 2024-01-31 10:00:00, or as seconds since 1970;"
            " --timestamp-column names the column",
        ) from None


def _values(table: Table, name: str) -> Floats:
    cells = table.columns[name]
    try:
        if len(cells) and isinstance(cells[0], str):
            return _from_texts(cells)
        return numbers(cells)
    except (OverflowError, ValueError):
        row = next(row for row, cell in enumerate(cells) if not _is_number(cell))
        raise ConfigError(
            f"{_shown(cells[row])} in column {name!r} is no number",
            where=table.place(row),
            hint="write 1.5 with a point, nothing where there is no value;"
            " --value-column names the column",
        ) from None


def _from_texts(cells: Column) -> Floats:
    try:
        return np.array(list(map(float, cells)), np.float64)
    except (TypeError, ValueError):
        return np.array([_number(cell) for cell in cells], np.float64)


def _number(cell: object) -> float:
    if isinstance(cell, str) and cell.strip().casefold() in _NO_VALUE:
        return float("nan")
    return float("nan") if cell is None else float(cell)  # type: ignore[arg-type]  # raises


def _is_number(cell: object) -> bool:
    try:
        _number(cell)
    except (OverflowError, TypeError, ValueError):
        return False
    return True


def _context(cells: Column) -> Context:
    """Return a column as numbers where every text of it is one or empty, else as it is."""
    if not len(cells) or not isinstance(cells[0], str):
        return context(cells)
    try:
        return np.array(list(map(int, cells)), np.int64)
    except (OverflowError, TypeError, ValueError):
        pass
    try:
        return _from_texts(cells)
    except (TypeError, ValueError):
        return context([cell or None for cell in cells])


def _shown(cell: object) -> str:
    text = repr(cell)
    return text if len(text) <= 60 else f"{text[:60]}..."  # noqa: PLR2004 - characters
