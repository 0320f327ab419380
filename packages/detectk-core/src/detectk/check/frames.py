"""Read frames without importing the library they are of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from detectk.contracts.cells import Column

__all__ = ["columns_of", "is_frame"]


def is_frame(given: object) -> bool:
    """Whether ``given`` is a frame of polars or pandas, or a series of pandas with its index."""
    index = getattr(given, "index", None)
    return hasattr(given, "columns") or (hasattr(index, "dtype") and hasattr(given, "to_numpy"))


def columns_of(frame: Any) -> Mapping[str, Column]:
    """Return the columns of a frame by name, times with a zone in UTC.

    An index of times that pandas made is the column ``timestamp``; a series of pandas is the
    column ``value`` beside it.
    """
    columns: dict[str, Column] = {}
    index = getattr(frame, "index", None)
    if getattr(getattr(index, "dtype", None), "kind", "") == "M":
        columns["timestamp"] = _cells(index)
    if not hasattr(frame, "columns"):
        return columns | {"value": _cells(frame)}
    return columns | {str(name): _cells(frame[name]) for name in frame.columns}


def _cells(column: Any) -> Column:
    dtype = column.dtype
    if getattr(dtype, "tz", None) is not None:  # pandas
        aware = column.to_numpy(dtype="datetime64[us]")
        return _aware(aware)
    if getattr(dtype, "time_zone", None):  # polars
        return _aware(column.to_numpy())
    cells = column.to_numpy()
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "biufM":
        return cells
    if getattr(dtype, "kind", "") in ("i", "u", "f"):  # pandas, with a missing value of its own
        return np.asarray(column.to_numpy(dtype="float64", na_value=np.nan))
    listed: list[object] = column.to_list()
    return listed


def _aware(times: Any) -> list[object]:
    """Return times that are in UTC as objects that say so."""
    from datetime import timezone

    return [time.replace(tzinfo=timezone.utc) for time in times.astype("datetime64[us]").tolist()]
