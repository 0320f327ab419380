"""Tell what two months brought: a table, a chart, and what to type next."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from detectk.check import Checker
from detectk.config import MetricConfig
from detectk.console.chart import draw
from detectk.console.printing import line, paint, paint_chart, table, wants_colour
from detectk.template.words import elapsed, moment, number, period, span
from detectk.values import Incident, Labels, Notice, Verdict, Window

__all__ = ["chart", "incident_table", "next_commands"]

_ZONE = "America/New_York"
_WIDEST = 100


def incident_table(notices: Sequence[tuple[str, Notice]]) -> None:
    """Print one line an incident: when it began and ended, and how bad it was."""
    if not notices:
        line("Nothing that was not told before.")
        line()
        return
    latest: dict[str, tuple[str, Notice]] = {}
    for metric, notice in notices:
        latest[notice.id] = (metric, notice)
    rows = [_row(metric, notice) for metric, notice in latest.values()]
    headers = ("metric", "series", "trouble", "lasted", "at its worst", "expected")
    line(table(headers, sorted(rows, key=lambda row: (row[0], row[2]))))
    line()


def _row(metric: str, notice: Notice) -> tuple[str, str, str, str, str, str]:
    incident = notice.incident
    series = ", ".join(value for _, value in Labels.from_key(notice.series))
    return (
        metric,
        series,
        _when(incident),
        span(elapsed(incident.onset, incident.until)),
        number(incident.peak.value),
        _expected(incident),
    )


def _when(incident: Incident) -> str:
    if incident.open:
        return f"{moment(incident.onset, _ZONE)}, goes on"
    return period(incident.onset, incident.until, _ZONE)


def _expected(incident: Incident) -> str:
    peak = incident.peak
    if peak.expected is not None:
        return number(peak.expected)
    return f"at most {number(peak.upper)}" if peak.upper is not None else ""


def chart(
    checker: Checker, config: MetricConfig, *, series: str, start: datetime, length: timedelta
) -> None:
    """Print one series of a metric with its band and what was flagged."""
    past = checker.past(config, Window(start, start + length))
    verdicts = next((v for v in past.verdicts if series in dict(v.labels).values()), None)
    if verdicts is None:
        return
    flagged = verdicts.verdict == Verdict.ANOMALY
    line(paint(f"{config.name}, {series}", "bold", colour=wants_colour()))
    line()
    width = min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)
    drawn = draw(
        verdicts.times,
        verdicts.value,
        verdicts.lower,
        verdicts.upper,
        flagged,
        width=width,
        height=14,
        zone=_ZONE,
    )
    line(paint_chart(drawn, colour=wants_colour()))
    line()


def next_commands(folder: Path) -> None:
    """Print what to type next."""
    line(paint("Now you", "bold", colour=wants_colour()))
    line()
    for command, why in (
        (f"cd {folder}", ""),
        ("dtk validate metrics", "is every file right?"),
        ("dtk preview metrics/departures.yaml", "what the query gives, and what that advises"),
        ("dtk run metrics -t 2013-04-01T10:01-04:00", "the next run, at a time of 2013"),
        ("dtk init metrics/mine.yaml -d mad", "a metric of your own"),
    ):
        line(f"  {command:<46}{'# ' + why if why else ''}".rstrip())
    line()
