"""Read when a verdict becomes a message: ``conditions:``, ``alerting:`` and project defaults."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from detectk.config.aliases import DIRECTIONS, rename
from detectk.config.complaints import NAME, option_names
from detectk.config.layers import Layer, Merged, merge, validate
from detectk.config.problems import Problems
from detectk.config.schedule import Duration
from detectk.config.yaml_tree import dotted
from detectk.values.duration import duration
from detectk.values.interval import Interval
from detectk.values.rule import NoData, Rule

__all__ = ["COOLDOWN_KEYS", "UNAVAILABLE", "RuleConfig", "read_rule", "rule_layer", "to_rule"]

COOLDOWN_KEYS: Final = ("cooldown", "cooldown_minutes", "alert_cooldown")
"""The keys of a rule that ``alerter.params`` may hold."""

UNAVAILABLE: Final = (
    "min_value_count",
    "clear",
    "repeat",
    "worsen",
    "severity",
    "mute",
    "mute_mode",
    "silence",
    "inhibited_by",
    "group_by",
    "group_wait",
    "digest",
    "links",
    "mentions",
    "runbook",
    "dashboard",
)
"""Keys that have a meaning, but not yet."""

_MODEL = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class NoDataConfig(BaseModel):
    """``no_data:`` as a mapping."""

    model_config = _MODEL

    after: Annotated[int, Field(ge=0)] = 3
    keep_state: bool = False


class OnErrorConfig(BaseModel):
    """``on_error:`` as a mapping."""

    model_config = _MODEL

    after: Annotated[int, Field(ge=0)] = 3


def _after(value: Any) -> Any:
    """Read ``false``, ``true`` and a number as what they are short for."""
    if value is False:
        return {"after": 0}
    if value is True:
        return {}
    number = _number(value)
    return value if number is None else {"after": number}


def _minutes(value: Any) -> timedelta:
    """Read a length of time; a number alone is minutes."""
    number = _number(value)
    return duration(value) if number is None else duration(number * 60)


def _points(value: Any) -> int | timedelta:
    """Read a window: a number is a count of points, text with a unit a length of time."""
    number = _number(value)
    if number is None:
        length = duration(value)
        if not length:
            raise ValueError("a window of no length; write a count of points or '2 hours'")
        return length
    if number < 1 or number != int(number):
        raise ValueError(f"{value!r} is not a count of points; write 1 or more, or '2 hours'")
    return int(number)


def _share(value: Any) -> float:
    """Read a share of a window: 0.6 or "60%"."""
    percent = isinstance(value, str) and value.rstrip().endswith("%")
    number = _number(value.rstrip().removesuffix("%") if percent else value)
    share = None if number is None else number / 100 if percent else number
    if share is None or not 0 < share <= 1:
        raise ValueError(f"{value!r} is not a share; write 0.6 or '60%'")
    return share


def _direction(value: Any) -> Any:
    word = value.strip().casefold() if isinstance(value, str) else value
    return DIRECTIONS.get(word, word) if isinstance(word, str) else word


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


class RuleConfig(BaseModel):
    """The keys of a rule; what is not given comes from the defaults of `Rule`."""

    model_config = _MODEL

    id: Annotated[str, Field(pattern=NAME)] = "default"
    consecutive: Annotated[int, Field(ge=1, description="Points in a row.")] = 1
    window: Annotated[
        int | timedelta | None,
        BeforeValidator(_points, json_schema_input_type=int | str),
        Field(description="Trailing window of the share, in points or as a length of time."),
    ] = None
    share: Annotated[
        float | None,
        BeforeValidator(_share, json_schema_input_type=float | str),
        Field(description="Least share of the window that is anomalous."),
    ] = None
    min_detectors: Annotated[int, Field(ge=1, description="Detectors that must agree.")] = 1
    direction: Annotated[
        Literal["up", "down", "both", "same"],
        BeforeValidator(
            _direction,
            json_schema_input_type=Literal["up", "down", "both", "any", "same", "one"],
        ),
    ] = "both"
    min_deviation_percent: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    min_deviation: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    hold_for: Annotated[Duration, Field(alias="for")] = timedelta(0)
    keep_firing_for: Duration = timedelta(0)
    cooldown: Annotated[
        timedelta,
        BeforeValidator(_minutes, json_schema_input_type=str | float),
        Field(description="Least time between two messages; a number is minutes."),
    ] = timedelta(minutes=60)
    cooldown_reset_on_recovery: bool = True
    notify_on_recovery: bool = True
    no_data: Annotated[
        NoDataConfig, BeforeValidator(_after, json_schema_input_type=bool | int | NoDataConfig)
    ] = NoDataConfig()
    on_error: Annotated[
        OnErrorConfig, BeforeValidator(_after, json_schema_input_type=bool | int | OnErrorConfig)
    ] = OnErrorConfig()


_KEYS: Final = frozenset(option_names(RuleConfig))


def rule_layer(layer: Layer, problems: Problems) -> Layer:
    """Return a layer of rule keys in canonical spelling, without those that are not there yet.

    Args:
        layer: What stands under ``conditions``, ``alerting`` or ``params``.
        problems: Told of clashes and of keys that are not available.
    """
    if not layer.values:
        return layer
    given = dict(layer.values)
    for key in [key for key in given if key in UNAVAILABLE]:
        del given[key]
        place = layer.place((key,))
        label = dotted(layer.path(()))
        problems.add(f"{label}: {key!r} is not available in this version", place, "remove it")
    renamed = rename(given, "rule", accepts=_KEYS.__contains__)
    for alias in renamed.clashes:
        label = dotted(layer.path(()))
        place = layer.place((alias.old,))
        problems.add(f"{label}: {alias.old!r} and {alias.new!r} are the same", place, "keep one")
    spellings = {new: (*layer.base, old) for new, old in renamed.spellings.items()}
    return replace(layer, values=renamed.values, spellings=spellings)


def read_rule(layers: Sequence[Layer], problems: Problems) -> tuple[RuleConfig, Merged] | None:
    """Return the keys of a rule from layers of `rule_layer`, the last one winning."""
    merged = merge(layers)
    config = validate(RuleConfig, merged, problems)
    if config and (config.window is None) is not (config.share is None):
        there, absent = ("share", "window") if config.window is None else ("window", "share")
        layer = merged.sources[there]
        label = dotted(layer.path((there,)))
        problems.add(f"{label}: goes with {absent!r}", layer.place((there,)), f"add {absent!r}")
        return None
    return (config, merged) if config else None


def to_rule(config: RuleConfig, interval: Interval, *, asked_for_no_data: bool = True) -> Rule:
    """Return the rule, with its window counted in points of ``interval``.

    Args:
        config: The keys.
        interval: The metric's grid; a window that is no multiple of it is rounded up.
        asked_for_no_data: Whether ``no_data``, where it is given, is this metric's own wish, so
            that a sparse series is no excuse; a project's default is not.
    """
    values: dict[str, Any] = {
        key: getattr(config, key) for key in config.model_fields_set - _CONVERTED
    }
    if config.window is not None and config.share is not None:
        values |= {"window": _count(config.window, interval), "share": config.share}
        # The two are or-ed: the default of one point would make the share meaningless.
        values.setdefault("consecutive", 0)
    if "no_data" in config.model_fields_set:
        no_data = config.no_data
        values["no_data"] = NoData(
            no_data.after, no_data.keep_state, sparse_guard=not asked_for_no_data
        )
    if "on_error" in config.model_fields_set:
        values["on_error"] = config.on_error.after
    return Rule(**values)


_CONVERTED: Final = frozenset({"window", "share", "no_data", "on_error"})


def _count(window: int | timedelta, interval: Interval) -> int:
    return window if isinstance(window, int) else -(-window // interval.nominal)
