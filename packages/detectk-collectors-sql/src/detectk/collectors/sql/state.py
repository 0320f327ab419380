"""Leases, alert state and the outbox, in a SQL database with transactions."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

from detectk.clock import Clock
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.holders import is_dead
from detectk.collectors.sql.schema import prepare
from detectk.contracts.state import (
    Lease,
    Leases,
    OutboxRow,
    Receipt,
    State,
    StateChange,
    StateKey,
)
from detectk.errors import LeaseHeldError

__all__ = ["SqlState"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND: Final = timedelta(microseconds=1)
_LEASE: Final = ("metric", "token", "holder", "expires")
_DOCUMENT: Final = ("metric", "series", "rule_id", "body")
_ROW: Final = (
    "id",
    "metric",
    "channel",
    "thread",
    "dedup_key",
    "message",
    "created",
    "attempts",
    "error",
)


class SqlState(State):
    """A `detectk.contracts.State` in a SQL database.

    A lease that was given back stays as a row without a holder, so that its token only grows.
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

    def lease(self, metrics: Sequence[str], *, holder: str, ttl: timedelta) -> Leases:
        """Take or renew the leases of ``metrics``; a dead holder of this host has none."""
        names = sorted(set(metrics))
        held: dict[str, Lease] = {}
        refused: dict[str, str] = {}
        with self._database.transaction():
            now = float(self._database.query(f"SELECT {self._database.dialect.now}")[0][0])
            known = {row[0]: row[1:] for row in self._leases(names)}
            for name in names:
                token, owner, expires = known.get(name, (0, "", 0.0))
                free = not owner or expires <= now
                if not free and owner != holder:
                    if not (self._database.dialect.embedded and is_dead(owner)):
                        refused[name] = owner
                        continue
                    free = True
                held[name] = Lease(name, token + free, holder)
            expires = now + ttl.total_seconds()
            self._database.run_many(
                "DELETE FROM dtk_leases WHERE metric = ?", ((name,) for name in held)
            )
            rows = ((name, lease.token, holder, expires) for name, lease in held.items())
            self._database.insert("dtk_leases", _LEASE, rows)
        return Leases(held, refused)

    def release(self, leases: Sequence[Lease]) -> None:
        """Give leases back."""
        with self._database.transaction():
            self._database.run_many(
                "UPDATE dtk_leases SET holder = '' WHERE metric = ? AND token = ? AND holder = ?",
                ((lease.metric, lease.token, lease.holder) for lease in leases),
            )

    def load(self, metrics: Sequence[str]) -> Mapping[StateKey, str]:
        """Return every document of the metrics."""
        sql = "SELECT metric, series, rule_id, body FROM dtk_documents WHERE metric IN ({})"
        rows = self._database.query_in(sql, sorted(set(metrics)))
        return {StateKey(metric, series, rule): body for metric, series, rule, body in rows}

    def commit(self, change: StateChange) -> None:
        """Keep documents and append rows, if the lease still is the holder's."""
        lease = change.lease
        with self._database.transaction():
            holders = [row[1:3] for row in self._leases([lease.metric]) if row[2]]
            if (lease.token, lease.holder) not in holders:
                raise LeaseHeldError(
                    f"the lease of {lease.holder!r} has passed on",
                    where=lease.metric,
                    hint="the run that has it now decides again; nothing was changed",
                )
            self._database.run_many(
                "DELETE FROM dtk_documents WHERE metric = ? AND series = ? AND rule_id = ?",
                change.documents,
            )
            documents = ((*key, text) for key, text in change.documents.items())
            self._database.insert("dtk_documents", _DOCUMENT, documents)
            ids = [row.id for row in change.rows]
            sql = "SELECT id FROM dtk_outbox WHERE id IN ({})"
            there = {row[0] for row in self._database.query_in(sql, ids)}
            new: dict[str, OutboxRow] = {}
            for row in change.rows:
                if row.id not in there:
                    new.setdefault(row.id, row)
            self._database.insert("dtk_outbox", _ROW, map(_cells, new.values()))

    def outbox(self, metrics: Sequence[str]) -> Sequence[OutboxRow]:
        """Return the waiting rows of the metrics, oldest first."""
        sql = f"SELECT seq, {', '.join(_ROW)} FROM dtk_outbox WHERE metric IN ({{}})"
        rows = self._database.query_in(sql, sorted(set(metrics)))
        return [_row(*cells) for _, *cells in sorted(rows)]

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """Remove delivered rows; count the attempt and keep the error of the others."""
        with self._database.transaction():
            for receipt in receipts:
                if receipt.delivered:
                    self._database.run("DELETE FROM dtk_outbox WHERE id = ?", (receipt.row,))
                else:
                    self._database.run(
                        "UPDATE dtk_outbox SET attempts = attempts + 1, error = ? WHERE id = ?",
                        (receipt.error, receipt.row),
                    )

    def _leases(self, metrics: Sequence[str]) -> list[tuple[str, int, str, float]]:
        sql = f"SELECT {', '.join(_LEASE)} FROM dtk_leases WHERE metric IN ({{}})"
        return self._database.query_in(sql, metrics)


def _cells(row: OutboxRow) -> tuple[object, ...]:
    created = (row.created - _EPOCH) // _MICROSECOND
    values = {name: getattr(row, name) for name in _ROW} | {"created": created}
    return tuple(values.values())


def _row(*cells: object) -> OutboxRow:
    values = dict(zip(_ROW, cells, strict=True))
    created = _EPOCH + int(str(values.pop("created"))) * _MICROSECOND
    return OutboxRow(**values, created=created)  # type: ignore[arg-type]  # as they were written
