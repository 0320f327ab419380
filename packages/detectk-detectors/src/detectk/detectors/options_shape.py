"""The options of the detectors that judge how a series goes on; no array library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from detectk.contracts.options import Options
from detectk.detectors.options import Count, Length, Positive
from detectk.values.duration import duration as read_duration

__all__ = ["AutoregOptions", "ChangepointOptions", "FlatlineOptions", "TrailingOptions"]

NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _time(length: object) -> object:
    """Check a length of time that is not nothing; it stays as the user wrote it."""
    if isinstance(length, str) and not read_duration(length):
        raise ValueError(f"{length!r} is no time at all; write one such as '2 hours'")
    return length


class TrailingOptions(Options):
    """What every detector here understands."""

    window_size: Length = Field(
        default="30 days",
        description="Baseline before each point: a length of time, or a count of grid points.",
    )
    min_samples: Annotated[int, Field(ge=2)] | None = Field(
        default=None, description="Values of the baseline without which there is no verdict."
    )
    exclude_incidents: bool = Field(
        default=True, description="Keep the metric's known incidents out of every baseline."
    )

    @model_validator(mode="before")
    @classmethod
    def _old_names(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or "min_window_size" not in given:
            return given
        if "min_samples" in given:
            raise ValueError("min_window_size stands for min_samples, which is there too")
        options = dict(given)
        options["min_samples"] = options.pop("min_window_size")
        return options


class BandOptions(TrailingOptions):
    """What the detectors with a band understand besides."""

    direction: Literal["both", "up", "down"] = Field(
        default="both", description="Which side of the band is an anomaly."
    )
    std_floor: NonNegative = Field(default=0.0, description="Least sigma, in the metric's unit.")
    std_floor_relative: NonNegative = Field(
        default=0.001, description="Least sigma, as a share of the expected value."
    )


class FlatlineOptions(TrailingOptions):
    """Options of ``type: flatline``; ``points`` or ``duration`` replace what would be learned."""

    tolerance: NonNegative = Field(
        default=0.0,
        description="Largest difference from the value before that still counts as the same.",
    )
    points: Annotated[int, Field(ge=2)] | None = Field(
        default=None, description="Equal values in a row that are an anomaly."
    )
    duration: Annotated[str, BeforeValidator(_time)] | None = Field(
        default=None, description="Or: an anomaly once the value is as old as this."
    )
    factor: Annotated[float, Field(ge=1, allow_inf_nan=False)] = Field(
        default=3.0,
        description="A row longer than this many times the longest one in window_size "
        "is an anomaly, where neither points nor duration is given.",
    )
    min_points: Annotated[int, Field(ge=2)] = Field(
        default=10, description="Equal values below which nothing learned is an anomaly."
    )


class ChangepointOptions(BandOptions):
    """Options of ``type: changepoint``."""

    window_size: Length = Field(
        default=500,
        description="Points that the level is compared with: a count, or a length of time.",
    )
    points: Annotated[int, Field(ge=2)] | Annotated[str, BeforeValidator(_time)] = Field(
        default=6,
        description="Newest points whose median is compared: a count, or a length of time.",
    )
    n_sigma: Positive = Field(
        default=4.0, description="Half the width of the band, in standard deviations of a median."
    )


class AutoregOptions(BandOptions):
    """Options of ``type: autoreg``."""

    lags: Annotated[Count, Field(le=50)] = Field(
        default=5, description="Newest points that a value is forecast from."
    )
    window_size: Length = Field(
        default=500,
        description="Points that the forecast is fitted to: a count, or a length of time.",
    )
    season: Annotated[str, BeforeValidator(_time)] | None = Field(
        default=None,
        description="Length of a season, such as '1 day': values one season ago help to forecast.",
    )
    n_sigma: Positive = Field(
        default=5.0, description="Half the width of the band, in standard deviations."
    )
