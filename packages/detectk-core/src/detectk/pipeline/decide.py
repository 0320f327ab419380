"""Decide what people are told: the only implementation of alerting there is.

One call is one grid step of one series under one rule, and its *now* is the moment the interval
was complete. Nothing here depends on when the run happened, on what a channel answered or on
the wall clock, so living through two months and replaying them give the same notices.

In each step, in this order:

1. The data speaks (`detectk.pipeline.track`). Late data makes it speak again, from the
   checkpoint on, as if it had been right from the start.
2. What was told and is no longer true is taken back.
3. What was told and has ended is said to have ended.
4. What is open and was not told is told, unless the cooldown or the surroundings hold it. Held
   is not forgotten: it is told at the first step where nothing holds it, if it is still open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import NamedTuple

from detectk.pipeline.track import advance, newest
from detectk.values.evidence import Evidence, Step
from detectk.values.incident import Incident, Sighting, incident_id
from detectk.values.message import MessageKind, Notice
from detectk.values.rule import Rule
from detectk.values.state import AlertState, Checkpoint, RunErrors, Told, Track

__all__ = ["Decision", "Surroundings", "Trace", "decide", "decide_error"]


class Surroundings(NamedTuple):
    """What a step is decided in.

    Attributes:
        key: Names (metric, series, rule); enters the incident's id.
        series: Key of the series.
        hold: Why nothing may be said now, empty when it may.
    """

    key: str
    series: str = "{}"
    hold: str = ""


class Trace(NamedTuple):
    """Why a step ended as it did."""

    step: datetime
    streak: int
    open: tuple[str, ...]
    held: str
    said: tuple[MessageKind, ...]


class Decision(NamedTuple):
    """The outcome of a step."""

    state: AlertState
    notices: tuple[Notice, ...]
    trace: Trace


def decide(state: AlertState, step: Step, rule: Rule, surroundings: Surroundings) -> Decision:
    """Return the state after ``step``, what is to be said, and why."""
    now = step.evidence.known_at
    checkpoint = _settle(state.checkpoint, step.settled, rule)
    track = _follow(state, step, rule, checkpoint)
    desk = _Desk(state, step, rule, surroundings, checkpoint)
    told = [_refresh(known, track) for known in state.told]
    if not surroundings.hold:
        told = [desk.retract(known, track) for known in told]
        told = [desk.end(known) for known in told]
        for incident in track.incidents:
            told = desk.begin(incident, told)
    horizon = checkpoint.time if checkpoint else step.evidence.time
    after = AlertState(
        decided=step.evidence.time,
        track=_prune(track, horizon),
        checkpoint=checkpoint,
        told=tuple(known for known in told if _still_matters(known, horizon)),
        last_said=now if desk.notices else state.last_said,
    )
    trace = Trace(
        step=step.evidence.time,
        streak=track.chain.streak,
        open=tuple(incident.kind for incident in track.incidents if incident.open),
        held=surroundings.hold or desk.held,
        said=tuple(notice.kind for notice in desk.notices),
    )
    return Decision(after, tuple(desk.notices), trace)


class _Desk:
    """Writes the notices of one step; every method returns what is known afterwards."""

    def __init__(
        self,
        state: AlertState,
        step: Step,
        rule: Rule,
        surroundings: Surroundings,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.state, self.step, self.rule, self.surroundings = state, step, rule, surroundings
        self.checkpoint = checkpoint
        self.now = step.evidence.known_at
        self.notices: list[Notice] = []
        self.held = ""

    def retract(self, known: Told, track: Track) -> Told:
        """Take back what the data, as known now, no longer shows."""
        disproved = (
            self.checkpoint is not None
            and not known.retracted
            and known.incident.last > self.checkpoint.time
            and not any(known.incident.overlaps(incident) for incident in track.incidents)
        )
        if not disproved:
            return known
        self._say("retracted", known.id, known.incident, over=True)
        return replace(known, at=self.now, over=True, retracted=True)

    def end(self, known: Told) -> Told:
        """Say that what was told has ended."""
        if known.over or known.incident.open:
            return known
        if self.rule.notify_on_recovery and not known.incident.superseded:
            self._say("resolved", known.id, known.incident, over=True)
        return replace(known, at=self.now, over=True)

    def begin(self, incident: Incident, told: list[Told]) -> list[Told]:
        """Tell an incident that nobody knows of, or that came back."""
        known = next((k for k in told if not k.retracted and k.incident == incident), None)
        already_said = known is not None and not known.over
        news_at_all = incident.open or (known is None and self._missed(incident))
        if already_said or not news_at_all:
            return told
        if self._cooling(told):
            self.held = "cooldown"
            return told
        news = replace(known, over=False) if known else self._name(incident, told)
        news = replace(news, at=self.now, over=not incident.open)
        kind: MessageKind = "no_data" if incident.kind == "no_data" else "fired"
        late = bool(self.step.corrected) and incident.opened < self.now and known is None
        self._say(kind, news.id, incident, late=late, over=not incident.open)
        return [*(k for k in told if k is not known), news]

    def _missed(self, incident: Incident) -> bool:
        """Whether it ended before anybody could know, because the data came late."""
        if not self.step.corrected or self.checkpoint is None:
            return False
        before = self.state.track.incidents
        known = any(incident.overlaps(other) for other in before)
        return incident.last > self.checkpoint.time and not known

    def _cooling(self, told: Iterable[Told]) -> bool:
        said = self.now if self.notices else self.state.last_said
        if said is None or self.now - said >= self.rule.cooldown:
            return False
        recovered = all(known.retracted or known.incident.lasting for known in told)
        return not (self.rule.cooldown_reset_on_recovery and recovered)

    def _name(self, incident: Incident, told: Iterable[Told]) -> Told:
        twins = [k for k in told if (k.incident.kind, k.incident.onset) == _birth(incident)]
        occurrence = len(twins) + 1
        name = incident_id(self.surroundings.key, incident.kind, incident.onset, occurrence)
        return Told(name, incident, occurrence, self.now)

    def _say(
        self,
        kind: MessageKind,
        name: str,
        incident: Incident,
        *,
        late: bool = False,
        over: bool = False,
    ) -> None:
        self.notices.append(
            Notice(
                kind=kind,
                id=name,
                series=self.surroundings.series,
                incident=incident,
                step=self.step.evidence.time,
                at=self.now,
                late=late,
                over=over,
            )
        )


def _birth(incident: Incident) -> tuple[str, datetime]:
    return (incident.kind, incident.onset)


def _settle(
    checkpoint: Checkpoint | None, settled: tuple[Evidence, ...], rule: Rule
) -> Checkpoint | None:
    if checkpoint is None or not settled:
        return checkpoint
    track = reduce(
        lambda so_far, evidence: advance(so_far, evidence, rule), settled, checkpoint.track
    )
    return Checkpoint(settled[-1].time, _prune(track, settled[-1].time))


def _follow(state: AlertState, step: Step, rule: Rule, checkpoint: Checkpoint | None) -> Track:
    if checkpoint is None or not step.corrected:
        return advance(state.track, step.evidence, rule)
    rows = (row for row in step.corrected if row.time > checkpoint.time)
    return reduce(lambda so_far, row: advance(so_far, row, rule), rows, checkpoint.track)


def _refresh(known: Told, track: Track) -> Told:
    if known.retracted:
        return known
    same = [i for i in track.incidents if known.incident.overlaps(i)]
    return replace(known, incident=same[-1]) if same else known


def _prune(track: Track, horizon: datetime) -> Track:
    if not track.incidents:
        return track
    keep = {id(newest(track.incidents, "anomaly")), id(newest(track.incidents, "no_data"))}
    incidents = (i for i in track.incidents if i.open or i.last >= horizon or id(i) in keep)
    return replace(track, incidents=tuple(incidents))


def _still_matters(known: Told, horizon: datetime) -> bool:
    done = known.over and (known.retracted or known.incident.lasting)
    return not done or known.incident.last >= horizon


def decide_error(
    errors: RunErrors, *, failed: bool, rule: Rule, at: datetime, surroundings: Surroundings
) -> tuple[RunErrors, tuple[Notice, ...]]:
    """Fold one run's success or failure; failed runs in a row are an incident of their own.

    Args:
        errors: Failed runs so far.
        failed: Whether this run could not collect.
        rule: Its ``on_error`` and ``notify_on_recovery``.
        at: When the run began.
        surroundings: Names the metric; may hold the notice.
    """
    if not failed:
        known = errors.incident
        if known is None:
            return RunErrors(), ()
        ended = replace(known.incident, closed=at, until=at, lasting=True)
        if not rule.notify_on_recovery or surroundings.hold:
            return RunErrors(), ()
        over = Notice("resolved", known.id, surroundings.series, ended, at, at, over=True)
        return RunErrors(), (over,)
    since = errors.since or at
    grown = RunErrors(errors.failures + 1, since, errors.incident)
    due = rule.on_error and grown.failures >= rule.on_error
    if not due or errors.incident is not None or surroundings.hold:
        return grown, ()
    seen = Sighting(at)
    incident = Incident(
        kind="error",
        onset=since,
        opened=at,
        last=at,
        until=at,
        last_known=at,
        direction=0,
        points=grown.failures,
        peak=seen,
        latest=seen,
    )
    name = incident_id(surroundings.key, "error", since, 1)
    news = Told(name, incident, 1, at)
    notice = Notice("error", name, surroundings.series, incident, at, at)
    return replace(grown, incident=news), (notice,)
