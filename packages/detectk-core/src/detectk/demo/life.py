"""Live two months in seconds: one ordinary run of DetectK for every hour that passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from detectk.check import Checker
from detectk.clock import VirtualClock
from detectk.config import MetricConfig
from detectk.values import Delivery, Notice

__all__ = ["BEGIN", "END", "Lived", "live", "load_january"]

_NEW_YORK = ZoneInfo("America/New_York")
BEGIN = datetime(2013, 2, 1, tzinfo=_NEW_YORK)
END = datetime(2013, 4, 1, tzinfo=_NEW_YORK)
_TICK = timedelta(hours=1)
_AFTER_THE_HOUR = timedelta(minutes=1)


@dataclass(slots=True)
class Lived:
    """What two months brought.

    Attributes:
        runs: Checks of one metric.
        points: Rows that the source gave.
        notices: (metric, notice) as decided, in order.
        deliveries: Messages that a channel took.
        errors: Sentences.
    """

    runs: int = 0
    points: int = 0
    notices: list[tuple[str, Notice]] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def load_january(
    checker: Checker, configs: Sequence[MetricConfig], done: Callable[[int], None]
) -> int:
    """Load the history that the detectors compare with; return the number of points."""
    points = 0
    for config in configs:
        points += checker.load(config).rows
        done(1)
    return points


def live(
    checker: Checker,
    clock: VirtualClock,
    configs: Sequence[MetricConfig],
    done: Callable[[int], None],
) -> Lived:
    """Check every metric whenever one of its intervals has become complete."""
    lived = Lived()
    grids = {config.name: config.schedule.to_schedule() for config in configs}
    at = BEGIN
    while at < END:
        at = (at.astimezone(ZoneInfo("UTC")) + _TICK).astimezone(_NEW_YORK)
        clock.set(at + _AFTER_THE_HOUR)
        due = [c for c in configs if grids[c.name].interval.floor(at) == at]
        report = checker.run(due)
        for metric in report.metrics:
            lived.runs += 1
            lived.points += metric.collected
            lived.notices += [(metric.metric, notice) for notice in metric.notices]
            lived.deliveries += metric.deliveries
            lived.errors += [str(metric.error)] if metric.error else []
        done(1)
    return lived
