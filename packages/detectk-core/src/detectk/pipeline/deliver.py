"""Send what waits in the outbox: in order, with patience, and never silently."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from detectk.clock import Clock
from detectk.contracts.state import OutboxRow, Receipt
from detectk.contracts.wire import decode
from detectk.errors import AlertError, DetectKError, StorageError
from detectk.pipeline.asking import Steps, outbox
from detectk.pipeline.job import Channel, Job
from detectk.values.message import Message
from detectk.values.report import Delivery

__all__ = ["Delivered", "deliver"]

_log = logging.getLogger(__name__)


class Delivered(NamedTuple):
    """What became of a metric's outbox.

    Attributes:
        deliveries: Every attempt, in order.
        pending: Rows that still wait.
        closed: (channel, incident) that took nothing, or (channel, "") for all of a channel.
    """

    deliveries: tuple[Delivery, ...]
    pending: int
    closed: frozenset[tuple[str, str]] = frozenset()


def deliver(
    job: Job,
    *,
    clock: Clock,
    sent: Callable[[str, Delivery], None],
    closed: frozenset[tuple[str, str]] = frozenset(),
) -> Steps[Delivered]:
    """Send the waiting rows of a metric, oldest first; its lease must be held.

    Each row is acknowledged as soon as it is sent, so that a crash in between repeats at most
    that one, with the same dedup key. A row that fails holds back the later rows of its channel
    and incident; a channel that does not answer is left alone for the rest of the run.

    Args:
        job: The metric.
        clock: Waits between retries.
        sent: Told of every attempt.
        closed: What earlier took nothing in this run: `Delivered.closed`.

    Raises:
        StorageError: The outbox cannot be read or written.
    """
    channels = {channel.name: channel for one in job.alerting for channel in one.channels}
    shut = set(closed)
    deliveries: list[Delivery] = []
    pending = 0
    for row in (yield from outbox(job.state, job.metric)):
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
        message = _read(row)
        threads = {(row.channel, name) for name in _incidents(row, message)}
        if shut & {(row.channel, ""), *threads}:
            pending += 1
            shut |= threads
            continue
        receipt, retryable = _send(row.id, message, channel, clock)
        receipt = replace(receipt, error=job.redact(receipt.error))
        job.state.acknowledge([receipt])
        kind = message.kind if isinstance(message, Message) else "?"
        delivery = Delivery(row.channel, row.dedup_key, kind, receipt.delivered, receipt.error)
        deliveries.append(delivery)
        sent(job.metric, delivery)
        if not receipt.delivered:
            pending += 1
            shut |= {(row.channel, "")} if retryable else threads
    return Delivered(tuple(deliveries), pending, frozenset(shut))


def _read(row: OutboxRow) -> Message | StorageError:
    try:
        return decode(Message, row.message)
    except StorageError as error:
        return error


def _incidents(row: OutboxRow, message: Message | StorageError) -> list[str]:
    if isinstance(message, StorageError):
        return [row.thread]
    return [notice.id for notice in message.notices]


def _send(
    row: str, message: Message | StorageError, channel: Channel, clock: Clock
) -> tuple[Receipt, bool]:
    if isinstance(message, StorageError):
        return Receipt(row, delivered=False, error=str(message)), False
    from detectk.delivery.retry import with_retry  # most runs have nothing to send

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
