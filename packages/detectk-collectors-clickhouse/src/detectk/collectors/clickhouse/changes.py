"""What a write changes: rows that are new, and new versions of rows that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detectk.clock import Clock
from detectk.collectors.clickhouse.blocks import Cells, Repeated
from detectk.collectors.clickhouse.database import Database
from detectk.collectors.clickhouse.registry import Entry, Registry
from detectk.collectors.clickhouse.versions import Array, Asked, Rows, Table, read

__all__ = ["Write", "keep"]

_AT_ONCE: Final = 500_000
"""Rows in one block: a server cuts a block above a million in two."""


@dataclass(frozen=True, slots=True)
class Write:
    """Rows of one series to keep.

    Attributes:
        entry: The series.
        rows: The rows, each as its first version, seen at its own time.
        step: What becomes ``seen`` of a changed row, in microseconds since 1970.
    """

    entry: Entry
    rows: Rows
    step: int


def keep(
    database: Database, registry: Registry, clock: Clock, table: Table, writes: Sequence[Write]
) -> None:
    """Write rows as `detectk.contracts.History` says.

    What is there is read only where a write meets it. The rows come first and what the registry
    says of them last, so that whatever is cut off can simply be done again: a row that is there
    twice under one version is one row.
    """
    for wave in _waves(writes):
        known = registry.load([write.entry.metric for write in wave])
        before = [known[write.entry.metric].get(write.entry.key, write.entry) for write in wave]
        told = [_told(write.rows) for write in wave]
        # Who reads must know that there are texts before the first one is there.
        registry.note(
            entry.grown(entry.oldest, entry.newest, texts=True)
            for entry, text in zip(before, told, strict=True)
            if text and not entry.texts and not entry.empty
        )
        changes = _changes(database, table, wave, before)
        _insert(database, table, changes, now=int(clock.now().timestamp() * 1e6))
        after = [
            entry.grown(int(write.rows.times[0]), int(write.rows.times[-1]), texts=text)
            for write, entry, text in zip(wave, before, told, strict=True)
        ]
        registry.note(new for old, new in zip(before, after, strict=True) if new != old)


def _waves(writes: Sequence[Write]) -> Iterator[list[Write]]:
    """Return the writes that have rows, those of one series one after another."""
    left = [write for write in writes if len(write.rows.times)]
    while left:
        wave: dict[int, Write] = {}
        for write in left:
            wave.setdefault(write.entry.key, write)
        yield list(wave.values())
        left = [write for write in left if wave[write.entry.key] is not write]


def _told(rows: Rows) -> bool:
    return rows.texts is not None and bool((rows.texts != "").any())


def _changes(
    database: Database, table: Table, wave: Sequence[Write], before: Sequence[Entry]
) -> list[tuple[Entry, Rows]]:
    """Return the versions to add."""
    spans = [(int(one.rows.times[0]), int(one.rows.times[-1]) + 1) for one in wave]
    met = [entry.meets(*span) for entry, span in zip(before, spans, strict=True)]
    asked = [
        Asked(entry.metric, *span, (entry.key,))
        for entry, span, meets in zip(before, spans, met, strict=True)
        if meets
    ]
    texts = table.compared and any(
        entry.texts or _told(write.rows)
        for entry, write, meets in zip(before, wave, met, strict=True)
        if meets
    )
    there = read(database, table, asked, texts=texts) if asked else {}
    changes = [(write.entry, _against(write, there.get(write.entry.key), table)) for write in wave]
    return [(entry, rows) for entry, rows in changes if len(rows.times)]


def _against(write: Write, there: Rows | None, table: Table) -> Rows:
    """Return what of a write is not there already."""
    rows = write.rows
    if there is None:
        return rows
    place = np.searchsorted(there.times, rows.times).clip(max=len(there.times) - 1)
    found = there.times[place] == rows.times
    equal = found.copy()
    for name in table.numbers:
        equal &= _equal(rows.numbers[name], there.numbers[name][place])
    if table.compared:
        equal &= _texts(rows, len(rows.times)) == _texts(there, len(there.times))[place]
    changed = found & ~equal
    fresh = Rows(
        rows.times,
        np.where(changed, there.version[place] + 1, rows.version),
        np.where(changed, write.step, rows.seen),
        rows.numbers,
        rows.texts,
    )
    return fresh.take(np.flatnonzero(~equal))


def _equal(new: Array, old: Array) -> Array:
    same: Array = new == old
    return same | (np.isnan(new) & np.isnan(old)) if new.dtype.kind == "f" else same


def _texts(rows: Rows, count: int) -> Array:
    return np.full(count, "", object) if rows.texts is None else rows.texts


def _insert(
    database: Database, table: Table, changes: Sequence[tuple[Entry, Rows]], *, now: int
) -> None:
    """Add versions, as many series at once as fit into one block."""
    some: list[tuple[Entry, Rows]] = []
    count = 0
    for entry, rows in changes:
        for start in range(0, len(rows.times), _AT_ONCE):
            piece = rows.take(slice(start, start + _AT_ONCE))
            if count + len(piece.times) > _AT_ONCE:
                database.insert(table.name, _columns(table, some, now))
                some, count = [], 0
            some.append((entry, piece))
            count += len(piece.times)
    if some:
        database.insert(table.name, _columns(table, some, now))


def _columns(
    table: Table, some: Sequence[tuple[Entry, Rows]], now: int
) -> Mapping[str, Cells | Repeated]:
    counts = [len(rows.times) for _, rows in some]

    def joined(cells: list[Array]) -> Array:
        return np.concatenate(cells)

    columns: dict[str, Any] = {
        "metric_name": Repeated([entry.metric for entry, _ in some], counts),
        "series": Repeated([entry.series for entry, _ in some], counts),
        "key": np.repeat(np.array([entry.key for entry, _ in some], np.uint64), counts),
        "time": joined([rows.times for _, rows in some]),
        "version": joined([rows.version for _, rows in some]),
        "seen": joined([rows.seen for _, rows in some]),
        "written": np.full(sum(counts), now, np.uint64),
    }
    if any(entry.detector for entry, _ in some):
        columns["detector_id"] = Repeated([entry.detector for entry, _ in some], counts)
    for name in table.numbers:
        columns[name] = joined([rows.numbers[name] for _, rows in some])
    if any(rows.texts is not None for _, rows in some):
        columns[table.text] = joined([_texts(rows, len(rows.times)) for _, rows in some]).tolist()
    return columns
