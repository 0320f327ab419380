"""What one run did: the thing observers, ``--output json`` and the exit code look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from detectk.errors import DetectKError
from detectk.values.message import Notice
from detectk.values.verdicts import Verdicts

__all__ = ["Delivery", "MetricReport", "Report"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to send one message through one channel."""

    channel: str
    dedup_key: str
    kind: str
    delivered: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class MetricReport:
    """What happened to one metric.

    Attributes:
        metric: Its name.
        newest: Start of the newest complete interval; None when the run did not get that far.
        collected: Points the source gave.
        verdicts: Verdicts of this run, one item a series and detector.
        notices: What was decided, in order; said or not by a channel.
        deliveries: What was sent, or failed to be.
        pending: Messages still undelivered.
        error: Why the run failed, if it did.
        held: Who else holds the metric, empty when nobody.
        warnings: Sentences worth reading.
        seconds: Step name to the real seconds it took.
        zone: IANA key in which its times are shown.
        cost: What the source says its answer costs; asked in dry runs only.
    """

    metric: str
    newest: datetime | None = None
    collected: int = 0
    verdicts: tuple[Verdicts, ...] = ()
    notices: tuple[Notice, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    pending: int = 0
    error: DetectKError | None = None
    held: str = ""
    warnings: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    zone: str = "UTC"
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What happened to every metric of a run.

    Attributes:
        at: Time of the run.
        metrics: One item a metric, in the order given.
    """

    at: datetime
    metrics: tuple[MetricReport, ...]
