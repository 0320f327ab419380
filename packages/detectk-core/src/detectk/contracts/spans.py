"""Turning the rows of a table of events into spans of time, the same way for every collector."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from detectk.contracts.cells import Column, instants, labels
from detectk.errors import CollectError
from detectk.values.spans import Spans

if TYPE_CHECKING:
    from detectk.contracts.collector import Request
    from detectk.contracts.options import RowOptions
    from detectk.values.arrays import Times

__all__ = ["spans_from_columns"]

_START, _END, _NAME = "start_time", "end_time", "name"
_DATE = re.compile(r"\s*\d{4}-\d\d-\d\d\s*", re.ASCII)
_DAY = timedelta(days=1)


def spans_from_columns(
    columns: Mapping[str, Column], options: RowOptions, request: Request, *, event: str
) -> Spans:
    """Turn columns ``start_time``, perhaps ``end_time`` and ``name``, into spans.

    Dates are whole days of the metric's zone, the last one included. Other times are moments, in
    ``options.timezone`` where they have no zone, and the end is excluded. Without ``end_time``, a
    row is one day, or the one interval that holds its moment.

    Args:
        columns: Name to (n,) cells.
        options: Has the zone of times without one.
        request: The window and the grid.
        event: Its name, for error messages.

    Raises:
        CollectError: A column is missing, a cell is no time, or an event ends before it starts.
    """
    where = f"{request.metric}: event {event!r}"
    if columns and _START not in columns:
        raise CollectError(
            f"column {_START!r} is not among {', '.join(map(repr, columns))}",
            where=where,
            hint=f"select {_START} and, where events last, {_END}",
        )
    first = _listed(columns.get(_START, ()))
    last = _listed(columns.get(_END, first))
    try:
        starts = _times(first, options, request)
        ends = _times([_after(cell) for cell in last], options, request)
    except (OverflowError, ValueError) as error:
        raise CollectError(
            str(error), where=where, hint="give a date or a time; NULL is neither"
        ) from error
    if _END not in columns:
        ends = np.maximum(ends, starts + np.timedelta64(1, "us"))
    if (backwards := np.flatnonzero(ends < starts)).size:
        row = int(backwards[0])
        raise CollectError(
            f"row {row + 1} ends {last[row]} before it starts {first[row]}",
            where=where,
            hint="swap them",
        )
    return Spans(starts, ends, tuple(labels(columns.get(_NAME, ()))))


def _listed(cells: Column) -> Sequence[object]:
    return cells.tolist() if isinstance(cells, np.ndarray) else cells


def _times(cells: Sequence[object], options: RowOptions, request: Request) -> Times:
    times = np.empty(len(cells), "datetime64[us]")
    whole = np.array([_day(cell) is not None for cell in cells], bool)
    for rows, zone in ((whole, request.interval.zone), (~whole, options.timezone)):
        chosen = [cell for cell, here in zip(cells, rows, strict=True) if here]
        times[rows] = instants(chosen, zone=zone, window=request.window)
    return times


def _after(cell: object) -> object:
    """Return the day after a day, and any other cell as it is."""
    day = _day(cell)
    return cell if day is None else min(day, date.max - _DAY) + _DAY


def _day(cell: object) -> date | None:
    """Return the day that a cell is; None for a moment, and for what is neither."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell
    if isinstance(cell, str) and _DATE.fullmatch(cell):
        return date.fromisoformat(cell.strip())
    return None
