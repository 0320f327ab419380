"""Fold notices into messages: pure, and the last thing that happens before anything is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b

from detectk.contracts.state import OutboxRow
from detectk.contracts.wire import encode
from detectk.values.message import Message, Notice, message_key

__all__ = ["Topic", "outbox_rows", "route"]


@dataclass(frozen=True, slots=True)
class Topic:
    """What every message of a metric says about the metric itself."""

    metric: str
    rule: str
    zone: str
    interval: str
    description: str = ""
    tags: tuple[str, ...] = ()
    detectors: dict[str, str] = field(default_factory=dict)


def route(notices: Iterable[Notice], topic: Topic, *, error: str = "") -> list[Message]:
    """Return the messages of one run for one metric and rule.

    An incident that began and ended within the run is told once, as already over; one that
    began and was disproved within it is not told. Series told in one step of the grid for one
    reason share a message, the worst first.
    """
    groups: dict[tuple[object, ...], list[Notice]] = {}
    for notice in _one_word_each(notices):
        groups.setdefault((notice.step, notice.kind, notice.late, notice.over), []).append(notice)
    messages = []
    for group in groups.values():
        told = tuple(sorted(group, key=lambda n: (-n.incident.peak.excess, n.series)))
        first = told[0]
        messages.append(
            Message(
                kind=first.kind,
                metric=topic.metric,
                notices=told,
                step=first.step,
                at=first.at,
                rule=topic.rule,
                zone=topic.zone,
                interval=topic.interval,
                dedup_key=message_key(tuple(notice.id for notice in told)),
                detectors=topic.detectors,
                description=topic.description,
                tags=topic.tags,
                error=error if first.kind == "error" else "",
            )
        )
    return sorted(messages, key=lambda message: message.step)


def outbox_rows(
    messages: Iterable[Message], channels: Sequence[str], created: datetime
) -> list[OutboxRow]:
    """Return one row per (message, channel); equal decisions give equal row ids."""
    return [
        OutboxRow(
            id=_row_id(message, channel),
            metric=message.metric,
            channel=channel,
            thread=message.dedup_key,
            dedup_key=message.dedup_key,
            message=encode(message),
            created=created,
        )
        for message in messages
        for channel in channels
    ]


def _one_word_each(notices: Iterable[Notice]) -> list[Notice]:
    said: list[Notice] = []
    for notice in notices:
        opening = next((n for n in said if n.id == notice.id and n.kind in _OPENINGS), None)
        if opening is None:
            said.append(notice)
            continue
        said.remove(opening)
        if notice.kind != "retracted":
            over = notice.kind == "resolved"
            said.append(replace(opening, incident=notice.incident, over=over))
    return said


_OPENINGS = ("fired", "no_data", "error")


def _row_id(message: Message, channel: str) -> str:
    parts = (message.metric, message.rule, channel, message.dedup_key, message.kind)
    text = "\n".join((*parts, message.step.isoformat(), str(message.at.isoformat())))
    return blake2b(text.encode(), digest_size=16).hexdigest()
