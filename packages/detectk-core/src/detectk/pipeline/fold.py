"""Fold ``decide`` over everything a metric has not decided yet: live and in replay alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from detectk.contracts.state import StateKey
from detectk.contracts.wire import decode, encode
from detectk.pipeline.decide import Surroundings, Trace, decide
from detectk.pipeline.evidence import steps_of
from detectk.pipeline.gap import followed_gap
from detectk.values.message import Notice
from detectk.values.rule import Rule
from detectk.values.schedule import Schedule
from detectk.values.series import Series
from detectk.values.state import AlertState, Checkpoint, Track
from detectk.values.verdicts import Verdicts

__all__ = ["Folded", "Memory", "Subject", "begin", "fold"]


@dataclass(frozen=True, slots=True)
class Memory:
    """The alert states of one metric, as a State keeps them; each is read once."""

    documents: Mapping[StateKey, str]
    _states: dict[StateKey, AlertState] = field(default_factory=dict, compare=False)

    def read(self, key: StateKey) -> AlertState | None:
        """Return the state under ``key``, None when there is none."""
        if key not in self._states and key in self.documents:
            self._states[key] = decode(AlertState, self.documents[key])
        return self._states.get(key)

    def decided(self, metric: str, rules: Sequence[Rule]) -> datetime | None:
        """Return the newest interval that any series of the metric has decided."""
        names = {rule.id for rule in rules}
        mine = [key for key in self.documents if key.metric == metric and key.rule in names]
        states = [self.read(key) for key in mine]
        newest = max([state.decided for state in states if state], default=None)
        return newest.astimezone(timezone.utc) if newest else None


class Folded(NamedTuple):
    """One series under one rule, decided up to now."""

    key: StateKey
    state: AlertState
    notices: tuple[Notice, ...]
    traces: tuple[Trace, ...]

    @property
    def document(self) -> str:
        """The state as text."""
        return encode(self.state)


def begin(decided: datetime, past: Series | None = None) -> AlertState:
    """Return the state of a series that starts to be decided after ``decided``.

    Args:
        decided: Start of the last interval before the first decision.
        past: What is stored of the series: whether it ever had data, and how often it had none.
    """
    gap = followed_gap(past, decided) if past is not None else Track().gap
    return AlertState(decided=decided, track=Track(gap=gap))


class Subject(NamedTuple):
    """What is folded: one series under one rule.

    Attributes:
        key: Names its state; enters the ids of its incidents.
        rule: When a verdict becomes a message.
        schedule: The metric's grid.
        hold: Why nothing may be said, empty when it may.
    """

    key: StateKey
    rule: Rule
    schedule: Schedule
    hold: str = ""


def fold(
    subject: Subject, state: AlertState, verdicts: Sequence[Verdicts], newest: datetime
) -> Folded:
    """Return one series decided up to ``newest``.

    Args:
        subject: The series and its rule.
        state: As of its ``decided`` cursor.
        verdicts: Of this series, from the checkpoint on, every version.
        newest: Start of the newest interval to decide.
    """
    state = _with_checkpoint(state, subject.schedule)
    steps = steps_of(
        verdicts,
        subject.schedule,
        decided=state.decided,
        newest=newest,
        checkpoint=state.checkpoint.time if state.checkpoint else None,
    )
    surroundings = Surroundings("\n".join(subject.key), subject.key.series, subject.hold)
    notices: list[Notice] = []
    traces: list[Trace] = []
    for step in steps:
        decision = decide(state, step, subject.rule, surroundings)
        state = decision.state
        notices += decision.notices
        traces.append(decision.trace)
    if state.decided < newest:
        state = replace(state, decided=newest)
    return Folded(subject.key, state, tuple(notices), tuple(traces))


def _with_checkpoint(state: AlertState, schedule: Schedule) -> AlertState:
    if schedule.mutable <= timedelta(0):
        return state if state.checkpoint is None else replace(state, checkpoint=None)
    if state.checkpoint is None:
        return replace(state, checkpoint=Checkpoint(state.decided, state.track))
    return state
