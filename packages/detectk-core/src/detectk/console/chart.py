"""Draw a series, its band and what was flagged, in plain text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from detectk.template.words import elapsed, number, period, span
from detectk.values.arrays import Floats, Times, to_datetime

__all__ = ["draw"]

_LABEL_ROOM = 12
_MINUTES = (1, 5, 10, 15, 30, 60, 120, 180, 360, 720)
_DAYS = (1, 2, 7, 14, 28, 91, 182, 364, 728, 1_820, 3_640, 18_200)
_DAY = 1_440
_WIDEST_STEP = 8
_NEAR_ZERO = 0.4
_ASCII = str.maketrans("─│╭╮╰╯┤├└┬░●", "-|/\\\\/++++.#")


@dataclass(frozen=True, slots=True)
class _Column:
    """One character's width of the chart."""

    at: datetime
    value: float
    lower: float
    upper: float
    flagged: bool


def draw(  # noqa: PLR0913 - columns of one table
    times: Times,
    values: Floats,
    lower: Floats,
    upper: Floats,
    flagged: npt.NDArray[np.bool_],
    *,
    width: int = 100,
    height: int = 16,
    zone: str = "UTC",
    onset: datetime | None = None,
    until: datetime | None = None,
    plain: bool = False,
) -> str:
    """Return a chart of at most ``width`` columns, ``height`` rows of it for the values.

    Args:
        times: (n,) datetime64, UTC, increasing: starts of intervals.
        values: (n,) float64; NaN leaves a gap.
        lower: (n,) float64, NaN or infinite where there is no bound.
        upper: (n,) float64, like ``lower``.
        flagged: (n,) bool, the points to mark. Where several points share a column, a flagged
            one is shown, the farthest out first; else their mean.
        width: Columns, labels included; at least 30 are used.
        height: Rows for the values, at most where that leaves a row for each label.
        zone: IANA key for the axis.
        onset: Start of the stretch to underline; None for none.
        until: End of it; None when it goes on.
        plain: Use ASCII only.
    """
    height = max(4, height)
    if not len(times) or not np.isfinite(values).any():
        return "no values to draw"
    low, high, ticks = _scale(values, lower, upper, height)
    labels = _tick_labels(ticks)
    steps = len(ticks) - 1
    height = steps * max(1, (height - 1) // steps) + 1  # so that every tick has a row of its own
    margin = max(map(len, labels))
    room = max(30, width) - margin - 2
    columns = _columns(times, values, lower, upper, flagged, room=room, zone=zone)
    grid = _Grid(columns, low, high, height)
    names = {grid.row(tick): label for tick, label in zip(ticks, labels, strict=True)}
    rows = [
        f"{names.get(i, ''):>{margin}} {'┤' if i in names else '│'}{row}".rstrip()
        for i, row in enumerate(grid.rows())
    ]
    axis, days = _time_axis(columns)
    edge = " " * (margin + 1)
    rows += [f"{edge}└{axis}", f"{edge} {days}".rstrip()]
    if onset is not None:
        rows.append(f"{edge} {_underline(columns, onset, until, zone)}".rstrip())
    first, last = columns[0].at, columns[-1].at
    legend = [period(first, last, zone), "─ value   ░ expected   ● outside"]
    fits = sum(map(len, legend)) + 3 <= room
    rows += [f"{edge} {text}" for text in (["   ".join(legend)] if fits else legend)]
    text = "\n".join(rows)
    return text.translate(_ASCII) if plain else text


class _Grid:
    """Characters by row and column: the band below, the line over it, the flags on top."""

    def __init__(self, columns: Sequence[_Column], low: float, high: float, height: int) -> None:
        self._low, self._high, self._height = low, high, height
        self._cells = [[" "] * len(columns) for _ in range(height)]
        for x, column in enumerate(columns):
            self._shade(x, column)
        for x, column in enumerate(columns):
            if math.isfinite(column.value):
                before = columns[x - 1].value if x else math.nan
                self._line(x, before if math.isfinite(before) else column.value, column.value)
        for x, column in enumerate(columns):
            new = not x or columns[x - 1].at != column.at
            if column.flagged and new and math.isfinite(column.value):
                self._cells[self.row(column.value)][x] = "●"

    def rows(self) -> list[str]:
        """Return the rows, the highest values first."""
        return ["".join(row) for row in self._cells]

    def row(self, value: float) -> int:
        """Return the row of ``value``, 0 at the top; values beyond the edge lie on it."""
        share = (self._high - value) / (self._high - self._low)
        return min(max(round(share * (self._height - 1)), 0), self._height - 1)

    def _shade(self, x: int, column: _Column) -> None:
        if math.isnan(column.lower) and math.isnan(column.upper):
            return
        top = self.row(column.upper) if math.isfinite(column.upper) else 0
        bottom = self.row(column.lower) if math.isfinite(column.lower) else self._height - 1
        for y in range(top, bottom + 1):
            self._cells[y][x] = "░"

    def _line(self, x: int, before: float, value: float) -> None:
        start, end = self.row(before), self.row(value)
        if start == end:
            self._cells[end][x] = "─"
            return
        falls = end > start
        self._cells[start][x] = "╮" if falls else "╯"
        self._cells[end][x] = "╰" if falls else "╭"
        for y in range(min(start, end) + 1, max(start, end)):
            self._cells[y][x] = "│"


def _columns(  # noqa: PLR0913 - columns of one table
    times: Times,
    values: Floats,
    lower: Floats,
    upper: Floats,
    flagged: npt.NDArray[np.bool_],
    *,
    room: int,
    zone: str,
) -> list[_Column]:
    n = len(times)
    local = ZoneInfo(zone)
    wide = min(max(1, room // n), _WIDEST_STEP)
    edges = np.linspace(0, n, min(n, room) + 1).astype(int)
    columns = []
    for start, end in pairwise(edges.tolist()):
        here = slice(start, end)
        at = to_datetime(times[start]).astimezone(local)
        low, high, marked = lower[here], upper[here], flagged[here]
        value = _mean(values[here])
        if marked.any():
            out = values[here][marked]
            middle = np.nan_to_num((low[marked] + high[marked]) / 2, posinf=0.0, neginf=0.0)
            far = np.nan_to_num(np.abs(out - middle), nan=-1.0)
            value = float(out[int(far.argmax())])
        columns += [_Column(at, value, _mean(low), _mean(high), bool(marked.any()))] * wide
    return columns


def _mean(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    if len(finite):
        return float(finite.mean())
    return float(values[0])


def _scale(
    values: Floats, lower: Floats, upper: Floats, height: int
) -> tuple[float, float, list[float]]:
    every = np.concatenate([values, lower, upper])
    every = every[np.isfinite(every)]
    low, high = float(every.min()), float(every.max())
    least = float(values[np.isfinite(values)].min())
    if least >= 0 and low <= _NEAR_ZERO * high:
        low = 0.0  # a count stands on the ground, whatever its band says
    if low == high:
        low, high = low - 1, high + 1
    step = _nice((high - low) / max(2, min(5, height // 3)))
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return low, high, [low + i * step for i in range(round((high - low) / step) + 1)]


def _nice(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(step * size for step in (1, 2, 2.5, 5, 10) if step * size >= rough * 0.999)


def _tick_labels(ticks: Sequence[float]) -> list[str]:
    step = ticks[1] - ticks[0]
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    shown = [round(tick, places + 1) for tick in ticks]
    return [number(tick, unlike=tuple(shown)) for tick in shown]


def _time_axis(columns: Sequence[_Column]) -> tuple[str, str]:
    axis, labels = ["─"] * len(columns), [" "] * (len(columns) + _LABEL_ROOM)
    day, free = -1, 0
    for x in _time_ticks(columns):
        at = columns[x].at
        axis[x] = "┬"
        new_day = at.toordinal() != day
        day = at.toordinal()
        midnight = not (at.hour or at.minute)
        date = f"{at:%a} {at.day} {at:%b}" if midnight else f"{at:%a %H:%M}"
        text = date if new_day else f"{at:%H:%M}"
        if x >= free and x + len(text) <= len(columns):
            labels[x : x + len(text)] = text
            free = x + len(text) + 1
    return "".join(axis), "".join(labels).rstrip()


def _time_ticks(columns: Sequence[_Column]) -> list[int]:
    """Return the columns where a round time begins, as dense as their labels allow."""
    most = max(1, len(columns) // _LABEL_ROOM)
    ticks: list[int] = []
    for minutes in (*_MINUTES, *(days * _DAY for days in _DAYS)):
        slots = [_slot(column.at, minutes) for column in columns]
        ticks = [x for x in range(1, len(slots)) if slots[x] != slots[x - 1]]
        if _begins(columns[0].at, minutes):
            ticks.insert(0, 0)
        if len(ticks) <= most:
            break
    return ticks


def _slot(at: datetime, minutes: int) -> tuple[int, int]:
    if minutes >= _DAY:
        return ((at.toordinal() - 1) // (minutes // _DAY), 0)
    return (at.toordinal(), (at.hour * 60 + at.minute) // minutes)


def _begins(at: datetime, minutes: int) -> bool:
    into = (at.hour * 60 + at.minute) % min(minutes, _DAY)
    whole_days = minutes < _DAY or not (at.toordinal() - 1) % (minutes // _DAY)
    return not into and whole_days


def _underline(
    columns: Sequence[_Column], onset: datetime, until: datetime | None, zone: str
) -> str:
    inside = [x for x, c in enumerate(columns) if c.at >= onset and (until is None or c.at < until)]
    if not inside:
        return ""
    if until is None:
        text = f" since {onset.astimezone(ZoneInfo(zone)):%a %H:%M} "
    else:
        text = f" {span(elapsed(onset, until))} "
    first, last = inside[0], inside[-1]
    length = last - first + 1
    right = "┤" if until is not None else "─"
    if length >= len(text) + 4:
        bar = f"├{text.center(length - 2, '─')}{right}"
    else:
        bar = f"{'├' + '─' * (length - 2) + right if length > 1 else '│'}{text.rstrip()}"
    start = first if first + len(bar) <= len(columns) else max(0, len(columns) - len(bar))
    return " " * start + bar
