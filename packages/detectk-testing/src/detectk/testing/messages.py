"""Messages to try a channel with: one of every kind, and the awkward ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Final, get_args

from detectk.template.detectors import describe_detector
from detectk.values.incident import Incident, IncidentKind, Sighting
from detectk.values.labels import NO_LABELS, Labels
from detectk.values.message import Message, MessageKind, Notice

__all__ = ["KINDS", "a_message", "a_notice", "an_incident", "awkward_messages"]

KINDS: Final[tuple[MessageKind, ...]] = get_args(MessageKind)

_HOUR: Final = timedelta(hours=1)
_ONSET: Final = datetime(2013, 2, 8, 19, tzinfo=timezone.utc)
_DETECTOR: Final = "5f2a09c1"
_INCIDENT_OF: Final[dict[MessageKind, IncidentKind]] = {"no_data": "no_data", "error": "error"}


def an_incident(
    kind: IncidentKind = "anomaly",
    *,
    onset: datetime = _ONSET,
    points: int = 3,
    over: bool = False,
    value: float | None = 0.0,
    excess: float = 2.6,
) -> Incident:
    """Return an incident on an hourly grid, its worst point the second.

    Args:
        kind: What went wrong.
        onset: Start of its first interval.
        points: Its length in intervals.
        over: Whether it has ended.
        value: What was seen at its worst; expected were 21.4 to 58.9.
        excess: How bad that is.
    """
    seen = Sighting(
        time=onset + _HOUR * min(1, points - 1),
        value=value,
        expected=40.15,
        lower=21.4,
        upper=58.9,
        score=7.8,
        excess=excess,
        direction=-1,
        detector=_DETECTOR,
    )
    if kind != "anomaly":
        seen = Sighting(onset)
    last = onset + _HOUR * (points - 1)
    newest = replace(seen, time=last, value=3.0, excess=2.1) if kind == "anomaly" else seen
    return Incident(
        kind=kind,
        onset=onset,
        opened=last + _HOUR,
        last=last,
        until=last + _HOUR,
        last_known=last + _HOUR,
        direction=-1,
        points=points,
        peak=seen,
        latest=newest if points > 1 else seen,
        closed=last + 4 * _HOUR if over else None,
        lasting=over,
    )


def a_notice(
    kind: MessageKind = "fired",
    labels: Labels = NO_LABELS,
    incident: Incident | None = None,
    *,
    late: bool = False,
    over: bool = False,
) -> Notice:
    """Return a notice of ``kind``, decided when its incident's newest interval was complete."""
    ended = over or kind in ("resolved", "retracted")
    incident = incident or an_incident(_INCIDENT_OF.get(kind, "anomaly"), over=ended)
    return Notice(
        kind=kind,
        id="9f3c51d20b7e4a68",
        series=labels.key,
        incident=incident,
        step=incident.last,
        at=incident.until,
        late=late,
        over=ended,
    )


def a_message(kind: MessageKind = "fired", *notices: Notice, **changes: object) -> Message:
    """Return a message of ``kind``: about ``notices``, or about the departures of one airport."""
    notices = notices or (a_notice(kind, Labels.of({"origin": "EWR"})),)
    message = Message(
        kind=kind,
        metric="flights_departures",
        notices=notices,
        step=notices[0].step,
        at=notices[0].at,
        rule="default",
        zone="America/New_York",
        interval="1 hour",
        dedup_key=notices[0].id,
        detectors={
            _DETECTOR: describe_detector(
                "mad", {"n_sigma": 3.0, "window_size": "30 days", "use_weighted": False}
            )
        },
        error="flights.db: no such table: flights" if kind == "error" else "",
    )
    return replace(message, **changes)  # type: ignore[arg-type]  # fields of a message


def awkward_messages() -> dict[str, Message]:
    """Return, by name, messages that break channels which did not expect them."""
    airports = [Labels.of({"origin": f"A{i:03}"}) for i in range(250)]
    hostile = "<!channel> @all @here & <b>*_~`|[x](y) \\ \u202e\u0000"
    markup = Labels.of({"origin <&>": hostile})
    infinite = replace(an_incident().peak, upper=float("inf"), expected=None, score=float("inf"))
    return {
        "several series": a_message("fired", *(a_notice("fired", a) for a in airports[:3])),
        "hundreds of series": a_message("fired", *(a_notice("fired", a) for a in airports)),
        "unicode": a_message("fired", a_notice("fired", Labels.of({"città": "Zürich 東京 🛫"}))),
        "markup": a_message("fired", a_notice("fired", markup), description=hostile),
        "lone surrogate": a_message("error", error="bad byte \udc80 in the source"),
        "very long": a_message(
            "error",
            a_notice("error", Labels.of({"q": "label " * 400})),
            error="&<>" * 9_000,
            description="word " * 2_000,
            tags=tuple(f"tag{i}" for i in range(3_000)),
        ),
        "unknown detector": a_message("fired", detectors={}),
        "no bounds": a_message("fired", a_notice(incident=replace(an_incident(), peak=infinite))),
        "no value": a_message("fired", a_notice(incident=an_incident(value=None))),
    }
