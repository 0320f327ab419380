"""What a user writes under ``collector.params`` for files."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from detectk.contracts.options import RowOptions

__all__ = ["FilesOptions", "Format"]

Format: TypeAlias = Literal["csv", "parquet", "ndjson"]

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}


class FilesOptions(RowOptions):
    """Files with one row per point, all of one format."""

    path: str = Field(
        min_length=1,
        description="The file, or a glob such as `data/*.csv`; relative to the project's root.",
    )
    format: Format | None = Field(
        default=None,
        description="What the files are; by default their suffix says it, `.gz` beside it too.",
    )
    separator: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="What parts the cells of a CSV; by default a comma, in `.tsv` a tab.",
    )

    @model_validator(mode="after")
    def _know_the_format(self) -> FilesOptions:
        if self.format is None and self._suffix not in _SUFFIXES:
            raise ValueError(
                f"path {self.path!r} has none of the suffixes {', '.join(_SUFFIXES)}; "
                "set format to csv, parquet or ndjson"
            )
        return self

    @property
    def kind(self) -> Format:
        """What the files are, chosen or by their suffix."""
        return self.format or _SUFFIXES[self._suffix]

    @property
    def parting(self) -> str:
        """What parts the cells of a CSV, chosen or by their suffix."""
        return self.separator or ("\t" if self._suffix == ".tsv" else ",")

    @property
    def _suffix(self) -> str:
        name = self.path.lower().removesuffix(".gz")
        return name[name.rfind(".") :] if "." in name else ""
