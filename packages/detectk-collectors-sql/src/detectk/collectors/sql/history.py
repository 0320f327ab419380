"""Points, verdicts, their revisions and what was collected, in a SQL database."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from detectk.clock import Clock
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.rows import (
    from_micros,
    point_rows,
    to_micros,
    to_series,
    to_verdicts,
    verdict_rows,
)
from detectk.collectors.sql.schema import prepare
from detectk.collectors.sql.versions import POINTS, VERDICTS, Row
from detectk.contracts.history import Coverage, History, HistoryRequest, Judgements, Points
from detectk.values.labels import Labels
from detectk.values.series import Series
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window

__all__ = ["SqlHistory"]

Item = TypeVar("Item", Points, Judgements)

_ROWS_AT_ONCE: Final = 50_000
"""Rows of one transaction, unless one item has more; other writers wait that long."""


class SqlHistory(History):
    """A `detectk.contracts.History` in a SQL database.

    Metrics, series and (series, detector) pairs are interned; a row is keyed by one of these
    numbers and its time in microseconds.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def exists(self) -> bool:
        """Return whether there is a database at all."""
        return self._database.dialect.exists()

    def prepare(self) -> None:
        """Create or migrate the tables."""
        prepare(self._database, self._clock)

    def write_points(self, batch: Sequence[Points]) -> None:
        """Keep points and note what was covered."""
        for group in _grouped(batch, [sum(map(len, item.series)) for item in batch]):
            with self._database.transaction():
                now = to_micros(self._clock.now())
                for item in group:
                    metric = self._intern("dtk_metrics", {"name": item.metric})
                    step = to_micros(item.step)
                    for series in item.series:
                        owner = self._series(metric, series.labels)
                        POINTS.keep(self._database, owner, point_rows(series), step=step, now=now)
                    if item.covered is not None:
                        self._cover(metric, item.covered, item.fingerprint)

    def read_points(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Series]]:
        """Return, for each request, its series ordered by labels."""
        return [list(self._read_points(request)) for request in requests]

    def coverage(self, metrics: Sequence[str]) -> Mapping[str, Coverage]:
        """Return what is held of each metric, with the same few queries for any number of them."""
        names = sorted(set(metrics))
        prints = dict(self._database.query_in(_FINGERPRINTS, names))
        ranges: dict[str, list[Window]] = {name: [] for name in names}
        for name, begins, ends in self._database.query_in(_RANGES, names):
            ranges[name].append(Window(from_micros(begins), from_micros(ends)))
        extent: dict[str, dict[Labels, Window]] = {name: {} for name in names}
        for name, labels, first, last in self._database.query_in(_EXTENT, names):
            if first is not None:
                window = Window(from_micros(first), from_micros(last + 1))
                extent[name][Labels.from_key(labels)] = window
        judged: dict[str, dict[tuple[Labels, str], datetime]] = {name: {} for name in names}
        for name, labels, detector, last in self._database.query_in(_JUDGED, names):
            if last is not None:
                judged[name][Labels.from_key(labels), detector] = from_micros(last)
        return {
            name: Coverage(tuple(ranges[name]), prints.get(name, ""), extent[name], judged[name])
            for name in metrics
        }

    def write_verdicts(self, batch: Sequence[Judgements]) -> None:
        """Keep verdicts."""
        for group in _grouped(batch, [sum(map(len, item.verdicts)) for item in batch]):
            with self._database.transaction():
                now = to_micros(self._clock.now())
                for item in group:
                    metric = self._intern("dtk_metrics", {"name": item.metric})
                    step = to_micros(item.step)
                    for verdicts in item.verdicts:
                        series = self._series(metric, verdicts.labels)
                        key = {"series": series, "detector": verdicts.detector}
                        owner = self._intern("dtk_judges", key)
                        rows = verdict_rows(verdicts)
                        VERDICTS.keep(self._database, owner, rows, step=step, now=now)

    def read_verdicts(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Verdicts]]:
        """Return, for each request, its verdicts ordered by (labels, detector id)."""
        return [list(self._read_verdicts(request)) for request in requests]

    def prune(self, metric: str, *, points_before: datetime, verdicts_before: datetime) -> int:
        """Delete what is older, revisions included; the ranges that were covered stay."""
        with self._database.transaction():
            points = POINTS.prune(self._database, _SERIES_OF, metric, to_micros(points_before))
            verdicts = VERDICTS.prune(
                self._database, _JUDGES_OF, metric, to_micros(verdicts_before)
            )
        return points + verdicts

    def _read_points(self, request: HistoryRequest) -> Iterator[Series]:
        window = (to_micros(request.window.start), to_micros(request.window.end))
        for labels, owner in self._owners(_SERIES, request):
            if rows := self._database.query(_POINTS_IN, (owner, *window)):
                yield to_series(labels, rows)

    def _read_verdicts(self, request: HistoryRequest) -> Iterator[Verdicts]:
        window = (to_micros(request.window.start), to_micros(request.window.end))
        for labels, owner, detector in self._owners(_JUDGES, request):
            arguments = (owner, *window)
            if request.versions:
                rows = self._database.query(_VERSIONS_IN, arguments * 2)
            else:
                rows = self._database.query(_VERDICTS_IN, arguments)
            if rows:
                yield to_verdicts(labels, detector, [row[: len(_JUDGEMENT)] for row in rows])

    def _owners(self, sql: str, request: HistoryRequest) -> list[Row]:
        """Return (labels, number, ...) of what a request is about, in order."""
        rows = [
            (Labels.from_key(labels), number, *rest)
            for labels, number, *rest in self._database.query(sql, (request.metric,))
            if request.labels is None or labels == request.labels.key
        ]
        return sorted(rows, key=lambda row: (row[0], *row[2:]))

    def _cover(self, metric: int, window: Window, fingerprint: str) -> None:
        begins, ends = to_micros(window.start), to_micros(window.end)
        if begins < ends:
            touching = "metric = ? AND begins <= ? AND ends >= ?"
            arguments = (metric, ends, begins)
            sql = f"SELECT begins, ends FROM dtk_covered WHERE {touching}"
            for begun, ended in self._database.query(sql, arguments):
                begins, ends = min(begins, begun), max(ends, ended)
            self._database.run(f"DELETE FROM dtk_covered WHERE {touching}", arguments)
            columns = ("metric", "begins", "ends")
            self._database.insert("dtk_covered", columns, [(metric, begins, ends)])
        self._database.run(
            "UPDATE dtk_metrics SET fingerprint = ? WHERE id = ?", (fingerprint, metric)
        )

    def _series(self, metric: int, labels: Labels) -> int:
        return self._intern("dtk_series", {"metric": metric, "labels": labels.key})

    def _intern(self, table: str, key: Mapping[str, object]) -> int:
        where = " AND ".join(f"{column} = ?" for column in key)
        sql = f"SELECT id FROM {table} WHERE {where}"
        values = tuple(key.values())
        if not (rows := self._database.query(sql, values)):
            self._database.insert(table, tuple(key), [values])
            rows = self._database.query(sql, values)
        return int(rows[0][0])


_SERIES_FROM: Final = "FROM dtk_series s JOIN dtk_metrics m ON m.id = s.metric"
_JUDGES_FROM: Final = f"{_SERIES_FROM} JOIN dtk_judges j ON j.series = s.id"

_SERIES_OF: Final = f"SELECT s.id {_SERIES_FROM} WHERE m.name = ?"
_JUDGES_OF: Final = f"SELECT j.id {_JUDGES_FROM} WHERE m.name = ?"
_SERIES: Final = f"SELECT s.labels, s.id {_SERIES_FROM} WHERE m.name = ?"
_JUDGES: Final = f"SELECT s.labels, j.id, j.detector {_JUDGES_FROM} WHERE m.name = ?"

_FINGERPRINTS: Final = "SELECT name, fingerprint FROM dtk_metrics WHERE name IN ({})"
_RANGES: Final = """
SELECT m.name, c.begins, c.ends FROM dtk_covered c JOIN dtk_metrics m ON m.id = c.metric
WHERE m.name IN ({}) ORDER BY m.name, c.begins
"""
# A look at each end of the key: one aggregate over the join would walk every row.
_EXTENT: Final = f"""
SELECT m.name, s.labels,
    (SELECT min(p.time) FROM dtk_points p WHERE p.series = s.id),
    (SELECT max(p.time) FROM dtk_points p WHERE p.series = s.id)
{_SERIES_FROM} WHERE m.name IN ({{}})
"""
_JUDGED: Final = f"""
SELECT m.name, s.labels, j.detector,
    (SELECT max(v.time) FROM dtk_verdicts v WHERE v.judge = j.id)
{_JUDGES_FROM} WHERE m.name IN ({{}})
"""
# Most points have no context and were seen in their own step: nothing travels faster than that.
_POINTS_IN: Final = """
SELECT time, value, status, nullif(context, '{}'), nullif(seen, time) FROM dtk_points
WHERE series = ? AND time >= ? AND time < ? ORDER BY time
"""
_JUDGEMENT: Final = (*VERDICTS.content, "seen")
_VERDICTS_IN: Final = f"""
SELECT {", ".join(_JUDGEMENT)} FROM dtk_verdicts
WHERE judge = ? AND time >= ? AND time < ? ORDER BY time
"""
_VERSIONS_IN: Final = f"""
SELECT {", ".join(_JUDGEMENT)}, 0 AS in_force, id AS written FROM dtk_verdict_revisions
WHERE judge = ? AND time >= ? AND time < ?
UNION ALL
SELECT {", ".join(_JUDGEMENT)}, 1 AS in_force, 0 AS written FROM dtk_verdicts
WHERE judge = ? AND time >= ? AND time < ?
ORDER BY time, seen, in_force, written
"""


def _grouped(batch: Sequence[Item], sizes: Sequence[int]) -> Iterator[list[Item]]:
    """Split a batch so that one transaction holds few enough rows, and at least one item."""
    group: list[Item] = []
    rows = 0
    for item, size in zip(batch, sizes, strict=True):
        if group and rows + size > _ROWS_AT_ONCE:
            yield group
            group, rows = [], 0
        group.append(item)
        rows += size
    if group:
        yield group
