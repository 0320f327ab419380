"""Reads the points of a metric from files."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detectk.collectors.files.options import FilesOptions
from detectk.collectors.files.reading import (
    context_column,
    number_cells,
    rows_near,
    scan,
    time_cells,
)
from detectk.contracts import Collector, Health, Request, series_from_columns
from detectk.contracts.cells import Column, instants, numbers
from detectk.contracts.rows import require_columns
from detectk.errors import CollectError
from detectk.values import Series, to_instant

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FilesCollector"]


class FilesCollector(Collector[FilesOptions]):
    """Collects from CSV, Parquet and NDJSON files.

    Several files are read in the order of their names: where two rows fall into one interval the
    later time wins, and of equal times the later file.
    """

    def collect(self, request: Request) -> Sequence[Series]:
        """Return the series of the window; a file without rows in it adds nothing.

        Raises:
            CollectError: No file is there, or one cannot be read or understood.
        """
        found = [self._read(path, request) for path in self._files(request.metric)]
        tables = [table for table in found if table]
        if not tables:
            return []
        columns = {name: _joined([table[name] for table in tables]) for name in tables[0]}
        # The zone has been applied, file by file.
        options = self.options.model_copy(update={"timezone": "UTC"})
        return series_from_columns(columns, options, request)

    def check(self) -> Health:
        """Return whether the files are there and have the columns."""
        try:
            files = self._files(self.services.where)
            for path in files:
                self._open(path, self._called(path, self.services.where))
        except CollectError as error:
            return Health(ok=False, detail=str(error))
        count = "1 file" if len(files) == 1 else f"{len(files)} files"
        return Health(ok=True, detail=f"{count} ({self.options.kind}) at {self.options.path}")

    def describe(self, request: Request) -> str:
        """Return which rows of which files `collect` would read."""
        time, window = self.options.timestamp_column, request.window
        rows = f"{window.start.isoformat()} <= {time} < {window.end.isoformat()}"
        return f"rows of {self.options.path} ({self.options.kind}) with {rows}"

    def fingerprint(self) -> str:
        """Return the options that decide which points there are."""
        return self.options.model_dump_json(exclude_defaults=True, exclude={"max_series"})

    def _files(self, where: str) -> list[Path]:
        root, path = self.services.root, Path(self.options.path).expanduser()
        if (root / path).is_file():
            # A file that is really called data[1].csv is no pattern.
            return [root / path]
        start = Path(path.anchor) if path.is_absolute() else root
        with _told(where):
            found = start.glob(str(path.relative_to(path.anchor)))
            files = sorted(file for file in found if file.is_file())
        if not files:
            raise CollectError(
                f"no file at {self.options.path!r} in {root}",
                where=where,
                hint="check collector.params.path: a file or a glob, from the project's root",
            )
        return files

    def _called(self, path: Path, where: str) -> str:
        root = self.services.root
        name = str(path.relative_to(root) if path.is_relative_to(root) else path)
        return f"{where}: {name}" if where else name

    def _open(self, path: Path, where: str) -> pl.LazyFrame | None:
        """Open a file and look for its columns; None if it is empty."""
        with _told(where):
            frame = scan(path, self.options)
            if frame is None:
                return None
            names = frame.collect_schema().names()
        require_columns(names, self.options, where=where)
        return frame

    def _read(self, path: Path, request: Request) -> dict[str, Column]:
        """Read the rows of a file that are inside the window, times in UTC; empty if it is."""
        where, options = self._called(path, request.metric), self.options
        frame = self._open(path, where)
        if frame is None:
            return {}
        with _told(where):
            rows = rows_near(frame, options, request.window)
        with _told(f"{where}: column {options.timestamp_column!r}"):
            cells, zone = time_cells(rows[options.timestamp_column], options.timezone)
            times = instants(cells, zone=zone, window=request.window)
        start, end = to_instant(request.window.start), to_instant(request.window.end)
        inside = np.flatnonzero((times >= start) & (times < end))
        with _told(f"{where}: column {options.value_column!r}"):
            cells = number_cells(rows[options.value_column][inside])
            values = numbers(cells, rows=(inside + 1).tolist())
        table: dict[str, Column] = {}
        for name in options.context_columns:
            text = options.kind != "csv" or name in options.dimensions
            column = rows[name] if text else context_column(rows[name])
            table[name] = column[inside].to_list()
        for name in options.dimensions:
            table[name] = rows[name][inside].to_list()
        return table | {options.timestamp_column: times[inside], options.value_column: values}


def _joined(parts: Sequence[Column]) -> Column:
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    return np.concatenate(arrays) if arrays else list(chain.from_iterable(parts))


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turn what goes wrong with a file into the error of this step."""
    from polars.exceptions import PolarsError

    try:
        yield
    except (NotImplementedError, ValueError) as error:
        raise CollectError(
            str(error), where=where, hint="mend it, or name another column or path in the config"
        ) from error
    # RuntimeError: what versions of polars before 2 make of text that is no NDJSON.
    except (EOFError, OSError, PolarsError, RuntimeError, zlib.error) as error:
        reason = str(getattr(error, "strerror", None) or error).partition("\n")[0]
        raise CollectError(
            f"cannot be read: {reason}",
            where=where,
            hint="check the file, and collector.params.format",
        ) from error
