"""What one metric's check came to: the word, the point and the sentence an analyst reads first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from detectk.check.outcome import Detection, detections_of
from detectk.template.words import band, moment, number
from detectk.values import Labels, MetricReport, Verdict, Verdicts

__all__ = ["STATUSES", "Outcome", "Word", "outcome_of"]

Word = Literal[
    "error", "anomaly", "no data", "insufficient history", "held", "up to date", "not judged", "ok"
]

STATUSES: Final[tuple[Word, ...]] = (
    "ok",
    "up to date",
    "insufficient history",
    "not judged",
    "no data",
    "anomaly",
    "held",
    "error",
)
"""In the order in which a total names them."""

_SIDES: Final = {"down": "below", "up": "above"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One metric's check.

    Attributes:
        report: Everything that is known.
        word: What it came to.
        newest: The newest answer of every series and detector.
        anomalies: Every anomaly of the run, in order of time.
        point: The answer that is worth showing; None when nothing was judged.
        heard: Whether the metric has a channel that is switched on.
    """

    report: MetricReport
    word: Word
    newest: tuple[Detection, ...] = ()
    anomalies: tuple[Detection, ...] = ()
    point: Detection | None = None
    heard: bool = True

    @property
    def series(self) -> int:
        """How many series were judged."""
        return len({one.series for one in self.newest})

    @property
    def at(self) -> str:
        """The time of the point, with its zone; else that of the newest interval."""
        time = self.point.timestamp if self.point else self.report.newest
        return moment(time, self.report.zone) if time else ""

    @property
    def expected(self) -> str:
        """The band, as a person reads it; empty without one."""
        if self.point is None:
            return ""
        return band(self.point.lower_bound, self.point.upper_bound, unlike=(self.point.value,))

    @property
    def value(self) -> str:
        """The value, with as many digits as it takes to tell it from its band."""
        if self.point is None:
            return ""
        unlike = (self.point.lower_bound, self.point.upper_bound)
        return number(self.point.value, unlike=unlike)

    @property
    def sentence(self) -> str:
        """The whole of it in one line."""
        name = self.report.metric
        if self.word == "error":
            return f"{name}: error, {_said(self.report)}"
        if self.word == "held":
            return f"{name}: held by another run ({self.report.held})"
        if self.point is None:
            since = f" since {self.at}" if self.at and self.word == "up to date" else ""
            tail = "" if not since else ", no interval became complete"
            return f"{name}: {self.word}{tail}{since}"
        word = "ANOMALY" if self.word == "anomaly" else self.word
        return f"{name}: {word}{self._among}, {self._judgement}, {self.at}"

    @property
    def silence(self) -> str:
        """Why nothing was said of an anomaly; empty where something was, or there is none."""
        said = self.report.notices or self.report.deliveries
        if said or self.word != "anomaly":
            return ""
        return "nothing new to tell" if self.heard else "nobody to tell: no alerter is on"

    @property
    def _among(self) -> str:
        if self.series == 1:
            return ""
        if self.word != "anomaly":
            return f" in all {self.series} series" if self.word == "ok" else ""
        return f" in {len({one.series for one in self.anomalies})} of {self.series} series"

    @property
    def _judgement(self) -> str:
        point = self.point
        assert point is not None  # noqa: S101 - asked only with a point
        subject = self.value
        if self.series > 1:
            subject = f"{Labels.from_key(point.series)}: {subject}"
        if not self.expected:
            return subject
        if point.is_anomaly:
            side = _SIDES.get(point.direction or "", "outside")
            score = f" (score {number(point.score)})" if point.score is not None else ""
            return f"{subject} is {side} {self.expected}{score}"
        return f"{subject} within {self.expected}"


def outcome_of(report: MetricReport, *, heard: bool = True) -> Outcome:
    """Return what a metric's report comes to; ``heard`` is whether a channel is switched on."""
    newest = tuple(detections_of(report.verdicts))
    anomalies = tuple(sorted(_anomalies(report.verdicts), key=lambda one: one.timestamp))
    point = _point(newest, anomalies)
    return Outcome(report, _word(report, point), newest, anomalies, point, heard)


def _anomalies(verdicts: Sequence[Verdicts]) -> Iterator[Detection]:
    for one in verdicts:
        for row in np.flatnonzero(one.verdict == Verdict.ANOMALY).tolist():
            yield from detections_of([one.take(slice(row, row + 1))])


def _point(newest: Sequence[Detection], anomalies: Sequence[Detection]) -> Detection | None:
    """Return the worst of the newest answers, or the worst anomaly when those are all well."""
    if not newest:
        return None
    last = max(one.timestamp for one in newest)
    now = [one for one in newest if one.timestamp == last]
    ranks = {"anomaly": 3, "ok": 2, "insufficient": 1, "unjudged": 0}
    worst = max(now, key=lambda one: (ranks[one.verdict], one.excess or 0.0))
    if anomalies and not worst.is_anomaly:
        return max(anomalies, key=lambda one: one.excess or 0.0)
    return worst


def _word(report: MetricReport, point: Detection | None) -> Word:
    if report.error:
        return "error"
    if report.held:
        return "held"
    if point is None:
        return "no data" if report.warnings else "up to date"
    words: dict[str, Word] = {
        "anomaly": "anomaly",
        "ok": "ok",
        "insufficient": "insufficient history",
        "unjudged": "no data" if point.direction == "missing" else "not judged",
    }
    return words[point.verdict]


def _said(report: MetricReport) -> str:
    """Return the error without the metric's name, which is in front of it already."""
    return str(report.error).removeprefix(f"{report.metric}: ")
