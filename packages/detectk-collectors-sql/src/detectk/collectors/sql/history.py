"""Points, verdicts, their revisions and what was collected, in a SQL database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from detectk.clock import Clock
from detectk.collectors.sql.covered import Covered
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.directory import Directory, Judge, Owner
from detectk.collectors.sql.rows import (
    from_micros,
    point_rows,
    to_micros,
    to_series,
    to_verdicts,
    verdict_rows,
)
from detectk.collectors.sql.schema import prepare
from detectk.collectors.sql.versions import POINTS, VERDICTS, Kept, Versions, Wanted
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

__all__ = ["SqlHistory"]

Item = TypeVar("Item", Points, Judgements)
Named = TypeVar("Named", Owner, Judge)

_ROWS_AT_ONCE: Final = 50_000
"""Rows of one transaction, unless one item has more; other writers wait that long."""
_METRICS_AT_ONCE: Final = 200
"""Metrics that are pruned in one transaction."""


class SqlHistory(History):
    """A `detectk.contracts.History` in a SQL database.

    Metrics, series and (series, detector) pairs are interned; a row is keyed by one of these
    numbers and its time in microseconds. How rows are laid out is the dialect's choice.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._directory = Directory(database)
        self._covered = Covered(database)
        self._points = database.dialect.versions(database, POINTS)
        self._verdicts = database.dialect.versions(database, VERDICTS)

    def exists(self) -> bool:
        """Return whether there is a database at all."""
        return self._database.dialect.exists()

    def prepare(self) -> None:
        """Create or migrate the tables."""
        prepare(self._database, self._clock)

    def write_points(self, batch: Sequence[Points]) -> None:
        """Keep points and note what was covered."""
        for group in _grouped(batch, [sum(map(len, item.series)) for item in batch]):
            metrics = self._directory.metrics({item.metric for item in group})
            told = [(item, series) for item in group for series in item.series if len(series)]
            keys = [(metrics[i.metric], self._directory.key(s.labels)) for i, s in told]
            owners = self._directory.series(set(keys))
            kept = [
                Kept(owners[key], point_rows(series), to_micros(item.step))
                for key, (item, series) in zip(keys, told, strict=True)
            ]
            covered = [(metrics[i.metric], i.covered, i.fingerprint) for i in group if i.covered]
            self._write(self._points, metrics.values(), kept, covered)

    def read_points(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Series]]:
        """Return, for each request, its series ordered by labels."""
        return self._database.snapshot(lambda: self._read_points(requests))

    def coverage(self, metrics: Sequence[str]) -> Mapping[str, Coverage]:
        """Return what is held of each metric, with the same few queries for any number of them."""
        return self._database.snapshot(lambda: self._coverage(metrics))

    def write_verdicts(self, batch: Sequence[Judgements]) -> None:
        """Keep verdicts."""
        for group in _grouped(batch, [sum(map(len, item.verdicts)) for item in batch]):
            told = [(item, verdicts) for item in group for verdicts in item.verdicts]
            told = [(item, verdicts) for item, verdicts in told if len(verdicts)]
            metrics = self._directory.metrics({item.metric for item, _ in told})
            keys = [(metrics[i.metric], self._directory.key(v.labels)) for i, v in told]
            series = self._directory.series(set(keys))
            pairs = [(series[key], v.detector) for key, (_, v) in zip(keys, told, strict=True)]
            judges = self._directory.judges(set(pairs))
            kept = [
                Kept(judges[pair], verdict_rows(verdicts), to_micros(item.step))
                for pair, (item, verdicts) in zip(pairs, told, strict=True)
            ]
            self._write(self._verdicts, metrics.values(), kept)

    def read_verdicts(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Verdicts]]:
        """Return, for each request, its verdicts ordered by (labels, detector id)."""
        return self._database.snapshot(lambda: self._read_verdicts(requests))

    def prune(self, batch: Sequence[Retention], *, execute: bool) -> Mapping[str, Pruned]:
        """Delete what is older, revisions included; the ranges that were covered stay."""
        gone: dict[str, Pruned] = {}
        for start in range(0, len(batch), _METRICS_AT_ONCE):
            some = {item.metric: item for item in batch[start : start + _METRICS_AT_ONCE]}

            def step(some: Mapping[str, Retention] = some) -> dict[str, Pruned]:
                return self._prune(some, execute=execute)

            gone |= self._database.transact(step) if execute else self._database.snapshot(step)
        return gone

    def metrics(self) -> Sequence[str]:
        """Return the names of the metrics that have points or verdicts, ordered."""
        return self._database.snapshot(self._metrics)

    def _write(
        self,
        versions: Versions,
        metrics: Iterable[int],
        kept: Sequence[Kept],
        covered: Sequence[tuple[int, Window, str]] = (),
    ) -> None:
        def step() -> None:
            now = to_micros(self._clock.now())
            self._lock(metrics)
            for some in _one_an_owner(kept):
                versions.keep(some, now=now)
            self._covered.note(covered)

        self._database.transact(step)

    def _lock(self, metrics: Iterable[int]) -> None:
        """Make other writers of the same metrics wait, where beginning has not done it."""
        if locking := self._database.dialect.locking:
            sql = f"SELECT id FROM dtk_metrics WHERE id IN ({{}}) ORDER BY id {locking}"  # noqa: S608  # ours
            self._database.query_in(sql, sorted(metrics))

    def _read_points(self, requests: Sequence[HistoryRequest]) -> list[list[Series]]:
        asked = _by_metric(self._directory.owners([r.metric for r in requests]))
        numbered = list(enumerate(requests))
        about = [(o, n, r) for n, r in numbered for o in asked[r.metric] if _of(r, o.labels)]
        rows = self._points.read([_wanted(owner.number, r) for owner, _, r in about])
        found: list[list[Series]] = [[] for _ in requests]
        for (owner, number, _), some in zip(about, rows, strict=True):
            if len(some.time):
                found[number].append(to_series(owner.labels, some))
        return found

    def _read_verdicts(self, requests: Sequence[HistoryRequest]) -> list[list[Verdicts]]:
        asked = _by_metric(self._directory.judging([r.metric for r in requests]))
        found: list[list[Verdicts]] = [[] for _ in requests]
        for every in (False, True):
            some = [(n, r) for n, r in enumerate(requests) if r.versions is every]
            about = [(j, n, r) for n, r in some for j in asked[r.metric] if _of(r, j.labels)]
            wanted = [_wanted(judge.number, request) for judge, _, request in about]
            rows = self._verdicts.read(wanted, every=every) if wanted else ()
            for (judge, number, _), told in zip(about, rows, strict=True):
                if len(told.time):
                    found[number].append(to_verdicts(judge.labels, judge.detector, told))
        return found

    def _coverage(self, metrics: Sequence[str]) -> dict[str, Coverage]:
        names = sorted(set(metrics))
        loaded = self._covered.read(names)
        owners = self._directory.owners(names)
        ends = self._points.extents([owner.number for owner in owners])
        extent: defaultdict[str, dict[Labels, Window]] = defaultdict(dict)
        for owner in owners:
            if owner.number in ends:
                first, last = ends[owner.number]
                window = Window(from_micros(first), from_micros(last + 1))
                extent[owner.metric][owner.labels] = window
        judges = self._directory.judging(names)
        ends = self._verdicts.extents([judge.number for judge in judges])
        judged: defaultdict[str, dict[tuple[Labels, str], datetime]] = defaultdict(dict)
        for judge in judges:
            if judge.number in ends:
                newest = from_micros(ends[judge.number][1])
                judged[judge.metric][judge.labels, judge.detector] = newest
        return {
            name: Coverage(loaded.get(name, {}), extent[name], judged[name]) for name in metrics
        }

    def _prune(self, some: Mapping[str, Retention], *, execute: bool) -> dict[str, Pruned]:
        owners = self._directory.owners(list(some))
        before = {o.number: to_micros(some[o.metric].points_before) for o in owners}
        points = self._points.prune(before, execute=execute)
        judges = self._directory.judging(list(some))
        before = {j.number: to_micros(some[j.metric].before(j.detector)) for j in judges}
        verdicts = self._verdicts.prune(before, execute=execute)
        gone = {name: [0, 0] for name in some}
        for owner in owners:
            gone[owner.metric][0] += points.get(owner.number, 0)
        for judge in judges:
            gone[judge.metric][1] += verdicts.get(judge.number, 0)
        return {name: Pruned(*counts) for name, counts in gone.items()}

    def _metrics(self) -> list[str]:
        owners, judges = self._directory.owners(None), self._directory.judging(None)
        points = self._points.extents([owner.number for owner in owners])
        verdicts = self._verdicts.extents([judge.number for judge in judges])
        named = {owner.metric for owner in owners if owner.number in points}
        return sorted(named | {judge.metric for judge in judges if judge.number in verdicts})


def _by_metric(named: Iterable[Named]) -> defaultdict[str, list[Named]]:
    found: defaultdict[str, list[Named]] = defaultdict(list)
    for one in named:
        found[one.metric].append(one)
    return found


def _of(request: HistoryRequest, labels: Labels) -> bool:
    return request.labels is None or request.labels == labels


def _wanted(owner: int, request: HistoryRequest) -> Wanted:
    return Wanted(owner, to_micros(request.window.start), to_micros(request.window.end))


def _one_an_owner(kept: Sequence[Kept]) -> Iterator[list[Kept]]:
    """Split what is to be kept, in order, so that nobody has two items in one part."""
    part: dict[int, Kept] = {}
    for item in kept:
        if item.owner in part:
            yield list(part.values())
            part = {}
        part[item.owner] = item
    if part:
        yield list(part.values())


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
