"""Every detector here, in every mode, against the suite that authors get."""

from __future__ import annotations

from typing import Any

import pytest

from detectk.contracts import Services
from detectk.detectors.iqr import IqrDetector
from detectk.detectors.mad import MadDetector
from detectk.detectors.missing_data import MissingDataDetector
from detectk.detectors.options import (
    IqrOptions,
    MadOptions,
    MissingDataOptions,
    ThresholdOptions,
    ZscoreOptions,
)
from detectk.detectors.threshold import ThresholdDetector
from detectk.detectors.zscore import ZscoreDetector
from detectk.testing.detector import DetectorSuite

MODES: dict[str, dict[str, Any]] = {
    "by count": {"window_size": 60},
    "by time": {"window_size": "5 days"},
    "combined": {
        "window_size": "7 days",
        "seasonal_features": ["segment", "hour_of_day"],
        "use_combined_seasonality": True,
    },
    "hour of week": {"window_size": "14 days", "seasonal_features": ["hour_of_week"]},
    "separate": {"window_size": "5 days", "seasonal_features": ["hour_of_day", "segment"]},
    "exponential": {"window_size": "5 days", "use_weighted": True, "half_life": "1 day"},
    "linear, combined": {
        "window_size": 100,
        "use_weighted": True,
        "weights_type": "linear",
        "seasonal_features": ["segment"],
    },
    "changes": {"window_size": 60, "input": "changes"},
    "absolute changes, clamped": {
        "window_size": 60,
        "input": "absolute_changes",
        "stabilize": "clamp",
    },
    "changes of logarithms": {"window_size": "4 days", "input": "log_changes", "direction": "up"},
    "smooth": {"window_size": "4 days", "smoothing": "sma", "smoothing_window": "6 hours"},
    "smooth by count": {"window_size": 60, "smoothing": "sma"},
    "smooth, exponential": {"window_size": 60, "smoothing": "ema"},
    "detrended": {"window_size": "4 days", "detrend": "linear", "smoothing": "sma"},
    "detrended changes": {"window_size": 50, "detrend": True, "input": "changes"},
    "down": {"window_size": 60, "direction": "down"},
    "clamped": {"window_size": 60, "stabilize": "clamp"},
    "clamped by season": {
        "window_size": "7 days",
        "stabilize": "clamp",
        "seasonal_features": ["hour_of_day"],
    },
    "holidays and the end of the month": {
        "window_size": "10 days",
        "seasonal_features": ["month_end", "hour_of_week"],
        "holidays": "DE",
        "use_combined_seasonality": True,
    },
    "exponential, separate": {
        "window_size": 50,
        "use_weighted": True,
        "seasonal_features": ["hour_of_day", "segment"],
    },
}


class Modes(DetectorSuite):
    @pytest.fixture(autouse=True, params=MODES, ids=str)
    def mode(self, request: pytest.FixtureRequest) -> None:
        self.params = MODES[request.param]


class TestMad(Modes):
    def detector(self) -> MadDetector:
        return MadDetector(MadOptions(**self.params), Services())


class TestZscore(Modes):
    def detector(self) -> ZscoreDetector:
        return ZscoreDetector(ZscoreOptions(**self.params), Services())


class TestIqr(Modes):
    def detector(self) -> IqrDetector:
        return IqrDetector(IqrOptions(**self.params), Services())


class TestThreshold(DetectorSuite):
    has_baseline = False

    def detector(self) -> ThresholdDetector:
        options = ThresholdOptions(operator="outside", threshold=50.0, upper_threshold=150.0)
        return ThresholdDetector(options, Services())


class TestThresholdOfThePrevious(DetectorSuite):
    def detector(self) -> ThresholdDetector:
        options = ThresholdOptions(threshold=50.0, percent=True, baseline="previous")
        return ThresholdDetector(options, Services())


class TestThresholdOfTheAverage(DetectorSuite):
    def detector(self) -> ThresholdDetector:
        options = ThresholdOptions(
            operator="outside",
            threshold=-50.0,
            upper_threshold=50.0,
            percent=True,
            baseline="average",
            baseline_window=24,
        )
        return ThresholdDetector(options, Services())


class TestMissingData(DetectorSuite):
    judges_absence = True
    has_baseline = False

    def detector(self) -> MissingDataDetector:
        return MissingDataDetector(MissingDataOptions(consecutive_missing=2), Services())


class TestStaleness(DetectorSuite):
    judges_absence = True
    has_baseline = False

    def detector(self) -> MissingDataDetector:
        options = MissingDataOptions(max_staleness_minutes=150, treat_zero_as_missing=True)
        return MissingDataDetector(options, Services())
