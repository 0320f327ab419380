"""What a run means: for the exit code, and for one metric as a plain Python object."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detectk.errors import DetectKError
from detectk.values import MetricReport, Report, Status, Verdict, Verdicts, to_datetime

__all__ = ["CheckResult", "Detection", "exit_code", "result_of"]

_ANOMALY, _UNDELIVERED, _HELD = 1, 4, 75
_RANK = (2, 3, 4, 1, 0)
_WORDS = {-1: "down", 0: None, 1: "up"}


@dataclass(frozen=True, slots=True)
class Detection:
    """One detector's answer for one point, in plain Python scalars.

    Attributes:
        detector: Id of the detector.
        timestamp: Start of the interval, aware, UTC.
        value: What was judged, None when there was nothing.
        is_anomaly: The verdict.
        verdict: ``ok``, ``anomaly``, ``insufficient`` or ``unjudged``.
        expected: The centre, None without one.
        score: Distance from expected in the detector's unit.
        excess: 1 is the edge of the band.
        lower_bound: None without one.
        upper_bound: None without one.
        direction: ``up``, ``down``, ``missing`` or None.
        percent_deviation: From expected, None without one.
        series: Key of the series, ``{}`` for a plain metric.
        metadata: The detector's evidence.
    """

    detector: str
    timestamp: datetime
    value: float | None
    is_anomaly: bool
    verdict: str
    expected: float | None
    score: float | None
    excess: float | None
    lower_bound: float | None
    upper_bound: float | None
    direction: str | None
    percent_deviation: float | None
    series: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One metric's check, as the Python API returns it.

    Attributes:
        metric_name: Its name, or the path when the file could not be read that far.
        timestamp: The newest judged point of the series with the greatest excess.
        value: Its value; None when it is missing, never 0.0 instead.
        detections: One a detector for that point.
        alert_sent: Whether a channel took a message in this run.
        alert_reason: What was said, in a word; or why nothing was.
        errors: Sentences; empty when all is fine.
        report: Everything else.
    """

    metric_name: str
    timestamp: datetime | None = None
    value: float | None = None
    detections: tuple[Detection, ...] = ()
    alert_sent: bool = False
    alert_reason: str = ""
    errors: tuple[str, ...] = ()
    report: MetricReport | None = None

    @property
    def detection(self) -> Detection | None:
        """The first detector's answer."""
        return self.detections[0] if self.detections else None

    @property
    def is_anomaly(self) -> bool:
        """Whether any detector found an anomaly."""
        return any(detection.is_anomaly for detection in self.detections)


def result_of(report: MetricReport) -> CheckResult:
    """Return one metric's report as a plain result."""
    newest = _newest_point(report.verdicts)
    sent = any(delivery.delivered for delivery in report.deliveries)
    errors = [str(report.error)] if report.error else []
    errors += [
        f"{report.metric}: {d.channel} did not take a message: {d.error}"
        for d in report.deliveries
        if not d.delivered
    ]
    if report.held:
        errors.append(f"{report.metric}: held by another run ({report.held})")
    return CheckResult(
        metric_name=report.metric,
        timestamp=newest[0].timestamp if newest else None,
        value=newest[0].value if newest else None,
        detections=newest,
        alert_sent=sent,
        alert_reason=", ".join(notice.kind for notice in report.notices),
        errors=tuple(errors),
        report=report,
    )


def exit_code(
    report: Report,
    errors: Sequence[DetectKError] = (),
    *,
    fail_on_anomaly: bool = False,
) -> int:
    """Return the exit code of a run: the highest-ranked of 2, 3, 4, 1, 0.

    75 only when another run held every metric and nothing else went wrong.
    """
    metrics = report.metrics
    found = {error.exit_code for error in errors}
    found |= {metric.error.exit_code for metric in metrics if metric.error}
    found |= {_UNDELIVERED for metric in metrics if metric.pending}
    if fail_on_anomaly and any(_has_anomaly(metric) for metric in metrics):
        found.add(_ANOMALY)
    if found:
        return next((code for code in _RANK if code in found), max(found))
    return _HELD if metrics and all(metric.held for metric in metrics) else 0


def _has_anomaly(metric: MetricReport) -> bool:
    return any(bool((v.verdict == Verdict.ANOMALY).any()) for v in metric.verdicts)


def detections_of(verdicts: Sequence[Verdicts]) -> Iterator[Detection]:
    """Return the newest answer of every series and detector."""
    for one in verdicts:
        if len(one):
            yield _detection(one, len(one) - 1)


def _newest_point(verdicts: Sequence[Verdicts]) -> tuple[Detection, ...]:
    last = list(detections_of(verdicts))
    if not last:
        return ()
    newest = max(detection.timestamp for detection in last)
    now = [detection for detection in last if detection.timestamp == newest]
    worst = max(now, key=lambda detection: (detection.is_anomaly, detection.excess or 0.0))
    return tuple(detection for detection in now if detection.series == worst.series)


def _detection(one: Verdicts, row: int) -> Detection:
    verdict = Verdict(int(one.verdict[row]))
    value, expected = _plain(one.value[row]), _plain(one.expected[row])
    missing = one.status[row] in (Status.MISSING, Status.LATE, Status.NULL)
    percent = None
    if value is not None and expected:
        percent = 100.0 * (value - expected) / abs(expected)
    return Detection(
        detector=one.detector,
        timestamp=to_datetime(one.times[row]),
        value=value,
        is_anomaly=verdict is Verdict.ANOMALY,
        verdict=verdict.name.lower(),
        expected=expected,
        score=_plain(one.score[row]),
        excess=_plain(one.excess[row]),
        lower_bound=_plain(one.lower[row]),
        upper_bound=_plain(one.upper[row]),
        direction="missing" if missing else _WORDS[int(one.direction[row])],
        percent_deviation=percent,
        series=one.labels.key,
        metadata={name: _scalar(column[row]) for name, column in one.explain.items()},
    )


def _plain(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def _scalar(cell: Any) -> Any:
    plain = cell.item() if hasattr(cell, "item") else cell
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
