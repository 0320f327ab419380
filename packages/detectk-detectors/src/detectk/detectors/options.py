"""The options of every detector here; no array library, so that validating stays cheap."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from math import isfinite, log
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from detectk.contracts.options import Options
from detectk.detectors.options_calendar import CalendarOptions
from detectk.values.duration import duration

__all__ = [
    "IqrOptions",
    "MadOptions",
    "MissingDataOptions",
    "Operator",
    "SlidingOptions",
    "ThresholdOptions",
    "ZscoreOptions",
]

logger = logging.getLogger(__name__)

Operator = Literal[
    "greater_than",
    "greater_equal",
    "less_than",
    "less_equal",
    "equals",
    "not_equals",
    "between",
    "outside",
]


def _length(size: object) -> object:
    """Check a length of time or a count of points; it stays as the user wrote it."""
    if isinstance(size, str) and not duration(size):
        raise ValueError(f"{size!r} is no time at all; write one such as '30 days'")
    if isinstance(size, bool):
        raise ValueError(f"{size} is not a length; write '30 days' or a count of points")  # noqa: TRY004  # pydantic turns only ValueError into a config error
    return size


def _switch(name: str) -> BeforeValidator:
    """Read true and false where there is only one thing to switch on."""
    choices = {True: name, False: "none"}
    return BeforeValidator(lambda given: choices[given] if isinstance(given, bool) else given)


Count = Annotated[int, Field(ge=1)]
Length = Annotated[Count | str, BeforeValidator(_length)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class SlidingOptions(CalendarOptions):
    """What every detector with a sliding window understands."""

    renamed: ClassVar[Mapping[str, str]] = {}
    """Other names of the options of a subclass."""

    window_size: Length = Field(
        default="30 days",
        description="Baseline before each point: a length of time, or a count of grid points.",
    )
    min_samples: Annotated[int, Field(ge=2)] | None = Field(
        default=None,
        description="Values without which there is no verdict; "
        "by default half of what the window can hold, from 3 to 30.",
    )
    use_combined_seasonality: bool = Field(
        default=False,
        description="Compare with points that agree in all features at once, "
        "instead of one additive effect a feature.",
    )
    min_group_samples: Annotated[int, Field(ge=2)] = Field(
        default=3,
        description="Values without which a seasonal group falls back on a coarser one.",
    )
    use_weighted: bool = Field(default=False, description="Let newer points count more.")
    weights_type: Literal["exponential", "linear"] = Field(
        default="exponential", description="How weights fall with age."
    )
    half_life: Annotated[Positive | str, BeforeValidator(_length)] | None = Field(
        default=None,
        description="Age at which an exponential weight is one half: a length of time, or a "
        "number of points; by default a quarter of the window.",
    )
    std_floor: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=0.0, description="Least sigma, in the metric's unit."
    )
    std_floor_relative: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=0.001, description="Least sigma, as a share of the expected value."
    )

    direction: Literal["both", "up", "down"] = Field(
        default="both", description="Which side of the band is an anomaly."
    )
    input: Literal["values", "changes", "absolute_changes", "log_changes"] = Field(
        default="values",
        description="Judge values, or how far each is from the one before it on the grid.",
    )
    smoothing: Literal["none", "sma", "ema"] = Field(
        default="none",
        description="Judge a mean of the newest points: a simple or an exponential one.",
    )
    smoothing_window: Length = Field(
        default=10, description="How far the simple mean reaches: a time, or a count of points."
    )
    smoothing_alpha: Annotated[float, Field(gt=0.01, le=1)] = Field(
        default=0.3, description="Weight of the newest point in the exponential mean."
    )
    detrend: Annotated[Literal["none", "linear"], _switch("linear")] = Field(
        default="none",
        description="Measure each value from a straight line through the window before it.",
    )
    stabilize: Annotated[Literal["none", "clamp"], _switch("clamp")] = Field(
        default="none",
        description="Let later windows see an anomaly only as far out as the bound it crossed.",
    )
    exclude_incidents: bool = Field(
        default=True, description="Keep the metric's known incidents out of every window."
    )

    @model_validator(mode="before")
    @classmethod
    def _old_names(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        options = _renamed(given, {"min_window_size": "min_samples", **cls.renamed})
        if "exp_decay_factor" in options:
            options["half_life"] = _half_life(options)
        return options

    @model_validator(mode="after")
    def _has_a_side(self) -> SlidingOptions:
        if self.input == "absolute_changes" and self.direction != "both":
            raise ValueError(
                f"absolute_changes have no direction {self.direction!r}; use input: changes"
            )
        return self


class MadOptions(SlidingOptions):
    """Options of ``type: mad``."""

    renamed = {"threshold": "n_sigma"}  # noqa: RUF012  # declared above, and never changed

    n_sigma: Positive = Field(
        default=3.0, description="Half the width of the band, in robust standard deviations."
    )


class ZscoreOptions(SlidingOptions):
    """Options of ``type: zscore``."""

    renamed = {"threshold": "n_sigma"}  # noqa: RUF012  # as above

    n_sigma: Positive = Field(
        default=3.0, description="Half the width of the band, in standard deviations."
    )


class IqrOptions(SlidingOptions):
    """Options of ``type: iqr``."""

    threshold: Positive = Field(
        default=1.5, description="Way from a quartile to its fence, in interquartile ranges."
    )


class MissingDataOptions(Options):
    """Options of ``type: missing_data``."""

    consecutive_missing: Count | None = Field(
        default=None,
        description="Intervals without a value in a row that are an anomaly; "
        "1 unless max_staleness_minutes is set.",
    )
    max_staleness_minutes: Positive | None = Field(
        default=None,
        description="Or: an anomaly from this many minutes without a value on.",
    )
    treat_zero_as_missing: bool = Field(default=False, description="Count zeros as no value.")


class ThresholdOptions(Options):
    """Options of ``type: threshold``; percentages are 20 for 20 %."""

    threshold: Finite = Field(description="The bound, or the lower one of two.")
    upper_threshold: Finite | None = Field(
        default=None, description="The upper bound of between and outside."
    )
    operator: Operator = Field(default="greater_than", description="What an anomaly is.")
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=0.001, description="Difference that equals and not_equals overlook."
    )
    percent: bool = Field(
        default=False, description="Bounds are percent of change from the baseline."
    )
    baseline: Finite | Literal["previous", "average"] | None = Field(
        default=None,
        description="A number, the previous value, or the average of baseline_window.",
    )
    baseline_window: Length = Field(
        default="7 days", description="How far back previous and average look."
    )

    @model_validator(mode="before")
    @classmethod
    def _old_names(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        options = _renamed(
            given, {"value": "threshold", "lower_bound": "min_value", "upper_bound": "max_value"}
        )
        if "percent_change" in options:
            change = options.pop("percent_change")
            _claim(options, "percent_change", threshold=change, percent=True)
            options.setdefault("baseline", "previous")
            if isinstance(change, int | float) and change < 0:
                options.setdefault("operator", "less_than")
        return _from_limits(options)

    @model_validator(mode="after")
    def _fits_together(self) -> ThresholdOptions:
        two = self.operator in ("between", "outside")
        if two and self.upper_threshold is None:
            raise ValueError(f"operator {self.operator!r} needs upper_threshold; add it")
        if not two and self.upper_threshold is not None:
            raise ValueError(
                f"operator {self.operator!r} has one bound; remove upper_threshold, "
                "or use between or outside"
            )
        if self.upper_threshold is not None and self.upper_threshold < self.threshold:
            raise ValueError(
                f"upper_threshold {self.upper_threshold} is below threshold {self.threshold}; "
                "swap them"
            )
        if self.percent and (self.baseline is None or self.baseline == 0.0):
            raise ValueError(
                f"percent of baseline {self.baseline} means nothing; set baseline to a number "
                "other than 0, previous or average"
            )
        if self.baseline is not None and not self.percent:
            raise ValueError("baseline is only for percentages; add percent: true, or remove it")
        return self


def _renamed(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Give old names their new ones; both at once are an error."""
    options = dict(given)
    for old, new in names.items():
        if old in options:
            _claim(options, old, **{new: options.pop(old)})
    return options


def _claim(options: dict[str, Any], name: str, **values: object) -> None:
    for key, value in values.items():
        if key in options:
            raise ValueError(f"{name!r} stands for {key!r}, which is there too; remove one")
        options[key] = value


def _half_life(options: dict[str, Any]) -> float:
    """Take the deprecated decay per point out, as the age in points at which it halves."""
    decay = options.pop("exp_decay_factor")
    if not isinstance(decay, int | float) or not (isfinite(decay) and decay > 0):
        raise ValueError(f"exp_decay_factor {decay!r} is not a positive number; use half_life")
    if "half_life" in options:
        raise ValueError("exp_decay_factor and half_life say the same; remove exp_decay_factor")
    half_life = log(2) / decay
    logger.warning(
        "detector option 'exp_decay_factor' is deprecated; write half_life: %.4g (points)",
        half_life,
    )
    return half_life


def _from_limits(options: dict[str, Any]) -> dict[str, Any]:
    """Read ``min_value`` and ``max_value``: normal is between them unless the operator differs."""
    low, high = options.pop("min_value", None), options.pop("max_value", None)
    if low is None and high is None:
        return options
    if low is None or high is None:
        if options.get("operator") in (None, "outside"):
            options["operator"] = "greater_than" if low is None else "less_than"
        _claim(
            options,
            "max_value" if low is None else "min_value",
            threshold=low if high is None else high,
        )
    else:
        options.setdefault("operator", "outside")
        _claim(options, "min_value", threshold=low)
        _claim(options, "max_value", upper_threshold=high)
    return options
