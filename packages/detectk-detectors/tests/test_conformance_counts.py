"""The detectors of counts and shares, in every mode, against the suite that authors get."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

from detectk.contracts import Services
from detectk.detectors.binomial import BinomialDetector
from detectk.detectors.options_counts import BinomialOptions, PoissonOptions
from detectk.detectors.poisson import PoissonDetector
from detectk.testing.detector import DetectorSuite
from detectk.values import Interval, Series

MODES: dict[str, dict[str, Any]] = {
    "by count": {"window_size": 60},
    "by time": {"window_size": "5 days"},
    "up": {"window_size": "5 days", "direction": "up", "n_sigma": 2.0},
    "down": {"window_size": 24, "direction": "down", "n_sigma": 2.0},
    "seasons": {"window_size": "7 days", "seasonal_features": ["segment", "hour_of_day"]},
    "hour of week": {"window_size": "14 days", "seasonal_features": ["hour_of_week"]},
}


class Modes(DetectorSuite):
    @pytest.fixture(autouse=True, params=MODES, ids=str)
    def mode(self, request: pytest.FixtureRequest) -> None:
        self.params = MODES[request.param]


class TestPoisson(Modes):
    def detector(self) -> PoissonDetector:
        return PoissonDetector(PoissonOptions(**self.params), Services())


class TestPoissonOfWholeCounts(DetectorSuite):
    def detector(self) -> PoissonDetector:
        return PoissonDetector(PoissonOptions(window_size="3 days"), Services())

    def series(self) -> Series:
        series = super().series()
        return replace(series, values=np.rint(series.values / 20.0))


class TestPoissonByDay(DetectorSuite):
    interval: ClassVar[Interval] = Interval.parse("1 day", "Europe/Berlin")
    points: ClassVar[int] = 150

    def detector(self) -> PoissonDetector:
        options = PoissonOptions(window_size=40, seasonal_features=("day_of_week",))
        return PoissonDetector(options, Services())


class TestBinomial(Modes):
    def detector(self) -> BinomialDetector:
        return BinomialDetector(BinomialOptions(trials="orders", **self.params), Services())

    def series(self) -> Series:
        return _shares(super().series())


class TestBinomialOfSuccesses(DetectorSuite):
    def detector(self) -> BinomialDetector:
        options = BinomialOptions(trials="orders", value_is="successes", window_size="5 days")
        return BinomialDetector(options, Services())

    def series(self) -> Series:
        series = _shares(super().series())
        return replace(series, values=np.rint(series.values * series.context["orders"]))


class TestBinomialOfPercent(DetectorSuite):
    def detector(self) -> BinomialDetector:
        options = BinomialOptions(trials="orders", percent=True, window_size=100)
        return BinomialDetector(options, Services())

    def series(self) -> Series:
        series = _shares(super().series())
        return replace(series, values=series.values * 100.0)


def _shares(series: Series) -> Series:
    """Return shares of 0 to 300 orders, with spikes where the values had them."""
    orders = np.random.default_rng(3).integers(0, 300, len(series)).astype(np.float64)
    shares = np.clip(series.values / 1000.0, 0.0, 1.0)
    return replace(series, values=shares, context={**series.context, "orders": orders})
