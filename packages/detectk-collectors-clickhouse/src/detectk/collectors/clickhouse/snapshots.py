"""What alerting remembers of a metric, whole, as one row for each commit."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from detectk.collectors.clickhouse.blocks import Repeated
from detectk.collectors.clickhouse.database import Database, chunks, literals
from detectk.contracts.state import OutboxRow, Receipt, StateChange, StateKey

__all__ = ["Snapshot", "Snapshots", "Waiting"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND: Final = timedelta(microseconds=1)
_BASE: Final = 80
"""Bits below the number of the commit: 48 of the token and 32 that nobody else has."""
_TOKEN: Final = 32


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox and its place in the queue."""

    place: tuple[int, int]
    row: OutboxRow


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One metric's documents and outbox after some commit.

    Attributes:
        metric: Name of the metric.
        version: Number of the commit, then token, then chance: the highest is in force.
        documents: (series, rule) to text.
        waiting: The outbox, oldest first.
    """

    metric: str
    version: int = 0
    documents: Mapping[tuple[str, str], str] = field(default_factory=dict)
    waiting: tuple[Waiting, ...] = ()

    @property
    def token(self) -> int:
        """The token under which it was written."""
        return self.version >> _TOKEN & (1 << (_BASE - _TOKEN)) - 1

    def keys(self) -> Mapping[StateKey, str]:
        """Return the documents as the contract names them."""
        return {StateKey(self.metric, *key): text for key, text in self.documents.items()}

    def after(self, change: StateChange, *, now: int, first: int) -> Snapshot:
        """Return what a commit makes of it; the same if it changes nothing.

        Args:
            change: The commit.
            now: Place of its rows in the queue, before those of a later commit.
            first: And among the rows of one commit.
        """
        documents = {
            **self.documents,
            **{(key.series, key.rule): text for key, text in change.documents.items()},
        }
        there = {one.row.id for one in self.waiting}
        new: dict[str, Waiting] = {}
        for number, row in enumerate(change.rows, first):
            if row.id not in there:
                new.setdefault(row.id, Waiting((now, number), row))
        return replace(self, documents=documents, waiting=(*self.waiting, *new.values()))

    def acknowledged(self, receipts: Sequence[Receipt]) -> Snapshot:
        """Return what receipts make of it."""
        waiting = {one.row.id: one for one in self.waiting}
        for receipt in receipts:
            one = waiting.get(receipt.row)
            if one and receipt.delivered:
                del waiting[receipt.row]
            elif one:
                row = replace(one.row, attempts=one.row.attempts + 1, error=receipt.error)
                waiting[receipt.row] = replace(one, row=row)
        return replace(self, waiting=tuple(waiting.values()))

    def following(self, token: int) -> Snapshot:
        """Return it as the next version, written under ``token``."""
        base = (self.version >> _BASE) + 1
        return replace(
            self, version=base << _BASE | token << _TOKEN | secrets.randbelow(1 << _TOKEN)
        )


class Snapshots:
    """The rows of kind ``state`` in ``dtk_state``.

    Whoever paused between looking at the lease and writing loses: of two that build on one
    version the one with the higher token is in force. ClickHouse itself drops older versions.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, metrics: Sequence[str]) -> dict[str, Snapshot]:
        """Return the snapshot in force of each metric; an empty one where there is none."""
        found = {metric: Snapshot(metric) for metric in metrics}
        for some in chunks(list(found)):
            answer = self._database.ask(
                "SELECT metric_name, max(version), argMax(body, version) FROM dtk_state "  # noqa: S608
                f"WHERE kind = 'state' AND metric_name IN ({literals(some)}) GROUP BY metric_name"
            )
            for metric, version, body in answer.rows():
                found[metric] = _read(metric, version, body)
        return found

    def of_rows(self, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Return the snapshots in force that may hold any of the outbox rows ``ids``."""
        metrics: set[str] = set()
        for some in chunks(ids):
            answer = self._database.ask(
                "SELECT DISTINCT metric_name FROM dtk_state "  # noqa: S608  # our own names
                f"WHERE kind = 'state' AND hasAny(waiting, [{literals(some)}])"
            )
            metrics.update(answer.columns[0])
        return self.load(sorted(metrics)) if metrics else {}

    def write(self, snapshots: Iterable[Snapshot]) -> set[str]:
        """Keep snapshots, in one block, and return the metrics of those that are in force."""
        rows = list(snapshots)
        if not rows:
            return set()
        ones = [1] * len(rows)
        self._database.insert(
            "dtk_state",
            {
                "metric_name": Repeated([row.metric for row in rows], ones),
                "kind": ["state"] * len(rows),
                "name": Repeated([""] * len(rows), ones),
                "version": [row.version for row in rows],
                "token": [row.token for row in rows],
                "until": [0] * len(rows),
                "waiting": [[one.row.id for one in row.waiting] for row in rows],
                "body": Repeated([_body(row) for row in rows], ones),
            },
        )
        return self._in_force(rows)

    def _in_force(self, rows: Sequence[Snapshot]) -> set[str]:
        versions: dict[str, int] = {}
        for some in chunks([row.metric for row in rows]):
            answer = self._database.ask(
                "SELECT metric_name, max(version) FROM dtk_state "  # noqa: S608  # our own names
                f"WHERE kind = 'state' AND metric_name IN ({literals(some)}) GROUP BY metric_name"
            )
            versions.update(dict(answer.rows()))
        return {row.metric for row in rows if versions.get(row.metric) == row.version}


def _body(snapshot: Snapshot) -> str:
    rows = [
        [
            *one.place,
            one.row.id,
            one.row.channel,
            one.row.thread,
            one.row.dedup_key,
            one.row.message,
            (one.row.created - _EPOCH) // _MICROSECOND,
            one.row.attempts,
            one.row.error,
        ]
        for one in snapshot.waiting
    ]
    documents = [[*key, text] for key, text in snapshot.documents.items()]
    text = {"documents": documents, "outbox": rows}
    return json.dumps(text, ensure_ascii=False, separators=(",", ":"))


def _read(metric: str, version: int, body: str) -> Snapshot:
    kept: dict[str, list[list[Any]]] = json.loads(body)
    return Snapshot(
        metric,
        version,
        {(series, rule): text for series, rule, text in kept["documents"]},
        tuple(_waiting(metric, *cells) for cells in kept["outbox"]),
    )


def _waiting(metric: str, now: int, number: int, name: str, *cells: Any) -> Waiting:
    channel, thread, key, message, created, attempts, error = cells
    at = _EPOCH + created * _MICROSECOND
    row = OutboxRow(name, metric, channel, thread, key, message, at, attempts, error)
    return Waiting((now, number), row)
