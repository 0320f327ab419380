"""Parts that are wrong in one way each: the sweeps have to notice every one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from detectk.collectors.sql.state import SqlState
from detectk.contracts import Lease, Leases, OutboxRow, Receipt, StateChange, StateKey
from detectk.contracts.wire import decode, encode
from detectk.pipeline import Job
from detectk.values import AlertState

__all__ = ["BREAKAGES"]


class _Worse:
    """As good as the part behind it, except where a subclass says otherwise."""

    def __init__(self, part: Any) -> None:
        self.part = part

    def __getattr__(self, name: str) -> Any:
        return getattr(self.part, name)


class _TornCommit(_Worse):
    """Keeps the cursor in one transaction and the messages in another."""

    def commit(self, changes: Sequence[StateChange]) -> Sequence[str]:
        self.part.commit([replace(change, rows=()) for change in changes])
        refused: Sequence[str] = self.part.commit([replace(c, documents={}) for c in changes])
        return refused


class _EarlyAcknowledge(_Worse):
    """Forgets a message when it is about to be sent."""

    def outbox(self, metrics: Sequence[str]) -> Sequence[OutboxRow]:
        rows: Sequence[OutboxRow] = self.part.outbox(metrics)
        self.part.acknowledge([Receipt(row.id, delivered=True) for row in rows])
        return rows


class _LateAcknowledge(_Worse):
    """Waits to the end of the run before it says what was sent."""

    def __init__(self, part: Any) -> None:
        super().__init__(part)
        self.receipts: list[Receipt] = []

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        self.receipts += receipts

    def release(self, leases: Sequence[Lease]) -> None:
        self.part.acknowledge(self.receipts)
        self.receipts.clear()
        self.part.release(leases)


class _HastyCursor(_Worse):
    """Takes what was judged for what was decided."""

    def __init__(self, part: Any, history: Any) -> None:
        super().__init__(part)
        self.history = history

    def load(self, metrics: Sequence[str]) -> Mapping[StateKey, str]:
        documents = dict(self.part.load(metrics))
        for key, text in documents.items():
            judged = self.history.coverage([key.metric])[key.metric].judged
            if key.rule == "default" and judged:
                state = decode(AlertState, text)
                newest = max(state.decided, *judged.values())
                documents[key] = encode(replace(state, decided=newest))
        return documents


class _UndyingLease(_Worse):
    """Cannot tell that the holder of a lease has died."""

    def lease(self, metrics: Sequence[str], *, holder: str, ttl: timedelta) -> Leases:
        leases: Leases = self.part.lease(metrics, holder=f"elsewhere.{holder}", ttl=ttl)
        return leases


class _NoTransaction(_Worse):
    """A database that keeps each statement by itself."""

    def transact(self, step: Callable[[], Any]) -> Any:
        return step()


def _with_state(worse: Callable[[Any], Any]) -> Callable[[Job], Job]:
    return lambda job: replace(job, state=worse(job.state))


def _without_transactions(job: Job) -> Job:
    sql: Any = job.state.part  # type: ignore[attr-defined]  # it is watched
    return replace(job, state=SqlState(_NoTransaction(sql._database), sql._clock))  # type: ignore[arg-type]


BREAKAGES: dict[str, Callable[[Job], Job]] = {
    "torn-commit": _with_state(_TornCommit),
    "early-acknowledge": _with_state(_EarlyAcknowledge),
    "late-acknowledge": _with_state(_LateAcknowledge),
    "hasty-cursor": lambda job: replace(job, state=_HastyCursor(job.state, job.history)),  # type: ignore[arg-type]
    "undying-lease": _with_state(_UndyingLease),
    "no-transaction": _without_transactions,
}
