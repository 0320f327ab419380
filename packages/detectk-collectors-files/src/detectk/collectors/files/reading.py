"""The edge to polars: a file becomes columns of cells."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from detectk.contracts.rows import used_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt
    import polars as pl

    from detectk.collectors.files.options import FilesOptions
    from detectk.values import Window

__all__ = ["context_column", "number_cells", "rows_near", "scan", "time_cells"]

# A local time differs from UTC by less than a day.
_ROOM: Final = timedelta(days=1)
_SHAPES: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S%.f")
# Fewer digits are more likely a date without dashes than an epoch.
_EPOCH_FROM: Final = 10**8


def scan(path: Path, options: FilesOptions) -> pl.LazyFrame | None:
    """Open a file, None if it is empty; cells of a CSV stay text, so that a label keeps its 007.

    Raises:
        OSError: The file cannot be read; EOFError and zlib.error when it is badly packed.
        polars.exceptions.PolarsError: It is not what its format says.
    """
    import polars as pl

    packed = path.suffix.lower() == ".gz"
    # A path handed to polars is one file: what looks like a pattern in its name is none.
    if options.kind == "parquet":
        return pl.scan_parquet(path, glob=False)
    if path.stat().st_size == 0:
        return None
    if options.kind == "csv" and not packed:
        return pl.scan_csv(path, separator=options.parting, infer_schema_length=0, glob=False)
    content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    if options.kind == "csv":
        return pl.read_csv(content, separator=options.parting, infer_schema_length=0).lazy()
    return pl.read_ndjson(content, infer_schema_length=None).lazy()


def rows_near(frame: pl.LazyFrame, options: FilesOptions, window: Window) -> pl.DataFrame:
    """Read the columns that ``options`` name.

    Rows more than a day from the window are not even read where the types allow it; where a cell
    may turn out to be no time or no number they are, so that its row is counted in the whole file.
    """
    schema = frame.collect_schema()
    time = options.timestamp_column
    wanted = frame.select(used_columns(options))
    near = _near(schema[time], time, window)
    if near is None or not schema[options.value_column].is_numeric():
        return wanted.collect()
    rows = wanted.filter(near).collect()
    return wanted.collect() if rows[time].null_count() else rows


def time_cells(column: pl.Series, zone: str) -> tuple[Sequence[object] | npt.NDArray[Any], str]:
    """Return the cells of a column of times and the zone of those without one.

    A column of one shape throughout becomes an array at once; any other goes cell by cell.
    """
    import polars as pl

    if isinstance(column.dtype, pl.String):
        column = _parsed(column)
    plain = column.dtype.is_temporal() or column.dtype.is_integer() or column.dtype.is_float()
    if column.null_count() or not plain:
        return column.to_list(), zone
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        return column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy(), "UTC"
    return column.to_numpy(), zone


def number_cells(column: pl.Series) -> Sequence[object] | npt.NDArray[Any]:
    """Return the cells of a column of values, as an array where all are numbers or null."""
    import polars as pl

    if column.dtype.is_numeric() or isinstance(column.dtype, pl.Boolean | pl.String):
        numbers: pl.Series = column.cast(pl.Float64, strict=False)
        if numbers.null_count() == column.null_count():
            return numbers.to_numpy()
    return column.to_list()


def context_column(column: pl.Series) -> pl.Series:
    """Return a text column of a CSV as integers or floats if each of its cells is one."""
    import polars as pl

    for dtype in (pl.Int64, pl.Float64):
        numbers: pl.Series = column.cast(dtype, strict=False)
        if numbers.null_count() == column.null_count():
            return numbers
    return column


def _near(dtype: pl.DataType, column: str, window: Window) -> pl.Expr | None:
    import polars as pl

    start, end = window.start - _ROOM, window.end + _ROOM
    if isinstance(dtype, pl.Date):
        low, high = pl.lit(start.date()), pl.lit(end.date())
    elif isinstance(dtype, pl.Datetime):
        low, high = (pl.lit(bound.replace(tzinfo=None)) for bound in (start, end))
        if dtype.time_zone:
            low, high = (
                bound.dt.replace_time_zone("UTC").dt.convert_time_zone(dtype.time_zone)
                for bound in (low, high)
            )
    else:
        return None
    return pl.col(column).is_null() | pl.col(column).is_between(low, high)


def _parsed(column: pl.Series) -> pl.Series:
    import polars as pl

    for shape in _SHAPES:
        times = column.str.to_datetime(shape, time_unit="us", strict=False)
        if not times.null_count():
            return times
    counts = column.cast(pl.Int64, strict=False)
    return column if counts.null_count() or (counts.abs() < _EPOCH_FROM).any() else counts
