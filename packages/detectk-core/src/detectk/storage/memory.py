"""Keep everything in memory for one run; what other storages do is measured against this."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import TypeAlias

import numpy as np

from detectk.clock import SystemClock
from detectk.contracts.history import (
    Coverage,
    History,
    HistoryRequest,
    Judgements,
    Points,
    Pruned,
    Retention,
    note_loaded,
)
from detectk.contracts.json_rows import pack_rows, unpack_rows
from detectk.contracts.part import Health
from detectk.contracts.services import Services
from detectk.contracts.state import (
    Lease,
    Leases,
    OutboxRow,
    Receipt,
    State,
    StateChange,
    StateKey,
)
from detectk.contracts.storage import Storage
from detectk.storage.options import MemoryOptions
from detectk.values.arrays import Times, to_datetime, to_instant
from detectk.values.labels import Labels
from detectk.values.series import Series
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window

__all__ = ["MemoryHistory", "MemoryState", "MemoryStorage"]

Cells: TypeAlias = tuple[float | str | None, ...]

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of a row: ``cells`` decide whether it differs from the next one."""

    cells: Cells
    evidence: str
    seen: np.datetime64


class _Column(dict[np.datetime64, list[_Version]]):
    """Every version of every row of one series, oldest first; the last one is in force."""

    def upsert(self, time: np.datetime64, version: _Version) -> None:
        versions = self.setdefault(time, [])
        if not versions:
            versions.append(replace(version, seen=time))
        elif versions[-1].cells != version.cells:
            versions.append(version)

    def within(self, window: Window) -> Iterator[tuple[np.datetime64, list[_Version]]]:
        start, end = to_instant(window.start), to_instant(window.end)
        return ((time, self[time]) for time in sorted(self) if start <= time < end)

    def prune(self, before: datetime, *, execute: bool) -> int:
        old = [time for time in self if time < to_instant(before)]
        return sum(len(self.pop(time) if execute else self[time]) for time in old)


@dataclass(slots=True)
class _Metric:
    points: defaultdict[Labels, _Column] = field(default_factory=lambda: defaultdict(_Column))
    verdicts: defaultdict[tuple[Labels, str], _Column] = field(
        default_factory=lambda: defaultdict(_Column)
    )
    loaded: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)


class MemoryHistory(History):
    """A `detectk.contracts.History` that forgets when the process ends."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._metrics: defaultdict[str, _Metric] = defaultdict(_Metric)

    def prepare(self) -> None:
        """Do nothing; there is nothing to create."""

    def write_points(self, batch: Sequence[Points]) -> None:
        """Keep points and note what was covered."""
        with self._lock:
            for item in batch:
                metric = self._metrics[item.metric]
                for series in item.series:
                    column = metric.points[series.labels]
                    for time, cells in _point_rows(series):
                        column.upsert(time, _Version(cells, "{}", to_instant(item.step)))
                if item.covered is not None:
                    metric.loaded = note_loaded(metric.loaded, item.covered, item.fingerprint)

    def read_points(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Series]]:
        """Return, for each request, its series ordered by labels."""
        with self._lock:
            return [list(self._series(request)) for request in requests]

    def coverage(self, metrics: Sequence[str]) -> Mapping[str, Coverage]:
        """Return what is held of each metric."""
        with self._lock:
            return {name: self._coverage(name) for name in metrics}

    def write_verdicts(self, batch: Sequence[Judgements]) -> None:
        """Keep verdicts."""
        with self._lock:
            for item in batch:
                for verdicts in item.verdicts:
                    key = (verdicts.labels, verdicts.detector)
                    column = self._metrics[item.metric].verdicts[key]
                    for time, cells, explain in _verdict_rows(verdicts):
                        column.upsert(time, _Version(cells, explain, to_instant(item.step)))

    def read_verdicts(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Verdicts]]:
        """Return, for each request, its verdicts ordered by (labels, detector id)."""
        with self._lock:
            return [list(self._verdicts(request)) for request in requests]

    def prune(self, batch: Sequence[Retention], *, execute: bool) -> Mapping[str, Pruned]:
        """Delete what is too old; what was loaded stays noted."""
        with self._lock:
            return {item.metric: self._prune(item, execute=execute) for item in batch}

    def metrics(self) -> Sequence[str]:
        """Return the names of the metrics that have points or verdicts, ordered."""
        with self._lock:
            kept = self._metrics.items()
            columns = ((name, (*one.points.values(), *one.verdicts.values())) for name, one in kept)
            return sorted(name for name, some in columns if any(some))

    def _prune(self, item: Retention, *, execute: bool) -> Pruned:
        kept = self._metrics[item.metric]
        points = (c.prune(item.points_before, execute=execute) for c in kept.points.values())
        verdicts = (
            column.prune(item.before(detector), execute=execute)
            for (_, detector), column in kept.verdicts.items()
        )
        return Pruned(sum(points), sum(verdicts))

    def _series(self, request: HistoryRequest) -> Iterator[Series]:
        for labels, column in sorted(self._metrics[request.metric].points.items()):
            rows = [(time, versions[-1]) for time, versions in column.within(request.window)]
            if rows and request.labels in (None, labels):
                values, status, context = zip(*(row.cells for _, row in rows), strict=True)
                yield Series(
                    labels=labels,
                    times=_times([time for time, _ in rows]),
                    values=np.array(values, dtype=np.float64),
                    status=np.array(status, dtype=np.uint8),
                    context=unpack_rows([str(text) for text in context]),
                    seen=_times([row.seen for _, row in rows]),
                )

    def _verdicts(self, request: HistoryRequest) -> Iterator[Verdicts]:
        for (labels, detector), column in sorted(self._metrics[request.metric].verdicts.items()):
            rows = [
                (time, row)
                for time, versions in column.within(request.window)
                for row in (_by_seen(versions) if request.versions else versions[-1:])
            ]
            if rows and request.labels in (None, labels):
                cells = np.array([row.cells for _, row in rows], dtype=np.float64).T
                yield Verdicts(
                    detector=detector,
                    labels=labels,
                    times=_times([time for time, _ in rows]),
                    value=cells[0],
                    expected=cells[1],
                    lower=cells[2],
                    upper=cells[3],
                    score=cells[4],
                    excess=cells[5],
                    direction=cells[6].astype(np.int8),
                    verdict=cells[7].astype(np.uint8),
                    status=cells[8].astype(np.uint8),
                    explain=unpack_rows([row.evidence for _, row in rows]),
                    seen=_times([row.seen for _, row in rows]),
                )

    def _coverage(self, name: str) -> Coverage:
        metric = self._metrics[name]
        return Coverage(
            loaded=metric.loaded,
            extent={
                labels: Window(to_datetime(min(column)), to_datetime(max(column)) + _MICROSECOND)
                for labels, column in metric.points.items()
                if column
            },
            judged={
                key: to_datetime(max(column)) for key, column in metric.verdicts.items() if column
            },
        )


@dataclass(slots=True)
class _Held:
    """A lease as the state sees it; ``holder`` is empty when it was given back."""

    token: int = 0
    holder: str = ""
    expires: float = 0.0


class MemoryState(State):
    """A `detectk.contracts.State` that forgets when the process ends."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._clock = SystemClock()
        self._leases: defaultdict[str, _Held] = defaultdict(_Held)
        self._documents: dict[StateKey, str] = {}
        self._outbox: dict[str, OutboxRow] = {}

    def prepare(self) -> None:
        """Do nothing; there is nothing to create."""

    def lease(self, metrics: Sequence[str], *, holder: str, ttl: timedelta) -> Leases:
        """Take or renew the leases of ``metrics``."""
        held: dict[str, Lease] = {}
        refused: dict[str, str] = {}
        with self._lock:
            now = self._clock.monotonic()
            for metric in dict.fromkeys(metrics):
                lease = self._leases[metric]
                free = not lease.holder or lease.expires <= now
                if not free and lease.holder != holder:
                    refused[metric] = lease.holder
                    continue
                lease.token += free
                lease.holder = holder
                lease.expires = now + ttl.total_seconds()
                held[metric] = Lease(metric, lease.token, holder)
        return Leases(held, refused)

    def release(self, leases: Sequence[Lease]) -> None:
        """Give leases back."""
        with self._lock:
            for lease in leases:
                if self._has(lease):
                    self._leases[lease.metric].holder = ""

    def unlock(self, metrics: Sequence[str]) -> Mapping[str, str]:
        """Take the leases of ``metrics`` from whoever has them."""
        with self._lock:
            now = self._clock.monotonic()
            known = {metric: self._leases[metric] for metric in metrics}
            holders = {
                m: one.holder for m, one in known.items() if one.holder and one.expires > now
            }
            for lease in known.values():
                lease.holder = ""
        return holders

    def load(self, metrics: Sequence[str]) -> Mapping[StateKey, str]:
        """Return every document of the metrics."""
        with self._lock:
            wanted = set(metrics)
            return {key: text for key, text in self._documents.items() if key.metric in wanted}

    def commit(self, changes: Sequence[StateChange]) -> Sequence[str]:
        """Keep documents and append rows, but for metrics whose lease has passed on."""
        with self._lock:
            refused = [one.lease.metric for one in changes if not self._has(one.lease)]
            for change in changes:
                if change.lease.metric not in refused:
                    self._documents.update(change.documents)
                    for row in change.rows:
                        self._outbox.setdefault(row.id, row)
        return refused

    def outbox(self, metrics: Sequence[str]) -> Sequence[OutboxRow]:
        """Return the waiting rows of the metrics, oldest first."""
        with self._lock:
            wanted = set(metrics)
            return [row for row in self._outbox.values() if row.metric in wanted]

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """Remove delivered rows; count the attempt and keep the error of the others."""
        with self._lock:
            for receipt in receipts:
                row = self._outbox.get(receipt.row)
                if row and receipt.delivered:
                    del self._outbox[row.id]
                elif row:
                    self._outbox[row.id] = replace(
                        row, attempts=row.attempts + 1, error=receipt.error
                    )

    def _has(self, lease: Lease) -> bool:
        held = self._leases[lease.metric]
        return bool(held.holder) and (held.token, held.holder) == (lease.token, lease.holder)


class MemoryStorage(Storage[MemoryOptions]):
    """Both halves, for one run."""

    def __init__(self, options: MemoryOptions, services: Services) -> None:
        super().__init__(options, services)
        self._history = MemoryHistory()
        self._state = MemoryState()

    def history(self) -> MemoryHistory:
        """Return the half that keeps points and verdicts."""
        return self._history

    def state(self) -> MemoryState:
        """Return the half that keeps alert state."""
        return self._state

    def check(self) -> Health:
        """Return that memory answers."""
        return Health(ok=True, detail="in memory, until the process ends")

    def identity(self) -> str:
        """Return one name for every in-memory storage of a run."""
        return "memory"


def _point_rows(series: Series) -> Iterator[tuple[np.datetime64, Cells]]:
    values = _numbers(series.values.tolist())
    context = pack_rows(series.context, len(series))
    for row in zip(series.times, values, series.status.tolist(), context, strict=True):
        yield row[0], row[1:]


def _verdict_rows(verdicts: Verdicts) -> Iterator[tuple[np.datetime64, Cells, str]]:
    columns = [_numbers(getattr(verdicts, name).tolist()) for name in Verdicts.COLUMNS]
    explain = pack_rows(verdicts.explain, len(verdicts))
    yield from zip(verdicts.times, zip(*columns, strict=True), explain, strict=True)


def _numbers(values: Sequence[float]) -> list[float | None]:
    """Write NaN as None, which equals itself."""
    return [None if value != value else value for value in values]  # noqa: PLR0124  # NaN


def _times(times: Sequence[np.datetime64]) -> Times:
    return np.array(times, dtype="datetime64[us]")


def _by_seen(versions: Sequence[_Version]) -> list[_Version]:
    return sorted(versions, key=lambda version: version.seen)
