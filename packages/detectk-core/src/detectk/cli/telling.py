"""Show the result of a run: sentences for one metric, a table for many, one object for programs."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from detectk.check import Detection
from detectk.cli.failures import error_object, error_objects
from detectk.cli.outcome import STATUSES, Outcome, Word
from detectk.console.log import about
from detectk.console.printing import Style, line, paint, table, wants_colour
from detectk.errors import DetectKError
from detectk.template.words import count, moment, number
from detectk.values import Delivery, Labels, MetricReport, Notice

__all__ = ["log_outcome", "run_object", "show"]

_FEW: Final = 3  # up to so many metrics get sentences, more get a table
_STYLES: Final[dict[Word, Style]] = {
    "ok": "green",
    "anomaly": "red",
    "error": "red",
    "no data": "magenta",
    "held": "yellow",
    "insufficient history": "yellow",
}

_log = logging.getLogger(__name__)


def log_outcome(outcome: Outcome) -> None:
    """Log what was found in the sentences that log searches rely on."""
    report, point = outcome.report, outcome.point
    with about(report.metric):
        for warning in report.warnings:
            _log.warning("%s", warning)
        if report.error or report.held:
            return
        if outcome.word == "anomaly" and point is not None:
            _log.info("Detection: anomaly (score=%s)", _score(point))
        elif outcome.word == "ok" and point is not None:
            _log.info("Detection: no anomaly (score=%s)", _score(point))
        elif outcome.word != "up to date":
            _log.info("Detection: %s", outcome.word)
        for delivery in report.deliveries:
            if delivery.delivered:
                _log.info("Alert sent: %s to %s", delivery.kind, delivery.channel)
            else:
                _log.error("%s did not take a message: %s", delivery.channel, _reason(delivery))
        if report.pending:
            _log.warning("Check completed; %d messages wait to be sent", report.pending)
        else:
            _log.info("Check completed successfully")


def show(outcomes: Sequence[Outcome], errors: Sequence[DetectKError], *, dry_run: bool) -> None:
    """Print the result of a run."""
    if len(outcomes) <= _FEW:
        for outcome in outcomes:
            line(_coloured(outcome.sentence, outcome.word))
            for detail in _details(outcome, dry_run=dry_run):
                line(f"  {detail}")
    else:
        rows = [
            (o.report.metric, o.word, o.value, o.expected, o.at, _told(o, dry_run=dry_run))
            for o in outcomes
        ]
        line(table(("metric", "status", "value", "expected", "interval from", "told"), rows))
        for outcome in outcomes:
            if outcome.report.error:
                line(f"\n{_coloured(outcome.sentence, outcome.word)}")
        line()
    if len(outcomes) + len(errors) > 1:
        line(_total(outcomes, errors))


def run_object(
    outcomes: Sequence[Outcome], errors: Sequence[DetectKError], *, at: str, code: int
) -> dict[str, object]:
    """Return the result of a run for a program."""
    return {
        "schema": 1,
        "at": at,
        "exit_code": code,
        "metrics": [_metric_object(outcome) for outcome in outcomes],
        "errors": error_objects(errors),
    }


def _score(point: Detection) -> str:
    return f"{point.score:.1f}" if point.score is not None else "none"


def _coloured(text: str, word: Word) -> str:
    shown = "ANOMALY" if word == "anomaly" else word
    if word not in _STYLES or not wants_colour():
        return text
    return text.replace(f": {shown}", f": {paint(shown, 'bold', _STYLES[word])}", 1)


def _details(outcome: Outcome, *, dry_run: bool) -> Iterator[str]:
    report = outcome.report
    if outcome.series > 1 and len(outcome.anomalies) > 1:
        for one in outcome.anomalies[-5:]:
            labels = Labels.from_key(one.series)
            yield f"{labels}: {number(one.value)}, {moment(one.timestamp, report.zone)}"
    elif len(outcome.anomalies) > 1:
        yield f"{count(len(outcome.anomalies), 'interval')} of this run were anomalous"
    yield from [f"cost: {report.cost}"] if report.cost else []
    for warning in report.warnings:
        yield f"warning: {warning}"
    for notice in report.notices:
        yield _notice(notice, report, dry_run=dry_run)
    for delivery in report.deliveries:
        if delivery.delivered:
            yield f"sent: {delivery.kind} to {delivery.channel}"
        else:
            yield f"NOT sent: {delivery.kind} to {delivery.channel}: {_reason(delivery)}"
    if outcome.silence:
        yield outcome.silence
    waiting = report.pending - sum(not delivery.delivered for delivery in report.deliveries)
    if waiting > 0:
        yield f"{count(waiting, 'more message')} wait for the next run"


def _notice(notice: Notice, report: MetricReport, *, dry_run: bool) -> str:
    about_series = Labels.from_key(notice.series)
    which = f" ({about_series})" if about_series else ""
    since = moment(notice.incident.onset, report.zone)
    verb = "would tell" if dry_run else "decided"
    nobody = "" if dry_run or report.deliveries else "; nobody is told"
    return f"{verb}: {notice.kind}{which}, since {since}{nobody}"


def _told(outcome: Outcome, *, dry_run: bool) -> str:
    report = outcome.report
    if dry_run:
        return ", ".join(f"would: {kind}" for kind in sorted({n.kind for n in report.notices}))
    told = sorted({_delivery(delivery) for delivery in report.deliveries})
    return ", ".join(told) or outcome.silence


def _delivery(delivery: Delivery) -> str:
    text = f"{delivery.kind} to {delivery.channel}"
    return text if delivery.delivered else f"NOT {text}"


def _reason(delivery: Delivery) -> str:
    return delivery.error.removeprefix(f"{delivery.channel}: ")


def _total(outcomes: Sequence[Outcome], errors: Sequence[DetectKError]) -> str:
    words = Counter(outcome.word for outcome in outcomes)
    parts = [f"{words[word]:,} {word}" for word in STATUSES if words[word]]
    sent = sum(d.delivered for outcome in outcomes for d in outcome.report.deliveries)
    pending = sum(outcome.report.pending for outcome in outcomes)
    tail = [count(sent, "message") + " sent"] if sent else []
    tail += [f"{pending:,} undelivered"] if pending else []
    tail += [f"{count(len(errors), 'error')} in files"] if errors else []
    text = f"{count(len(outcomes), 'metric')}: {', '.join(parts) or 'none ran'}"
    return "; ".join([text, *tail])


def _metric_object(outcome: Outcome) -> dict[str, object]:
    report = outcome.report
    return {
        "metric": report.metric,
        "status": outcome.word,
        "timezone": report.zone,
        "newest": _iso(report.newest),
        "collected": report.collected,
        "cost": report.cost or None,
        "value": outcome.point.value if outcome.point else None,
        "point": _detection_object(outcome.point) if outcome.point else None,
        "series": [_detection_object(one) for one in outcome.newest],
        "anomalies": [_detection_object(one) for one in outcome.anomalies],
        "notices": [_notice_object(notice) for notice in report.notices],
        "deliveries": [
            {
                "channel": one.channel,
                "kind": one.kind,
                "dedup_key": one.dedup_key,
                "delivered": one.delivered,
                "error": one.error or None,
            }
            for one in report.deliveries
        ],
        "pending": report.pending,
        "held": report.held or None,
        "warnings": list(report.warnings),
        "error": error_object(report.error) if report.error else None,
        "seconds": {name: round(spent, 4) for name, spent in report.seconds.items()},
    }


def _detection_object(one: Detection) -> dict[str, object]:
    return {
        "labels": dict(Labels.from_key(one.series)),
        "detector": one.detector,
        "time": _iso(one.timestamp),
        "value": one.value,
        "verdict": one.verdict,
        "expected": one.expected,
        "lower": one.lower_bound,
        "upper": one.upper_bound,
        "score": one.score,
        "excess": one.excess,
        "direction": one.direction,
        "explain": one.metadata,
    }


def _notice_object(notice: Notice) -> dict[str, object]:
    incident = notice.incident
    return {
        "kind": notice.kind,
        "id": notice.id,
        "labels": dict(Labels.from_key(notice.series)),
        "incident": incident.kind,
        "severity": incident.severity,
        "onset": _iso(incident.onset),
        "until": _iso(incident.until) if not incident.open else None,
    }


def _iso(at: object) -> str | None:
    return at.isoformat() if hasattr(at, "isoformat") else None
