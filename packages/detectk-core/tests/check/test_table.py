from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.check.placing import place
from detectk.check.points import points_of_table
from detectk.check.table import Table, read_table
from detectk.errors import ConfigError, PluginError

TIMES = ["2024-01-01 00:00:00", "2024-01-01 01:00:00"]
PLAIN = "timestamp,value\n2024-01-01 00:00:00,1\n2024-01-01 01:00:00,2\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(here: Path, content: str | bytes, name: str = "in.csv") -> Table:
    raw = content.encode() if isinstance(content, str) else content
    (here / name).write_bytes(raw)
    return read_table(name)


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.rstrip("\n"),
        PLAIN.replace("\n", "\r\n"),
        "\ufeff" + PLAIN,
        "\n" + PLAIN.replace("\n", "\n\n"),
        PLAIN + ",\n,\n",
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace("2024-01-01 00:00:00", '"2024-01-01 00:00:00"'),
        PLAIN.replace("\n", ",\n").replace("value,", "value", 1),
        PLAIN.encode("utf-16"),
        gzip.compress(PLAIN.encode()),
    ],
)
def test_a_csv_is_read_however_it_was_saved(here: Path, content: str | bytes) -> None:
    table = read(here, content)
    assert {name: list(cells) for name, cells in table.columns.items()} == {
        "timestamp": TIMES,
        "value": ["1", "2"],
    }
    assert table.named


def test_a_first_line_with_a_time_is_no_header(here: Path) -> None:
    table = read(here, "1704067200,1,x\n1704070800,2,y\n")
    assert list(table.columns) == ["timestamp", "value", "column 3"]
    assert list(table.columns["value"]) == ["1", "2"]
    assert table.place(1) == "in.csv:2"


def test_a_column_without_a_name_is_left_out(here: Path) -> None:
    table = read(here, ",timestamp,value\n0,2024-01-01,1\n")
    assert list(table.columns) == ["timestamp", "value"]


def test_an_odd_line_break_inside_a_cell_is_part_of_it(here: Path) -> None:
    table = read(here, 'timestamp,value,note\n2024-01-01,1,"a\u2028b\nc"\n2024-01-02,2,d\n')
    assert list(table.columns["note"]) == ["a\u2028b\nc", "d"]
    assert table.place(1) == "in.csv:4"


def test_a_header_alone_is_a_table_without_rows(here: Path) -> None:
    table = read(here, "timestamp,value\n")
    assert {name: list(cells) for name, cells in table.columns.items()} == {
        "timestamp": [],
        "value": [],
    }


def test_a_row_is_placed_on_its_line(here: Path) -> None:
    assert read(here, PLAIN).place(1) == "in.csv:3"
    assert read(here, PLAIN.replace("\n", "\n\n")).place(1) == "in.csv:5"
    assert read(here, PLAIN.replace("1\n", '"1"\n', 1)).place(1) == "in.csv:3"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", "in.csv: is empty; check what wrote it"),
        (" \n\n", "in.csv: is empty; check what wrote it"),
        (PLAIN + "2024-01-01 02:00:00\n", "in.csv:4: has 1 cell, the first line has 2; "),
        (PLAIN + "2024-01-01,1,2\n", "in.csv:4: has 3 cells, the first line has 2; put a cell"),
        (PLAIN + '2024-01-01,"1\n', "in.csv:4: is no CSV: unexpected end of data; close"),
        ("value,timestamp,value\n1,2024-01-01,2\n", "in.csv:1: column 'value' is there twice; "),
        (b"\x89PNG\r\n\x1a\n\x00", "in.csv: is no UTF-8 text: byte 0x89 in line 1; give a CSV"),
        (PLAIN.encode() + b"\x00\x01", "in.csv: is no text: byte 0x00 in line 4; give a CSV"),
        (PLAIN.encode() + b"caf\xe9", "in.csv: is no UTF-8 text: byte 0xe9 in line 4; give"),
        (b"\x1f\x8b\x08nonsense", "in.csv: cannot be read: "),
        (b"PAR1nonsense", "in.csv: cannot be read: "),
    ],
)
def test_what_is_no_csv_says_where_and_what_to_do(
    here: Path, content: str | bytes, error: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        read(here, content)
    assert str(raised.value).startswith(error)


def test_a_file_that_is_not_there_and_a_folder_cannot_be_read(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"^no\.csv: cannot be read: no such file"):
        read_table("no.csv")
    with pytest.raises(ConfigError, match="cannot be read: is a directory"):
        read_table(".")


def test_objects_line_by_line(here: Path) -> None:
    text = '{"timestamp": "2024-01-01", "value": 1}\n\n{"timestamp": "2024-01-02", "x": true}\n'
    table = read(here, text, "in.ndjson")
    assert table.columns == {
        "timestamp": ["2024-01-01", "2024-01-02"],
        "value": [1, None],
        "x": [None, True],
    }
    assert table.place(1) == "in.ndjson:3"
    for wrong in ("[1]", "{", "x", "[" * 100_000):
        with pytest.raises(ConfigError, match=r"^in\.ndjson:2: is no JSON object; give one"):
            read(here, f'{{"a": 1}}\n{wrong}\n', "in.ndjson")


def test_parquet_by_its_name_or_by_what_is_in_it(here: Path) -> None:
    times = pl.Series(TIMES).str.to_datetime().dt.replace_time_zone("Europe/Berlin")
    pl.DataFrame({"timestamp": times, "value": [1.0, None]}).write_parquet(here / "in.parquet")
    table = read_table("in.parquet")
    assert [str(time) for time in table.columns["timestamp"]] == [
        "2023-12-31 23:00:00+00:00",
        "2024-01-01 00:00:00+00:00",
    ]
    assert str(list(table.columns["value"])) in ("[1.0, nan]", "[np.float64(1.0), np.float64(nan)]")
    assert table.place(0) == "in.parquet: row 1"
    (here / "odd.csv").write_bytes((here / "in.parquet").read_bytes())
    assert list(read_table("odd.csv").columns) == ["timestamp", "value"]


def test_parquet_without_polars_says_what_to_install(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(PluginError, match=r"pip install 'detectk-core\[polars\]'"):
        read(here, b"PAR1", "in.parquet")


@pytest.mark.parametrize("content", [PLAIN.encode(), b'{"timestamp": "2024-01-01", "value": 1}\n'])
def test_standard_input_is_read_whole(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    table = read_table("-")
    assert table.where == "standard input"
    assert list(table.columns) == ["timestamp", "value"]


@given(
    content=st.binary(max_size=60)
    | st.text('0123456789-:,;\t\n\r"TZ. aev+', max_size=80).map(str.encode)
    | st.lists(st.sampled_from(["2024-01-01", "1", ",", "\n", "value", '"', "1e999"])).map(
        lambda parts: "".join(parts).encode()
    )
)
def test_whatever_is_in_a_file_is_read_or_refused_in_words(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(content)
    refused = _refusal(str(path))
    assert refused == "" or refused.startswith(str(path))


def _refusal(path: str) -> str:
    """Return what is wrong with a file, or with the grid of its points; nothing if all is well."""
    try:
        points = points_of_table(read_table(path))
        if len(points):
            assert len(place(points).rows) == len(points)
    except ConfigError as error:
        return str(error)
    return ""
