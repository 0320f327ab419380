"""The first line of every message, and the colour it is marked with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from detectk.template.sightings import against, expecting
from detectk.template.words import count, elapsed, moment, one_line, span
from detectk.values.incident import IncidentKind, Severity
from detectk.values.labels import Labels
from detectk.values.message import Message, MessageKind, Notice

__all__ = ["Look", "Topic", "headline", "look", "series_name", "topic"]

Topic: TypeAlias = tuple[MessageKind, IncidentKind | Literal["any"]]
"""What is said, and about what kind of incident."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a message is marked.

    Attributes:
        word: In capitals, the first of the headline.
        colour: ``#rrggbb``.
    """

    word: str
    colour: str


_SEVERITY: Final[dict[Severity, Look]] = {
    "critical": Look("CRITICAL", "#c0182b"),
    "high": Look("HIGH", "#e8590c"),
    "warning": Look("WARNING", "#f2b705"),
    "info": Look("INFO", "#3b82c4"),
}
_KIND: Final[dict[MessageKind, Look]] = {
    "resolved": Look("RESOLVED", "#2e9e5b"),
    "retracted": Look("WITHDRAWN", "#8a94a0"),
    "no_data": Look("NO DATA", "#7a4fb5"),
    "error": Look("CHECK FAILED", "#5b3a8c"),
    "test": Look("TEST", "#3b82c4"),
}
_ONE: Final[dict[Topic, str]] = {
    ("fired", "any"): "{against}",
    ("no_data", "any"): "has had no data since {since}",
    ("error", "any"): "could not be checked: {runs} in a row failed",
    ("resolved", "anomaly"): "is back to normal after {lasted}",
    ("resolved", "no_data"): "has data again after {lasted} without",
    ("resolved", "error"): "can be checked again after {lasted}",
    ("retracted", "no_data"): "was never without data: it only came late",
    ("retracted", "any"): "was normal after all: corrected data takes the alert back",
    ("test", "any"): "sends a test: this channel works",
}
_MANY: Final[dict[Topic, str]] = {
    ("fired", "any"): "{many} {moved}",
    ("no_data", "any"): "{many} have no data",
    ("error", "any"): "{many} could not be checked",
    ("resolved", "anomaly"): "{many} are back to normal",
    ("resolved", "no_data"): "{many} have data again",
    ("resolved", "error"): "{many} can be checked again",
    ("retracted", "no_data"): "{many} were never without data: it only came late",
    ("retracted", "any"): "{many} were normal after all: corrected data takes the alerts back",
    ("test", "any"): "a test with {many}: this channel works",
}
_MOVED: Final = {-1: "dropped", 1: "rose", 0: "left the band"}


def look(message: Message) -> Look:
    """Return the word and the colour of a message: by severity when it fired, else by kind."""
    return _KIND.get(message.kind) or _SEVERITY[message.severity]


def headline(message: Message) -> str:
    """Return one line that says what happened to what, for a title or a locked screen."""
    metric = one_line(message.metric)
    if len(message.notices) > 1:
        return f"{look(message).word}: {metric}: {_together(message)}"
    labels = series_name(message.lead)
    name = f"{metric} ({labels})" if labels else metric
    return f"{look(message).word}: {name} {_alone(message.lead, message)}"


def series_name(notice: Notice) -> str:
    """Return ``country=DE, device=phone``; empty for a plain metric."""
    return one_line(str(Labels.from_key(notice.series)))


def topic(table: Mapping[Topic, str], notice: Notice) -> str:
    """Return what ``table`` has on a notice, or on any notice of its kind."""
    exact = table.get((notice.kind, notice.incident.kind))
    return exact if exact is not None else table[(notice.kind, "any")]


def _alone(notice: Notice, message: Message) -> str:
    incident = notice.incident
    lasted = span(elapsed(incident.onset, incident.until))
    words = topic(_ONE, notice).format(
        against=against(incident.peak),
        since=moment(incident.onset, message.zone),
        lasted=lasted,
        runs=count(incident.points, "run"),
    )
    late = "; seen only in late data" if notice.late else ""
    over = f"; already over after {lasted}" if notice.over and _begins(notice) else ""
    return f"{words}{late}{over}"


def _together(message: Message) -> str:
    notices, worst = message.notices, message.lead
    many = f"{len(notices):,} series"
    if len({(notice.kind, notice.incident.kind) for notice in notices}) > 1:
        return f"{many} have news"
    sides = Counter(_MOVED[notice.incident.peak.direction] for notice in notices).most_common()
    each = ", ".join(f"{amount:,} {verb}" for verb, amount in sides)
    moved = sides[0][0] if len(sides) == 1 else f"moved ({each})"
    bad = f", worst {series_name(worst) or 'the total'} at {expecting(worst.incident.peak)}"
    return topic(_MANY, worst).format(many=many, moved=f"{moved}{bad}")


def _begins(notice: Notice) -> bool:
    return notice.kind in ("fired", "no_data")
