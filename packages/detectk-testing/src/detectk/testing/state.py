"""What every State must do: subclass `StateSuite` and pytest runs it."""
# ruff: noqa: D102  # the name of a test is its sentence

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest

from detectk.contracts.state import (
    Lease,
    OutboxRow,
    Receipt,
    State,
    StateChange,
    StateKey,
)
from detectk.contracts.storage import Storage
from detectk.testing.contender import CONTENDED, contend_in_processes
from detectk.testing.state_machine import compare_with_reference
from detectk.testing.suite import Suite

__all__ = ["StateSuite"]

_LONG: Final = timedelta(hours=1)
_OVER: Final = timedelta(0)
"""A lease of no length has expired as soon as it is given: nobody has to wait in a test."""
_CREATED: Final = datetime(2024, 7, 1, 12, 0, 0, 123456, tzinfo=timezone.utc)
_KEY: Final = StateKey("orders", "{}", "default")


class StateSuite(Suite, ABC):
    """Holds a state to its contract: leases, fencing, atomic commits, an ordered outbox.

    Subclass it, name the class ``Test...``, and give the storage::

        class TestMyState(StateSuite):
            def storage(self, folder):
                return MyStorage(MyOptions(path=folder / "my.db"), Services(root=folder))

    The storage's class and options must be importable and picklable, for the processes that
    contend for a lease.
    """

    durable: ClassVar[bool] = True
    """Whether other storages of the same folder, in other processes too, see the same."""

    processes: ClassVar[int] = 4
    """How many processes contend for one lease."""

    rounds: ClassVar[int] = 50
    """How often each of them gets it."""

    examples: ClassVar[int] = 40
    """How many random lives are compared with the reference."""

    @abstractmethod
    def storage(self, folder: Path) -> Storage[Any]:
        """Return a new storage whose data belongs to ``folder``: another folder, other data."""

    @pytest.fixture
    def state(self, tmp_path: Path) -> Iterator[State]:
        storage = self.storage(tmp_path)
        state = _state(storage)
        state.prepare()
        yield state
        storage.close()

    # Leases

    def test_a_free_lease_is_held(self, state: State) -> None:
        leases = state.lease(["orders", "visits"], holder="a", ttl=_LONG)
        assert set(leases.held) == {"orders", "visits"}
        assert leases.held["orders"] == Lease("orders", leases.held["orders"].token, "a")
        assert not leases.refused

    def test_a_held_lease_is_refused_with_its_holder(self, state: State) -> None:
        state.lease(["orders"], holder="a", ttl=_LONG)
        leases = state.lease(["orders", "visits"], holder="b", ttl=_LONG)
        assert leases.refused == {"orders": "a"}
        assert set(leases.held) == {"visits"}

    def test_renewing_keeps_the_token(self, state: State) -> None:
        first = _take(state, "a")
        assert _take(state, "a") == first

    def test_renewing_moves_the_expiry(self, state: State) -> None:
        first = _take(state, "a")
        assert _take(state, "a", ttl=_OVER).token == first.token
        assert _take(state, "b").token > first.token

    def test_an_expired_lease_goes_to_the_next_with_a_higher_token(self, state: State) -> None:
        first = _take(state, "a", ttl=_OVER)
        second = _take(state, "b")
        assert second.token > first.token
        assert state.lease(["orders"], holder="a", ttl=_LONG).refused == {"orders": "b"}

    def test_whoever_let_a_lease_expire_starts_anew(self, state: State) -> None:
        first = _take(state, "a", ttl=_OVER)
        assert _take(state, "a").token > first.token

    def test_a_lease_given_back_is_free_and_its_token_spent(self, state: State) -> None:
        first = _take(state, "a")
        state.release([first])
        second = _take(state, "b")
        state.release([second])
        third = _take(state, "a")
        assert first.token < second.token < third.token

    def test_a_lease_that_has_passed_on_cannot_be_given_back(self, state: State) -> None:
        first = _take(state, "a", ttl=_OVER)
        _take(state, "b")
        state.release([first])
        assert state.lease(["orders"], holder="c", ttl=_LONG).refused == {"orders": "b"}

    def test_giving_back_twice_is_harmless(self, state: State) -> None:
        lease = _take(state, "a")
        state.release([lease, lease])
        state.release([lease])
        state.release([])
        assert _take(state, "b").token > lease.token

    def test_many_metrics_are_leased_at_once(self, state: State) -> None:
        names = [f"metric {number}" for number in range(1200)]
        state.lease(names[:600], holder="a", ttl=_LONG)
        leases = state.lease([*names, *names], holder="b", ttl=_LONG)
        assert set(leases.refused) == set(names[:600])
        assert set(leases.held) == set(names[600:])

    def test_no_metrics_give_no_leases(self, state: State) -> None:
        leases = state.lease([], holder="a", ttl=_LONG)
        assert (dict(leases.held), dict(leases.refused)) == ({}, {})

    # Documents

    def test_documents_come_back_by_metric(self, state: State) -> None:
        documents = {
            _KEY: "one",
            StateKey("orders", '{"город":"Zürich"}', "default"): "zwei \"'\n",
            StateKey("orders", "{}", "night"): "",
        }
        state.commit([StateChange(_take(state, "a"), documents)])
        other = StateKey("visits", "{}", "default")
        state.commit([StateChange(_take(state, "a", "visits"), {other: "other"})])
        assert state.load(["orders"]) == documents
        assert state.load(["orders", "visits", "unknown"]) == documents | {other: "other"}
        assert state.load([]) == {}

    def test_a_newer_document_replaces_the_old_one(self, state: State) -> None:
        lease = _take(state, "a")
        state.commit([StateChange(lease, {_KEY: "old", _KEY._replace(rule="night"): "kept"})])
        state.commit([StateChange(lease, {_KEY: "new"})])
        assert state.load(["orders"]) == {_KEY: "new", _KEY._replace(rule="night"): "kept"}

    def test_documents_of_many_metrics_are_loaded_at_once(self, state: State) -> None:
        names = [f"metric {number}" for number in range(1200)]
        leases = state.lease(names, holder="a", ttl=_LONG)
        changes = [
            StateChange(lease, {StateKey(name, "{}", "r"): name}, [_row(name, name)])
            for name, lease in leases.held.items()
        ]
        state.commit(changes)
        assert set(state.load(names).values()) == set(names)
        assert [row.id for row in state.outbox(names)] == list(leases.held)

    # Fencing

    def test_without_a_lease_nothing_is_committed(self, state: State) -> None:
        for lease in (Lease("orders", 0, ""), Lease("orders", 1, "a")):
            assert state.commit([StateChange(lease, {_KEY: "lost"})]) == ["orders"]
        assert state.load(["orders"]) == {}

    def test_the_late_commit_of_a_paused_holder_changes_nothing(self, state: State) -> None:
        paused = _take(state, "a", ttl=_OVER)
        new = _take(state, "b")
        state.commit([StateChange(new, {_KEY: "new"}, [_row("new")])])
        late = StateChange(paused, {_KEY: "late"}, [_row("late")])
        assert state.commit([late]) == ["orders"]
        assert state.load(["orders"]) == {_KEY: "new"}
        assert [row.id for row in state.outbox(["orders"])] == ["new"]

    def test_an_expired_lease_that_nobody_took_still_commits(self, state: State) -> None:
        state.commit([StateChange(_take(state, "a", ttl=_OVER), {_KEY: "in time"})])
        assert state.load(["orders"]) == {_KEY: "in time"}

    def test_a_lease_that_was_given_back_commits_no_more(self, state: State) -> None:
        lease = _take(state, "a")
        state.release([lease])
        for late in (lease, Lease("orders", lease.token, "")):
            assert state.commit([StateChange(late, {_KEY: "late"})]) == ["orders"]
        assert state.load(["orders"]) == {}

    def test_of_many_changes_only_those_without_their_lease_are_refused(self, state: State) -> None:
        names = [f"metric {number:04}" for number in range(1200)]
        leases = state.lease(names, holder="a", ttl=_LONG).held
        lost = names[::7]
        state.release([leases[name] for name in lost])
        changes = [
            StateChange(leases[name], {StateKey(name, "{}", "r"): name}, [_row(name, name)])
            for name in names
        ]
        assert list(state.commit(changes)) == lost
        kept = [name for name in names if name not in lost]
        assert sorted(state.load(names).values()) == kept
        assert [row.id for row in state.outbox(names)] == kept
        assert list(state.commit([])) == []

    # Unlocking

    def test_unlocking_frees_a_lease_and_fences_its_holder(self, state: State) -> None:
        lost = _take(state, "a")
        assert state.unlock(["orders", "visits"]) == {"orders": "a"}
        assert state.commit([StateChange(lost, {_KEY: "late"})]) == ["orders"]
        new = _take(state, "b")
        assert new.token > lost.token
        assert state.commit([StateChange(new, {_KEY: "new"})]) == []
        assert state.load(["orders"]) == {_KEY: "new"}

    def test_unlocking_what_nobody_holds_tells_of_nobody(self, state: State) -> None:
        state.release([_take(state, "a")])
        _take(state, "a", "visits", ttl=_OVER)
        assert state.unlock(["orders", "visits", "unknown"]) == {}
        assert state.unlock([]) == {}

    # The outbox

    def test_a_row_comes_back_as_it_was_committed(self, state: State) -> None:
        row = OutboxRow("id", "orders", "слак", "t", "key", '{"a": "ü\\n"}', _CREATED, 2, "oops")
        state.commit([StateChange(_take(state, "a"), {}, [row])])
        assert list(state.outbox(["orders"])) == [row]

    def test_rows_wait_in_the_order_they_were_committed(self, state: State) -> None:
        leases = {name: _take(state, "a", name) for name in ("orders", "visits")}
        state.commit(
            [StateChange(leases["visits"], {}, [_row("z", "visits"), _row("b", "visits")])]
        )
        state.commit([StateChange(leases["orders"], {}, [_row("y"), _row("a")])])
        state.commit([StateChange(leases["visits"], {}, [_row("c", "visits")])])
        found = [row.id for row in state.outbox(["orders", "visits"])]
        assert found == ["z", "b", "y", "a", "c"]
        assert [row.id for row in state.outbox(["orders"])] == ["y", "a"]
        assert list(state.outbox(["unknown"])) == []
        assert list(state.outbox([])) == []

    def test_a_repeated_commit_adds_no_row(self, state: State) -> None:
        lease = _take(state, "a")
        state.commit([StateChange(lease, {}, [_row("one")])])
        state.acknowledge([Receipt("one", delivered=False, error="timed out")])
        state.commit([StateChange(lease, {}, [_row("one"), _row("two"), _row("two")])])
        found = [(row.id, row.attempts) for row in state.outbox(["orders"])]
        assert found == [("one", 1), ("two", 0)]

    def test_of_two_rows_of_one_id_the_first_waits_in_its_place(self, state: State) -> None:
        state.commit([StateChange(_take(state, "a"), {}, [_row("a"), _row("b"), _row("a")])])
        assert [row.id for row in state.outbox(["orders"])] == ["a", "b"]

    def test_a_delivered_row_is_gone(self, state: State) -> None:
        state.commit([StateChange(_take(state, "a"), {}, [_row("one"), _row("two")])])
        state.acknowledge([Receipt("one", delivered=True, reference="ts 1")])
        assert [row.id for row in state.outbox(["orders"])] == ["two"]

    def test_a_failed_row_waits_with_its_attempts_and_error(self, state: State) -> None:
        state.commit([StateChange(_take(state, "a"), {}, [_row("one"), _row("two")])])
        state.acknowledge([Receipt("one", delivered=False, error="500")])
        state.acknowledge([Receipt("one", delivered=False, error="timed out")])
        one, two = state.outbox(["orders"])
        assert (one.id, one.attempts, one.error) == ("one", 2, "timed out")
        assert (two.attempts, two.error) == (0, "")

    def test_a_receipt_for_an_unknown_row_is_harmless(self, state: State) -> None:
        state.acknowledge([Receipt("unknown", delivered=True), Receipt("x", delivered=False)])
        state.acknowledge([])
        assert list(state.outbox(["orders"])) == []

    # The whole

    def test_preparing_again_keeps_everything(self, state: State) -> None:
        state.commit([StateChange(_take(state, "a"), {_KEY: "kept"}, [_row("kept")])])
        state.prepare()
        assert state.load(["orders"]) == {_KEY: "kept"}
        assert len(state.outbox(["orders"])) == 1
        assert state.lease(["orders"], holder="b", ttl=_LONG).refused == {"orders": "a"}

    def test_another_storage_sees_the_same(self, tmp_path: Path) -> None:
        first, second = self.storage(tmp_path), self.storage(tmp_path)
        for storage in (first, second):
            _state(storage).prepare()
        _state(first).commit([StateChange(_take(_state(first), "a"), {_KEY: "x"}, [_row("x")])])
        refused = _state(second).lease(["orders"], holder="b", ttl=_LONG).refused
        found = len(_state(second).load(["orders"])) + len(_state(second).outbox(["orders"]))
        first.close()
        second.close()
        assert (dict(refused), found) == (({"orders": "a"}, 2) if self.durable else ({}, 0))

    def test_of_many_threads_one_gets_the_lease(self, state: State) -> None:
        def take(number: int) -> bool:
            return bool(state.lease(["orders"], holder=f"thread {number}", ttl=_LONG).held)

        with ThreadPoolExecutor(8) as threads:
            for _ in range(10):
                assert sum(threads.map(take, range(8))) == 1
                [holder] = state.lease(["orders"], holder="x", ttl=_LONG).refused.values()
                state.release([_take(state, holder)])

    def test_of_many_processes_one_has_the_lease(self, tmp_path: Path) -> None:
        storage = self.storage(tmp_path)
        processes = self.processes if self.durable else 1
        tokens = contend_in_processes(
            storage, tmp_path / "rounds", processes=processes, rounds=self.rounds
        )
        assert len(tokens) == len(set(tokens)) == processes * self.rounds
        kept = _state(storage).load([CONTENDED.metric])
        storage.close()
        assert kept == ({CONTENDED: str(len(tokens))} if self.durable else {})

    def test_any_life_gives_the_answers_of_the_reference(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        compare_with_reference(
            lambda: self.storage(tmp_path_factory.mktemp("life")), examples=self.examples
        )


def _state(storage: Storage[Any]) -> State:
    state = storage.state()
    assert state is not None, "this storage keeps no state"
    return state


def _take(state: State, holder: str, metric: str = "orders", ttl: timedelta = _LONG) -> Lease:
    return state.lease([metric], holder=holder, ttl=ttl).held[metric]


def _row(name: str, metric: str = "orders") -> OutboxRow:
    return OutboxRow(name, metric, "slack", "incident", "key", f"message {name}", _CREATED)
