"""Let go of what is too old: whole months where that is possible, rows otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from detectk.clock import SystemClock
from detectk.collectors.clickhouse.database import Database, chunks, literals
from detectk.collectors.clickhouse.registry import NOTHING, Registry
from detectk.collectors.clickhouse.rows import to_micros
from detectk.collectors.clickhouse.schema import MONTH
from detectk.collectors.clickhouse.versions import POINTS, VERDICTS, Table
from detectk.contracts.history import Pruned, Retention
from detectk.errors import StorageError

__all__ = ["prune"]

_PATIENCE: Final = 60
"""Times the usual time-out that a deletion may take: whole parts may be written anew."""
_STEP: Final = 0.05


def prune(
    database: Database, registry: Registry, batch: Sequence[Retention], *, execute: bool
) -> Mapping[str, Pruned]:
    """Delete rows that are older than ``batch`` says, and return how many there were.

    Whole months are dropped if ``batch`` names every metric and all their rows are old enough.
    """
    bounds = {
        POINTS: {item.metric: to_micros(item.points_before) for item in batch},
        VERDICTS: {item.metric: to_micros(item.verdicts_before) for item in batch},
    }
    dropped = {item.metric: item.detectors for item in batch if item.detectors}
    counts = {
        table: _count(database, table, _conditions(before, dropped if table is VERDICTS else {}))
        for table, before in bounds.items()
    }
    old = {metric for count in counts.values() for metric in count}
    if execute and old:
        # Whoever reads in between finds less than is said, and the next pruning mends it.
        everything = set(registry.metrics()) <= {item.metric for item in batch}
        for table, before in bounds.items():
            concerned = {metric: before[metric] for metric in counts[table]}
            if concerned:
                if everything:
                    _drop_months(database, table, min(before.values()))
                gone = {name: dropped[name] for name in concerned.keys() & dropped.keys()}
                _delete(database, table, _conditions(concerned, gone if table is VERDICTS else {}))
        _measure(database, registry, sorted(old))
    return {
        item.metric: Pruned(counts[POINTS][item.metric], counts[VERDICTS][item.metric])
        for item in batch
    }


def _count(database: Database, table: Table, conditions: Iterable[str]) -> Counter[str]:
    """Return the metrics that have rows to go, and how many versions those have."""
    found: Counter[str] = Counter()
    for condition in conditions:
        answer = database.ask(
            f"SELECT metric_name, count() FROM {table.name} FINAL "  # noqa: S608  # our own names
            f"WHERE {condition} GROUP BY metric_name",
            patience=_PATIENCE,
        )
        found.update(dict(answer.rows()))
    return found


def _delete(database: Database, table: Table, conditions: Iterable[str]) -> None:
    for condition in conditions:
        if database.old():
            database.ask(f"ALTER TABLE {table.name} DELETE WHERE {condition}")
        else:
            database.ask(f"DELETE FROM {table.name} WHERE {condition}", patience=_PATIENCE)  # noqa: S608
    if database.old():
        _wait(database, table)


def _drop_months(database: Database, table: Table, before: int) -> None:
    months = database.ask(
        f"SELECT {MONTH} AS month, max(time) AS newest FROM {table.name} GROUP BY month",  # noqa: S608
        patience=_PATIENCE,
    )
    for month, newest in months.rows():
        if newest < before:
            database.ask(f"ALTER TABLE {table.name} DROP PARTITION {month}", patience=_PATIENCE)


def _wait(database: Database, table: Table) -> None:
    """Wait until an old server has carried out its deletions, which it does in the background."""
    clock = SystemClock()
    deadline = clock.monotonic() + _PATIENCE * 30
    pending = (
        "SELECT count() FROM system.mutations WHERE database = currentDatabase() "  # noqa: S608
        f"AND table = '{table.name}' AND NOT is_done"
    )
    while database.ask(pending).columns[0][0]:
        if clock.monotonic() > deadline:
            raise StorageError("deleting old rows takes too long", hint="look at system.mutations")
        clock.sleep(_STEP)


def _measure(database: Database, registry: Registry, metrics: Sequence[str]) -> None:
    """Note how far the series of ``metrics`` reach now."""
    spans: dict[int, tuple[int, int]] = {}
    for table in (POINTS, VERDICTS):
        for some in chunks(metrics):
            answer = database.ask(
                f"SELECT key, min(time), max(time) FROM {table.name} "  # noqa: S608  # our own names
                f"WHERE metric_name IN ({literals(some)}) GROUP BY key",
                patience=_PATIENCE,
            )
            spans.update({key: (low, high) for key, low, high in answer.rows()})
    entries = [one for known in registry.load(metrics).values() for one in known.values()]
    measured = [
        replace(one, oldest=span[0], newest=span[1])
        for one, span in ((entry, spans.get(entry.key, NOTHING)) for entry in entries)
    ]
    registry.note(new for old, new in zip(entries, measured, strict=True) if new != old)


def _conditions(before: Mapping[str, int], dropped: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Return what no row is of twice: older than a bound, or newer and of a dropped detector."""
    together: defaultdict[int, list[str]] = defaultdict(list)
    for metric, bound in before.items():
        together[bound].append(metric)
    for bound, metrics in together.items():
        for some in chunks(metrics):
            yield f"metric_name IN ({literals(some)}) AND time < {bound}"
    alike: defaultdict[tuple[int, frozenset[str]], list[str]] = defaultdict(list)
    for metric, detectors in dropped.items():
        alike[before[metric], detectors].append(metric)
    for (bound, detectors), metrics in alike.items():
        for some in chunks(metrics):
            yield (
                f"metric_name IN ({literals(some)}) AND time >= {bound} "
                f"AND detector_id IN ({literals(sorted(detectors))})"
            )
