"""Leases and commits where everybody may pause between any two statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from detectk.collectors.clickhouse.claims import Claim, Claims, Standing
from detectk.collectors.clickhouse.snapshots import Snapshot, Snapshots
from detectk.collectors.clickhouse.storage import ClickHouseStorage
from detectk.contracts import Lease, OutboxRow, Receipt, State, StateChange, StateKey
from detectk.testing.servers import Server, database_for

HOUR = timedelta(hours=1)
KEY = StateKey("orders", "{}", "default")
ROW = OutboxRow("id", "orders", "c", "t", "k", "m", datetime(2024, 7, 1, tzinfo=timezone.utc))
Make = Callable[..., ClickHouseStorage]


@pytest.fixture
def storage(clickhouse_server: Server, tmp_path: Path, storage_of: Make) -> ClickHouseStorage:
    made = storage_of(database_for(clickhouse_server, tmp_path))
    state_of(made).prepare()
    return made


def state_of(storage: ClickHouseStorage) -> State:
    state = storage.state()
    assert state is not None
    return state


def put(storage: ClickHouseStorage, *claims: Claim) -> None:
    Claims(storage._database)._insert(claims)


def now(storage: ClickHouseStorage) -> int:
    return Claims(storage._database).standing(["orders"])["orders"].now


def test_two_that_claim_at_once_never_both_hold() -> None:
    """Whatever the order of inserts and looks, each sees what was inserted before it looked."""
    one, two = Claim("orders", 5, "a", 100), Claim("orders", 5, "b", 100)
    both = Standing(50, (one, two), highest=5, spent=4)
    alone = Standing(50, (one,), highest=5, spent=4)
    assert alone.grants(one, sure_until=0)
    assert not both.grants(one, sure_until=0)
    assert not both.grants(two, sure_until=0)


def test_a_token_is_never_used_twice(storage: ClickHouseStorage) -> None:
    """A claim that was worked out before another holder came and went is too late."""
    state = state_of(storage)
    lease = state.lease(["orders"], holder="a", ttl=HOUR).held["orders"]
    late = Claim("orders", lease.token, "b", now(storage) + 10**9)
    state.release([lease])
    put(storage, late)
    standing = Claims(storage._database).standing(["orders"])["orders"]
    assert standing.live == [late]
    assert not standing.grants(late, sure_until=0)


def test_a_holder_is_not_disturbed_by_a_late_claim(storage: ClickHouseStorage) -> None:
    state = state_of(storage)
    lease = state.lease(["orders"], holder="b", ttl=HOUR).held["orders"]
    put(storage, Claim("orders", lease.token, "a", now(storage) + 10**9))
    assert state.lease(["orders"], holder="b", ttl=HOUR).held == {"orders": lease}
    assert state.commit([StateChange(lease, {KEY: "kept"})]) == []
    state.release([lease])
    assert state.load(["orders"]) == {KEY: "kept"}


def test_a_claim_whose_claimant_died_holds_others_up_until_it_expires(
    storage: ClickHouseStorage,
) -> None:
    put(storage, Claim("orders", 1, "dead", now(storage) + 10**9))
    state = state_of(storage)
    assert state.lease(["orders"], holder="a", ttl=HOUR).refused == {"orders": "dead"}
    assert state.unlock(["orders"]) == {"orders": "dead"}
    assert state.lease(["orders"], holder="a", ttl=HOUR).held["orders"].token == 2


def test_a_commit_that_comes_after_the_next_holder_looked_is_superseded(
    storage: ClickHouseStorage,
) -> None:
    """Both build on the same version; the higher token is in force, whoever writes last."""
    snapshots = Snapshots(storage._database)
    read = snapshots.load(["orders"])["orders"]
    new = StateChange(Lease("orders", 2, "b"), {KEY: "new"}, [ROW])
    late = StateChange(Lease("orders", 1, "a"), {KEY: "late"})
    assert snapshots.write([read.after(new, now=1, first=0).following(2)]) == {"orders"}
    assert snapshots.write([read.after(late, now=1, first=0).following(1)]) == set()
    found = snapshots.load(["orders"])["orders"]
    assert (found.keys(), found.token) == ({KEY: "new"}, 2)
    assert [one.row for one in found.waiting] == [ROW]


def test_what_was_superseded_is_dropped_by_the_server(storage: ClickHouseStorage) -> None:
    state = state_of(storage)
    for number in range(5):
        lease = state.lease(["orders"], holder=f"h{number}", ttl=HOUR).held["orders"]
        state.commit([StateChange(lease, {KEY: str(number)})])
        state.release([lease])
    storage._database.ask("OPTIMIZE TABLE dtk_state FINAL")
    counts = dict(storage._database.ask("SELECT kind, count() FROM dtk_state GROUP BY kind").rows())
    assert counts == {"state": 1, "token": 1, "claim": 5}
    storage._database.ask(
        "ALTER TABLE dtk_state UPDATE kept_until = toDateTime(1) WHERE kind = 'claim'"
        " SETTINGS mutations_sync = 1"
    )
    storage._database.ask("OPTIMIZE TABLE dtk_state FINAL")
    assert state.load(["orders"]) == {KEY: "4"}
    assert state.lease(["orders"], holder="x", ttl=HOUR).held["orders"].token == 6


def test_a_receipt_meets_the_row_wherever_it_waits(storage: ClickHouseStorage) -> None:
    state = state_of(storage)
    names = ["orders", "visits"]
    leases = state.lease(names, holder="a", ttl=HOUR).held
    rows = {name: OutboxRow(f"{name} id", name, "c", "t", "k", "m", ROW.created) for name in names}
    state.commit([StateChange(leases[name], {}, [rows[name]]) for name in names])
    state.acknowledge([Receipt("orders id", delivered=True), Receipt("visits id", delivered=False)])
    assert [(row.id, row.attempts) for row in state.outbox(names)] == [("visits id", 1)]


def test_a_snapshot_that_nothing_changes_is_not_written_again() -> None:
    empty = Snapshot("orders")
    change = StateChange(Lease("orders", 1, "a"), {KEY: "x"}, [ROW])
    once = empty.after(change, now=1, first=0)
    assert once.after(change, now=2, first=0) == once
    assert once != empty
