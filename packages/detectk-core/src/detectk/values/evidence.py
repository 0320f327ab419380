"""What alerting looks at: one grid step of one series, as all its detectors saw it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from detectk.values.incident import Sighting
from detectk.values.series import Status
from detectk.values.verdicts import Verdict

__all__ = ["Evidence", "Step", "Vote"]


class Vote(NamedTuple):
    """One detector's answer, ready for the rule."""

    verdict: Verdict
    sighting: Sighting


class Evidence(NamedTuple):
    """One interval.

    Attributes:
        time: Its start.
        end: Its end.
        known_at: When it was complete: its end plus the delay. This is the step's *now*.
        status: What was known of it.
        votes: One a detector.
    """

    time: datetime
    end: datetime
    known_at: datetime
    status: Status
    votes: tuple[Vote, ...] = ()


class Step(NamedTuple):
    """One step of the fold.

    Attributes:
        evidence: The interval that became complete.
        settled: Intervals that can no longer be revised from this step on, as finally known.
        corrected: When late data took effect with this step: every interval since the
            checkpoint as now known, this step's included; empty otherwise.
    """

    evidence: Evidence
    settled: tuple[Evidence, ...] = ()
    corrected: tuple[Evidence, ...] = ()
