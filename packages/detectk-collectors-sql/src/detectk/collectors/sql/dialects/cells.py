"""Columns of arrays as the plain cells that a driver takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Cells", "Columns", "plain", "row_tuples"]

Cells: TypeAlias = Sequence[object] | npt.NDArray[Any]
"""Cells of a column; no number is NaN in an array, None in a list."""
Columns: TypeAlias = Mapping[str, Cells]
"""Name to cells, all of one length."""


def plain(column: Cells) -> list[Any]:
    """Return a column as Python's own numbers and texts, NaN as None.

    A database knows no other way to say that there is no number, and None equals itself.
    """
    if not isinstance(column, np.ndarray):
        return list(column)
    cells: list[Any] = column.tolist()
    if column.dtype.kind == "f":
        for row in np.flatnonzero(np.isnan(column)).tolist():
            cells[row] = None
    return cells


def row_tuples(columns: Columns) -> list[tuple[Any, ...]]:
    """Return columns as rows."""
    return list(zip(*map(plain, columns.values()), strict=True))
