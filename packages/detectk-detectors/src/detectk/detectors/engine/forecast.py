"""Forecasts one point ahead by regressions on the points before, fitted block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.blocks import Blocks
from detectk.detectors.engine.judged import Flags
from detectk.detectors.engine.past import Past
from detectk.detectors.engine.regress import Regression
from detectk.detectors.engine.rows import OrderedRows
from detectk.values.arrays import Floats, Indices

__all__ = ["BLOCK", "SHARE", "Forecasts", "Plan"]

BLOCK, SHARE = 32, 16
"""Intervals that share one regression: so many, or one in so many of the window if that is more.

So a point costs the same whatever the window."""

# A value counts as at most so many units from the window's median.
_FARTHEST = 10.0
# What a regression leaves counts as at most so many robust standard deviations of the values: a
# tail beyond it is made of incidents, which are not to hide the next one.
_CAP = 5.0
# Cells of the largest matrix of products that are computed at once: they stay in a cache.
_CELLS = 250_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a forecast is made of.

    Attributes:
        lags: Points before the target.
        width: Points that a regression is fitted to.
        season: Points of a season; 0 for none.
        least: Rows without which the season is left out.
    """

    lags: int
    width: int
    season: int
    least: int

    @property
    def regressors(self) -> int:
        """Coefficients, the constant included."""
        return 1 + self.lags + (2 if self.season else 0)

    @property
    def block(self) -> int:
        """Intervals that share one regression."""
        return max(BLOCK, self.width // SHARE)

    @property
    def chunk(self) -> int:
        """Regressions to fit at once."""
        pairs = self.regressors * (self.regressors + 3) // 2
        return max(1, _CELLS // (pairs * self.width))


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """What is expected, one row a target.

    Attributes:
        expected: (k,) forecast; NaN where there is nothing to make one from.
        scale: (k,) standard deviation of its error; NaN likewise.
        samples: (k,) rows that the regression was fitted to.
        steps: (k,) intervals since the last value; 1 if the one before the target has one.
    """

    expected: Floats
    scale: Floats
    samples: Indices
    steps: Indices

    @classmethod
    def of(cls, tasks: Sequence[Task], plans: Sequence[Plan]) -> list[Forecasts]:
        """Forecast every target of every task by its plan, many regressions at once."""
        answers, waiting = [], dict[Plan, list[_Piece]]()
        for task, plan in zip(tasks, plans, strict=True):
            past, size = Past.of(task, season=plan.season), len(task.targets)
            nothing = np.full(size, np.nan)
            samples = np.zeros(size, dtype=np.intp)
            found = cls(nothing, nothing.copy(), samples, past.steps(task.targets))
            answers.append(found)
            queue = waiting.setdefault(plan, [])
            for piece in _pieces(task, past, plan, found):
                queue.append(piece)
                if sum(len(waits.values) for waits in queue) >= plan.chunk:
                    _settle(queue, plan)
                    queue.clear()
        for plan, queue in waiting.items():
            if queue:
                _settle(queue, plan)
        return answers


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Some blocks of a task, with what their forecasts need.

    Attributes:
        values: (b, lags + w) values before each block.
        seasonal: (s, b, w) seasons of the last w of them.
        before: (lags + s, k) values before each target.
        block: (k,) row of the block of each target.
        rows: Rows of the targets in ``found``.
        found: Where the forecasts go.
    """

    values: Floats
    seasonal: Floats
    before: Floats
    block: Indices
    rows: slice
    found: Forecasts


def _pieces(task: Task, past: Past, plan: Plan, found: Forecasts) -> Iterator[_Piece]:
    """Cut the targets of a task into pieces of no more blocks than are fitted at once."""
    blocks = Blocks.of(task, plan.block)
    chosen, block = np.unique(blocks.at(task.targets), return_inverse=True)
    starts, chunk = blocks.starts[chosen], plan.chunk
    edges = np.searchsorted(block, np.arange(0, len(starts) + chunk, chunk))
    for number, first in enumerate(range(0, len(starts), chunk)):
        rows = slice(edges[number], edges[number + 1])
        values, seasonal = past.windows(starts[first : first + chunk], plan.lags + plan.width)
        yield _Piece(
            values,
            seasonal[:, :, plan.lags :],
            past.before(task.targets[rows], plan.lags, oldest=starts[block[rows]] - plan.width),
            block[rows] - first,
            rows,
            found,
        )


def _settle(pieces: Sequence[_Piece], plan: Plan) -> None:
    """Fit the blocks of all pieces, and write their forecasts."""
    values = np.concatenate([piece.values for piece in pieces])
    centre, unit, scale = _measured(values[:, plan.lags :])
    values = _near(values, centre[:, None], unit[:, None])
    seasonal = np.concatenate([piece.seasonal for piece in pieces], axis=1)
    seasonal = _near(seasonal, centre[:, None], unit[:, None])
    design, usable, with_season = _design(values, seasonal, plan)
    target = np.where(usable, values[:, plan.lags :], 0.0)
    regression = Regression.fit(design, target, usable)
    error = np.fmin(regression.scale, _CAP * scale) * unit
    first = np.cumsum([0, *(len(piece.values) for piece in pieces)])
    block = np.concatenate([p.block + at for p, at in zip(pieces, first, strict=False)])
    coefficients = regression.coefficients[:, block]
    centre, unit, with_season = centre[block], unit[block], with_season[block]
    before = _near(np.concatenate([piece.before for piece in pieces], axis=1), centre, unit)
    before[plan.lags :, ~with_season] = 0.0
    expected = coefficients[0]
    for coefficient, known in zip(coefficients[1:], before, strict=True):
        expected = expected + coefficient * known
    expected = expected * unit + centre
    at = 0
    for piece in pieces:
        part = slice(at, at := at + len(piece.block))
        piece.found.expected[piece.rows] = expected[part]
        piece.found.scale[piece.rows] = error[block[part]]
        piece.found.samples[piece.rows] = regression.samples[block[part]]


def _design(values: Floats, seasonal: Floats, plan: Plan) -> tuple[Floats, Flags, Flags]:
    """Return the (q, b, w) regressors, the (b, w) rows they have, and (b,) who has a season.

    A block has one if half of its rows have, and enough for a regression.
    """
    lags, width = plan.lags, plan.width
    design = np.empty((plan.regressors, len(values), width))
    design[0] = 1.0
    absent = np.isnan(values)
    usable = ~absent[:, lags:]
    for lag in range(1, lags + 1):
        design[lag] = values[:, lags - lag : lags - lag + width]
        usable &= ~absent[:, lags - lag : lags - lag + width]
    chosen = np.zeros(len(values), dtype=np.bool_)
    if plan.season:
        design[lags + 1 :] = seasonal
        fuller = usable & ~np.isnan(seasonal).any(axis=0)
        count = np.count_nonzero(fuller, axis=1)
        chosen = (count >= plan.least) & (count * 2 >= np.count_nonzero(usable, axis=1))
        usable = np.where(chosen[:, None], fuller, usable)
        design[lags + 1 :, ~chosen] = 0.0
    if not usable.all():
        design[:, ~usable] = 0.0
    return design, usable, chosen


def _measured(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the (b,) medians of rows, units to measure their deviations in, and robust scales.

    The unit is wide enough for what comes regularly, though rarely, and never 0. The scale is in
    that unit, and inf where there is none.
    """
    centre = OrderedRows(values).quantile(0.5)
    distance = np.abs(values - centre[:, None])
    ordered = OrderedRows(distance)
    scale, unit = ordered.scale(), ordered.tail()
    for other in (scale, ordered.quantile(1.0), np.abs(centre), np.ones(len(centre))):
        unit = np.where(unit > 0.0, unit, other)
    return centre, unit, np.where(scale > 0.0, scale, np.inf) / unit


def _near(values: Floats, centre: Floats, unit: Floats) -> Floats:
    """Return values as distances from ``centre`` in units; what is too far is nearer."""
    with np.errstate(over="ignore"):
        distance = (values - centre) / unit
    near: Floats = np.clip(distance, -_FARTHEST, _FARTHEST)
    return near
