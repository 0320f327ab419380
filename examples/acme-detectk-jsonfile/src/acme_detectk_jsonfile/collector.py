"""Reads the points of a metric from a JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acme_detectk_jsonfile.options import JsonFileOptions
from detectk.contracts import Collector, Health, Request, series_from_columns
from detectk.errors import CollectError
from detectk.values import Series

__all__ = ["JsonFileCollector"]


class JsonFileCollector(Collector[JsonFileOptions]):
    """Collects from a file that holds a list of objects, one a point."""

    def collect(self, request: Request) -> Sequence[Series]:
        """Return the series of the window.

        Raises:
            CollectError: The file cannot be read, or has no rows where they should be.
        """
        rows = self._rows(request.metric)
        names = dict.fromkeys(name for row in rows for name in row)
        columns = {name: [row.get(name) for row in rows] for name in names}
        # Times, zones, the grid, the window, dimensions, duplicates, NaN: done here for everybody.
        return series_from_columns(columns, self.options, request)

    def check(self) -> Health:
        """Return whether the file can be read."""
        try:
            rows = self._rows(self.services.where)
        except CollectError as error:
            return Health(ok=False, detail=str(error))
        return Health(ok=True, detail=f"{len(rows)} rows in {self.options.path}")

    def describe(self, request: Request) -> str:
        """Return which rows `collect` would use."""
        time, window = self.options.timestamp_column, request.window
        rows = f"{window.start.isoformat()} <= {time} < {window.end.isoformat()}"
        return f"rows of {self.options.path} with {rows}"

    def fingerprint(self) -> str:
        """Return the options that decide which points there are."""
        return self.options.model_dump_json(exclude_defaults=True, exclude={"max_series"})

    def _rows(self, where: str) -> list[dict[str, Any]]:
        path = self.services.root / Path(self.options.path).expanduser()
        try:
            document = json.loads(path.read_bytes())
        except OSError as error:
            raise CollectError(
                f"{path} cannot be read: {error.strerror}",
                where=where,
                hint="check collector.params.path",
                retryable=True,
            ) from error
        except (RecursionError, ValueError) as error:
            raise CollectError(
                f"{path} is not JSON: {error}",
                where=where,
                hint="if it is being written, rename a finished file into place",
                retryable=True,
            ) from error
        return self._found(document, where)

    def _found(self, document: Any, where: str) -> list[dict[str, Any]]:
        keys = self.options.data_path.split(".") if self.options.data_path else []
        if not keys and isinstance(document, dict):
            keys = ["data"]
        rows = document
        for key in keys:
            if not isinstance(rows, dict) or key not in rows:
                raise CollectError(
                    f"{self.options.path} has nothing at {'.'.join(keys)!r}",
                    where=where,
                    hint="name the keys to the list of rows in collector.params.data_path",
                )
            rows = rows[key]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise CollectError(
                f"{self.options.path} holds no list of objects at {'.'.join(keys) or 'its top'}",
                where=where,
                hint="name the keys to the list of rows in collector.params.data_path",
            )
        return rows
