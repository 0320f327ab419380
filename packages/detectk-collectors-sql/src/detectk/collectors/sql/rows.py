"""Series and verdicts as rows of a database, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from detectk.collectors.sql.versions import Row
from detectk.contracts.json_rows import pack_rows, unpack_rows
from detectk.values.arrays import Context, Times, to_datetime, to_instant
from detectk.values.labels import Labels
from detectk.values.series import Series
from detectk.values.verdicts import Verdicts

__all__ = [
    "from_micros",
    "point_rows",
    "to_micros",
    "to_series",
    "to_verdicts",
    "verdict_rows",
]


def to_micros(at: datetime) -> int:
    """Return microseconds since 1970."""
    return int(to_instant(at).astype(np.int64))


def from_micros(micros: int) -> datetime:
    """Return the aware time of microseconds since 1970."""
    return to_datetime(np.datetime64(micros, "us"))


def point_rows(series: Series) -> list[Row]:
    """Return (time, value, status, context) a point."""
    context = pack_rows(series.context, len(series))
    columns = (_instants(series.times), _cells(series.values), series.status.tolist(), context)
    return list(zip(*columns, strict=True))


def verdict_rows(verdicts: Verdicts) -> list[Row]:
    """Return (time, the nine columns in order, evidence) a verdict."""
    columns = [_cells(getattr(verdicts, name)) for name in Verdicts.COLUMNS]
    evidence = pack_rows(verdicts.explain, len(verdicts))
    return list(zip(_instants(verdicts.times), *columns, evidence, strict=True))


def to_series(labels: Labels, rows: Sequence[Row]) -> Series:
    """Return the series of rows of (time, value, status, context, seen), at least one.

    No context is None, and so is ``seen`` where it is the time.
    """
    times, values, status, context, seen = zip(*rows, strict=True)
    instants = _times(times)
    if seen.count(None) == len(seen):
        steps = instants
    else:
        steps = _times([t if s is None else s for s, t in zip(seen, times, strict=True)])
    return Series(
        labels=labels,
        times=instants,
        values=np.array(values, dtype=np.float64),
        status=np.array(status, dtype=np.uint8),
        context=unpack_rows([text or "{}" for text in context]) if any(context) else {},
        seen=steps,
    )


def to_verdicts(labels: Labels, detector: str, rows: Sequence[Row]) -> Verdicts:
    """Return the verdicts of rows of `verdict_rows` with ``seen`` after them, at least one."""
    columns = list(zip(*rows, strict=True))
    numbers = [np.array(column, dtype=np.float64) for column in columns[1:7]]
    return Verdicts(
        detector=detector,
        labels=labels,
        times=_times(columns[0]),
        value=numbers[0],
        expected=numbers[1],
        lower=numbers[2],
        upper=numbers[3],
        score=numbers[4],
        excess=numbers[5],
        direction=np.array(columns[7], dtype=np.int8),
        verdict=np.array(columns[8], dtype=np.uint8),
        status=np.array(columns[9], dtype=np.uint8),
        explain=unpack_rows(columns[10]),
        seen=_times(columns[11]),
    )


def _cells(column: Context) -> list[Any]:
    """Write NaN as None: a database knows no other way, and None equals itself."""
    cells: list[Any] = column.tolist()
    if column.dtype.kind == "f":
        for row in np.flatnonzero(np.isnan(column)).tolist():
            cells[row] = None
    return cells


def _instants(times: Times) -> list[int]:
    micros: list[int] = times.astype("datetime64[us]").astype(np.int64).tolist()
    return micros


def _times(micros: Sequence[int]) -> Times:
    return np.array(micros, dtype=np.int64).view("datetime64[us]")
