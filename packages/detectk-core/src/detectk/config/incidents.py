"""The ``incidents:`` list: when the data is known not to have been normal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from detectk.config.layers import Layer, merge, validate
from detectk.config.problems import Problems
from detectk.config.schedule import moment_of
from detectk.values.window import Window

__all__ = ["IncidentConfig", "read_incidents"]

_DAY = timedelta(days=1)


class IncidentConfig(BaseModel):
    """A stretch of time that a person calls an incident; a date is that whole day."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    start: datetime = Field(
        description="Its begin: a date or a time, in schedule.timezone.",
        json_schema_extra={"examples": ["2024-01-31", "2024-01-31 10:00:00"]},
    )
    end: datetime = Field(description="Its end, exclusive; of a date, the end of that day.")
    note: str = Field(default="", description="What it was; nothing reads it.")

    @field_validator("start", "end", mode="before")
    @classmethod
    def _instant(cls, value: Any, info: ValidationInfo) -> datetime:
        last = info.field_name == "end"
        moment = moment_of(_day_after(value) if last else value, zone=_zone(info))
        start = info.data.get("start")
        if last and start and moment <= start:
            raise ValueError(f"{value!r} is not after the start; put end after start")
        return moment

    @property
    def window(self) -> Window:
        """The incident as the pipeline takes it."""
        return Window(self.start, self.end)


def read_incidents(
    layers: Sequence[Layer], *, timezone: str, problems: Problems
) -> tuple[IncidentConfig, ...]:
    """Return the incidents; ``timezone`` is that of times without an offset."""
    context = {"timezone": timezone}
    found = (
        validate(IncidentConfig, merge([layer]), problems, context=context) for layer in layers
    )
    return tuple(incident for incident in found if incident)


def _zone(info: ValidationInfo) -> str:
    zone: str = (info.context or {}).get("timezone", "UTC")
    return zone


def _day_after(value: Any) -> Any:
    """Return the day after ``value`` where it is a date, else ``value``."""
    try:
        if isinstance(value, str):
            return date.fromisoformat(value.strip()) + _DAY
        return value + _DAY if type(value) is date else value
    except (ValueError, OverflowError):
        return value
