"""Live a random life in a state and in the reference, and compare every answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from detectk.contracts.state import Lease, OutboxRow, Receipt, State, StateChange, StateKey
from detectk.contracts.storage import Storage
from detectk.storage.memory import MemoryState

__all__ = ["compare_with_reference"]

_NAMES: Final = ("orders", "visits")
_CREATED: Final = datetime(2024, 7, 1, 12, tzinfo=timezone.utc)
_METRICS: Final = st.sampled_from(_NAMES)
_IDS: Final = st.sampled_from(["1", "2", "3"])
_TEXTS: Final = st.sampled_from(["", "x", "y"])


class _Life(RuleBasedStateMachine):
    build: ClassVar[Callable[[], Storage[Any]]]

    def __init__(self) -> None:
        super().__init__()
        self._storage = type(self).build()
        self._reference = MemoryState()
        self._leases: list[Lease] = [Lease("orders", 1, "a")]

    @property
    def _state(self) -> State:
        state = self._storage.state()
        assert state is not None
        return state

    @initialize()
    def prepare(self) -> None:
        self._state.prepare()

    @rule(
        metrics=st.lists(_METRICS, max_size=3),
        holder=st.sampled_from("ab"),
        expired=st.booleans(),
    )
    def lease(self, metrics: list[str], holder: str, *, expired: bool) -> None:
        ttl = timedelta(0) if expired else timedelta(hours=1)
        got = self._state.lease(metrics, holder=holder, ttl=ttl)
        wanted = self._reference.lease(metrics, holder=holder, ttl=ttl)
        assert dict(got.refused) == dict(wanted.refused)
        assert dict(got.held) == dict(wanted.held)
        self._leases += got.held.values()

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        leases = data.draw(st.lists(st.sampled_from(self._leases), max_size=2))
        self._state.release(leases)
        self._reference.release(leases)

    @rule(metrics=st.lists(_METRICS, max_size=2))
    def unlock(self, metrics: list[str]) -> None:
        assert dict(self._state.unlock(metrics)) == dict(self._reference.unlock(metrics))

    @rule(data=st.data(), text=_TEXTS, rules=st.sets(_TEXTS), ids=st.lists(_IDS, max_size=3))
    def commit(self, data: st.DataObject, text: str, rules: set[str], ids: list[str]) -> None:
        lease = data.draw(st.sampled_from(self._leases))
        documents = {StateKey(lease.metric, "{}", rule): text for rule in rules}
        rows = [
            OutboxRow(f"{lease.metric} {i}", lease.metric, "c", "t", "k", text, _CREATED)
            for i in ids
        ]
        change = StateChange(lease, documents, rows)
        assert list(self._state.commit([change])) == list(self._reference.commit([change]))

    @rule(metric=_METRICS, row=_IDS, delivered=st.booleans(), error=_TEXTS)
    def acknowledge(self, metric: str, row: str, error: str, *, delivered: bool) -> None:
        receipts = [Receipt(f"{metric} {row}", delivered=delivered, error=error)]
        self._state.acknowledge(receipts)
        self._reference.acknowledge(receipts)

    @rule(metrics=st.sets(_METRICS))
    def look(self, metrics: set[str]) -> None:
        asked = sorted(metrics)
        assert dict(self._state.load(asked)) == dict(self._reference.load(asked))
        assert list(self._state.outbox(asked)) == list(self._reference.outbox(asked))

    def teardown(self) -> None:
        self.look(set(_NAMES))
        self._storage.close()


def compare_with_reference(build: Callable[[], Storage[Any]], *, examples: int) -> None:
    """Fail if a state answers otherwise than `detectk.storage.MemoryState`.

    Args:
        build: Returns a new, empty storage.
        examples: How many lives.
    """
    run_state_machine_as_test(
        type("Life", (_Life,), {"build": staticmethod(build)}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
