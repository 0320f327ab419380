"""Write columns with PostgreSQL's binary COPY: an order of magnitude faster than INSERT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from detectk.collectors.sql.dialects.cells import Cells, Columns, plain, row_tuples
from detectk.collectors.sql.dialects.server_tables import Column

__all__ = ["TYPES", "copied"]

TYPES: Final[Mapping[Column, str]] = {
    "number": "int8",
    "number?": "int8",
    "small": "int2",
    "float": "float8",
    "float?": "float8",
    "name": "text",
    "text": "text",
    "digest": "text",
}
"""Kind of a column to its type in PostgreSQL's own words."""
_SHAPES: Final = {"int8": ">i8", "int2": ">i2", "float8": ">f8"}
_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL: Final = b"\xff\xff"
_MISSING: Final = -1
_PATTERNS: Final = 16
"""More ways to miss a cell than this are written row by row."""
_FEW: Final = 20


def copied(cursor: Any, table: str, columns: Columns, kinds: Mapping[str, Column]) -> None:
    """Copy ``columns`` into ``table``.

    Rows in which texts are all the same have one size a pattern of missing numbers, and are put
    together as arrays; others are left to the driver.
    """
    types = [TYPES[kinds[name]] for name in columns]
    copy = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    data = _as_arrays(columns, types) if len(next(iter(columns.values()))) > _FEW else None
    with cursor.copy(copy) as writer:
        if data is not None:
            writer.write(_HEAD + data + _TAIL)
            return
        writer.set_types(types)
        for row in row_tuples(columns):
            writer.write_row(row)


def _as_arrays(columns: Columns, types: list[str]) -> bytes | None:
    """Return the rows in the format of COPY; None where they are too different from each other.

    Source: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
    """
    cells: list[npt.NDArray[Any] | bytes | None] = []
    missing: list[npt.NDArray[np.bool_]] = []
    for column, kind in zip(columns.values(), types, strict=True):
        if kind == "text":
            if not _uniform(column):
                return None
            cells.append(str(column[0]).encode())
        elif not isinstance(column, np.ndarray) and _uniform(column) and column[0] is None:
            cells.append(None)
        else:
            array = np.asarray(column if isinstance(column, np.ndarray) else plain(column))
            if array.dtype.kind not in "iuf":
                return None
            if array.dtype.kind == "f":
                missing.append(np.isnan(array))
            cells.append(array)
    gaps = np.zeros(len(next(iter(columns.values()))), np.int64)
    for bit, mask in enumerate(missing):
        gaps |= mask.astype(np.int64) << bit
    patterns = np.unique(gaps)
    if len(patterns) > _PATTERNS:
        return None
    return b"".join(_pattern(cells, types, gaps == p) for p in patterns)


def _pattern(
    cells: list[npt.NDArray[Any] | bytes | None], types: list[str], rows: npt.NDArray[np.bool_]
) -> bytes:
    """Return the rows of one pattern: each cell is its length and its bytes."""
    first = int(rows.argmax())
    fields: list[tuple[str, str]] = [("count", ">i2")]
    values: list[Any] = [len(cells)]
    for n, (cell, kind) in enumerate(zip(cells, types, strict=True)):
        fields.append((f"size{n}", ">i4"))
        if cell is None or (isinstance(cell, np.ndarray) and _is_nan(cell[first])):
            values.append(_MISSING)
        elif isinstance(cell, bytes):
            values += [len(cell), cell]
            fields.append((f"cell{n}", f"S{len(cell)}"))
        else:
            shape = np.dtype(_SHAPES[kind])
            values += [shape.itemsize, cell[rows]]
            fields.append((f"cell{n}", _SHAPES[kind]))
    block = np.empty(int(rows.sum()), np.dtype(fields))
    for (name, _), value in zip(fields, values, strict=True):
        block[name] = value
    return block.tobytes()


def _is_nan(cell: Any) -> bool:
    return bool(cell != cell)  # noqa: PLR0124  # only NaN differs from itself


def _uniform(column: Cells) -> bool:
    listed = column if isinstance(column, list) else list(column)
    return listed.count(listed[0]) == len(listed)
