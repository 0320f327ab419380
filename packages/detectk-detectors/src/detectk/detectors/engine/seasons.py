"""Which group a point belongs to: context columns and the calendar of the metric's zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from detectk.contracts.detector import Task
from detectk.errors import DetectError
from detectk.values.arrays import Context, Indices, Times
from detectk.values.zones import pieces_between

__all__ = ["BUILTIN", "Grouping", "fallbacks", "feature_codes"]

BUILTIN = ("hour_of_day", "day_of_week", "hour_of_week")

_COARSER = {"hour_of_week": "hour_of_day"}
_HOUR, _DAY = 3_600, 86_400
_THURSDAY = 3


@dataclass(frozen=True, eq=False)
class Grouping:
    """One way to group the points of a series: those that agree in all features.

    Attributes:
        task: Whose series.
        features: What to agree in; nothing makes all points one group.
    """

    task: Task
    features: Sequence[str]

    @property
    def name(self) -> str:
        """The features, joined by " x "; "window" for none."""
        return " x ".join(self.features) or "window"

    @cached_property
    def codes(self) -> Indices:
        """(n,) equal numbers for points of the same group."""
        codes = np.zeros(len(self.task.series), dtype=np.intp)
        for feature in self.features:
            column = feature_codes(self.task, feature)
            codes = codes * (int(column.max(initial=0)) + 1) + column
        return codes


def fallbacks(task: Task, features: Sequence[str]) -> list[Grouping]:
    """Return the groupings to try in turn, from all ``features`` combined to the whole window.

    A thin hour of the week falls back on the hour of the day; otherwise the last feature is
    dropped.
    """
    path = [tuple(features)]
    while path[-1]:
        *kept, last = path[-1]
        path.append((*kept, _COARSER[last]) if last in _COARSER else tuple(kept))
    return [Grouping(task, names) for names in path]


def feature_codes(task: Task, feature: str) -> Indices:
    """Return (n,) numbers, equal where ``feature`` is; a context column wins over the calendar.

    Raises:
        DetectError: The series has no such column, and the calendar no such feature.
    """
    series = task.series
    if feature in series.context:
        return _numbered(series.context[feature])
    if feature not in BUILTIN:
        columns = ", ".join(sorted(series.context)) or "none"
        raise DetectError(
            f"seasonal feature {feature!r} is neither a context column (there: {columns}) "
            f"nor one of {', '.join(BUILTIN)}",
            hint=f"add {feature!r} to the collector's context_columns",
        )
    local = _local_seconds(series.times, task.interval.zone)
    hour = local // _HOUR % 24
    if feature == "hour_of_day":
        return hour
    weekday = (local // _DAY + _THURSDAY) % 7
    return weekday if feature == "day_of_week" else weekday * 24 + hour


def _numbered(column: Context) -> Indices:
    texts = [_text(entry) for entry in column.tolist()]
    number = {text: code for code, text in enumerate(dict.fromkeys(texts))}
    return np.array([number[text] for text in texts], dtype=np.intp)


def _text(entry: Any) -> str:
    """Write 3 and 3.0 alike: a column of numbers with a hole in it comes back as floats."""
    if isinstance(entry, float) and entry.is_integer():
        return str(int(entry))
    return str(entry)


def _local_seconds(times: Times, zone: str) -> Indices:
    """Return the wall clock of ``zone`` in seconds; the repeated hour of autumn comes twice."""
    seconds = times.astype("datetime64[s]").astype(np.int64)
    if not len(seconds):
        return seconds
    pieces = list(pieces_between(zone, int(seconds[0]), int(seconds[-1]) + 1))
    where = np.searchsorted([piece.start for piece in pieces], seconds, side="right") - 1
    local: Indices = seconds + np.array([piece.offset for piece in pieces])[where]
    return local
