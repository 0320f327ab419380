"""Send what waits in the outbox: in order, with patience, and never silently."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from detectk.clock import Clock
from detectk.contracts.state import OutboxRow, Receipt
from detectk.contracts.wire import decode
from detectk.delivery.retry import with_retry
from detectk.errors import AlertError, DetectKError
from detectk.pipeline.job import Channel, Job
from detectk.values.message import Message
from detectk.values.report import Delivery

__all__ = ["Delivered", "deliver"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a metric's outbox.

    Attributes:
        deliveries: Every attempt, in order.
        pending: Rows that still wait.
    """

    deliveries: tuple[Delivery, ...]
    pending: int


def deliver(job: Job, *, clock: Clock, sent: Callable[[str, Delivery], None]) -> Delivered:
    """Send the waiting rows of a metric, oldest first; its lease must be held.

    Each row is acknowledged as soon as it is sent, so that a crash in between repeats at most
    that one, with the same dedup key. A row that fails holds back the later rows of its channel
    and incident; a channel that does not answer is left alone for the rest of the run.

    Raises:
        StorageError: The outbox cannot be read or written.
    """
    channels = {channel.name: channel for one in job.alerting for channel in one.channels}
    stuck: set[tuple[str, str]] = set()
    down: set[str] = set()
    deliveries: list[Delivery] = []
    pending = 0
    for row in job.state.outbox([job.metric]):
        channel = channels.get(row.channel)
        if channel is None:
            _log.warning(
                "dropping a message for channel %r, which the metric no longer has",
                row.channel,
                extra={"metric": job.metric},
            )
            job.state.acknowledge([Receipt(row.id, delivered=True)])
            continue
        if not channel.enabled:
            continue
        if row.channel in down or (row.channel, row.thread) in stuck:
            pending += 1
            continue
        receipt, kind, retryable = _send(row, channel, clock)
        job.state.acknowledge([receipt])
        delivery = Delivery(row.channel, row.dedup_key, kind, receipt.delivered, receipt.error)
        deliveries.append(delivery)
        sent(job.metric, delivery)
        if not receipt.delivered:
            pending += 1
            stuck.add((row.channel, row.thread))
            if retryable:
                down.add(row.channel)
    return Delivered(tuple(deliveries), pending)


def _send(row: OutboxRow, channel: Channel, clock: Clock) -> tuple[Receipt, str, bool]:
    kind = "?"
    try:
        message = decode(Message, row.message)
        kind = message.kind
        sent = with_retry(lambda: channel.alerter.send(message), clock=clock)
    except AlertError as error:
        return Receipt(row.id, delivered=False, error=str(error)), kind, error.retryable
    except DetectKError as error:
        return Receipt(row.id, delivered=False, error=str(error)), kind, False
    except Exception as error:  # noqa: BLE001  # a channel must not take the run down
        text = f"{type(channel.alerter).__name__} failed: {type(error).__name__}: {error}"
        return Receipt(row.id, delivered=False, error=text), kind, False
    return Receipt(row.id, delivered=True, reference=sent.reference), kind, False
