"""What a user writes under ``collector.params``; imported when a metric is validated."""

from __future__ import annotations

from pydantic import Field

from detectk.contracts import RowOptions

__all__ = ["JsonFileOptions"]


class JsonFileOptions(RowOptions):
    """A file, and where its rows are; `RowOptions` brings the columns, the zone and ``fill``."""

    path: str = Field(min_length=1, description="The file, relative to the project's root.")
    data_path: str = Field(
        default="",
        description="Keys to the list of rows, such as `result.rows`; "
        "by default the document is the list, or has it under `data`.",
    )
