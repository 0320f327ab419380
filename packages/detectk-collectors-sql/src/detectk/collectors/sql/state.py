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

__all__ = ["SqlState"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND: Final = timedelta(microseconds=1)
_LEASE: Final = ("metric", "token", "holder", "expires")
_DOCUMENT: Final = ("metric", "series", "rule_id", "body")
_NAMES: Final = "SELECT metric FROM dtk_leases WHERE metric IN ({})"
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
        return self._database.transact(lambda: self._lease(names, holder, ttl))

    def release(self, leases: Sequence[Lease]) -> None:
        """Give leases back."""

        def step() -> None:
            held = self._held([lease.metric for lease in leases])
            mine = {lease.metric for lease in leases if held.get(lease.metric) == _key(lease)}
            self._free(sorted(mine))

        self._database.transact(step)

    def unlock(self, metrics: Sequence[str]) -> Mapping[str, str]:
        """Take the leases of ``metrics`` from whoever has them."""

        def step() -> dict[str, str]:
            rows = self._leases(sorted(set(metrics)))
            now = self._now()
            self._free([name for name, _, holder, _ in rows if holder])
            return {name: holder for name, _, holder, expires in rows if holder and expires > now}

        return self._database.transact(step)

    def load(self, metrics: Sequence[str]) -> Mapping[StateKey, str]:
        """Return every document of the metrics."""
        sql = "SELECT metric, series, rule_id, body FROM dtk_documents WHERE metric IN ({})"
        names = sorted(set(metrics))
        rows = self._database.snapshot(lambda: self._database.query_in(sql, names))
        return {StateKey(metric, series, rule): body for metric, series, rule, body in rows}

    def commit(self, changes: Sequence[StateChange]) -> Sequence[str]:
        """Keep documents and append rows, but for metrics whose lease has passed on."""

        def step() -> list[str]:
            held = self._held([change.lease.metric for change in changes])
            fine = [one for one in changes if held.get(one.lease.metric) == _key(one.lease)]
            documents = {key: text for one in fine for key, text in one.documents.items()}
            if documents:
                cells = (*zip(*documents, strict=True), tuple(documents.values()))
                columns = dict(zip(_DOCUMENT, cells, strict=True))
                self._database.replace("dtk_documents", _DOCUMENT[:3], columns)
            rows: dict[str, OutboxRow] = {}
            for row in (row for one in fine for row in one.rows):
                rows.setdefault(row.id, row)  # the first of an id, in its place
            if rows:
                cells = tuple(zip(*map(_cells, rows.values()), strict=True))
                self._database.insert_new("dtk_outbox", dict(zip(_ROW, cells, strict=True)))
            there = {one.lease.metric for one in fine}
            return [one.lease.metric for one in changes if one.lease.metric not in there]

        return self._database.transact(step)

    def outbox(self, metrics: Sequence[str]) -> Sequence[OutboxRow]:
        """Return the waiting rows of the metrics, oldest first."""
        sql = f"SELECT seq, {', '.join(_ROW)} FROM dtk_outbox WHERE metric IN ({{}})"
        names = sorted(set(metrics))
        rows = self._database.snapshot(lambda: self._database.query_in(sql, names))
        return [_row(*cells) for _, *cells in sorted(rows)]

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """Remove delivered rows; count the attempt and keep the error of the others."""
        gone = sorted({receipt.row for receipt in receipts if receipt.delivered})
        failed = [(receipt.error, receipt.row) for receipt in receipts if not receipt.delivered]

        def step() -> None:
            self._database.run_in("DELETE FROM dtk_outbox WHERE id IN ({})", gone)
            sql = "UPDATE dtk_outbox SET attempts = attempts + 1, error = ? WHERE id = ?"
            self._database.run_many(sql, failed)

        self._database.transact(step)

    def _lease(self, names: Sequence[str], holder: str, ttl: timedelta) -> Leases:
        held: dict[str, Lease] = {}
        refused: dict[str, str] = {}
        if self._database.dialect.locking:
            # What is not there cannot be locked, and two would take it at once.
            there = {name for (name,) in self._database.query_in(_NAMES, names)}
            new = [name for name in names if name not in there]
            cells = (new, [0] * len(new), [""] * len(new), [0.0] * len(new))
            self._database.insert_new("dtk_leases", dict(zip(_LEASE, cells, strict=True)))
        known = {row[0]: row[1:] for row in self._leases(names)}
        now = self._now()
        for name in names:
            token, owner, expires = known.get(name, (0, "", 0.0))
            free = not owner or expires <= now
            if not free and owner != holder:
                if not (self._database.dialect.embedded and is_dead(owner)):
                    refused[name] = owner
                    continue
                free = True
            held[name] = Lease(name, token + free, holder)
        count, expires = len(held), now + ttl.total_seconds()
        tokens = [lease.token for lease in held.values()]
        cells = (list(held), tokens, [holder] * count, [expires] * count)
        self._database.replace("dtk_leases", ("metric",), dict(zip(_LEASE, cells, strict=True)))
        return Leases(held, refused)

    def _now(self) -> float:
        return float(self._database.query(f"SELECT {self._database.dialect.now}")[0][0])

    def _held(self, metrics: Sequence[str]) -> dict[str, tuple[int, str]]:
        """Return the holders of leases, none of which passes on before the transaction ends."""
        rows = self._leases(sorted(set(metrics)))
        return {name: (token, holder) for name, token, holder, _ in rows if holder}

    def _free(self, metrics: Sequence[str]) -> None:
        self._database.run_in("UPDATE dtk_leases SET holder = '' WHERE metric IN ({})", metrics)

    def _leases(self, metrics: Sequence[str]) -> list[tuple[str, int, str, float]]:
        locking = self._database.dialect.locking
        sql = f"SELECT {', '.join(_LEASE)} FROM dtk_leases WHERE metric IN ({{}}) ORDER BY metric"
        return self._database.query_in(f"{sql} {locking}", metrics)


def _key(lease: Lease) -> tuple[int, str]:
    return lease.token, lease.holder


def _cells(row: OutboxRow) -> tuple[object, ...]:
    created = (row.created - _EPOCH) // _MICROSECOND
    values = {name: getattr(row, name) for name in _ROW} | {"created": created}
    return tuple(values.values())


def _row(*cells: object) -> OutboxRow:
    values = dict(zip(_ROW, cells, strict=True))
    created = _EPOCH + int(str(values.pop("created"))) * _MICROSECOND
    return OutboxRow(**values, created=created)  # type: ignore[arg-type]  # as they were written
