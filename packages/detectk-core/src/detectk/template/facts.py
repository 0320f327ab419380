"""What an analyst wants to know after the headline, as labels and values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detectk.template import sightings
from detectk.template.detectors import detector_words
from detectk.template.headlines import Topic, series_name, topic
from detectk.template.words import count, elapsed, moment, number, one_line, period, span
from detectk.values.message import Message, Notice

__all__ = ["Fact", "facts"]

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


# One line a series, where one message tells of several.
_BRIEF: Final[dict[Topic, str]] = {
    ("fired", "any"): "{seen}{share}, {since}",
    ("no_data", "any"): "no data {since}",
    ("error", "any"): "failing {since}",
    ("resolved", "anomaly"): "{when}, worst {seen}",
    ("resolved", "any"): "{when}",
    ("retracted", "no_data"): "was said: no data, {when}",
    ("retracted", "any"): "was said: {seen}, {when}",
    ("test", "any"): "nothing is wrong",
}


def facts(message: Message) -> tuple[Fact, ...]:
    """Return what there is to know, the most telling first.

    For several series it is one wide fact a series, the worst first and at most twenty, and then
    what they have in common.
    """
    several = len(message.notices) > 1
    told = _listed(message) if several else _alone(message.lead, message)
    return (*told, *_common(message))


def _listed(message: Message) -> Iterator[Fact]:
    for notice in message.notices[:_LISTED]:
        yield Fact(series_name(notice) or "the total", _brief(notice, message), wide=True)
    if (left := len(message.notices) - _LISTED) > 0:
        yield Fact("and more", f"{left:,} more series, none worse", wide=True)


def _brief(notice: Notice, message: Message) -> str:
    incident, zone = notice.incident, message.zone
    when = period(incident.onset, incident.until, zone)
    share = sightings.percent_off(incident.peak)
    return topic(_BRIEF, notice).format(
        seen=sightings.expecting(incident.peak),
        share=f" ({share})" if share else "",
        since=f"{when}, already over" if notice.over else f"since {moment(incident.onset, zone)}",
        when=when,
    )


def _alone(notice: Notice, message: Message) -> Iterator[Fact]:
    tell = {
        "fired": _fired,
        "no_data": _no_data,
        "error": _error,
        "resolved": _resolved,
        "retracted": _retracted,
        "test": _test,
    }
    yield from tell[notice.kind](notice, message)
    if name := series_name(notice):
        yield Fact("Series", name)


def _common(message: Message) -> Iterator[Fact]:
    if message.kind != "test":
        for detector in dict.fromkeys(n.incident.peak.detector for n in message.notices):
            if detector in message.detectors:
                yield Fact("Detector", one_line(detector_words(message.detectors[detector])))
    if message.description:
        yield Fact("About", one_line(message.description), wide=True)
    if message.tags:
        yield Fact("Tags", one_line(", ".join(message.tags)))


def _fired(notice: Notice, message: Message) -> Iterator[Fact]:
    incident = notice.incident
    yield from _evidence(notice, message, latest=not notice.over)
    yield from _extent(notice, message)
    yield Fact("Duration", f"{_lasted(notice)}, {count(incident.points, 'point')}")
    if notice.late:
        note = "late data showed this; nobody could have known it when it happened"
        yield Fact("Note", note, wide=True)


def _no_data(notice: Notice, message: Message) -> Iterator[Fact]:
    yield from _extent(notice, message)
    yield Fact("Missing", _intervals(notice, message))


def _error(notice: Notice, message: Message) -> Iterator[Fact]:
    if message.error:
        yield Fact("Error", one_line(message.error), wide=True)
    yield from _extent(notice, message)
    yield Fact("Failed runs", f"{notice.incident.points:,}")


def _resolved(notice: Notice, message: Message) -> Iterator[Fact]:
    yield from _extent(notice, message)
    if notice.incident.kind != "anomaly":
        yield Fact("Duration", _lasted(notice))
        return
    yield Fact("Duration", f"{_lasted(notice)}, {count(notice.incident.points, 'point')}")
    yield from _evidence(notice, message, latest=False)


def _retracted(notice: Notice, message: Message) -> Iterator[Fact]:
    incident = notice.incident
    said, now = incident.peak, incident.latest
    if incident.kind == "no_data":
        yield Fact("Was said", f"no data, {_intervals(notice, message)}", wide=True)
        yield Fact("Data now", "the values are there", wide=True)
    else:
        at = moment(said.time, message.zone)
        yield Fact("Was said", f"{sightings.expecting(said)}, at {at}", wide=True)
        # The newest interval of an incident is a later one than its worst, unless it was looked
        # at again: then it is what the data says now.
        again = now.time == said.time and now != said
        words = sightings.expecting(now) if again else "nothing unusual"
        yield Fact("Data now", words, wide=True)
    yield from _extent(notice, message)


def _test(notice: Notice, message: Message) -> Iterator[Fact]:
    yield Fact("Sent", moment(notice.at, message.zone))


def _evidence(notice: Notice, message: Message, *, latest: bool) -> Iterator[Fact]:
    incident, zone = notice.incident, message.zone
    peak, newest = incident.peak, incident.latest
    if incident.points > 1:
        yield Fact("Worst value", f"{sightings.value(peak)} at {moment(peak.time, zone)}")
    else:
        yield Fact("Value", sightings.value(peak))
    if wanted := sightings.wanted(peak):
        centre = "" if peak.expected is None else f", centre {number(peak.expected)}"
        yield Fact("Expected", wanted if wanted.startswith("about") else f"{wanted}{centre}")
    if deviation := sightings.deviation(peak):
        yield Fact("Deviation", deviation)
    if latest and newest.time != peak.time:
        yield Fact("Latest value", f"{sightings.value(newest)} at {moment(newest.time, zone)}")
    if peak.score:
        yield Fact("Score", f"{number(peak.score)}, {number(peak.excess)} times the band")


def _extent(notice: Notice, message: Message) -> Iterator[Fact]:
    incident, zone = notice.incident, message.zone
    if notice.over:
        yield Fact("When", period(incident.onset, incident.until, zone))
    else:
        yield Fact("Since", moment(incident.onset, zone))


def _lasted(notice: Notice) -> str:
    lasted = span(elapsed(notice.incident.onset, notice.incident.until))
    return lasted if notice.over else f"{lasted} so far"


def _intervals(notice: Notice, message: Message) -> str:
    return f"{count(notice.incident.points, 'interval')} of {message.interval}"
