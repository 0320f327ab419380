"""Numbers of metrics, series and judges: short keys for rows that are many."""

# every name in a statement is our own

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from detectk.collectors.sql.database import Database
from detectk.values.labels import Labels

__all__ = ["Directory", "Judge", "Owner"]

K = TypeVar("K", str, "tuple[int, str]")
Found: TypeAlias = Iterable[tuple[Any, int]]


class Owner(NamedTuple):
    """A series of a metric, and its number."""

    metric: str
    labels: Labels
    number: int


class Judge(NamedTuple):
    """A detector of a series, and its number."""

    metric: str
    labels: Labels
    detector: str
    number: int


class Directory:
    """Numbers, given once and never changed, remembered while the connection lives."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opened = 0
        self._numbers: dict[str, dict[Any, int]] = {}
        self._labels: dict[str, Labels] = {}
        self._keys: dict[Labels, str] = {}

    def metrics(self, names: Collection[str]) -> Mapping[str, int]:
        """Return the numbers of metrics, new ones for those without."""
        return self._intern("dtk_metrics", ("name",), names, self._find_metrics)

    def series(self, keys: Collection[tuple[int, str]]) -> Mapping[tuple[int, str], int]:
        """Return the numbers of series, (metric, key of the labels)."""
        return self._intern("dtk_series", ("metric", "labels"), keys, self._find_series)

    def judges(self, keys: Collection[tuple[int, str]]) -> Mapping[tuple[int, str], int]:
        """Return the numbers of judges, (series, detector id)."""
        return self._intern("dtk_judges", ("series", "detector"), keys, self._find_judges)

    def owners(self, names: Sequence[str] | None) -> list[Owner]:
        """Return every series of the metrics, or of all, ordered by labels."""
        rows = self._query(_SERIES, names)
        return sorted(Owner(name, self.labels(text), number) for name, text, number in rows)

    def judging(self, names: Sequence[str] | None) -> list[Judge]:
        """Return every judge of the metrics, or of all, ordered by labels and detector."""
        return sorted(
            Judge(name, self.labels(text), detector, number)
            for name, text, detector, number in self._query(_JUDGES, names)
        )

    def labels(self, key: str) -> Labels:
        """Return the labels of a key."""
        if key not in self._labels:
            self._labels[key] = Labels.from_key(key)
        return self._labels[key]

    def key(self, labels: Labels) -> str:
        """Return the key of labels."""
        if labels not in self._keys:
            self._keys[labels] = labels.key
        return self._keys[labels]

    def _query(self, sql: str, names: Sequence[str] | None) -> list[Any]:
        if names is None:
            return self._database.query(sql)
        return self._database.query_in(f"{sql} WHERE m.name IN ({{}})", sorted(set(names)))

    def _intern(
        self,
        table: str,
        columns: tuple[str, ...],
        keys: Collection[K],
        find: Callable[[Sequence[K]], Found],
    ) -> Mapping[K, int]:
        if self._opened != self._database.opened:
            self._numbers, self._opened = {}, self._database.opened
        known = self._numbers.setdefault(table, {})
        unknown = sorted({key for key in keys if key not in known})
        if unknown:
            known.update(self._database.transact(lambda: self._add(table, columns, unknown, find)))
        return {key: known[key] for key in keys}

    def _add(
        self,
        table: str,
        columns: tuple[str, ...],
        keys: Sequence[K],
        find: Callable[[Sequence[K]], Found],
    ) -> dict[K, int]:
        found = dict(find(keys))
        new = [key for key in keys if key not in found]
        if new:
            cells = map(list, zip(*new, strict=True)) if len(columns) > 1 else [new]
            self._database.insert_new(table, dict(zip(columns, cells, strict=True)))
            found = dict(find(keys))
        return found

    def _find_metrics(self, names: Sequence[str]) -> Found:
        sql = "SELECT name, id FROM dtk_metrics WHERE name IN ({})"
        return self._database.query_in(sql, names)

    def _find_series(self, keys: Sequence[tuple[int, str]]) -> Found:
        sql = "SELECT metric, labels, id FROM dtk_series WHERE metric IN ({})"
        rows = self._database.query_in(sql, sorted({metric for metric, _ in keys}))
        return (((metric, labels), number) for metric, labels, number in rows)

    def _find_judges(self, keys: Sequence[tuple[int, str]]) -> Found:
        sql = "SELECT series, detector, id FROM dtk_judges WHERE series IN ({})"
        rows = self._database.query_in(sql, sorted({series for series, _ in keys}))
        return (((series, detector), number) for series, detector, number in rows)


_FROM: Final = "FROM dtk_series s JOIN dtk_metrics m ON m.id = s.metric"
_SERIES: Final = f"SELECT m.name, s.labels, s.id {_FROM}"
_JUDGES: Final = (
    f"SELECT m.name, s.labels, j.detector, j.id {_FROM} JOIN dtk_judges j ON j.series = s.id"
)
