"""What the pipeline is given: one metric, assembled from live parts and values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from detectk.contracts.alerter import Alerter
from detectk.contracts.collector import Collector
from detectk.contracts.detector import Detector
from detectk.contracts.history import History
from detectk.contracts.state import State
from detectk.pipeline.collect import Fill
from detectk.pipeline.route import Topic
from detectk.values.report import Delivery, MetricReport, Report
from detectk.values.rule import Rule
from detectk.values.schedule import Schedule
from detectk.values.window import Window

__all__ = ["Alerting", "Channel", "Job", "Judge", "Observer"]


@dataclass(frozen=True, slots=True)
class Judge:
    """A detector under its id, with the words a message uses for it."""

    id: str
    detector: Detector  # type: ignore[type-arg]  # the pipeline never looks at the options
    text: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """An alerter under the name its outbox rows carry; a disabled one keeps what waits for it."""

    name: str
    alerter: Alerter  # type: ignore[type-arg]
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Alerting:
    """One rule and where its messages go; ``hold`` says why it keeps quiet, if it does."""

    rule: Rule
    channels: tuple[Channel, ...] = ()
    hold: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One metric, ready to run.

    Attributes:
        metric: Its name.
        schedule: Its grid.
        collector: Its source.
        judges: Its detectors.
        alerting: Its rules; empty for verdicts only.
        history: Where its points and verdicts are kept.
        state: Where its alert state is kept.
        fill: What an interval without a row means.
        keep_verdicts: Whether verdicts are kept in the history.
        description: The user's words.
        tags: The user's tags.
        redact: Takes the user's secrets out of a sentence.
        ask_cost: Whether the source is asked first what its answer costs; for dry runs.
        incidents: When the data is known not to have been normal; wherever it is known from, it
            was known before the run.
    """

    metric: str
    schedule: Schedule
    collector: Collector  # type: ignore[type-arg]
    judges: tuple[Judge, ...]
    alerting: tuple[Alerting, ...]
    history: History
    state: State
    fill: Fill = None
    keep_verdicts: bool = True
    description: str = ""
    tags: tuple[str, ...] = ()
    redact: Callable[[str], str] = field(default=str)
    ask_cost: bool = False
    incidents: tuple[Window, ...] = ()

    def topic(self, rule: Rule) -> Topic:
        """Return what every message of ``rule`` says about the metric."""
        return Topic(
            metric=self.metric,
            rule=rule.id,
            zone=self.schedule.interval.zone,
            interval=str(self.schedule.interval),
            description=self.description,
            tags=self.tags,
            detectors={judge.id: judge.text for judge in self.judges},
        )


def _ignore(*_: object) -> None:
    """Observe nothing."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Callbacks of a run; they must not raise.

    Attributes:
        started: Names of the metrics about to run.
        checked: One metric's report, when it is done.
        sent: A metric's name and one delivery.
        finished: The whole report.
    """

    started: Callable[[tuple[str, ...]], None] = field(default=_ignore)
    checked: Callable[[MetricReport], None] = field(default=_ignore)
    sent: Callable[[str, Delivery], None] = field(default=_ignore)
    finished: Callable[[Report], None] = field(default=_ignore)
