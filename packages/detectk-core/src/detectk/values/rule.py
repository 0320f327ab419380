"""When a verdict becomes a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

__all__ = ["Direction", "NoData", "Rule"]

Direction = Literal["up", "down", "both", "same"]


@dataclass(frozen=True, slots=True)
class NoData:
    """When intervals without data are an incident of their own.

    Attributes:
        after: So many late or missing intervals in a row open the incident; 0 turns it off.
        keep_state: Whether an open anomaly incident outlives the gap.
        sparse_guard: Whether it stays silent for a series that is often without data: more than
            5 % of the intervals in the 30 days before the gap, given at least 100 of them.
    """

    after: int = 3
    keep_state: bool = False
    sparse_guard: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of telling people about a metric; see ``docs/alerting.md`` for each key.

    Attributes:
        id: Name of the rule within its metric.
        consecutive: Grid-adjacent points that must satisfy the quorum; 0 when only the share
            condition counts.
        window: Length in points of the trailing window of the share condition, 0 for off; it is
            or-ed with ``consecutive``.
        share: Least share of the window that must satisfy the quorum.
        min_detectors: Detectors that must agree at a point.
        direction: Which deviations count; ``same``: detectors must agree and the side locks.
        min_deviation_percent: Least |value - expected| / |expected| in percent.
        min_deviation: Least |value - expected| in the metric's unit.
        hold_for: Least time in the condition before the incident opens (key ``for``).
        keep_firing_for: Time the condition must be gone before the incident closes.
        cooldown: No message of a new incident sooner than this after the rule's last message.
        cooldown_reset_on_recovery: Whether a lasting recovery ends the cooldown.
        notify_on_recovery: Whether the all-clear is sent.
        no_data: See `NoData`.
        on_error: Failed runs in a row that open an error incident; 0 turns it off.
    """

    id: str = "default"
    consecutive: int = 1
    window: int = 0
    share: float = 1.0
    min_detectors: int = 1
    direction: Direction = "both"
    min_deviation_percent: float = 0.0
    min_deviation: float = 0.0
    hold_for: timedelta = timedelta(0)
    keep_firing_for: timedelta = timedelta(0)
    cooldown: timedelta = timedelta(minutes=60)
    cooldown_reset_on_recovery: bool = True
    notify_on_recovery: bool = True
    no_data: NoData = NoData()
    on_error: int = 3

    @property
    def relapse_points(self) -> int:
        """Clear points after which a recovery is lasting."""
        return max(3, self.consecutive)
