"""Turning the rows of a source into series, the same way for every collector."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from detectk.contracts.cells import Column, context, instants, labels, numbers
from detectk.errors import CollectError
from detectk.values.arrays import to_instant
from detectk.values.labels import NO_LABELS, Labels
from detectk.values.series import Series, Status

if TYPE_CHECKING:
    from detectk.contracts.collector import Request
    from detectk.contracts.options import RowOptions
    from detectk.values.arrays import Floats, Indices, Times

__all__ = ["require_columns", "series_from_columns", "used_columns"]

_log = logging.getLogger(__name__)


def series_from_columns(
    columns: Mapping[str, Column], options: RowOptions, request: Request
) -> list[Series]:
    """Turn the columns of a source into series, ordered by labels.

    Rows outside the window are dropped; of several rows in one interval of a series the latest
    wins, the last one where they are equally late; an infinite value is no value. Each is counted
    in one warning. Rows may come in any order.

    Args:
        columns: Name to (n,) cells. A time is a datetime, a date, an ISO text or a number since
            1970 (seconds, above 1e11 milliseconds); a time without a zone is in
            ``options.timezone``. A value is a number, a text that is one, or None.
        options: Which columns mean what.
        request: The window and the grid.

    Raises:
        CollectError: A column is missing, a cell is no time or no number, or there are more
            series than ``options.max_series``.
    """
    if not columns:
        return []
    require_columns(columns, options, where=request.metric)
    used = used_columns(options)
    if len({len(columns[name]) for name in used}) > 1:
        sizes = ", ".join(f"{name} {len(columns[name])}" for name in used)
        raise CollectError(f"columns differ in length: {sizes}", where=request.metric)

    times = _times(columns, options, request)
    values = _values(columns, options, request)
    rows, floors = _on_grid(times, request)
    if not rows.size:
        return []
    series, codes = _series_of(rows, columns, options, request)

    order = np.lexsort((times[rows], codes))
    rows, floors, codes = rows[order], floors[order], codes[order]
    repeated = np.append((codes[1:] == codes[:-1]) & (floors[1:] == floors[:-1]), [False])
    if repeated.any():
        _warn(
            "%d rows share an interval with a later one and were dropped", repeated.sum(), request
        )
    rows, floors, codes = rows[~repeated], floors[~repeated], codes[~repeated]

    kept = values[rows]
    if np.isinf(kept).any():
        _warn("%d infinite values were taken as no value", np.isinf(kept).sum(), request)
    kept[np.isinf(kept)] = np.nan
    status = np.where(np.isnan(kept), Status.NULL, Status.VALUE).astype(np.uint8)
    beside = {name: context(columns[name])[rows] for name in options.context_columns}
    parts = np.split(np.arange(len(rows)), np.flatnonzero(np.diff(codes)) + 1)
    return [
        Series(
            series[codes[part[0]]],
            floors[part],
            kept[part],
            status[part],
            {name: column[part] for name, column in beside.items()},
        )
        for part in parts
    ]


def used_columns(options: RowOptions) -> list[str]:
    """Return the columns that ``options`` name, each once."""
    names = (options.timestamp_column, options.value_column)
    return list(dict.fromkeys((*names, *options.context_columns, *options.dimensions)))


def require_columns(present: Collection[str], options: RowOptions, *, where: str) -> None:
    """Check that a source has the columns that ``options`` name.

    Args:
        present: The columns of the source.
        options: The columns wanted.
        where: What to name in the error.

    Raises:
        CollectError: One is missing; the message lists those present and a near name.
    """
    for name in used_columns(options):
        if name in present:
            continue
        lower = {column.casefold(): column for column in present}
        near = difflib.get_close_matches(name.casefold(), lower, n=1)
        raise CollectError(
            f"column {name!r} is not among {', '.join(map(repr, present))}",
            where=where,
            hint=f"did you mean {lower[near[0]]!r}?" if near else "name one of these in the config",
        )


def _times(columns: Mapping[str, Column], options: RowOptions, request: Request) -> Times:
    name = options.timestamp_column
    try:
        return instants(columns[name], zone=options.timezone, window=request.window)
    except (OverflowError, ValueError) as error:
        raise CollectError(
            f"column {name!r}: {error}",
            where=request.metric,
            hint="give a datetime, an ISO text or seconds since 1970",
        ) from error


def _values(columns: Mapping[str, Column], options: RowOptions, request: Request) -> Floats:
    name = options.value_column
    try:
        return numbers(columns[name])
    except ValueError as error:
        raise CollectError(
            f"column {name!r}: {error}", where=request.metric, hint="give a number or null"
        ) from error


def _on_grid(times: Times, request: Request) -> tuple[Indices, Times]:
    """Return the rows that belong to the window, and the starts of their intervals."""
    start, end = to_instant(request.window.start), to_instant(request.window.end)
    rows = np.flatnonzero((times >= start) & (times < end))
    floors = request.interval.floor_many(times[rows])
    inside = floors >= start
    rows, floors = rows[inside], floors[inside]
    if len(rows) < len(times):
        _warn("%d rows outside the window were dropped", len(times) - len(rows), request)
    return rows, floors


def _series_of(
    rows: Indices, columns: Mapping[str, Column], options: RowOptions, request: Request
) -> tuple[list[Labels], Indices]:
    """Return the series in order, and for each of ``rows`` which of them it belongs to."""
    if not options.dimensions:
        return [NO_LABELS], np.zeros(len(rows), np.intp)
    texts = [labels(columns[name]) for name in options.dimensions]
    seen: dict[tuple[str, ...], int] = {}
    keys = list(zip(*texts, strict=True))
    codes = np.array([seen.setdefault(keys[row], len(seen)) for row in rows.tolist()], np.intp)
    # Texts that differ only in their Unicode form are one series.
    named = [Labels.of(dict(zip(options.dimensions, key, strict=True))) for key in seen]
    ordered = sorted(set(named))
    if len(ordered) > options.max_series:
        raise CollectError(
            f"{len(ordered)} series, more than max_series {options.max_series}",
            where=request.metric,
            hint="group by fewer dimensions, filter the query, or raise max_series",
        )
    place = {item: code for code, item in enumerate(ordered)}
    return ordered, np.array([place[item] for item in named], np.intp)[codes]


def _warn(event: str, count: int, request: Request) -> None:
    _log.warning(event, count, extra={"metric": request.metric})
