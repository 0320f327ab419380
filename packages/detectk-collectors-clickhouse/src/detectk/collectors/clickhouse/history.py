"""Points, verdicts and what was collected, in ClickHouse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import RLock

from detectk.clock import Clock
from detectk.collectors.clickhouse.changes import Write, keep
from detectk.collectors.clickhouse.coverage import Loaded
from detectk.collectors.clickhouse.database import Database
from detectk.collectors.clickhouse.registry import Entry, Registry
from detectk.collectors.clickhouse.retention import prune
from detectk.collectors.clickhouse.rows import (
    from_micros,
    point_rows,
    to_micros,
    to_series,
    to_verdicts,
    verdict_rows,
)
from detectk.collectors.clickhouse.schema import HISTORY, prepare
from detectk.collectors.clickhouse.versions import POINTS, VERDICTS, Asked, Rows, Table, read
from detectk.contracts.history import (
    Coverage,
    History,
    HistoryRequest,
    Judgements,
    Points,
    Pruned,
    Retention,
)
from detectk.values.labels import Labels
from detectk.values.series import Series
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window

__all__ = ["ClickHouseHistory"]


class ClickHouseHistory(History):
    """A `detectk.contracts.History` in ClickHouse, which has no transactions.

    Every version of a row is kept under a number of its own, and the highest is in force, so
    nothing is ever moved: a write is one block of new versions, and to do it again after it was
    cut off adds what is missing. What was covered is noted last.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._registry = Registry(database, clock)
        self._loaded = Loaded(database, clock)
        # Writers in other processes hold the metric's lease.
        self._lock = RLock()

    def exists(self) -> bool:
        """Return whether the tables are there."""
        return self._database.has_table("dtk_schema")

    def prepare(self) -> None:
        """Create or migrate the tables."""
        prepare(self._database, HISTORY)

    def write_points(self, batch: Sequence[Points]) -> None:
        """Keep points, then note what was covered."""
        writes = [
            Write(
                Entry(item.metric, "", series.labels.key), point_rows(series), to_micros(item.step)
            )
            for item in batch
            for series in item.series
        ]
        with self._lock:
            keep(self._database, self._registry, self._clock, POINTS, writes)
            self._loaded.note(batch)

    def read_points(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Series]]:
        """Return, for each request, its series ordered by labels."""
        return [
            [to_series(entry_labels, rows) for _, entry_labels, rows in found]
            for found in self._read(POINTS, requests)
        ]

    def coverage(self, metrics: Sequence[str]) -> Mapping[str, Coverage]:
        """Return what is held of each metric."""
        entries = self._registry.load(metrics)
        loaded = self._loaded.of(metrics)
        return {
            metric: _coverage(entries[metric].values(), loaded.get(metric, {}))
            for metric in metrics
        }

    def write_verdicts(self, batch: Sequence[Judgements]) -> None:
        """Keep verdicts."""
        writes = [
            Write(
                Entry(item.metric, verdicts.detector, verdicts.labels.key),
                verdict_rows(verdicts),
                to_micros(item.step),
            )
            for item in batch
            for verdicts in item.verdicts
        ]
        with self._lock:
            keep(self._database, self._registry, self._clock, VERDICTS, writes)

    def read_verdicts(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Verdicts]]:
        """Return, for each request, its verdicts ordered by (labels, detector id)."""
        newest = [request for request in requests if not request.versions]
        every = [request for request in requests if request.versions]
        found = {
            **dict(zip(map(id, newest), self._read(VERDICTS, newest), strict=True)),
            **dict(zip(map(id, every), self._read(VERDICTS, every, every=True), strict=True)),
        }
        return [
            [to_verdicts(labels, detector, rows) for detector, labels, rows in found[id(request)]]
            for request in requests
        ]

    def prune(self, batch: Sequence[Retention], *, execute: bool) -> Mapping[str, Pruned]:
        """Delete what is too old; what was loaded stays noted."""
        with self._lock:
            return prune(self._database, self._registry, batch, execute=execute)

    def metrics(self) -> Sequence[str]:
        """Return the names of the metrics that have points or verdicts, ordered."""
        return self._registry.metrics()

    def _read(
        self, table: Table, requests: Sequence[HistoryRequest], *, every: bool = False
    ) -> list[list[tuple[str, Labels, Rows]]]:
        """Return, for each request, (detector id, labels, rows) in order."""
        if not requests:
            return []
        known = self._registry.load([request.metric for request in requests])
        wanted = [list(_wanted(known[one.metric], one, table)) for one in requests]
        asked = [
            Asked(one.metric, *_span(one), tuple(found[2] for found in some) if one.labels else ())
            for one, some in zip(requests, wanted, strict=True)
            if some
        ]
        texts = any(known[m][k].texts for m, k in _keys(requests, wanted))
        rows = read(self._database, table, asked, texts=texts, every=every) if asked else {}
        found = []
        for one, some in zip(requests, wanted, strict=True):
            cut = [
                (detector, labels, rows[key].within(*_span(one)))
                for labels, detector, key in some
                if key in rows
            ]
            found.append([item for item in cut if len(item[2].times)])
        return found


def _wanted(
    entries: Mapping[int, Entry], request: HistoryRequest, table: Table
) -> Iterator[tuple[Labels, str, int]]:
    """Return labels, detector id and key of the series that a request is about, in order."""
    found = (
        (entry.labels, entry.detector, key)
        for key, entry in entries.items()
        if bool(entry.detector) == (table is VERDICTS) and entry.meets(*_span(request))
    )
    return iter(sorted(item for item in found if request.labels in (None, item[0])))


def _span(request: HistoryRequest) -> tuple[int, int]:
    return to_micros(request.window.start), to_micros(request.window.end)


def _keys(
    requests: Sequence[HistoryRequest], wanted: Sequence[Sequence[tuple[Labels, str, int]]]
) -> Iterator[tuple[str, int]]:
    for request, some in zip(requests, wanted, strict=True):
        for _, _, key in some:
            yield request.metric, key


def _coverage(entries: Iterable[Entry], loaded: Mapping[str, tuple[Window, ...]]) -> Coverage:
    extent, judged = {}, {}
    for entry in entries:
        if entry.empty:
            continue
        if entry.detector:
            judged[entry.labels, entry.detector] = from_micros(entry.newest)
        else:
            window = Window(from_micros(entry.oldest), from_micros(entry.newest + 1))
            extent[entry.labels] = window
    return Coverage(loaded, extent, judged)
