"""How chunks keep notes: the cells of each name beside each other, as one JSON text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from detectk.contracts.json_rows import from_scalars, to_scalars
from detectk.values.arrays import Context

__all__ = [
    "Notes",
    "dump_notes",
    "joined_notes",
    "load_notes",
    "notes_of",
    "row_texts",
    "taken_notes",
    "text_notes",
    "to_columns",
]

Notes: TypeAlias = Mapping[str, Sequence[Any]]
"""Name to one cell a row; the name is left out where no row has it."""

_ABSENT: Final[list[object]] = []
"""The cell of a row that lacks the name: scalars are never lists, and JSON can say it."""
_ALIKE: Final = ({bool}, {int}, {str}, {type(None)})
"""Kinds of cells that are equal only when they are written alike; 0.0 equals -0.0."""

_encode: Final[Callable[[object], str]] = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def notes_of(columns: Mapping[str, Context]) -> Notes:
    """Return the notes of rows to write."""
    return {name: to_scalars(column) for name, column in columns.items()}


def to_columns(notes: Notes) -> dict[str, Context]:
    """Return what `detectk.contracts.unpack_rows` makes of the same rows."""
    return {
        name: from_scalars([None if isinstance(cell, list) else cell for cell in notes[name]])
        for name in sorted(notes)
    }


def taken_notes(notes: Notes, index: Sequence[int] | slice) -> Notes:
    """Return the notes of the rows at ``index``."""
    taken = {
        name: cells[index] if isinstance(index, slice) else [cells[row] for row in index]
        for name, cells in notes.items()
    }
    return {
        name: cells
        for name, cells in taken.items()
        if not all(isinstance(cell, list) for cell in cells)
    }


def joined_notes(parts: Iterable[tuple[Notes, int]]) -> Notes:
    """Return the notes of parts behind each other, each with its number of rows."""
    joined: dict[str, list[Any]] = {}
    before = 0
    for notes, count in parts:
        for name in notes:
            if name not in joined:
                joined[name] = [_ABSENT] * before
        for name, cells in joined.items():
            cells.extend(notes[name] if name in notes else [_ABSENT] * count)
        before += count
    return joined


def dump_notes(notes: Notes) -> str | None:
    """Return ``{name: cells}``, one cell when all are alike; a row that lacks the name has []."""
    if not notes:
        return None
    return _encode({name: _shortened(cells) for name, cells in notes.items()})


def load_notes(text: str | None, count: int) -> Notes:
    """Return the notes that `dump_notes` wrote."""
    if text is None:
        return {}
    columns: dict[str, list[Any]] = json.loads(text)
    return {
        name: cells if len(cells) == count else cells * count for name, cells in columns.items()
    }


def row_texts(notes: Notes, count: int) -> list[str | None]:
    """Return the text of each row as `detectk.contracts.pack_rows` writes it, None for ``{}``."""
    if not notes:
        return [None] * count
    rows = zip(*notes.values(), strict=True)
    return [_row_text(dict(zip(notes, cells, strict=True))) for cells in rows]


def text_notes(texts: Sequence[str | None]) -> Notes:
    """Return the notes of rows that `row_texts` wrote, in any mixture."""
    if not any(texts):
        return {}
    rows: list[dict[str, Any]] = json.loads(f"[{','.join(text or '{}' for text in texts)}]")
    names = {name: None for row in rows for name in row}
    return {name: [row.get(name, _ABSENT) for row in rows] for name in names}


def _shortened(cells: Sequence[Any]) -> Sequence[Any]:
    alike = cells.count(cells[0]) == len(cells) and set(map(type, cells)) in _ALIKE
    return cells[:1] if alike else cells


def _row_text(row: Mapping[str, Any]) -> str | None:
    present = {name: cell for name, cell in row.items() if not isinstance(cell, list)}
    return _encode(present) if present else None
