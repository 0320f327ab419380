"""What people are told: notices as decided, messages as sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Literal

from detectk.values.incident import Incident, Severity

__all__ = ["Message", "MessageKind", "Notice", "message_key"]

MessageKind = Literal["fired", "resolved", "retracted", "no_data", "error", "test"]

_RANK: dict[Severity, int] = {"info": 0, "warning": 1, "high": 2, "critical": 3}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing worth saying about one series, decided in one grid step.

    Attributes:
        kind: What is said.
        id: The incident's id.
        series: Key of the series, ``{}`` for a plain metric.
        incident: The incident as known at ``step``.
        step: Start of the interval in whose step it was decided.
        at: When that interval was complete.
        late: Late data showed it; it was missed when it happened.
        over: It had already ended when it was decided or sent.
    """

    kind: MessageKind
    id: str
    series: str
    incident: Incident
    step: datetime
    at: datetime
    late: bool = False
    over: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message to every channel of a rule, self-contained: it can be sent days later.

    Attributes:
        kind: What is said.
        metric: Name of the metric.
        notices: At least one; the series told together, the worst first.
        step: Start of the interval in whose step it was decided.
        at: When that interval was complete.
        rule: Id of the rule.
        zone: IANA key in which times are shown.
        interval: The grid, as text.
        dedup_key: Equal for every copy of this message.
        detectors: Detector id to what it is: type and parameters, as text.
        description: The metric's own words, may be empty.
        tags: The metric's tags.
        error: For kind ``error``: the sentence of the last failure.
    """

    kind: MessageKind
    metric: str
    notices: tuple[Notice, ...]
    step: datetime
    at: datetime
    rule: str
    zone: str
    interval: str
    dedup_key: str
    detectors: dict[str, str] = field(default_factory=dict)
    description: str = ""
    tags: tuple[str, ...] = ()
    error: str = ""

    @property
    def lead(self) -> Notice:
        """The worst of its notices."""
        return self.notices[0]

    @property
    def severity(self) -> Severity:
        """The highest severity of its notices."""
        return max((n.incident.severity for n in self.notices), key=_RANK.__getitem__)


def message_key(ids: tuple[str, ...]) -> str:
    """Return the dedup key of a message: the incident's id, or a digest of several ids.

    Every message of one incident carries one key, so that a channel can thread them.
    """
    if len(ids) == 1:
        return ids[0]
    return blake2b("\n".join(sorted(ids)).encode(), digest_size=8).hexdigest()
