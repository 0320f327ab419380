from __future__ import annotations

import logging
from math import log
from typing import Any

import pytest
from pydantic import ValidationError

from detectk.contracts import detector_id
from detectk.detectors.options import (
    IqrOptions,
    MadOptions,
    MissingDataOptions,
    ThresholdOptions,
    ZscoreOptions,
)
from detectk.values import Interval


def test_documented_defaults_stay() -> None:
    options = MadOptions()
    assert (options.window_size, options.n_sigma, options.use_weighted) == ("30 days", 3.0, False)
    assert (options.weights_type, options.use_combined_seasonality) == ("exponential", False)
    assert IqrOptions().threshold == 1.5
    assert MissingDataOptions().treat_zero_as_missing is False
    assert ThresholdOptions(threshold=1.0).operator == "greater_than"


@pytest.mark.parametrize("model", [MadOptions, ZscoreOptions])
def test_a_threshold_is_a_number_of_sigmas(model: type[MadOptions | ZscoreOptions]) -> None:
    assert model.model_validate({"threshold": 4.0}) == model(n_sigma=4.0)


def test_what_has_one_way_to_be_on_may_be_switched_on() -> None:
    options = MadOptions.model_validate({"detrend": True, "stabilize": True})
    assert (options.detrend, options.stabilize) == ("linear", "clamp")
    assert MadOptions.model_validate({"detrend": False, "stabilize": False}) == MadOptions()


def test_absolute_changes_have_no_direction() -> None:
    with pytest.raises(ValidationError, match="absolute_changes have no direction 'up'"):
        MadOptions(input="absolute_changes", direction="up")


def test_decay_a_point_becomes_a_half_life(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        options = MadOptions.model_validate({"use_weighted": True, "exp_decay_factor": 0.1})
    assert options.half_life == log(2) / 0.1
    assert "'exp_decay_factor' is deprecated; write half_life: 6.931" in caplog.text


def test_an_alias_is_the_same_detector() -> None:
    old = MadOptions.model_validate({"min_window_size": 50})
    interval = Interval.parse("1 hour")
    assert old == MadOptions(min_samples=50)
    assert detector_id("mad", 1, old, interval) == detector_id(
        "mad", 1, MadOptions(min_samples=50), interval
    )


def test_a_feature_may_be_spelt_with_an_expression(caplog: pytest.LogCaptureFixture) -> None:
    options = MadOptions.model_validate(
        {"seasonal_features": ["day", {"name": "hour", "expression": "toHour(t)"}, {"name": "x"}]}
    )
    assert options.seasonal_features == ("day", "hour", "x")
    assert "'hour': the expression is not evaluated" in caplog.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window_size": "30 dyas"}, "did you mean"),
        ({"window_size": "0 days"}, "no time at all"),
        ({"window_size": 0}, "greater than or equal to 1"),
        ({"window_size": True}, "not a length"),
        ({"window_size": "1 month"}, "no fixed length"),
        ({"n_sigma": 0}, "greater than 0"),
        ({"n_sigma": float("nan")}, "greater than 0|finite"),
        ({"n_sgima": 3}, "n_sgima"),
        ({"min_samples": 3, "min_window_size": 3}, "stands for 'min_samples'"),
        ({"exp_decay_factor": 0}, "is not a positive number"),
        ({"exp_decay_factor": 0.1, "half_life": 3}, "say the same"),
        ({"seasonal_features": [{"nam": "hour"}]}, "string"),
        ({"seasonal_features": "hour"}, "tuple"),
        ({"half_life": -1}, "greater than 0"),
    ],
)
def test_mistakes_are_errors_that_say_what_is_wrong(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        MadOptions.model_validate(options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "threshold"),
        ({"threshold": 1, "operator": "between"}, "needs upper_threshold"),
        ({"threshold": 1, "upper_threshold": 2}, "has one bound"),
        ({"threshold": 3, "upper_threshold": 2, "operator": "outside"}, "swap them"),
        ({"threshold": 3, "percent": True}, "percent of baseline None"),
        ({"threshold": 3, "percent": True, "baseline": 0}, "percent of baseline 0"),
        ({"threshold": 3, "baseline": 5}, "only for percentages"),
        ({"threshold": 3, "value": 3}, "stands for 'threshold'"),
        ({"percent_change": 3, "threshold": 3}, "stands for 'threshold'"),
        ({"threshold": float("inf")}, "finite"),
    ],
)
def test_bounds_must_fit_together(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ThresholdOptions.model_validate(options)
