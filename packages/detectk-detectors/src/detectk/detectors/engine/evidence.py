"""What a window says of the rate of each target: events, trials, and how they scatter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from detectk.contracts.detector import Lookback, Task
from detectk.detectors.engine.arrange import Arranged
from detectk.detectors.engine.flags import Flags
from detectk.detectors.engine.lookback import padded
from detectk.detectors.engine.noise import overdispersion
from detectk.detectors.engine.seasons import Grouping
from detectk.detectors.engine.usual import MOST, Tally, usual
from detectk.detectors.engine.windows import Baseline, Extent, microseconds
from detectk.values.arrays import Floats, Indices

__all__ = ["Evidence", "gather", "lookback"]

_MICROSECOND = timedelta(microseconds=1)
_SHARES = 8
_ESTABLISHED = 100
_UNIT = 256.0
_LIMB = 32
_EXACT = 2.0**52


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known of each target before it is seen.

    Attributes:
        events: (k,) sums of the target's group in its window.
        trials: (k,) what they are counted among.
        dispersion: (k,) overdispersion, >= 0.
        samples: (k,) how many points the sums are of.
        pool: (k,) how many points showed the overdispersion.
        level: (k,) which grouping was used.
        window: (k,) points in the whole window.
        never_zero: (k,) whether all of at least 100 points that showed the scatter are above 0.
    """

    events: Floats
    trials: Floats
    dispersion: Floats
    samples: Indices
    pool: Indices
    level: Indices
    window: Indices
    never_zero: Flags


def lookback(extent: Extent) -> Lookback:
    """Return a window, and an eighth more: dispersions are measured eight times a window."""
    points = extent.points + extent.points // _SHARES + 1
    return Lookback(
        padded(points) if extent.points else 1, extent.length + extent.length // _SHARES
    )


def gather(
    task: Task, tally: Tally, *, extent: Extent, path: Sequence[Grouping], least: int
) -> Evidence:
    """Return what the windows of the targets of ``task`` say.

    Sums are those of the window strictly before a target. How values scatter, and which of them
    count only in part, is measured at fixed times, eight a window, on the window before the
    newest of them; while that holds less than half of the target's window, on the target's own.
    A target alone and a whole history thus see the same.

    Args:
        task: Whose targets.
        tally: (n,) its points.
        extent: Length of the window.
        path: Groupings to try in turn; the last one holds every point.
        least: Points without which a group is too thin.
    """
    base = Baseline.of(task, extent, values=tally.events)
    low, high = _measured(task, extent, base)
    level = _levels(task, base, path, least)
    size = len(task.targets)
    events, trials, dispersion = (np.zeros(size) for _ in range(3))
    samples, pool = (np.zeros(size, np.intp) for _ in range(2))
    window, never_zero = base.high - base.low, np.zeros(size, np.bool_)
    found = Evidence(events, trials, dispersion, samples, pool, level, window, never_zero)
    cells = (low * (len(base.points) + 1) + high) * len(path) + level
    order = np.argsort(cells, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(cells[order])) + 1) if size else ():
        first = rows[0]
        if base.high[rows].max() == base.low[rows].min():
            continue
        cell = _Cell(task, tally, base, path[level[first]], int(low[first]), int(high[first]))
        cell.judge(rows, found)
    return found


def _measured(task: Task, extent: Extent, base: Baseline) -> tuple[Indices, Indices]:
    """Return (k,) bounds in the baseline of the windows that the scatter is measured on."""
    times = microseconds(task.series.times)
    step = max(int(extent.span(task.interval) / _MICROSECOND) // _SHARES, 1)
    anchors = np.searchsorted(times, times[task.targets] // step * step)
    low, high = extent.first(task.series.times, anchors), anchors
    if len(base.points) < len(times):
        low, high = np.searchsorted(base.points, low), np.searchsorted(base.points, high)
    own = 2 * (high - low) < base.high - base.low
    return np.where(own, base.low, low), np.where(own, base.high, high)


def _levels(task: Task, base: Baseline, path: Sequence[Grouping], least: int) -> Indices:
    """Return (k,) the first grouping of ``path`` in which the target's group is not thin."""
    level = np.full(len(task.targets), len(path) - 1)
    open_rows = np.arange(len(task.targets))
    for number, grouping in enumerate(path[:-1]):
        codes = grouping.codes
        arranged = Arranged.of(
            codes[base.points],
            codes[task.targets[open_rows]],
            low=base.low[open_rows],
            high=base.high[open_rows],
        )
        full = arranged.rows[arranged.high - arranged.low >= least]
        level[open_rows[full]] = number
        open_rows = np.delete(open_rows, full)
        if not len(open_rows):
            break
    return level


class _Cell:
    """Targets that share a grouping and the window on which the scatter is measured.

    Args:
        task: Whose targets.
        tally: Its points.
        base: Windows of its targets.
        grouping: How points are grouped.
        low: First place in the baseline of the measured window.
        high: Place after the last one.
    """

    def __init__(
        self, task: Task, tally: Tally, base: Baseline, grouping: Grouping, low: int, high: int
    ) -> None:
        self._tally = tally
        self._base = base
        self._codes = grouping.codes
        self._is_one = not grouping.features
        self._targets = task.targets
        self._low = low
        self._high = high

    def judge(self, rows: Indices, found: Evidence) -> None:
        """Write what the windows of ``rows`` say into ``found``."""
        low, high = self._base.low[rows], self._base.high[rows]
        first = min(self._low, int(low.min()))
        points = self._base.points[first : max(self._high, int(high.max()))]
        codes, trials = self._codes[points], self._tally.trials[points]
        measured = slice(self._low - first, self._high - first)
        events = usual(self._tally, points, codes, window=measured)
        if self._is_one:
            groups, which = np.zeros(1, np.intp), np.zeros(len(rows), np.intp)
        else:
            groups, which = np.unique(self._codes[self._targets[rows]], return_inverse=True)
        dispersion, pool = self._scatter(
            groups, codes[measured], events[measured], trials[measured]
        )
        found.dispersion[rows] = dispersion[which]
        found.pool[rows] = pool[which]
        seen = self._tally.events[points[measured]]
        found.never_zero[rows] = len(seen) >= _ESTABLISHED and bool(seen.min() > 0.0)
        low, high = low - first, high - first
        if not self._is_one:
            place = np.searchsorted(groups, codes)
            mine = np.flatnonzero(groups[np.minimum(place, len(groups) - 1)] == codes)
            low, high = np.searchsorted(mine, low), np.searchsorted(mine, high)
            arranged = Arranged.of(place[mine], which, low=low, high=high)
            order = mine[arranged.order]
            events, trials = events[order], trials[order]
            rows, low, high = rows[arranged.rows], arranged.low, arranged.high
        found.samples[rows] = high - low
        found.events[rows] = _window_sums(events, low, high)
        if self._tally.alike:
            found.trials[rows] = high - low
        else:
            found.trials[rows] = _window_sums(trials, low, high)

    def _scatter(
        self, groups: Indices, codes: Indices, events: Floats, trials: Floats
    ) -> tuple[Floats, Indices]:
        """Return (g,) the overdispersion of each group, and how many points showed it."""
        if not len(codes):
            return np.zeros(len(groups)), np.zeros(len(groups), np.intp)
        size = int(max(codes.max(), groups.max())) + 1
        total = np.bincount(codes, events, size).astype(np.float64)
        count = np.bincount(codes, minlength=size).astype(np.float64)
        among = count
        if not self._tally.alike:
            among = np.bincount(codes, trials, size).astype(np.float64)
        rates = total[groups] / np.maximum(among[groups], 1e-300)
        unseen = count[groups] == 0.0
        if unseen.any():
            rates[unseen] = events.sum() / trials.sum()
        group = (total[codes], among[codes], count[codes])
        residuals = self._tally.noise.residuals(events, trials, group=group)
        return overdispersion(residuals, rates)


def _window_sums(values: Floats, low: Indices, high: Indices) -> Floats:
    """Return sums of windows, exact: values are whole multiples of 1/256, added as integers."""
    values = np.rint(np.minimum(values, MOST) * _UNIT)
    running = np.zeros(len(values) + 1, np.int64)
    if values.max(initial=0.0) * len(values) < _EXACT:
        np.cumsum(values.astype(np.int64), out=running[1:])
        return (running[high] - running[low]) / _UNIT
    whole, found = values.astype(np.int64), np.zeros(len(low))
    for limb, unit in ((whole >> _LIMB, 2.0**_LIMB), (whole & (2**_LIMB - 1), 1.0)):
        np.cumsum(limb, out=running[1:])
        found += (running[high] - running[low]) * unit
    return found / _UNIT
