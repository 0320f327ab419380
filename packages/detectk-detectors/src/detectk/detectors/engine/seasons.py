"""Which group a point belongs to: context columns, the calendar of its zone, the user's events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.calendar import BUILTIN, Calendar
from detectk.errors import DetectError
from detectk.values.arrays import Context, Indices

__all__ = ["BUILTIN", "Grouping", "fallbacks", "feature_codes"]

NO_CALENDAR = Calendar()

_COARSER = {"hour_of_week": "hour_of_day"}
_RARE = ("day_of_month", "month_end", "holiday")


@dataclass(frozen=True, eq=False)
class Grouping:
    """One way to group the points of a series: those that agree in all features.

    Attributes:
        task: Whose series.
        features: What to agree in; nothing makes all points one group.
        calendar: The user's holidays and events.
    """

    task: Task
    features: Sequence[str]
    calendar: Calendar = field(default=NO_CALENDAR)

    @property
    def name(self) -> str:
        """The features, joined by " x "; "window" for none."""
        return " x ".join(self.features) or "window"

    @cached_property
    def codes(self) -> Indices:
        """(n,) equal numbers for points of the same group."""
        codes = np.zeros(len(self.task.series), dtype=np.intp)
        for feature in self.features:
            column = feature_codes(self.task, feature, self.calendar)
            codes = codes * (int(column.max(initial=0)) + 1) + column
        return codes


def fallbacks(
    task: Task, features: Sequence[str], calendar: Calendar = NO_CALENDAR
) -> list[Grouping]:
    """Return the groupings to try in turn, from all ``features`` combined to the whole window.

    What is rare (an event, a holiday, the end or a day of a month) is first compared with its
    like at the same hour of any day, and then no longer told apart, the last one first. After
    that a thin hour of the week falls back on the hour of the day; otherwise the last feature is
    dropped. A holiday that is no longer told apart is still a Sunday to the other features.
    """
    names = _paths(tuple(features), rare={*_RARE, *calendar.events})
    return [Grouping(task, path, calendar) for path in dict.fromkeys(names)]


def feature_codes(task: Task, feature: str, calendar: Calendar = NO_CALENDAR) -> Indices:
    """Return (n,) numbers, equal where ``feature`` is; a context column wins over the calendar.

    Raises:
        DetectError: The series has no such column and the calendar no such feature, or what the
            calendar needs is not there.
    """
    series = task.series
    if feature in series.context:
        return _numbered(series.context[feature])
    known = (*BUILTIN, *calendar.events)
    if feature in known:
        return calendar.codes(feature, series.times, task.interval)
    columns = ", ".join(sorted(series.context)) or "none"
    raise DetectError(
        f"seasonal feature {feature!r} is neither a context column (there: {columns}) "
        f"nor one of {', '.join(known)}",
        where=calendar.where,
        hint=f"add {feature!r} to the collector's context_columns",
    )


def _paths(features: tuple[str, ...], *, rare: set[str]) -> Iterator[tuple[str, ...]]:
    told = [name for name in features if name in rare]
    while told:
        kept = [name for name in features if name in told or name not in rare]
        yield tuple(kept)
        yield tuple(dict.fromkeys(_COARSER.get(name, name) for name in kept))
        told.pop()
    kept = [name for name in features if name not in rare]
    while kept:
        yield tuple(kept)
        last = kept.pop()
        if last in _COARSER:
            kept.append(_COARSER[last])
    yield ()


def _numbered(column: Context) -> Indices:
    if column.dtype.kind in "biuf":
        return np.unique(column, return_inverse=True)[1].astype(np.intp)
    entries = column.tolist()
    if len(kinds := set(map(type, entries))) > 1 and bool in kinds:
        entries = list(map(_text, entries))  # True is 1 to Python, not to people
    texts = {entry: _text(entry) for entry in dict.fromkeys(entries)}
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts.values()))}
    number_of = {entry: numbers[text] for entry, text in texts.items()}
    return np.array([number_of[entry] for entry in entries], dtype=np.intp)


def _text(entry: Any) -> str:
    """Write 3 and 3.0 alike: a column of numbers with a hole in it comes back as floats."""
    if isinstance(entry, float) and entry.is_integer():
        return str(int(entry))
    return str(entry)
