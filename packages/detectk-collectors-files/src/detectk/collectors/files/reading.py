"""The edge to polars: a file becomes columns of cells."""

from __future__ import annotations

import gzip
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt
    import polars as pl

    from detectk.collectors.files.options import FilesOptions
    from detectk.values import Window

__all__ = ["number_cells", "scan", "time_cells", "within"]

# A local time differs from UTC by less than a day.
_ROOM: Final = timedelta(days=1)
_SHAPES: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S%.f")
# Fewer digits are more likely a date without dashes than an epoch.
_EPOCH_FROM: Final = 10**8


def scan(path: Path, options: FilesOptions) -> pl.LazyFrame:
    """Open a file; cells of a CSV stay text, so that a label 007 keeps its noughts.

    Raises:
        OSError: The file cannot be read.
        polars.exceptions.PolarsError: It is not what its format says.
    """
    import polars as pl

    packed = path.suffix.lower() == ".gz"
    if options.kind == "parquet":
        return pl.scan_parquet(path)
    if path.stat().st_size == 0:
        return pl.LazyFrame()
    if options.kind == "ndjson":
        if packed:
            return pl.read_ndjson(gzip.decompress(path.read_bytes())).lazy()
        return pl.scan_ndjson(path, infer_schema_length=None)
    if packed:
        content = gzip.decompress(path.read_bytes())
        return pl.read_csv(content, separator=options.parting, infer_schema_length=0).lazy()
    return pl.scan_csv(path, separator=options.parting, infer_schema_length=0)


def within(frame: pl.LazyFrame, column: str, window: Window) -> pl.LazyFrame:
    """Leave out rows more than a day from the window, where the type of ``column`` allows it.

    Rows without a time stay, to be complained about.
    """
    import polars as pl

    dtype = frame.collect_schema()[column]
    start, end = window.start - _ROOM, window.end + _ROOM
    if isinstance(dtype, pl.Date):
        low, high = pl.lit(start.date()), pl.lit(end.date())
    elif isinstance(dtype, pl.Datetime):
        zone = dtype.time_zone
        low, high = (
            pl.lit(bound.replace(tzinfo=None)).dt.replace_time_zone("UTC" if zone else None)
            for bound in (start, end)
        )
        if zone:
            low, high = low.dt.convert_time_zone(zone), high.dt.convert_time_zone(zone)
    else:
        return frame
    time = pl.col(column)
    return frame.filter(time.is_null() | ((time >= low) & (time <= high)))


def time_cells(column: pl.Series, zone: str) -> tuple[Sequence[object] | npt.NDArray[Any], str]:
    """Return the cells of a column of times and the zone of those without one.

    A column of one shape throughout becomes an array at once; any other goes cell by cell.
    """
    import polars as pl

    if isinstance(column.dtype, pl.String):
        column = _parsed(column)
    if column.null_count() or not (column.dtype.is_temporal() or column.dtype.is_numeric()):
        return column.to_list(), zone
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        return column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy(), "UTC"
    return column.to_numpy(), zone


def number_cells(column: pl.Series) -> Sequence[object] | npt.NDArray[Any]:
    """Return the cells of a column of values, as an array where all are numbers or null."""
    import polars as pl

    numbers = column.cast(pl.Float64, strict=False)
    if numbers.null_count() == column.null_count():
        return numbers.to_numpy()
    return column.to_list()


def _parsed(column: pl.Series) -> pl.Series:
    import polars as pl

    for shape in _SHAPES:
        times = column.str.to_datetime(shape, time_unit="us", strict=False)
        if not times.null_count():
            return times
    counts = column.cast(pl.Int64, strict=False)
    return column if counts.null_count() or (counts.abs() < _EPOCH_FROM).any() else counts
