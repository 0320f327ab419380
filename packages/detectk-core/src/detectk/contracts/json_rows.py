"""How a storage keeps context and evidence: the scalars of one row as one JSON text."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from detectk.values.arrays import Context

__all__ = ["Scalar", "from_scalars", "pack_rows", "to_scalars", "unpack_rows"]

Scalar: TypeAlias = bool | int | float | str | None

_EMPTY = "{}"
_INT64 = 2**63
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_WRITERS: dict[type, Callable[[Any], str]] = {int: int.__repr__, float: float.__repr__}


def pack_rows(columns: Mapping[str, Context], count: int) -> list[str]:
    """Return one canonical JSON object a row, so that equal rows are equal texts.

    Args:
        columns: Name to (count,) cells. Booleans, integers, finite floats, strings and None are
            kept; NaN, NaT and infinities become None, anything else its ``str``.
        count: Number of rows, for the case without columns.
    """
    if not columns:
        return [_EMPTY] * count
    fields = [_fields(name, to_scalars(columns[name])) for name in sorted(columns)]
    return ["{" + ",".join(row) + "}" for row in zip(*fields, strict=True)]


def unpack_rows(texts: Sequence[str]) -> dict[str, Context]:
    """Return the columns of texts that `pack_rows` made, in any mixture.

    A row that lacks a name has None there. Columns of booleans, integers or strings get their
    natural dtype, numbers with gaps become float64 with NaN, anything else is an array of objects.
    """
    if list(texts).count(_EMPTY) == len(texts):
        return {}
    rows: list[dict[str, Scalar]] = json.loads(f"[{','.join(texts)}]")
    names = sorted({name for row in rows for name in row})
    return {name: from_scalars([row.get(name) for row in rows]) for name in names}


@lru_cache(maxsize=256)
def _head(name: str) -> str:
    return _encode(name) + ":"


def to_scalars(column: Context) -> list[Scalar]:
    """Return the cells of one column as `pack_rows` keeps them."""
    if column.dtype.kind in "biuU":
        plain: list[Scalar] = column.tolist()
        return plain
    if column.dtype == np.float64:
        numbers: list[float] = column.tolist()
        return [number if math.isfinite(number) else None for number in numbers]
    return [_scalar(cell) for cell in column]


def from_scalars(cells: list[Scalar]) -> Context:
    """Return one column of `unpack_rows`."""
    kinds = {type(cell) for cell in cells}
    if kinds in ({bool}, {str}):
        return np.array(cells)
    if kinds == {int} and all(abs(cell) < _INT64 for cell in cells if isinstance(cell, int)):
        return np.array(cells, dtype=np.int64)
    if kinds <= {int, float, type(None)} and kinds & {int, float}:
        return np.array(cells, dtype=np.float64)
    objects: Context = np.empty(len(cells), dtype=object)
    objects[:] = cells
    return objects


def _fields(name: str, cells: list[Scalar]) -> list[str]:
    """Write each cell beside its name; several times faster than an encoder called once a row."""
    head = _head(name)
    return [head + _WRITERS.get(type(cell), _encode)(cell) for cell in cells]


def _scalar(cell: object) -> Scalar:
    if isinstance(cell, np.datetime64 | np.timedelta64):
        return None if np.isnat(cell) else str(cell)
    plain = cell.item() if isinstance(cell, np.generic) else cell
    if plain is None or isinstance(plain, bool | int | str):
        return plain
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else None
    return str(plain)
