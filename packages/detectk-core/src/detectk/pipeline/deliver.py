"""Send what waits in the outbox: in order, with patience, and never silently."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from detectk.clock import Clock
from detectk.contracts.state import Receipt
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
        message = decode(Message, row.message)
        incidents = {(row.channel, notice.id) for notice in message.notices}
        if row.channel in down or incidents & stuck:
            pending += 1
            stuck |= incidents
            continue
        receipt, retryable = _send(row.id, message, channel, clock)
        job.state.acknowledge([receipt])
        delivery = Delivery(
            row.channel, row.dedup_key, message.kind, receipt.delivered, job.redact(receipt.error)
        )
        deliveries.append(delivery)
        sent(job.metric, delivery)
        if not receipt.delivered:
            pending += 1
            stuck |= incidents
            if retryable:
                down.add(row.channel)
    return Delivered(tuple(deliveries), pending)


def _send(row: str, message: Message, channel: Channel, clock: Clock) -> tuple[Receipt, bool]:
    try:
        sent = with_retry(lambda: channel.alerter.send(message), clock=clock)
    except AlertError as error:
        return Receipt(row, delivered=False, error=str(error)), error.retryable
    except DetectKError as error:
        return Receipt(row, delivered=False, error=str(error)), False
    except Exception as error:  # noqa: BLE001  # a channel must not take the run down
        text = f"{type(channel.alerter).__name__} failed: {type(error).__name__}: {error}"
        return Receipt(row, delivered=False, error=text), False
    return Receipt(row, delivered=True, reference=sent.reference), False
