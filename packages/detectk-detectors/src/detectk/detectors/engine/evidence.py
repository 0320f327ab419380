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
from detectk.detectors.engine.usual import MOST, Tally, Usual
from detectk.detectors.engine.windows import Baseline, Extent, microseconds
from detectk.values.arrays import Floats, Indices

__all__ = ["Evidence", "gather", "lookback"]

_MICROSECOND = timedelta(microseconds=1)
_SHARES = 8
_ESTABLISHED = 100
_UNIT = 256.0
_LIMB = 32


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
    low, high = _measured(task, tally, extent, base)
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


def _measured(task: Task, tally: Tally, extent: Extent, base: Baseline) -> tuple[Indices, Indices]:
    """Return (k,) bounds in the baseline of the windows that the scatter is measured on."""
    times = microseconds(task.series.times)
    step = max(int(extent.span(task.interval) / _MICROSECOND) // _SHARES, 1)
    anchors = np.searchsorted(times, times[task.targets] // step * step)
    fixed = Baseline.of(task, extent, values=tally.events, targets=anchors)
    own = 2 * (fixed.high - fixed.low) < base.high - base.low
    return np.where(own, base.low, fixed.low), np.where(own, base.high, fixed.high)


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
        self._targets = task.targets
        self._measured = base.points[low:high]

    def judge(self, rows: Indices, found: Evidence) -> None:
        """Write what the windows of ``rows`` say into ``found``."""
        wanted = self._codes[self._targets[rows]]
        groups, which = np.unique(wanted, return_inverse=True)
        usual = Usual.of(self._tally, self._measured, self._codes[self._measured])
        dispersion, pool = self._scatter(groups, usual)
        low, high = self._base.low[rows], self._base.high[rows]
        first = low.min()
        points = self._base.points[first : high.max()]
        codes = self._codes[points]
        place = np.minimum(np.searchsorted(groups, codes), len(groups) - 1)
        mine = np.flatnonzero(groups[place] == codes)
        points, place = points[mine], place[mine]
        trials = self._tally.trials[points]
        counted = usual.cut(self._tally, points, codes[mine])
        arranged = Arranged.of(
            place,
            which,
            low=np.searchsorted(mine, low - first),
            high=np.searchsorted(mine, high - first),
        )
        sorted_rows = rows[arranged.rows]
        found.events[sorted_rows] = _window_sums(counted[arranged.order], arranged)
        found.trials[sorted_rows] = _window_sums(trials[arranged.order], arranged)
        found.samples[sorted_rows] = arranged.high - arranged.low
        found.dispersion[rows] = dispersion[which]
        found.pool[rows] = pool[which]
        seen = self._tally.events[self._measured]
        found.never_zero[rows] = len(seen) >= _ESTABLISHED and bool(seen.min() > 0.0)

    def _scatter(self, groups: Indices, usual: Usual) -> tuple[Floats, Indices]:
        """Return (g,) the overdispersion of each group, and how many points showed it."""
        points, codes = self._measured, self._codes[self._measured]
        if not len(points):
            return np.zeros(len(groups)), np.zeros(len(groups), np.intp)
        events, trials = usual.cut(self._tally, points, codes), self._tally.trials[points]
        size = int(max(codes.max(), groups.max())) + 1
        sums = tuple(
            np.bincount(codes, weights, size).astype(np.float64)
            for weights in (events, trials, np.ones(len(points)))
        )
        total, among, count = (column[groups] for column in sums)
        overall = events.sum() / trials.sum()
        rates = np.where(count > 0.0, total / np.maximum(among, 1e-300), overall)
        group = (sums[0][codes], sums[1][codes], sums[2][codes])
        residuals = self._tally.noise.residuals(events, trials, group=group)
        return overdispersion(residuals, rates)


def _window_sums(values: Floats, arranged: Arranged) -> Floats:
    """Return sums of windows, exact: values are whole multiples of 1/256, added in two halves."""
    whole = np.rint(np.minimum(values, MOST) * _UNIT).astype(np.int64)
    found = np.zeros(len(arranged.rows))
    for limb, unit in ((whole >> _LIMB, 2.0**_LIMB), (whole & (2**_LIMB - 1), 1.0)):
        running = np.concatenate(([0], np.cumsum(limb)))
        found += (running[arranged.high] - running[arranged.low]) * unit
    return found / _UNIT
