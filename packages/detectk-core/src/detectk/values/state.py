"""What alerting remembers of one series under one rule between two runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from detectk.values.incident import Incident, Sighting

__all__ = ["AlertState", "Chain", "Checkpoint", "Gap", "RunErrors", "Told", "Track"]


@dataclass(frozen=True, slots=True)
class Chain:
    """How far the anomaly condition has got.

    Attributes:
        streak: Qualifying points in a row.
        onset: Start of the first point of the streak.
        direction: Side the streak locked on, 0 for any.
        since: When the condition became true; None while it is false.
        recent: For the points of the share window, oldest first: the start of a qualifying
            point, None for any other.
        clear: Points in a row with a value that did not qualify.
        peak: The worst point of the streak.
    """

    streak: int = 0
    onset: datetime | None = None
    direction: int = 0
    since: datetime | None = None
    recent: tuple[datetime | None, ...] = ()
    clear: int = 0
    peak: Sighting | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """How long data has been missing, and how often it was before.

    Attributes:
        missing: Late or missing intervals in a row.
        onset: Start of the first of them.
        present: Intervals in a row with a value.
        had_data: Whether there ever was a row.
        days: (day number, intervals, missing intervals) for the last 30 days, the current gap
            not counted, oldest first.
    """

    missing: int = 0
    onset: datetime | None = None
    present: int = 0
    had_data: bool = False
    days: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """What the data says: conditions and incidents, told or not."""

    chain: Chain = Chain()
    gap: Gap = Gap()
    incidents: tuple[Incident, ...] = ()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The track as of ``time``, before which no point can be revised any more."""

    time: datetime
    track: Track


@dataclass(frozen=True, slots=True)
class Told:
    """An incident that somebody was told about.

    Attributes:
        id: The incident's id.
        incident: The incident as last known.
        occurrence: 1, or more when one onset came back after a retraction.
        at: Step time of the last message about it.
        over: Whether its end, or its retraction, has been dealt with.
        retracted: Whether it was taken back.
    """

    id: str
    incident: Incident
    occurrence: int
    at: datetime
    over: bool = False
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class AlertState:
    """The whole memory of `detectk.pipeline.decide` for one (metric, series, rule).

    Attributes:
        decided: Start of the newest interval that has been decided.
        track: What the data says.
        checkpoint: Where a correction starts to count again; None when nothing is mutable.
        told: Incidents somebody knows of, oldest first.
        last_said: Step time of the rule's last message.
    """

    decided: datetime
    track: Track = Track()
    checkpoint: Checkpoint | None = None
    told: tuple[Told, ...] = ()
    last_said: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunErrors:
    """Failed runs of one metric in a row.

    Attributes:
        failures: How many.
        since: When the first of them ran.
        incident: The open error incident, once it was opened.
    """

    failures: int = 0
    since: datetime | None = None
    incident: Told | None = None
