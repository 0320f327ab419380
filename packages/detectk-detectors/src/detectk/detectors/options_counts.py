"""The options of the detectors of counts and shares; no array library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from detectk.detectors.options import Length, Positive
from detectk.detectors.options_calendar import CalendarOptions

__all__ = ["BinomialOptions", "CountingOptions", "PoissonOptions"]


class CountingOptions(CalendarOptions):
    """What both detectors understand."""

    window_size: Length = Field(
        default="30 days",
        description="Baseline before each point: a length of time, or a count of grid points.",
    )
    min_samples: Annotated[int, Field(ge=2)] | None = Field(
        default=None,
        description="Values without which there is no verdict; "
        "by default half of what the window can hold, from 3 to 30.",
    )
    min_group_samples: Annotated[int, Field(ge=2)] = Field(
        default=3,
        description="Values without which a seasonal group falls back on a coarser one.",
    )
    n_sigma: Positive = Field(
        default=4.0,
        description="An anomaly is rarer than a normal value so many standard deviations out.",
    )
    direction: Literal["both", "up", "down"] = Field(
        default="both", description="Which side of the band is an anomaly."
    )
    exclude_incidents: bool = Field(
        default=True, description="Keep the metric's known incidents out of every window."
    )

    @model_validator(mode="before")
    @classmethod
    def _old_names(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or "min_window_size" not in given:
            return given
        if "min_samples" in given:
            raise ValueError(
                "'min_window_size' stands for 'min_samples', which is there too; remove one"
            )
        options = dict(given)
        options["min_samples"] = options.pop("min_window_size")
        return options


class PoissonOptions(CountingOptions):
    """Options of ``type: poisson``."""


class BinomialOptions(CountingOptions):
    """Options of ``type: binomial``."""

    trials: str = Field(
        min_length=1,
        description="Context column with the number that the value is a share of.",
    )
    value_is: Literal["share", "successes"] = Field(
        default="share", description="Whether the value is a share, or the count above the line."
    )
    percent: bool = Field(default=False, description="Shares are 20 for 20 %.")

    @model_validator(mode="after")
    def _is_a_share(self) -> BinomialOptions:
        if self.percent and self.value_is == "successes":
            raise ValueError("percent is only for shares; remove it, or value_is: successes")
        return self
