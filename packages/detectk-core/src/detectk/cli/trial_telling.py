"""Tell what a detector thinks of a series: in a sentence, a table, a chart or an object."""

from __future__ import annotations

import shutil
import sys
from typing import Final

import numpy as np

from detectk.check.detector_choice import Choice
from detectk.check.trial import Judged
from detectk.check.verdict_table import score_of
from detectk.console.chart import draw
from detectk.console.printing import line, paint_chart, table, wants_colour
from detectk.template.words import band, count, known, moment, number, period
from detectk.values import Verdict, to_datetime

__all__ = ["show_chart", "show_summary", "trial_object", "trial_sentence"]

_LAST: Final = 10
_WIDEST: Final = 120
_SIDES: Final = {-1: "below", 0: "", 1: "above"}
_WORDS: Final = {-1: "down", 0: None, 1: "up"}


def trial_sentence(judged: Judged) -> str:
    """Return how many points of which file are what."""
    points = count(len(judged.points), "point")
    return f"{judged.points.where}: {points}, {', '.join(_tally(judged))}"


def show_summary(judged: Judged, choice: Choice) -> None:
    """Print what was judged, by what, and the last anomalies."""
    points, verdicts, grid = judged.points, judged.verdicts, judged.placed.interval
    head = f"{points.where}: {count(len(points), 'point')}"
    if len(verdicts):
        first, last = to_datetime(verdicts.times[0]), to_datetime(verdicts.times[-1])
        head += f" every {grid.count if grid.count > 1 else ''}".rstrip()
        head += f" {grid.unit}{'s' if grid.count > 1 else ''}, {period(first, last, grid.zone)}"
    line(head)
    line(f"{choice.words}: {', '.join(_tally(judged))}")
    rows = _anomalies(judged)
    if not len(rows):
        return
    line()
    if len(rows) > _LAST:
        line(f"the last {_LAST} anomalies:")
    line(_table(judged, rows[-_LAST:]))


def show_chart(judged: Judged) -> None:
    """Draw the series, its band and what was flagged."""
    verdicts = judged.verdicts
    encoding = (sys.stdout.encoding or "ascii").lower()
    drawn = draw(
        verdicts.times,
        verdicts.value,
        verdicts.lower,
        verdicts.upper,
        verdicts.verdict == Verdict.ANOMALY,
        width=min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns),
        zone=judged.placed.interval.zone,
        plain=not encoding.startswith("utf"),
    )
    line(paint_chart(drawn, colour=wants_colour()))
    line()


def trial_object(source: str, target: str, judged: Judged, choice: Choice) -> dict[str, object]:
    """Return what a program wants to know, every anomaly included."""
    verdicts = judged.verdicts
    scores = score_of(verdicts.excess)
    anomalies = [
        {
            "timestamp": to_datetime(verdicts.times[row]).isoformat(),
            "value": known(float(verdicts.value[row])),
            "expected": known(float(verdicts.expected[row])),
            "lower": known(float(verdicts.lower[row])),
            "upper": known(float(verdicts.upper[row])),
            "score": float(scores[row]),
            "excess": float(verdicts.excess[row]),
            "direction": _WORDS[int(verdicts.direction[row])],
        }
        for row in _anomalies(judged)
    ]
    return {
        "input": source,
        "output": target or None,
        "type": choice.type,
        "params": choice.chosen,
        "interval": str(judged.placed.interval),
        "timezone": judged.placed.interval.zone,
        "points": len(judged.points),
        "intervals": len(verdicts),
        "insufficient": judged.count(Verdict.INSUFFICIENT),
        "unjudged": judged.count(Verdict.UNJUDGED),
        "anomalies": anomalies,
    }


def _tally(judged: Judged) -> list[str]:
    holes = int(judged.holes.sum())
    parts = [count(len(_anomalies(judged)), "anomaly", "anomalies")]
    for amount, words in (
        (judged.count(Verdict.INSUFFICIENT), "with too little history"),
        (judged.count(Verdict.UNJUDGED), "without a verdict"),
    ):
        if amount:
            parts.append(f"{amount:,} {words}")
    return [*parts, f"{count(holes, 'interval')} without a row"] if holes else parts


def _anomalies(judged: Judged) -> list[int]:
    rows: list[int] = np.flatnonzero(judged.verdicts.verdict == Verdict.ANOMALY).tolist()
    return rows


def _table(judged: Judged, rows: list[int]) -> str:
    verdicts, zone = judged.verdicts, judged.placed.interval.zone
    cells = []
    for row in rows:
        value = float(verdicts.value[row])
        bounds = float(verdicts.lower[row]), float(verdicts.upper[row])
        cells.append(
            (
                moment(to_datetime(verdicts.times[row]), zone),
                number(value, unlike=bounds),
                band(*bounds, unlike=(known(value),)),
                _SIDES[int(verdicts.direction[row])],
                number(float(verdicts.excess[row])),
            )
        )
    return table(("time", "value", "expected", "side", "excess"), cells)
