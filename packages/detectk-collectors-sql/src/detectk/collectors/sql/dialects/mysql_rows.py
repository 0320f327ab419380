"""Write columns as MySQL's multi-row INSERT, put together a column at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from detectk.collectors.sql.dialects.cells import Cells, Columns, plain
from detectk.collectors.sql.dialects.dialect import Cursor

__all__ = ["written"]

_LENGTH: Final = 1_000_000
"""Characters of one statement, if a row is not longer: any server takes as much."""


def written(cursor: Cursor, verb: str, columns: Columns, end: str = "") -> None:
    """Run ``verb`` for all rows with as few statements as fit.

    Args:
        cursor: Where.
        verb: ``INSERT INTO table`` or ``REPLACE INTO table``.
        columns: The rows.
        end: What follows them.
    """
    head = f"{verb} ({', '.join(columns)}) VALUES "
    cells = [_literals(column) for column in columns.values()]
    rows = [f"({','.join(row)})" for row in zip(*cells, strict=True)]
    for some in _pieces(rows):
        cursor.execute(f"{head}{','.join(some)}{end}")


def _pieces(rows: list[str]) -> Iterator[list[str]]:
    """Split rows so that a statement stays short; nearly all rows are about as long."""
    start, length = 0, 0
    for n, row in enumerate(rows):
        if n > start and length + len(row) > _LENGTH:
            yield rows[start:n]
            start, length = n, 0
        length += len(row) + 1
    yield rows[start:]


def _literals(column: Cells) -> list[str]:
    """Return cells as MySQL reads them: exact numbers, quoted texts, NULL."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "iub":
        return list(map(repr, column.tolist()))
    cells = plain(column)
    if cells.count(cells[0]) == len(cells):
        return [_literal(cells[0])] * len(cells)
    return list(map(_literal, cells))


def _literal(cell: Any) -> str:
    if cell is None:
        return "NULL"
    if isinstance(cell, float):
        # With an exponent it is read as a double, without one it would first be a decimal.
        text = repr(cell)
        return text if "e" in text else f"{text}e0"
    if isinstance(cell, int):
        return repr(int(cell))
    from pymysql.converters import escape_string

    return f"'{escape_string(str(cell))}'"
