"""The option models that components share; they import no driver and no array library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from detectk.values.zones import zone_info

__all__ = ["Options", "QueryOptions", "RowOptions"]


class Options(BaseModel):
    """Root of every component's options: unknown keys are errors, values are frozen.

    Mark a password, token or secret URL as `pydantic.SecretStr`; its value then never shows.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        defer_build=True,  # most components' options are imported and never read
    )

    ENVIRONMENT: ClassVar[Mapping[str, str]] = {}
    """Option to the environment variable that gives it when neither params nor profile do."""


class RowOptions(Options):
    """What the rows of a source mean; the root of every collector's options."""

    timestamp_column: str = Field(
        default="period_time", description="Column with the time of a row, floored to the grid."
    )
    value_column: str = Field(default="value", description="Column with the number to watch.")
    context_columns: tuple[str, ...] = Field(
        default=(), description="Columns kept beside the value, for seasonal features."
    )
    dimensions: tuple[str, ...] = Field(
        default=(), description="Label columns: each combination of values is a series."
    )
    max_series: int = Field(
        default=1000, ge=1, description="More series than this in one answer is an error."
    )
    timezone: str = Field(
        default="UTC",
        description="IANA zone of source timestamps without one, and of the period variables.",
    )
    fill: Literal["zero", "previous"] | None = Field(
        default=None, description="What a complete interval without a row means."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        zone_info(value)
        return value


class QueryOptions(RowOptions):
    """A query whose rows are the points; the root of the options of every database's collector."""

    query: str = Field(
        min_length=1,
        description="SELECT with {{ period_start }} and {{ period_finish }}, a Jinja template.",
    )
    query_variables: dict[str, object] = Field(
        default_factory=dict, description="Own names for the query and their values."
    )
    events: dict[str, str] = Field(
        default_factory=dict,
        description="Names of seasonal features to queries that give start_time and perhaps "
        "end_time and name; kept beside the value like a context column.",
    )
    max_rows: int = Field(
        default=1_000_000, ge=1, description="More rows than this in one answer is an error."
    )

    @model_validator(mode="after")
    def _events_are_no_columns(self) -> QueryOptions:
        if taken := sorted(self.events.keys() & {*self.context_columns, *self.dimensions}):
            raise ValueError(f"event {taken[0]!r} is a column of the query too; rename it")
        return self
