"""Versioned rows as plain rows: one a point, one a verdict, superseded ones in a second table."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from detectk.collectors.sql.database import Database
from detectk.collectors.sql.dialects.cells import plain
from detectk.collectors.sql.versions import Kept, Kind, Rows, Versions, Wanted
from detectk.contracts.json_rows import pack_rows, unpack_rows

__all__ = ["RowVersions"]

Arrays: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[int, int]

_TERMS: Final = 100
"""Parts of one UNION; SQLite takes 500."""
_READ_AT_ONCE: Final = 50
"""Owners of one read: their rows are Python's own objects before they become columns."""
_WRITTEN: Final = ("seen", "first_seen", "revised_at")


class RowVersions(Versions):
    """A table keyed by an owner and a time, and one that takes its superseded rows.

    Plain statements only, a handful for any number of owners. Where the database has no
    infinity, a column ``infinite`` keeps two bits a number: below and above.
    """

    def __init__(self, database: Database, kind: Kind) -> None:
        self._database = database
        self._kind = kind
        self._rows = f"dtk_{kind.name}"
        self._old = f"dtk_{kind.name[:-1]}_revisions"
        # Points are never infinite, the bounds of a verdict may be.
        self._signed = kind.name == "verdicts" and not database.dialect.infinities
        self._compared = (*kind.columns, *(["infinite"] if self._signed else []))

    def keep(self, batch: Sequence[Kept], *, now: int) -> None:
        """Write rows; ``now`` is the wall time in microseconds."""
        items = [item for item in batch if len(item.rows.time)]
        if not items:
            return
        new, steps = self._joined(items)
        known = self._known(items)
        count = len(steps)
        if not known:
            self._insert(self._rows, new, seen=new["time"], first=[now] * count, revised=[None])
            return
        keys = list(zip(new[self._kind.owner].tolist(), new["time"].tolist(), strict=True))
        there = np.fromiter((key in known for key in keys), np.bool_, count)
        if not there.all():
            some = _taken(new, np.flatnonzero(~there))
            first = [now] * len(some["time"])
            self._insert(self._rows, some, seen=some["time"], first=first, revised=[None])
        if there.any():
            self._revise(_taken(new, np.flatnonzero(there)), known, steps[there], now)

    def read(self, wanted: Sequence[Wanted], *, every: bool = False) -> Sequence[Rows]:
        """Return the rows in force, or ``every`` version, an item for each of ``wanted``."""
        if len(wanted) > _READ_AT_ONCE:
            starts = range(0, len(wanted), _READ_AT_ONCE)
            some = (wanted[start : start + _READ_AT_ONCE] for start in starts)
            return [rows for each in some for rows in self.read(each, every=every)]
        parts: dict[Key, int] = {}
        groups: defaultdict[Key, dict[int, None]] = defaultdict(dict)
        for item in wanted:
            parts.setdefault((item.start, item.end), len(parts))
            groups[item.start, item.end][item.owner] = None
        found: dict[Key, Rows] = {}
        for rows in self._ask(groups, parts, every=every):
            found.update(self._split(rows, every=every))
        empty = self._to_rows([()] * 99, every=every)
        return [found.get((parts[w.start, w.end], w.owner), empty) for w in wanted]

    def extents(self, owners: Sequence[int]) -> Mapping[int, tuple[int, int]]:
        """Return owner to the times of its first and newest row, of those that have any."""
        # A look at each end of the key: one aggregate over all rows would walk every one.
        owner = self._kind.owner
        directory = {"series": "dtk_series", "judge": "dtk_judges"}[owner]
        ends = (
            f"(SELECT {end}(r.time) FROM {self._rows} r WHERE r.{owner} = o.id)"
            for end in ("min", "max")
        )
        sql = f"SELECT o.id, {', '.join(ends)} FROM {directory} o WHERE o.id IN ({{}})"
        rows = self._database.query_in(sql, owners)
        return {number: (first, last) for number, first, last in rows if first is not None}

    def prune(self, before: Mapping[int, int], *, execute: bool) -> Mapping[int, int]:
        """Delete what is older, every version; return owner to how many went, or would go."""
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for owner, time in before.items():
            groups[time].append(owner)
        gone = dict.fromkeys(before, 0)
        for table in (self._rows, self._old):
            where = f"{self._kind.owner} IN ({{}}) AND time < ?"
            count = f"SELECT {self._kind.owner}, count(*) FROM {table} WHERE {where} GROUP BY 1"
            for time, owners in groups.items():
                counted = self._database.query_in(count, owners, time)
                for owner, number in counted:
                    gone[owner] += number
                if execute and counted:
                    old = [owner for owner, _ in counted]
                    self._database.run_in(f"DELETE FROM {table} WHERE {where}", old, time)
        return gone

    def _revise(
        self, new: Arrays, known: Mapping[Key, tuple[Any, ...]], steps: npt.NDArray[Any], now: int
    ) -> None:
        """Write those of the rows that differ from the version in force."""
        compared = (*self._compared, *([self._kind.notes] if self._kind.notes_count else []))
        width = len(compared)
        cells = list(zip(*(plain(new[name]) for name in compared), strict=True))
        keys = list(zip(new[self._kind.owner].tolist(), new["time"].tolist(), strict=True))
        differ = [n for n, key in enumerate(keys) if known[key][:width] != cells[n]]
        if not differ:
            return
        old = [(*keys[n], *known[keys[n]]) for n in differ]
        columns = (self._kind.owner, "time", *self._compared, self._kind.notes, *_WRITTEN)
        cells = list(map(list, zip(*old, strict=True)))  # type: ignore[arg-type]  # columns now
        self._database.insert(self._old, dict(zip(columns, cells, strict=True)))
        some = _taken(new, np.array(differ))
        self._insert(
            self._rows, some, seen=steps[differ], first=cells[-2], revised=[now], replace=True
        )

    def _insert(  # the columns of a table
        self,
        table: str,
        new: Arrays,
        *,
        seen: Any,
        first: Any,
        revised: list[int | None],
        replace: bool = False,
    ) -> None:
        revised = revised * len(new["time"])
        columns = new | dict(zip(_WRITTEN, (seen, first, revised), strict=True))
        if replace:
            self._database.replace(table, (self._kind.owner, "time"), columns)
        else:
            self._database.insert(table, columns)

    def _joined(self, items: Sequence[Kept]) -> tuple[Arrays, npt.NDArray[np.int64]]:
        """Return the rows of all items as the columns of the table, and the step of each."""
        sizes = [len(item.rows.time) for item in items]
        new: Arrays = {
            self._kind.owner: np.repeat([item.owner for item in items], sizes),
            "time": np.concatenate([item.rows.time for item in items]),
        }
        for name in self._kind.columns:
            new[name] = np.concatenate([item.rows.columns[name] for item in items])
        if self._signed:
            new["infinite"] = np.zeros(sum(sizes), np.int64)
            for bit, name in enumerate(self._floats):
                column = new[name]
                new["infinite"] |= (column == -np.inf).astype(np.int64) << (2 * bit)
                new["infinite"] |= (column == np.inf).astype(np.int64) << (2 * bit + 1)
                new[name] = np.where(np.isinf(column), np.nan, column)
        new[self._kind.notes] = [
            text
            for item, size in zip(items, sizes, strict=True)
            for text in pack_rows(item.rows.notes, size)
        ]
        return new, np.repeat([item.step for item in items], sizes)

    @property
    def _floats(self) -> list[str]:
        return [name for name, kind in self._kind.columns.items() if kind == "f8"]

    def _known(self, items: Sequence[Kept]) -> dict[Key, tuple[Any, ...]]:
        """Return (owner, time) to what is stored of it, at least of those to be written."""
        groups: defaultdict[Key, dict[int, None]] = defaultdict(dict)
        for item in items:
            span = (int(item.rows.time[0]), int(item.rows.time[-1]) + 1)
            groups[span][item.owner] = None
        names = (*self._compared, self._kind.notes, *_WRITTEN)
        term = f"SELECT {self._kind.owner}, time, {', '.join(names)} FROM {self._rows}"
        return {
            (owner, time): tuple(rest)
            for rows in self._union(groups, lambda _: [term])
            for owner, time, *rest in rows
        }

    def _ask(
        self, groups: Mapping[Key, Mapping[int, None]], parts: Mapping[Key, int], *, every: bool
    ) -> Iterator[list[Any]]:
        owner = self._kind.owner
        head = f"SELECT %d AS part, {owner}, time, {', '.join(self._compared)}"
        head = f"{head}, nullif({self._kind.notes}, '{{}}') AS notes"
        if every:
            terms: tuple[str, ...] = (
                f"{head}, seen, 0 AS in_force, id AS written FROM {self._old}",
                f"{head}, seen, 1 AS in_force, 0 AS written FROM {self._rows}",
            )
            order = f" ORDER BY part, {owner}, time, seen, in_force, written"
        else:
            # Most rows have no notes and were seen in their own step: nothing travels faster.
            terms = (f"{head}, nullif(seen, time) AS late FROM {self._rows}",)
            order = f" ORDER BY part, {owner}, time"
        return self._union(groups, lambda span: [term % parts[span] for term in terms], order)

    def _union(
        self, groups: Mapping[Key, Mapping[int, None]], terms: Any, order: str = ""
    ) -> Iterator[list[Any]]:
        """Return the rows of ``terms``, each for the owners and the span of a group."""
        room = self._database.dialect.arguments
        template = f"{self._kind.owner} IN ({{}}) AND time >= ? AND time < ?"
        sql: list[str] = []
        args: list[object] = []
        for span, owners in groups.items():
            some = list(owners)
            for start in range(0, len(some), room):
                listed = some[start : start + room]
                if sql and (len(sql) >= _TERMS or len(args) + len(listed) > room):
                    yield self._database.query(" UNION ALL ".join(sql) + order, args)
                    sql, args = [], []
                where, some_args = self._database.listed(template, listed)
                for term in terms(span):
                    sql.append(f"{term} WHERE {where}")
                    args += [*some_args, *span]
        if sql:
            yield self._database.query(" UNION ALL ".join(sql) + order, args)

    def _split(self, rows: list[Any], *, every: bool) -> Iterator[tuple[Key, Rows]]:
        if not rows:
            return
        columns = list(zip(*rows, strict=True))
        part, owner = (np.array(columns[n], np.int64) for n in (0, 1))
        cuts = np.flatnonzero((np.diff(part) != 0) | (np.diff(owner) != 0)) + 1
        bounds = [0, *cuts.tolist(), len(rows)]
        for start, end in pairwise(bounds):
            some = [column[start:end] for column in columns] if len(bounds) > 2 else columns  # noqa: PLR2004
            yield (columns[0][start], columns[1][start]), self._to_rows(some, every=every)

    def _to_rows(self, columns: Sequence[Sequence[Any]], *, every: bool) -> Rows:
        time = np.array(columns[2], np.int64)
        stored = dict(zip(self._compared, columns[3:], strict=False))
        notes, seen = columns[3 + len(self._compared)], columns[4 + len(self._compared)]
        arrays = {name: np.array(stored[name], kind) for name, kind in self._kind.columns.items()}
        if self._signed:
            signs = np.array(stored["infinite"], np.int64)
            for bit, name in enumerate(self._floats):
                arrays[name][(signs >> (2 * bit)) & 1 == 1] = -np.inf
                arrays[name][(signs >> (2 * bit + 1)) & 1 == 1] = np.inf
        if every:
            moments = np.array(seen, np.int64)
        elif any(cell is not None for cell in seen):
            moments = np.array(
                [t if s is None else s for s, t in zip(seen, columns[2], strict=True)], np.int64
            )
        else:
            moments = np.empty(0, np.int64)
        unpacked = unpack_rows([text or "{}" for text in notes]) if any(notes) else {}
        return Rows(time, arrays, unpacked, moments)


def _taken(columns: Arrays, index: npt.NDArray[np.intp]) -> Arrays:
    listed = index.tolist()
    return {
        name: column[index] if isinstance(column, np.ndarray) else [column[n] for n in listed]
        for name, column in columns.items()
    }
