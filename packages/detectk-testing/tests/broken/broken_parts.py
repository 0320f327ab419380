"""Parts with one fault each, and the suites over them: every class must fail one test at least.

Not collected with the other tests: `test_suites.py` runs pytest on this file and reads what failed.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from detectk.clock import SystemClock
from detectk.contracts import (
    Collector,
    Coverage,
    Health,
    History,
    HistoryRequest,
    Judgements,
    Lease,
    Leases,
    Options,
    OutboxRow,
    Points,
    Pruned,
    Receipt,
    Request,
    Retention,
    RowOptions,
    Services,
    State,
    StateChange,
    StateKey,
    Storage,
    series_from_columns,
)
from detectk.errors import CollectError
from detectk.plugin import Component
from detectk.storage import MemoryHistory, MemoryState
from detectk.testing.collector import CollectorSuite, SourceRow
from detectk.testing.history import HistorySuite
from detectk.testing.plugin import PluginSuite
from detectk.testing.state import StateSuite
from detectk.values import NO_LABELS, Interval, Series, Verdicts, Window


class Parts(Storage[Options]):
    """Two halves over a folder."""

    history_kind: type[History] = MemoryHistory
    state_kind: type[State] = MemoryState

    def __init__(self, options: Options, services: Services) -> None:
        super().__init__(options, services)
        self._history = self.history_kind()
        self._state = self.state_kind()

    def history(self) -> History:
        return self._history

    def state(self) -> State:
        return self._state

    def check(self) -> Health:
        return Health(ok=True, detail="broken")

    def identity(self) -> str:
        return "broken"


# Histories


class Forgetful(MemoryHistory):
    """Keeps no superseded version."""

    def write_points(self, batch: Sequence[Points]) -> None:
        super().write_points(batch)
        self._forget()

    def write_verdicts(self, batch: Sequence[Judgements]) -> None:
        super().write_verdicts(batch)
        self._forget()

    def _forget(self) -> None:
        for metric in self._metrics.values():
            for column in (*metric.points.values(), *metric.verdicts.values()):
                for versions in column.values():
                    del versions[:-1]


class Eager(MemoryHistory):
    """Takes every write for a change."""

    def write_points(self, batch: Sequence[Points]) -> None:
        for item in batch:
            for series in item.series:
                older = self._metrics[item.metric].points[series.labels]
                for versions in older.values():
                    versions[-1] = replace(versions[-1], cells=())
        super().write_points(batch)


class Inclusive(MemoryHistory):
    """Takes the end of a window for a part of it."""

    def read_points(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Series]]:
        later = timedelta(microseconds=1)
        return super().read_points(
            [replace(r, window=Window(r.window.start, r.window.end + later)) for r in requests]
        )


class Mixing(MemoryHistory):
    """Gives every series, whichever was asked for."""

    def read_points(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Series]]:
        return super().read_points([replace(request, labels=None) for request in requests])


class Plain(MemoryHistory):
    """Drops the context."""

    def write_points(self, batch: Sequence[Points]) -> None:
        super().write_points(
            [
                replace(item, series=[replace(series, context={}) for series in item.series])
                for item in batch
            ]
        )


class Greedy(MemoryHistory):
    """Prunes what was covered, too."""

    def prune(self, batch: Sequence[Retention], *, execute: bool) -> Mapping[str, Pruned]:
        for item in batch:
            self._metrics[item.metric].loaded = {}
        return super().prune(batch, execute=execute)


class Hasty(MemoryHistory):
    """Says that everything up to the newest point was covered."""

    def coverage(self, metrics: Sequence[str]) -> dict[str, Coverage]:
        return {
            name: replace(held, ranges=tuple(held.extent.values()))
            for name, held in super().coverage(metrics).items()
        }


class Unordered(MemoryHistory):
    """Gives versions in the order they were written."""

    def read_verdicts(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Verdicts]]:
        return [
            [item.take(np.argsort(item.value, kind="stable")) for item in found]
            for found in super().read_verdicts(requests)
        ]


class Rounding(MemoryHistory):
    """Keeps seconds."""

    def write_points(self, batch: Sequence[Points]) -> None:
        super().write_points(
            [
                replace(
                    item,
                    series=[
                        replace(s, times=s.times.astype("datetime64[s]").astype("datetime64[us]"))
                        for s in item.series
                    ],
                )
                for item in batch
            ]
        )


class Broken(HistorySuite):
    durable = False
    examples = 5
    kind: ClassVar[type[History]]

    def storage(self, folder: Path) -> Storage[Any]:
        parts = type("Storage", (Parts,), {"history_kind": self.kind})
        return parts(Options(), Services())


class TestForgetful(Broken):
    kind = Forgetful
    examples = 40


class TestEager(Broken):
    kind = Eager


class TestInclusive(Broken):
    kind = Inclusive


class TestMixing(Broken):
    kind = Mixing


class TestPlain(Broken):
    kind = Plain


class TestGreedy(Broken):
    kind = Greedy


class TestHasty(Broken):
    kind = Hasty


class TestUnordered(Broken):
    kind = Unordered


class TestRounding(Broken):
    kind = Rounding


# States


class Unfenced(MemoryState):
    """Takes every commit."""

    def _has(self, lease: Lease) -> bool:
        return True


class HalfFenced(MemoryState):
    """Keeps the documents before it looks at the lease."""

    def commit(self, changes: Sequence[StateChange]) -> Sequence[str]:
        for change in changes:
            self._documents.update(change.documents)
        return super().commit(changes)


class Reusing(MemoryState):
    """Gives every holder the same token."""

    def lease(self, metrics: Sequence[str], *, holder: str, ttl: timedelta) -> Leases:
        leases = super().lease(metrics, holder=holder, ttl=ttl)
        for metric in leases.held:
            self._leases[metric].token = 1
        return Leases({m: Lease(m, 1, holder) for m in leases.held}, leases.refused)


class Backwards(MemoryState):
    """Gives the newest row first."""

    def outbox(self, metrics: Sequence[str]) -> Sequence[OutboxRow]:
        return super().outbox(metrics)[::-1]


class Doubling(MemoryState):
    """Adds a row whose id is there already."""

    def commit(self, changes: Sequence[StateChange]) -> Sequence[str]:
        return super().commit([replace(one, rows=self._renamed(one.rows)) for one in changes])

    def _renamed(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        return [replace(row, id=f"{row.id}" + "'" * (row.id in self._outbox)) for row in rows]


class Patient(MemoryState):
    """Keeps no count of attempts."""

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        super().acknowledge([receipt for receipt in receipts if receipt.delivered])


class Endless(MemoryState):
    """Never lets a lease expire."""

    def lease(self, metrics: Sequence[str], *, holder: str, ttl: timedelta) -> Leases:
        return super().lease(metrics, holder=holder, ttl=timedelta(days=9))


class BrokenState(StateSuite):
    durable = False
    examples = 25
    kind: ClassVar[type[State]]

    def storage(self, folder: Path) -> Storage[Any]:
        parts = type("Storage", (Parts,), {"state_kind": self.kind})
        return parts(Options(), Services())


class TestUnfenced(BrokenState):
    kind = Unfenced


class TestHalfFenced(BrokenState):
    kind = HalfFenced


class TestReusing(BrokenState):
    kind = Reusing


class TestBackwards(BrokenState):
    kind = Backwards


class TestDoubling(BrokenState):
    kind = Doubling


class TestPatient(BrokenState):
    kind = Patient


class TestEndless(BrokenState):
    kind = Endless


class Racy(MemoryState):
    """Keeps everything in a file, read before each step and written after it: lessons B.10."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    @contextmanager
    def _kept(self) -> Iterator[None]:
        with self._lock:
            if self._file.exists():
                kept = pickle.loads(self._file.read_bytes())  # noqa: S301  # written below
                self._leases, self._documents, self._outbox = kept
            yield
            SystemClock().sleep(0.0001)
            whole = self._file.with_suffix(f".{os.getpid()}")
            whole.write_bytes(pickle.dumps((self._leases, self._documents, self._outbox)))
            whole.replace(self._file)

    def lease(self, metrics: Sequence[str], *, holder: str, ttl: timedelta) -> Leases:
        with self._kept():
            return super().lease(metrics, holder=holder, ttl=ttl)

    def release(self, leases: Sequence[Lease]) -> None:
        with self._kept():
            super().release(leases)

    def load(self, metrics: Sequence[str]) -> Mapping[StateKey, str]:
        with self._kept():
            return super().load(metrics)

    def commit(self, changes: Sequence[StateChange]) -> Sequence[str]:
        with self._kept():
            return super().commit(changes)

    def unlock(self, metrics: Sequence[str]) -> Mapping[str, str]:
        with self._kept():
            return super().unlock(metrics)

    def outbox(self, metrics: Sequence[str]) -> Sequence[OutboxRow]:
        with self._kept():
            return super().outbox(metrics)

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        with self._kept():
            super().acknowledge(receipts)


class RacyParts(Parts):
    def __init__(self, options: Options, services: Services) -> None:
        super().__init__(options, services)
        self._state = Racy(services.root / "lease")


class TestRacy(StateSuite):
    def storage(self, folder: Path) -> Storage[Any]:
        return RacyParts(Options(), Services(root=folder))


# Collectors


class Rows(Collector[RowOptions]):
    def __init__(self, rows: Sequence[SourceRow] | None, options: RowOptions) -> None:
        super().__init__(options, Services())
        self._rows = rows

    def collect(self, request: Request) -> Sequence[Series]:
        if self._rows is None:
            raise CollectError("nowhere")
        columns = {
            "period_time": [row.time for row in self._rows],
            "value": [row.value for row in self._rows],
            "country": [row.country for row in self._rows],
        }
        return series_from_columns(columns, self.options, request)

    def check(self) -> Health:
        return Health(ok=self._rows is not None, detail="rows")


class EndingLate(Rows):
    """Gives the interval that starts at the window's end."""

    def collect(self, request: Request) -> Sequence[Series]:
        end = request.interval.next(request.window.end)
        return super().collect(replace(request, window=Window(request.window.start, end)))


class OffGrid(Rows):
    """Gives times as they are."""

    def collect(self, request: Request) -> Sequence[Series]:
        return super().collect(replace(request, interval=Interval.parse("1 second")))


class ZeroForNull(Rows):
    """Takes no value for zero: lessons A.9."""

    def collect(self, request: Request) -> Sequence[Series]:
        return [
            Series(s.labels, s.times, np.nan_to_num(s.values), np.zeros(len(s), np.uint8))
            for s in super().collect(request)
        ]


class Raw(Rows):
    """Raises what its driver raises."""

    def collect(self, request: Request) -> Sequence[Series]:
        if self._rows is None:
            raise OSError("nowhere")
        return super().collect(request)


class Filling(Rows):
    """Gives an empty series where there are no rows."""

    def collect(self, request: Request) -> Sequence[Series]:
        return super().collect(request) or [Series.empty(NO_LABELS)]


class Changeable(Rows):
    """Has another fingerprint every day."""

    def fingerprint(self) -> str:
        return str(self._rows)


class Telling(Rows):
    """Shows its password."""

    def describe(self, request: Request) -> str:
        return "rows of me:hunter2@host"


class BrokenCollector(CollectorSuite):
    secret = "hunter2"  # noqa: S105  # the best known of all
    kind: ClassVar[type[Rows]]

    def collector(
        self, folder: Path, rows: Sequence[SourceRow], dimensions: tuple[str, ...] = ()
    ) -> Collector[Any]:
        return self.kind(rows, RowOptions(dimensions=dimensions))

    def unreachable(self, folder: Path) -> Collector[Any]:
        return self.kind(None, RowOptions())


class TestSoundCollector(BrokenCollector):
    kind = Rows


class TestEndingLate(BrokenCollector):
    kind = EndingLate


class TestOffGrid(BrokenCollector):
    kind = OffGrid


class TestZeroForNull(BrokenCollector):
    kind = ZeroForNull


class TestRaw(BrokenCollector):
    kind = Raw


class TestFilling(BrokenCollector):
    kind = Filling


class TestChangeable(BrokenCollector):
    kind = Changeable


class TestTelling(BrokenCollector):
    kind = Telling


# A plugin with every fault: this module is its plugin module, and numpy is imported above.


class Loose(RowOptions):
    model_config = {"extra": "ignore"}  # noqa: RUF012  # as pydantic wants it


class Loud(Rows):
    def __init__(self, options: Loose, services: Services) -> None:
        super().__init__([], options)
        Path(__file__).read_text()


def detectk_components() -> tuple[Component, ...]:
    """Offer a collector, twice, under a bad name and as an alerter."""
    here = "broken_parts"
    return (
        Component("collector", "Loud", f"{here}:Loud", f"{here}:Loose", aliases={"x": {"no": 1}}),
        Component("alerter", "loud", f"{here}:Loud", f"{here}:Loose", "loud"),
        Component("alerter", "loud", f"{here}:Loud", f"{here}:Loose", "loud"),
    )


class TestFaultyPlugin(PluginSuite):
    module = "broken_parts"
