"""Leases, alert state and the outbox, in one ClickHouse server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from threading import RLock
from typing import Final

from detectk.collectors.clickhouse.claims import Claims
from detectk.collectors.clickhouse.database import Database
from detectk.collectors.clickhouse.schema import STATE, prepare
from detectk.collectors.clickhouse.snapshots import Snapshot, Snapshots
from detectk.contracts.state import Lease, Leases, OutboxRow, Receipt, State, StateChange, StateKey
from detectk.errors import StorageError

__all__ = ["ClickHouseState"]

_TRIES: Final = 5


class ClickHouseState(State):
    """A `detectk.contracts.State` by claims and snapshots, since there are no transactions.

    It needs one server that everybody asks: what one writes the next one must see.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claims = Claims(database)
        self._snapshots = Snapshots(database)
        # The threads of one process hold their leases under one name.
        self._lock = RLock()
        self._last = 0

    def exists(self) -> bool:
        """Return whether the table is there."""
        return self._database.has_table("dtk_state")

    def prepare(self) -> None:
        """Create or migrate the table.

        Raises:
            StorageError: Among others, on a server that is too old to keep state.
        """
        prepare(self._database, STATE)

    def lease(self, metrics: Sequence[str], *, holder: str, ttl: timedelta) -> Leases:
        """Take or renew the leases of ``metrics``."""
        with self._lock:
            return self._claims.take(metrics, holder=holder, ttl=ttl)

    def release(self, leases: Sequence[Lease]) -> None:
        """Give leases back."""
        if not leases:
            return
        with self._lock:
            standings = self._claims.standing([lease.metric for lease in leases])
            claims = {lease: standings[lease.metric].own(lease) for lease in leases}
            now = standings[leases[0].metric].now
            self._claims.release((claim for claim in claims.values() if claim), now=now)

    def unlock(self, metrics: Sequence[str]) -> Mapping[str, str]:
        """Take the leases of ``metrics`` from whoever has them."""
        if not metrics:
            return {}
        with self._lock:
            standings = self._claims.standing(metrics)
            claims = [claim for standing in standings.values() for claim in standing.claims]
            self._claims.release(claims, now=next(iter(standings.values())).now)
        return {metric: one.live[-1].holder for metric, one in standings.items() if one.live}

    def load(self, metrics: Sequence[str]) -> Mapping[StateKey, str]:
        """Return every document of the metrics."""
        found = self._snapshots.load(metrics)
        return {key: text for one in found.values() for key, text in one.keys().items()}

    def commit(self, changes: Sequence[StateChange]) -> Sequence[str]:
        """Keep documents and append rows, in one block; look afterwards whose is in force."""
        if not changes:
            return []
        names = [change.lease.metric for change in changes]
        with self._lock:
            standings = self._claims.standing(names)
            before = self._snapshots.load(names)
            now = self._place(standings[names[0]].now)
            allowed = [one for one in changes if standings[one.lease.metric].has(one.lease)]
            written: dict[str, Snapshot] = {}
            count = 0
            for change in allowed:
                old = before[change.lease.metric]
                new = old.after(change, now=now, first=count)
                count += len(change.rows)
                if new != old:
                    written[change.lease.metric] = new.following(change.lease.token)
            kept = self._snapshots.write(written.values())
        fine = {one.lease.metric for one in allowed} - (written.keys() - kept)
        return [name for name in names if name not in fine]

    def outbox(self, metrics: Sequence[str]) -> Sequence[OutboxRow]:
        """Return the waiting rows of the metrics, oldest first."""
        found = self._snapshots.load(metrics)
        waiting = [one for snapshot in found.values() for one in snapshot.waiting]
        return [one.row for one in sorted(waiting, key=lambda one: one.place)]

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """Remove delivered rows; count the attempt and keep the error of the others."""
        pending = list(receipts)
        with self._lock:
            for _ in range(_TRIES):
                if not pending:
                    return
                before = self._snapshots.of_rows([receipt.row for receipt in pending])
                after = {name: one.acknowledged(pending) for name, one in before.items()}
                written = [
                    one.following(one.token) for name, one in after.items() if one != before[name]
                ]
                kept = self._snapshots.write(written)
                # A metric that somebody else wrote at the same time is done again.
                lost = {one.metric for one in written} - kept
                rows = {one.row.id for name in lost for one in before[name].waiting}
                pending = [receipt for receipt in pending if receipt.row in rows]
        if pending:
            raise StorageError(
                f"{len(pending)} receipts could not be kept, others write all the time",
                where=f"ClickHouse {self._database.servers.hosts.target}",
                hint="the messages are sent again under the same key",
                retryable=True,
            )

    def _place(self, now: int) -> int:
        """Return a number above those of earlier commits of this process."""
        self._last = max(now, self._last + 1)
        return self._last
