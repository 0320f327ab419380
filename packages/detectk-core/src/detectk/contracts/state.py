"""Where alerting keeps its memory: small, transactional, never lost and never doubled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

__all__ = ["Lease", "Leases", "OutboxRow", "Receipt", "State", "StateChange", "StateKey"]


class StateKey(NamedTuple):
    """Names one document; a plain metric's series is ``{}``."""

    metric: str
    series: str
    rule: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to decide one metric.

    Attributes:
        metric: Name of the metric.
        token: Fencing token; grows with every new holder.
        holder: Who holds it.
    """

    metric: str
    token: int
    holder: str


@dataclass(frozen=True, slots=True)
class Leases:
    """Answer to `State.lease`: each metric is in exactly one of the two.

    Attributes:
        held: Metric to the lease that was got.
        refused: Metric to who holds it.
    """

    held: Mapping[str, Lease] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message to one channel, waiting to be sent.

    Attributes:
        id: Names the row; the same decision gives the same id, so a repeated commit adds none.
        metric: Name of the metric.
        channel: Name of the channel.
        thread: The incident; rows of one (channel, thread) leave in order.
        dedup_key: What the channel may use to drop a copy.
        message: `detectk.values.Message` as text.
        created: When it was committed, by the run's clock.
        attempts: How often it was tried.
        error: The last failure, empty when there was none.
    """

    id: str
    metric: str
    channel: str
    thread: str
    dedup_key: str
    message: str
    created: datetime
    attempts: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class StateChange:
    """What one run changes of one metric: all of it, or nothing.

    Attributes:
        lease: The lease under which the change was worked out.
        documents: Key to the new text; all of the lease's metric.
        rows: Messages to send, in order.
    """

    lease: Lease
    documents: Mapping[StateKey, str]
    rows: Sequence[OutboxRow] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one attempt to send a row.

    Attributes:
        row: Id of the row.
        delivered: Whether the channel took it; then the row is gone.
        error: Why not.
        reference: What the channel calls the message, may be empty.
    """

    row: str
    delivered: bool
    error: str = ""
    reference: str = ""


class State(ABC):
    """Leases, documents and the outbox.

    Thread-safe and safe among processes; methods raise `detectk.errors.StorageError`.
    """

    def exists(self) -> bool:
        """Return whether anything may be stored; asking creates nothing."""
        return True

    @abstractmethod
    def prepare(self) -> None:
        """Create or migrate the tables; safe to call again, and from several processes."""

    @abstractmethod
    def lease(self, metrics: Sequence[str], *, holder: str, ttl: timedelta) -> Leases:
        """Take or renew the leases of ``metrics``.

        A lease that ``holder`` has is renewed with its token; a free or expired one is taken
        with a higher token; one that somebody else has is refused. Expiry is measured by the
        storage's own clock, never by a run's virtual one.
        """

    @abstractmethod
    def release(self, leases: Sequence[Lease]) -> None:
        """Give leases back; one that has passed to somebody else is left alone."""

    @abstractmethod
    def unlock(self, metrics: Sequence[str]) -> Mapping[str, str]:
        """Take the leases of ``metrics`` from whoever has them; for ``dtk unlock``.

        The next holder gets a higher token, so that a late commit of the old one is refused.

        Returns:
            Each metric that was held to its holder; an expired lease counts as free.
        """

    @abstractmethod
    def load(self, metrics: Sequence[str]) -> Mapping[StateKey, str]:
        """Return every document of the metrics."""

    @abstractmethod
    def commit(self, changes: Sequence[StateChange]) -> Sequence[str]:
        """Keep documents and append rows; each change whole or not at all.

        A row whose id exists is skipped. A change whose lease has passed on changes nothing.

        Args:
            changes: At most one a metric.

        Returns:
            The metrics whose lease has passed to another holder, in order.
        """

    @abstractmethod
    def outbox(self, metrics: Sequence[str]) -> Sequence[OutboxRow]:
        """Return the waiting rows of the metrics, oldest first."""

    @abstractmethod
    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """Remove delivered rows; count the attempt and keep the error of the others."""
