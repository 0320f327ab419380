"""The words of every message, shared by all channels: headline, facts, colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detectk.template.detectors import detector_words
from detectk.template.words import (
    band,
    count,
    elapsed,
    known,
    moment,
    number,
    percent,
    period,
    span,
)
from detectk.values.incident import Incident, Severity, Sighting
from detectk.values.labels import Labels
from detectk.values.message import Message, MessageKind, Notice

__all__ = ["Fact", "Look", "as_text", "facts", "footer", "headline", "look"]

_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what there is to say under it.

    Attributes:
        label: One to three words.
        value: One line.
        wide: Whether it wants the full width instead of a column.
    """

    label: str
    value: str
    wide: bool = False


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
_MOVED: Final = {-1: "dropped to", 0: "is at", 1: "rose to"}


def look(message: Message) -> Look:
    """Return the word and the colour of a message: by severity when it fired, else by kind."""
    return _KIND.get(message.kind) or _SEVERITY[message.severity]


def headline(message: Message) -> str:
    """Return one line that says what happened to what, for a title or a locked screen."""
    notice, word = message.lead, look(message).word
    if len(message.notices) > 1:
        return f"{word}: {message.metric}: {_together(message)}"
    labels = Labels.from_key(notice.series)
    name = f"{message.metric} ({labels})" if labels else message.metric
    return f"{word}: {name} {_predicate(notice, message)}"


def facts(message: Message) -> tuple[Fact, ...]:
    """Return what an analyst wants to know next, the most telling first.

    For several series it is one wide fact a series, the worst first and at most twenty, and then
    what they have in common.
    """
    if len(message.notices) > 1:
        listed = message.notices[:_LISTED]
        told = [Fact(_series(n), _brief(n, message), wide=True) for n in listed]
        if left := len(message.notices) - len(listed):
            told.append(Fact("and more", f"{left:,} more series, none worse", wide=True))
        detectors = {n.incident.peak.detector: None for n in message.notices}
    else:
        notice = message.lead
        told = list(_tell(notice, message))
        if labels := Labels.from_key(notice.series):
            told.append(Fact("Series", str(labels)))
        detectors = {notice.incident.peak.detector: None}
    told += [
        Fact("Detector", detector_words(message.detectors[detector]))
        for detector in detectors
        if detector in message.detectors and message.kind != "test"
    ]
    if message.description:
        told.append(Fact("About", message.description, wide=True))
    if message.tags:
        told.append(Fact("Tags", ", ".join(message.tags)))
    return tuple(told)


def footer(message: Message) -> str:
    """Return the small print: how often it is looked at, the rule, the id to ask about it."""
    return f"every {message.interval} · rule {message.rule} · id {message.dedup_key}"


def as_text(message: Message) -> str:
    """Return the message as plain text: headline, facts in two columns, small print."""
    told = facts(message)
    width = max((len(fact.label) for fact in told), default=0)
    rows = [f"  {fact.label:<{width}}  {fact.value}" for fact in told]
    return "\n".join([headline(message), *rows, f"  {footer(message)}"])


def _predicate(notice: Notice, message: Message) -> str:
    incident, zone = notice.incident, message.zone
    lasted = span(elapsed(incident.onset, incident.until))
    match notice.kind, incident.kind:
        case ("test", _):
            return "sends a test: this channel works"
        case ("error", _):
            runs = count(incident.points, "run")
            return f"could not be checked: {runs} in a row failed"
        case ("no_data", _):
            return f"has had no data since {moment(incident.onset, zone)}"
        case ("resolved", "no_data"):
            return f"has data again after {lasted} without"
        case ("resolved", "error"):
            return f"can be checked again after {lasted}"
        case ("resolved", _):
            return f"is back to normal after {lasted}"
        case ("retracted", "no_data"):
            return "was never without data: it only came late"
        case ("retracted", _):
            return "was normal after all: corrected data takes the alert back"
    marks = ["seen only in late data"] if notice.late else []
    marks += [f"already over after {lasted}"] if notice.over else []
    return "; ".join([_against_band(incident.peak), *marks])


def _against_band(seen: Sighting) -> str:
    if known(seen.value) is None:
        return "has no value where one is expected"
    wanted = _wanted(seen)
    return f"{_MOVED[seen.direction]} {_value(seen)}{f', expected {wanted}' if wanted else ''}"


def _together(message: Message) -> str:
    notices = message.notices
    many = count(len(notices), "series", "series")
    if any((n.kind, n.incident.kind) != (notices[0].kind, notices[0].incident.kind) for n in notices):
        return f"{many} have news"
    match message.kind, notices[0].incident.kind:
        case ("no_data", _):
            return f"{many} have no data"
        case ("resolved", "no_data"):
            return f"{many} have data again"
        case ("resolved", _):
            return f"{many} are back to normal"
        case ("retracted", "no_data"):
            return f"{many} were never without data: it only came late"
        case ("retracted", _):
            return f"{many} were normal after all: corrected data takes the alerts back"
        case ("test", _):
            return f"a test with {many}: this channel works"
        case ("error", _):
            return f"{many} could not be checked"
    sides = Counter(n.incident.peak.direction for n in notices)
    verbs = {-1: "dropped", 1: "rose", 0: "are outside"}
    if len(sides) == 1:
        what = f"{many} {verbs[next(iter(sides))]}"
    else:
        what = f"{many} moved ({', '.join(f'{n} {verbs[side]}' for side, n in sides.most_common())})"
    worst = message.lead
    return f"{what}, worst {_series(worst)} at {_expecting(worst.incident.peak)}"


def _brief(notice: Notice, message: Message) -> str:
    incident, zone = notice.incident, message.zone
    when = period(incident.onset, incident.until, zone)
    since = f"since {moment(incident.onset, zone)}"
    ended = f"{when}, already over" if notice.over else since
    match notice.kind, incident.kind:
        case ("resolved", "anomaly"):
            return f"{when}, worst {_expecting(incident.peak)}"
        case ("resolved", _):
            return when
        case ("retracted", "anomaly"):
            return f"was said: {_expecting(incident.peak)}, {when}"
        case ("retracted", _):
            return f"was said: no data, {when}"
        case ("no_data", _):
            return since
        case ("error" | "test", _):
            return moment(incident.onset, zone)
    deviation = _percent_off(incident.peak)
    return f"{_expecting(incident.peak)}{f' ({deviation})' if deviation else ''}, {ended}"


def _tell(notice: Notice, message: Message) -> Iterator[Fact]:
    incident, zone = notice.incident, message.zone
    lasted = span(elapsed(incident.onset, incident.until))
    ended = Fact("When", period(incident.onset, incident.until, zone))
    since = Fact("Since", moment(incident.onset, zone))
    match notice.kind, incident.kind:
        case ("test", _):
            yield Fact("Sent", moment(notice.at, zone))
        case ("error", _):
            if message.error:
                yield Fact("Error", message.error, wide=True)
            yield since
            yield Fact("Failed runs", f"{incident.points:,}")
        case ("no_data", _):
            yield since
            yield Fact("Missing", f"{count(incident.points, 'interval')} of {message.interval}")
        case ("retracted", _):
            yield from _retraction(notice, message)
            yield ended
        case ("resolved", "no_data" | "error"):
            yield ended
            yield Fact("Duration", lasted)
        case ("resolved", _):
            yield ended
            yield Fact("Duration", f"{lasted}, {count(incident.points, 'point')}")
            yield from _evidence(incident, zone, latest=False)
        case _:
            yield from _evidence(incident, zone, latest=not notice.over)
            yield ended if notice.over else since
            yield Fact("Duration", f"{lasted}, {count(incident.points, 'point')}")
            if notice.late:
                note = "late data showed this; nobody could have known it when it happened"
                yield Fact("Note", note, wide=True)


def _evidence(incident: Incident, zone: str, *, latest: bool) -> Iterator[Fact]:
    peak = incident.peak
    if incident.points > 1:
        yield Fact("Worst value", f"{_value(peak)} at {moment(peak.time, zone)}")
    else:
        yield Fact("Value", _value(peak))
    wanted = _wanted(peak)
    if wanted:
        centre = known(peak.expected)
        middle = f", centre {number(centre)}" if centre is not None else ""
        yield Fact("Expected", wanted if wanted.startswith("about") else f"{wanted}{middle}")
    if deviation := _deviation(peak):
        yield Fact("Deviation", deviation)
    if latest and incident.latest.time != peak.time:
        at = moment(incident.latest.time, zone)
        yield Fact("Latest value", f"{_value(incident.latest)} at {at}")
    if peak.score:
        yield Fact("Score", f"{number(peak.score)}, {number(peak.excess)} times the band")


def _retraction(notice: Notice, message: Message) -> Iterator[Fact]:
    incident = notice.incident
    if incident.kind == "no_data":
        missing = f"{count(incident.points, 'interval')} of {message.interval}"
        yield Fact("Was said", f"no data, {missing}", wide=True)
        yield Fact("Data now", "the values are there", wide=True)
        return
    said, now = incident.peak, incident.latest
    at = moment(said.time, message.zone)
    yield Fact("Was said", f"{_expecting(said)}, at {at}", wide=True)
    # The newest interval of an incident is a later one than its worst, unless it was looked at
    # again: then it is what the data says now.
    looked_again = now.time == said.time and now != said
    yield Fact("Data now", _expecting(now) if looked_again else "nothing unusual", wide=True)


def _series(notice: Notice) -> str:
    return str(Labels.from_key(notice.series)) or "the metric"


def _value(seen: Sighting) -> str:
    return number(seen.value, unlike=(known(seen.lower), known(seen.upper)))


def _wanted(seen: Sighting) -> str:
    wanted = band(seen.lower, seen.upper, unlike=(seen.value,))
    centre = known(seen.expected)
    return wanted or (f"about {number(centre, unlike=(seen.value,))}" if centre is not None else "")


def _expecting(seen: Sighting) -> str:
    wanted = _wanted(seen)
    return f"{_value(seen)}{f', expected {wanted}' if wanted else ''}"


def _deviation(seen: Sighting) -> str:
    value, centre = known(seen.value), known(seen.expected)
    if value is None or centre is None or value == centre:
        return ""
    side = "above" if value > centre else "below"
    share = _percent_off(seen)
    return f"{number(abs(value - centre))} {side} the centre{f' ({share})' if share else ''}"


def _percent_off(seen: Sighting) -> str:
    share = percent_deviation(seen)
    return percent(share) if share is not None else ""


def percent_deviation(seen: Sighting) -> float | None:
    """Return 100 (value - reference) / |reference|: the centre, or else the bound it crossed."""
    value, reference = known(seen.value), known(seen.expected)
    if reference is None:
        reference = known(seen.upper if seen.direction > 0 else seen.lower)
    if value is None or not reference:
        return None
    return 100.0 * (value - reference) / abs(reference)
