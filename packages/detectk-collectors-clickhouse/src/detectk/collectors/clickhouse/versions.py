"""Tables in which every version of a row is kept; the highest one is in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from detectk.collectors.clickhouse.database import Database, chunks, literals
from detectk.values.verdicts import Verdicts

__all__ = ["POINTS", "VERDICTS", "Asked", "Rows", "Table", "read"]

Array: TypeAlias = "npt.NDArray[Any]"

_WINDOWS: Final = 64
"""Different windows in one statement."""


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of rows.

    Attributes:
        name: The table.
        numbers: Columns that make a row differ.
        text: Column with context or evidence, as JSON.
        compared: Whether the text makes a row differ too.
    """

    name: str
    numbers: tuple[str, ...]
    text: str
    compared: bool


POINTS: Final = Table("dtk_points", ("value", "status"), "context", compared=True)
VERDICTS: Final = Table("dtk_verdicts", Verdicts.COLUMNS, "explain", compared=False)


class Asked(NamedTuple):
    """Which rows are wanted: one metric, ``start <= time < end``, some keys or all of them."""

    metric: str
    start: int
    end: int
    keys: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one key, ordered by time.

    Attributes:
        times: (n,) int64, microseconds since 1970.
        version: (n,) uint32; 0 is the first one.
        seen: (n,) int64.
        numbers: Name to (n,) cells.
        texts: (n,) JSON, or nothing if there is none.
    """

    times: Array
    version: Array
    seen: Array
    numbers: Mapping[str, Array]
    texts: Array | None

    def take(self, index: Array | slice) -> Rows:
        """Return the rows at ``index``."""
        return Rows(
            self.times[index],
            self.version[index],
            self.seen[index],
            {name: cells[index] for name, cells in self.numbers.items()},
            None if self.texts is None else self.texts[index],
        )

    def within(self, start: int, end: int) -> Rows:
        """Return the rows with ``start <= time < end``."""
        low, high = np.searchsorted(self.times, [start, end])
        return self.take(slice(int(low), int(high)))


def read(
    database: Database, table: Table, asked: Sequence[Asked], *, texts: bool, every: bool = False
) -> Mapping[int, Rows]:
    """Return the rows in force of each key that has any.

    A question about a thousand metrics is one statement; texts cost more than all numbers.

    Args:
        database: Where.
        table: Which rows.
        asked: Those wanted; what several ask for comes once.
        texts: Whether any of them may have context or evidence.
        every: Return superseded versions too, ordered by (time, seen, version).
    """
    names = ["key", "time", "version", "written", *table.numbers, "seen"]
    names += [table.text] if texts else []
    parts: list[tuple[Any, ...]] = []
    for condition in _conditions(asked):
        answer = database.ask(f"SELECT {', '.join(names)} FROM {table.name} WHERE {condition}")  # noqa: S608
        if len(answer):
            parts.append(answer.columns)
    if not parts:
        return {}
    pieces = [[np.asarray(cells) for cells in column] for column in zip(*parts, strict=True)]
    columns = {
        name: np.concatenate(cells) if len(cells) > 1 else cells[0]
        for name, cells in zip(names, pieces, strict=True)
    }
    return _by_key(_in_force(columns, every=every), table)


def _conditions(asked: Sequence[Asked]) -> Iterator[str]:
    """Return what to ask in each statement: metrics of one window stand together."""
    together: defaultdict[tuple[int, int], dict[str, tuple[int, ...]]] = defaultdict(dict)
    for one in asked:
        group = together[one.start, one.end]
        keys = group.get(one.metric, one.keys)
        # Without keys all are wanted, which includes those that another one names.
        group[one.metric] = (*keys, *one.keys) if keys and one.keys else ()
    pieces = [
        (*window, {metric: metrics[metric] for metric in some})
        for window, metrics in together.items()
        for some in chunks(list(metrics))
    ]
    for start in range(0, len(pieces), _WINDOWS):
        yield " OR ".join(_condition(*piece) for piece in pieces[start : start + _WINDOWS])


def _condition(start: int, end: int, metrics: Mapping[str, tuple[int, ...]]) -> str:
    keys = sorted({key for keys in metrics.values() for key in keys})
    only = f" AND key IN ({literals(keys)})" if all(metrics.values()) else ""
    return f"(metric_name IN ({literals(metrics)}){only} AND time >= {start} AND time < {end})"


def _in_force(columns: Mapping[str, Array], *, every: bool) -> Mapping[str, Array]:
    """Order rows by (key, time) and drop what is superseded, or written twice."""
    key, time = columns["key"], columns["time"]
    if np.all((key[1:] > key[:-1]) | ((key[1:] == key[:-1]) & (time[1:] > time[:-1]))):
        return columns
    order = np.lexsort((columns["written"], columns["version"], time, key))
    columns = {name: cells[order] for name, cells in columns.items()}
    key, time = columns["key"], columns["time"]
    same = (key[1:] == key[:-1]) & (time[1:] == time[:-1])
    if every:
        same &= columns["version"][1:] == columns["version"][:-1]
    kept = np.append(~same, [True])
    if not kept.all():
        columns = {name: cells[kept] for name, cells in columns.items()}
    if every:
        names = ("version", "seen", "time", "key")
        order = np.lexsort([columns[name] for name in names])
        columns = {name: cells[order] for name, cells in columns.items()}
    return columns


def _by_key(columns: Mapping[str, Array], table: Table) -> Mapping[int, Rows]:
    key = columns["key"]
    bounds = [0, *(np.flatnonzero(key[1:] != key[:-1]) + 1).tolist(), len(key)]
    every = Rows(
        columns["time"],
        columns["version"],
        columns["seen"],
        {name: columns[name] for name in table.numbers},
        columns.get(table.text),
    )
    return {int(key[low]): every.take(slice(low, high)) for low, high in pairwise(bounds)}
