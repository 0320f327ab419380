"""Series and verdicts as rows of a table, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from detectk.collectors.clickhouse.versions import Array, Rows
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


def point_rows(series: Series) -> Rows:
    """Return points as first versions, each seen at its own time."""
    numbers: dict[str, Array] = {"value": series.values, "status": series.status}
    return _first(series.times, numbers, series.context)


def verdict_rows(verdicts: Verdicts) -> Rows:
    """Return verdicts as first versions, each seen at its own time."""
    numbers = {name: getattr(verdicts, name) for name in Verdicts.COLUMNS}
    return _first(verdicts.times, numbers, verdicts.explain)


def to_series(labels: Labels, rows: Rows) -> Series:
    """Return the series of rows, at least one."""
    return Series(
        labels=labels,
        times=_times(rows.times),
        values=_own(rows.numbers["value"]),
        status=_own(rows.numbers["status"]),
        context=_columns(rows),
        seen=_times(rows.seen),
    )


def to_verdicts(labels: Labels, detector: str, rows: Rows) -> Verdicts:
    """Return the verdicts of rows, at least one."""
    return Verdicts(
        detector=detector,
        labels=labels,
        times=_times(rows.times),
        **{name: _own(rows.numbers[name]) for name in Verdicts.COLUMNS},
        explain=_columns(rows),
        seen=_times(rows.seen),
    )


def _first(times: Times, numbers: Mapping[str, Array], texts: Mapping[str, Context]) -> Rows:
    micros = times.astype("datetime64[us]").astype(np.int64)
    told = None
    if texts:
        told = np.array(pack_rows(texts, len(times)), object)
        told[told == "{}"] = ""
    return Rows(micros, np.zeros(len(micros), np.uint32), micros, numbers, told)


def _columns(rows: Rows) -> dict[str, Context]:
    if rows.texts is None:
        return {}
    return unpack_rows([text or "{}" for text in rows.texts.tolist()])


def _own(cells: Array) -> Array:
    """Return cells that may be written to: those of one block are the driver's buffer."""
    return cells if cells.flags.writeable else cells.copy()


def _times(micros: Array) -> Times:
    return _own(micros).view("datetime64[us]")
