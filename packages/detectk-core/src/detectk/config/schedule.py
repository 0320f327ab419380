"""The ``schedule:`` block."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from detectk.values.duration import duration
from detectk.values.interval import Interval
from detectk.values.schedule import Schedule
from detectk.values.zones import zone_info

__all__ = ["Duration", "ScheduleConfig", "moment_of"]


def _read_duration(value: Any) -> timedelta:
    return _known_duration(value) if isinstance(value, str) else duration(value)


_known_duration = lru_cache(maxsize=1024)(duration)

Duration = Annotated[timedelta, BeforeValidator(_read_duration, json_schema_input_type=str | float)]
"""A length of time as people write it; a number alone is seconds."""

_interval = lru_cache(maxsize=1024)(Interval.parse)
_zone = lru_cache(maxsize=1024)(zone_info)


class ScheduleConfig(BaseModel):
    """When a metric is due, and how late its data may be."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    timezone: str = Field(default="UTC", description="IANA zone of the grid and the calendar.")
    interval: str = Field(
        default="10 minutes",
        description="The grid, and the value of {{ interval }}.",
        json_schema_extra={"examples": ["10 minutes", "1 hour", "1 day"]},
    )
    delay: Duration = Field(
        default=timedelta(0), description="An interval is complete this long after its end."
    )
    mutable: Duration = Field(
        default=timedelta(0), description="How far back each run collects again."
    )
    max_catchup: Duration = Field(
        default=timedelta(days=7), description="How far back a late run still judges."
    )
    start_time: datetime | None = Field(
        default=None, description="Begin of a historical load: a date or a time, in timezone."
    )
    end_time: datetime | None = Field(
        default=None, description="End of a historical load, exclusive."
    )
    batch_load_days: int = Field(
        default=30, ge=1, description="Days in one batch of a historical load."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        _zone(value)
        return value

    @field_validator("interval", mode="before")
    @classmethod
    def _parsed_interval(cls, value: Any) -> str:
        grid = _interval(value, "UTC") if isinstance(value, str) else Interval.parse(value)
        # A number alone would render as `INTERVAL 600`: give it its unit.
        bare = not isinstance(value, str) or not any(letter.isalpha() for letter in value)
        return str(grid) if bare else value.strip()

    @field_validator("start_time", "end_time", mode="before")
    @classmethod
    def _instant(cls, value: Any, info: ValidationInfo) -> datetime | None:
        if value is None:
            return None
        moment = moment_of(value, zone=info.data.get("timezone", "UTC"))
        start = info.data.get("start_time")
        if info.field_name == "end_time" and start and moment <= start:
            raise ValueError("the load ends before it begins; put end_time after start_time")
        return moment

    @property
    def grid(self) -> Interval:
        """The interval, in its zone."""
        return _interval(self.interval, self.timezone)

    def to_schedule(self) -> Schedule:
        """Return the value the pipeline works with."""
        return Schedule(
            interval=self.grid,
            delay=self.delay,
            mutable=self.mutable,
            max_catchup=self.max_catchup,
            start=self.start_time,
            end=self.end_time,
            batch=timedelta(days=self.batch_load_days),
        )


def moment_of(value: Any, *, zone: str) -> datetime:
    """Return a date's midnight, or a time, in UTC; what has no offset is in ``zone``.

    Raises:
        ValueError: It is neither.
    """
    try:
        text = value.isoformat() if isinstance(value, date) else value.strip()
        if text[-1:] in ("Z", "z"):  # Python 3.10 does not read it
            text = f"{text[:-1]}+00:00"
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=_zone(zone))
        return moment.astimezone(timezone.utc)
    except (AttributeError, ValueError, OverflowError):
        raise ValueError(
            f"{value!r} is not a time; write it like '2024-01-31' or '2024-01-31 10:00:00'"
        ) from None
