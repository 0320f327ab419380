"""Find the columns in a CSV, or one cell of it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from detectk.collectors.http.options import HttpOptions
from detectk.collectors.http.paths import parse
from detectk.collectors.http.records import Columns, single
from detectk.contracts.rows import require_columns
from detectk.errors import CollectError

__all__ = ["table"]


def table(text: str, options: HttpOptions, newest: datetime) -> Columns:
    """Return the columns of a CSV whose first row are names; empty if it has no other.

    Args:
        text: The CSV.
        options: Which columns mean what, or which cell.
        newest: The time of a cell that has none.

    Raises:
        CollectError: It is no CSV, or a column is missing.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=options.separator) if row]
    except csv.Error as error:
        raise CollectError(
            f"the answer is not CSV: {error}", hint="set response_format to what it is"
        ) from error
    if not rows:
        return {}
    names, cells = [name.strip() for name in rows[0]], rows[1:]
    for number, row in enumerate(cells, 2):
        if len(row) != len(names):
            raise CollectError(
                f"row {number} has {len(row)} cells and the first has {len(names)}",
                hint="look at the answer, and at separator",
            )
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise CollectError(f"column {twice[0]!r} is there twice", hint="rename one at the source")
    if options.single:
        return _cell(names, cells, options, newest)
    if options.data_path:
        raise CollectError("a CSV has no data_path", hint="remove it, or set response_format: json")
    given = {"timestamp_column": options.timestamp_path or options.timestamp_column}
    wanted = options.model_copy(update=given)
    require_columns(names, wanted, where="")
    place = {name: at for at, name in enumerate(names)}
    columns: Columns = {}
    for name in (*options.context_columns, *options.dimensions, options.value_column):
        columns[name] = [row[place[name]] for row in cells]
    times = [row[place[wanted.timestamp_column]] for row in cells]
    return columns | {options.timestamp_column: times} if cells else {}


def _cell(
    names: Sequence[str], cells: Sequence[Sequence[str]], options: HttpOptions, newest: datetime
) -> Columns:
    """Return the one value of a table: `column`, which is its first row, or `column[row]`."""
    (column, *rest) = parse(options.value_path or "")
    row = rest[0] if rest else 0
    if column not in names or not isinstance(row, int):
        raise CollectError(
            f"column {column!r} is not among {', '.join(map(repr, names))}",
            hint="write value_path as 'column' or 'column[row]'",
        )
    if not cells and not rest:
        return {}
    if not -len(cells) <= row < len(cells):
        raise CollectError(
            f"there is no row [{row}] among {len(cells)}", hint="count from 0, or from -1 backwards"
        )
    record = dict(zip(names, cells[row], strict=True))
    cell = options.model_copy(update={"value_path": f'["{column}"]'})
    return single(record, cell, newest)
