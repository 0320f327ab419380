"""The detectors that judge how a series goes on, against the suite that authors get."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from detectk.contracts import Services
from detectk.detectors.autoreg import AutoregDetector
from detectk.detectors.changepoint import ChangepointDetector
from detectk.detectors.flatline import FlatlineDetector
from detectk.detectors.options_shape import AutoregOptions, ChangepointOptions, FlatlineOptions
from detectk.testing.detector import DetectorSuite
from detectk.values import Interval, Series


class Modes(DetectorSuite):
    modes: ClassVar[dict[str, dict[str, Any]]]

    @pytest.fixture(autouse=True)
    def mode(self, request: pytest.FixtureRequest) -> None:
        self.params = self.modes[request.param]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.pytestmark = [pytest.mark.parametrize("mode", cls.modes, ids=str, indirect=True)]


class TestFlatline(Modes):
    modes: ClassVar = {
        "by count": {"window_size": 60, "min_points": 2},
        "by time": {"window_size": "5 days", "min_points": 2, "factor": 1.0, "tolerance": 2.0},
        "longer than the series": {"window_size": "30 days"},
    }

    def series(self) -> Series:
        series = super().series()
        stuck = np.arange(len(series)) % 97
        values = np.where(stuck > 80, 42.0, series.values)
        return Series(
            series.labels,
            series.times,
            np.where(np.isnan(series.values), np.nan, values),
            series.status,
            series.context,
        )

    def detector(self) -> FlatlineDetector:
        return FlatlineDetector(FlatlineOptions(**self.params), Services())


class TestFlatlineByLimits(Modes):
    has_baseline = False
    modes: ClassVar = {
        "points": {"points": 4, "tolerance": 1.0},
        "duration": {"duration": "3 hours", "tolerance": 1.0},
        "either": {"points": 3, "duration": "150 minutes", "tolerance": 0.5},
    }

    def detector(self) -> FlatlineDetector:
        return FlatlineDetector(FlatlineOptions(**self.params), Services())


class TestChangepoint(Modes):
    modes: ClassVar = {
        "by count": {"window_size": 100, "n_sigma": 1.0},
        "by time": {"window_size": "5 days", "points": "7 hours", "n_sigma": 1.0},
        "up": {"window_size": "4 days", "points": 5, "n_sigma": 1.0, "direction": "up"},
        "longer than the series": {},
    }

    def detector(self) -> ChangepointDetector:
        return ChangepointDetector(ChangepointOptions(**self.params), Services())


class TestAutoreg(Modes):
    modes: ClassVar = {
        "by count": {"window_size": 100, "n_sigma": 2.0},
        "by time": {"window_size": "5 days", "lags": 3, "n_sigma": 1.0},
        "down": {"window_size": "4 days", "lags": 1, "n_sigma": 1.0, "direction": "down"},
        "season": {"window_size": 100, "season": "1 day", "n_sigma": 2.0, "min_samples": 10},
        "season by time": {"window_size": "6 days", "season": "1 day", "lags": 2, "min_samples": 8},
        "longer than the series": {},
    }

    def detector(self) -> AutoregDetector:
        return AutoregDetector(AutoregOptions(**self.params), Services())


class TestAutoregOfMonths(DetectorSuite):
    """A count of months is asked for as so many times 30 days, which are fewer months."""

    interval = Interval.parse("1 month", "Europe/Berlin")

    def detector(self) -> AutoregDetector:
        return AutoregDetector(AutoregOptions(window_size=150, lags=2), Services())


class TestAutoregOfALongWindow(DetectorSuite):
    """A sixteenth of 640 points share a fit, which is more than 32."""

    points = 900

    def detector(self) -> AutoregDetector:
        return AutoregDetector(AutoregOptions(window_size=640, n_sigma=2), Services())


class TestChangepointOfDays(DetectorSuite):
    """Days of 23 and 25 hours; blocks begin at the same days wherever a series begins."""

    interval = Interval.parse("1 day", "Europe/Berlin")

    def detector(self) -> ChangepointDetector:
        return ChangepointDetector(ChangepointOptions(window_size="90 days", n_sigma=2), Services())
