"""What went wrong, from when to when, and how badly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal

__all__ = ["Incident", "IncidentKind", "Severity", "Sighting", "incident_id", "severity_of"]

IncidentKind = Literal["anomaly", "no_data", "error"]
Severity = Literal["info", "warning", "high", "critical"]

_CUTS: tuple[tuple[float, Severity], ...] = ((5.0, "critical"), (2.5, "high"), (1.5, "warning"))


def severity_of(excess: float) -> Severity:
    """Return the severity of an excess; cut-offs 1.5, 2.5 and 5 band widths."""
    return next((name for cut, name in _CUTS if excess >= cut), "info")


@dataclass(frozen=True, slots=True)
class Sighting:
    """One interval of an incident as the most convinced detector saw it.

    Attributes:
        time: Start of the interval, aware, UTC.
        value: In the metric's unit; None when there was none.
        expected: The centre, None when the detector has none.
        lower: The lower bound, None when there is none.
        upper: The upper bound, None when there is none.
        score: Distance from expected in the detector's unit.
        excess: 1 is the edge of the band.
        direction: -1 below, +1 above, 0 neither.
        detector: Id of the detector.
    """

    time: datetime
    value: float | None = None
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    score: float = 0.0
    excess: float = 1.0
    direction: int = 0
    detector: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of grid time in which a rule's condition held.

    Attributes:
        kind: What went wrong.
        onset: Start of the first interval of it.
        opened: When the condition that opened it became known.
        last: Start of the newest interval in which the condition held.
        until: End of that interval: when the trouble ended, once it has ended.
        last_known: When that interval became known (its end plus the delay).
        direction: Side that the condition locked on, 0 for any.
        points: Intervals that were seen to be wrong.
        peak: The worst of them.
        latest: The newest of them.
        closed: When the recovery became known; None while it is open.
        superseded: Closed because the data stopped, not because it recovered.
        lasting: Whether the recovery has lasted, so that a relapse is a new incident.
    """

    kind: IncidentKind
    onset: datetime
    opened: datetime
    last: datetime
    until: datetime
    last_known: datetime
    direction: int
    points: int
    peak: Sighting
    latest: Sighting
    closed: datetime | None = None
    superseded: bool = False
    lasting: bool = False

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.closed is None

    @property
    def severity(self) -> Severity:
        """Severity of its peak."""
        return severity_of(self.peak.excess)

    def overlaps(self, other: Incident) -> bool:
        """Whether both are of one kind and share an interval."""
        return self.kind == other.kind and self.onset <= other.last and other.onset <= self.last


def incident_id(state_key: str, kind: IncidentKind, onset: datetime, occurrence: int) -> str:
    """Return 16 hex digits that name an incident; the same input gives the same id, always."""
    text = f"{state_key}\n{kind}\n{onset.isoformat()}\n{occurrence}"
    return blake2b(text.encode(), digest_size=8).hexdigest()
