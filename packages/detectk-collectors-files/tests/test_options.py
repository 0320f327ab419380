"""What a user may write about files."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from detectk.collectors.files.options import FilesOptions


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.csv", "csv"),
        ("a.CSV", "csv"),
        ("a.tsv", "csv"),
        ("data/*.csv.gz", "csv"),
        ("a.parquet", "parquet"),
        ("a.ndjson", "ndjson"),
        ("a.jsonl", "ndjson"),
        ("a.jsonl.gz", "ndjson"),
    ],
)
def test_the_suffix_says_the_format(path: str, kind: str) -> None:
    assert FilesOptions(path=path).kind == kind


def test_a_format_wins_over_the_suffix() -> None:
    assert FilesOptions(path="a.csv", format="ndjson").kind == "ndjson"


@pytest.mark.parametrize("path", ["a.xlsx", "data", "data.csv/readings", "a.gz"])
def test_an_unknown_suffix_needs_a_format(path: str) -> None:
    with pytest.raises(ValidationError, match="set format to csv, parquet or ndjson"):
        FilesOptions(path=path)
    assert FilesOptions(path=path, format="csv").kind == "csv"


def test_cells_are_parted_by_a_comma_or_in_tsv_by_a_tab() -> None:
    assert FilesOptions(path="a.csv").parting == ","
    assert FilesOptions(path="a.tsv.gz").parting == "\t"
    assert FilesOptions(path="a.csv", separator=";").parting == ";"


@pytest.mark.parametrize("wrong", [{"separator": ""}, {"separator": "::"}, {"sep": ","}])
def test_what_is_no_option_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        FilesOptions.model_validate({"path": "a.csv", **wrong})
