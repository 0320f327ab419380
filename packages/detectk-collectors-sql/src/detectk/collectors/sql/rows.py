"""Series and verdicts as columns of a database, and back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

import numpy as np

from detectk.collectors.sql.versions import Micros, Rows
from detectk.values.arrays import Context, Times
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


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND: Final = timedelta(microseconds=1)


def to_micros(at: datetime) -> int:
    """Return microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=4096)  # thousands of metrics of one run speak of the same moments
def from_micros(micros: int) -> datetime:
    """Return the aware time of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def point_rows(series: Series) -> Rows:
    """Return the points of a series."""
    columns: dict[str, Context] = {"value": series.values, "status": series.status}
    return Rows(_micros(series.times), columns, series.context)


def verdict_rows(verdicts: Verdicts) -> Rows:
    """Return verdicts with their evidence."""
    columns = dict(zip(Verdicts.COLUMNS, verdicts.cells(), strict=True))
    return Rows(_micros(verdicts.times), columns, verdicts.explain)


def to_series(labels: Labels, rows: Rows) -> Series:
    """Return the series of rows of `point_rows`."""
    return Series(
        labels,
        _times(rows.time),
        rows.columns["value"],
        rows.columns["status"],
        rows.notes,
        _times(rows.seen),
    )


def to_verdicts(labels: Labels, detector: str, rows: Rows) -> Verdicts:
    """Return the verdicts of rows of `verdict_rows`."""
    return Verdicts(
        detector=detector,
        labels=labels,
        times=_times(rows.time),
        explain=rows.notes,
        seen=_times(rows.seen),
        **rows.columns,
    )


def _micros(times: Times) -> Micros:
    return times.astype("datetime64[us]", copy=False).view(np.int64)


def _times(micros: Micros) -> Times:
    return micros.view("datetime64[us]")
