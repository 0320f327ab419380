"""Judge by a forecast one point ahead: an autoregression that follows the series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.detectors.engine.answer import answer
from detectk.detectors.engine.forecast import BLOCK, SHARE, Forecasts, Plan
from detectk.detectors.engine.judged import Bands, present
from detectk.detectors.engine.lookback import padded
from detectk.detectors.engine.past import SEASONS
from detectk.detectors.engine.windows import Extent, clipped
from detectk.detectors.options_shape import AutoregOptions
from detectk.errors import DetectError
from detectk.values.duration import duration
from detectk.values.interval import Interval

__all__ = ["AutoregDetector"]

_FEWEST, _ENOUGH = 3, 30


class AutoregDetector(Detector[AutoregOptions]):
    """Flags what lies more than ``n_sigma`` from its forecast.

    A value is forecast as a sum of the ``lags`` points before it, and of what a ``season`` ago
    was, each times a coefficient. The coefficients are fitted to the ``window_size`` points
    before the point's block: 32 intervals, or a sixteenth of the window if that is more, share
    one fit; they are counted from 1970. The scale is read off the tail of what the fit leaves:
    98 % of it lies within 2.326 sigma.

    An interval without a value lends the last value before it to the forecast, and each interval
    since widens the band as a random walk would; such rows never enter a fit.
    """

    def lookback(self) -> Lookback:
        """Return the window, a block, and the points that its first row is forecast from."""
        options = self.options
        window = Extent.of(options.window_size)
        season = timedelta(0) if options.season is None else duration(options.season)
        return Lookback(
            points=padded(
                window.points + max(BLOCK, window.points // SHARE) + options.lags + SEASONS
            ),
            duration=window.length + window.length / SHARE + SEASONS * season,
        )

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        """Judge every target by its forecast.

        Raises:
            DetectError: The window does not hold ``min_samples``, or fewer points than regressors.
        """
        if not self.options.exclude_incidents:
            batch = [replace(task, exclude=()) for task in batch]
        plans = [self._plan(task.interval) for task in batch]
        forecasts = Forecasts.of(batch, plans)
        return [
            self._judge(task, found, least=plan.least)
            for task, found, plan in zip(batch, forecasts, plans, strict=True)
        ]

    def _judge(self, task: Task, found: Forecasts, *, least: int) -> Outcome:
        options = self.options
        values = present(task, clipped(task.series.values))
        unit = np.maximum(found.scale, options.std_floor)
        unit = np.maximum(unit, options.std_floor_relative * np.abs(found.expected))
        unit = unit * np.sqrt(found.steps)
        reach = options.n_sigma * unit
        bands = Bands(found.expected, found.expected - reach, found.expected + reach, unit)
        bands = bands.facing(options.direction)
        judged = (found.samples >= least) & ~np.isnan(found.expected)
        return answer(
            task,
            values,
            bands,
            measured=values,
            judged=judged,
            explain={"samples": found.samples, "scale": unit, "steps": found.steps},
        )

    def _plan(self, interval: Interval) -> Plan:
        """Return what a forecast is made of; a season that is no longer than the lags is none.

        ``min_samples`` is by default three rows a coefficient, or 30 if that is more.
        """
        options = self.options
        steps = Extent.of(options.window_size).steps(interval)
        season = 0
        if options.season is not None:
            season = round(duration(options.season) / interval.nominal)
        plan = Plan(options.lags, steps, season if season > options.lags else 0, least=0)
        needed = options.min_samples or max(_ENOUGH, _FEWEST * plan.regressors)
        least = max(needed, plan.regressors + 1)
        if least > steps:
            raise DetectError(
                f"window_size {options.window_size!r} holds {steps} intervals of {interval}, of "
                f"the {least} values that lags {options.lags} and min_samples ask for",
                where=self.services.where,
                hint="make the window longer, or lags or min_samples smaller",
            )
        return replace(plan, least=least)
