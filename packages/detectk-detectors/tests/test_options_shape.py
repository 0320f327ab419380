from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from detectk.detectors.options_shape import (
    AutoregOptions,
    ChangepointOptions,
    FlatlineOptions,
    TrailingOptions,
)


@pytest.mark.parametrize("kind", [AutoregOptions, ChangepointOptions, FlatlineOptions])
def test_defaults_are_valid_and_the_old_name_is_understood(kind: type[TrailingOptions]) -> None:
    assert kind().min_samples is None
    assert kind.model_validate({"min_window_size": 20}).min_samples == 20
    with pytest.raises(ValidationError, match="stands for min_samples"):
        kind.model_validate({"min_window_size": 20, "min_samples": 20})


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (FlatlineOptions, {"points": 1}),
        (FlatlineOptions, {"duration": "0 hours"}),
        (FlatlineOptions, {"duration": 600}),
        (FlatlineOptions, {"tolerance": -1.0}),
        (FlatlineOptions, {"factor": 0.5}),
        (FlatlineOptions, {"direction": "up"}),
        (ChangepointOptions, {"points": 1}),
        (ChangepointOptions, {"points": "0 days"}),
        (ChangepointOptions, {"n_sigma": 0}),
        (AutoregOptions, {"lags": 0}),
        (AutoregOptions, {"lags": 51}),
        (AutoregOptions, {"season": "yesterday"}),
        (AutoregOptions, {"direction": "sideways"}),
    ],
)
def test_what_means_nothing_is_an_error(kind: type[TrailingOptions], given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(given)
