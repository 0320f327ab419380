"""``dtk detect``: from a file to a file, a summary, an object or a picture."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from detectk.check.verdict_table import COLUMNS

if TYPE_CHECKING:
    from conftest import Dtk

ABOVE = ("--type", "threshold", "--param", "threshold=20")


@pytest.fixture
def series(folder: Path) -> Path:
    """Six hours: one anomaly at 3, no value at 2, no row at 4."""
    path = folder / "in.csv"
    values = {0: "3", 1: "5", 2: "", 3: "50", 5: "4"}
    rows = [f"2024-05-01 {hour:02}:00:00,{value}\n" for hour, value in values.items()]
    path.write_text("timestamp,value\n" + "".join(rows))
    return path


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def flags(text: str) -> str:
    return "".join(row["is_anomaly"] for row in rows(text))


def test_without_a_reader_at_a_terminal_the_result_is_a_csv(series: Path, dtk: Dtk) -> None:
    ran = dtk("detect", "in.csv", *ABOVE)
    assert ran.code == 0
    assert ran.out.splitlines()[0] == ",".join(COLUMNS)
    assert flags(ran.out) == "00010"
    assert dtk("detect", "in.csv", *ABOVE, "--output", "-").out == ran.out
    assert "in.csv: the interval is 1 hour, the commonest distance between rows" in ran.err
    assert "in.csv: 1 interval of 6 without a row" in ran.err


def test_a_reader_at_a_terminal_gets_a_summary(
    series: Path, dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert dtk("-q", "detect", "in.csv", *ABOVE).out == (
        "in.csv: 5 points every hour, 2024-05-01 00:00 to 05:00 UTC\n"
        "threshold: threshold 20: 1 anomaly, 1 without a verdict, 1 interval without a row\n"
        "\n"
        "time                  value  expected    side   excess\n"
        "--------------------  -----  ----------  -----  ------\n"
        "2024-05-01 03:00 UTC  50     at most 20  above  2.5\n"
        "\n"
        "--output OUT.csv writes every point, --plot draws them\n"
    )


def test_the_summary_may_be_asked_for_and_shows_the_last_ten(folder: Path, dtk: Dtk) -> None:
    lines = [f"2024-05-{day:02},{day}\n" for day in range(1, 32)]
    (folder / "in.csv").write_text("".join(lines))
    ran = dtk("-q", "detect", "in.csv", *ABOVE, "--output", "text")
    assert "the last 10 anomalies:" in ran.out
    assert "2024-05-22 00:00 UTC  22" in ran.out
    assert "2024-05-21 00:00 UTC" not in ran.out


def test_a_file_takes_the_csv_and_the_summary_says_so(series: Path, dtk: Dtk) -> None:
    ran = dtk("-q", "detect", "in.csv", *ABOVE, "--output", "out.csv")
    assert ran.out.endswith("wrote out.csv\n")
    written = (series.parent / "out.csv").read_text()
    assert flags(written) == "00010"
    assert written == dtk("detect", "in.csv", *ABOVE).out


def test_json_is_one_object_with_every_anomaly(series: Path, dtk: Dtk) -> None:
    found = dtk("detect", "in.csv", *ABOVE, "--output", "json").object
    assert (found["schema"], found["exit_code"], found["errors"]) == (1, 0, [])
    (file,) = found["files"]
    assert file["params"] == {"threshold": 20.0}
    assert (file["points"], file["intervals"], file["unjudged"]) == (5, 6, 1)
    assert file["anomalies"] == [
        {
            "timestamp": "2024-05-01T03:00:00+00:00",
            "value": 50.0,
            "expected": None,
            "lower": None,
            "upper": 20.0,
            "score": 2.5 / 3.5,
            "excess": 2.5,
            "direction": "up",
        }
    ]


def test_json_of_a_wrong_call_is_an_object_too(series: Path, dtk: Dtk) -> None:
    ran = dtk("detect", "no.csv", *ABOVE, "--output", "json")
    assert ran.object["exit_code"] == ran.code == 2
    assert ran.object["errors"][0]["where"] == "no.csv"


def test_gaps_are_written_where_they_are_asked_for_and_told_where_not(
    series: Path, dtk: Dtk
) -> None:
    quiet = dtk("detect", "in.csv", "--type", "missing_data")
    assert flags(quiet.out) == "00100"
    assert "in.csv: 1 anomaly in intervals without a row; --gaps writes them" in quiet.err
    whole = dtk("detect", "in.csv", "--type", "missing_data", "--gaps")
    assert flags(whole.out) == "001010"
    assert rows(whole.out)[4]["timestamp"] == "2024-05-01 04:00:00"
    assert "--gaps" not in whole.err


def test_params_are_read_as_yaml(series: Path, dtk: Dtk) -> None:
    for pair, found in (("operator=less_than", "11001"), ("operator: less_than", "")):
        assert flags(dtk("detect", "in.csv", *ABOVE, "-p", pair).out) == found
    options = ("--type", "mad", "-p", "seasonal_features=[hour_of_day]", "-p", "window_size=9 days")
    found = dtk("detect", "in.csv", *options, "-p", "use_weighted=true", "-o", "json").object
    assert found["files"][0]["params"] == {
        "seasonal_features": ["hour_of_day"],
        "window_size": "9 days",
        "use_weighted": True,
    }


def test_a_zone_is_that_of_the_times_and_of_the_summary(series: Path, dtk: Dtk) -> None:
    ran = dtk("detect", "in.csv", *ABOVE, "--timezone", "Asia/Tokyo", "-o", "text")
    assert "2024-05-01 03:00 JST  50" in ran.out
    found = dtk("detect", "in.csv", *ABOVE, "--timezone", "Asia/Tokyo", "-o", "json").object
    assert found["files"][0]["anomalies"][0]["timestamp"] == "2024-04-30T18:00:00+00:00"


def test_the_interval_and_the_columns_may_be_given(folder: Path, dtk: Dtk) -> None:
    (folder / "in.csv").write_text(
        "timestamp,at,value,orders\nx,2024-05-01 00:00,x,50\nx,2024-05-01 00:10,x,1\n"
    )
    columns = ("--timestamp-column", "at", "--value-column", "orders")
    ran = dtk("detect", "in.csv", *ABOVE, *columns, "--interval", "1 hour")
    assert [row["state"] for row in rows(ran.out)] == ["unjudged", "ok"]
    assert "1 row in the same interval of 1 hour as a later one" in ran.err
    assert "the interval is" not in ran.err


def test_parquet_and_ndjson_are_read_by_their_names(folder: Path, dtk: Dtk) -> None:
    pl.DataFrame({"timestamp": ["2024-05-01"], "value": [50]}).write_parquet(folder / "in.parquet")
    (folder / "in.ndjson").write_text('{"timestamp": "2024-05-01", "value": 50}\n')
    for name in ("in.parquet", "in.ndjson"):
        assert flags(dtk("detect", name, *ABOVE).out) == "1"


def piped(content: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", "from detectk.cli.entry import main; main()", "detect", *arguments],
        input=content,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "HOME": str(cwd)},
    )


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_a_pipe_is_read(series: Path, arguments: tuple[str, ...]) -> None:
    done = piped(series.read_text(), *arguments, *ABOVE, cwd=series.parent)
    assert done.returncode == 0
    assert flags(done.stdout) == "00010"


def test_a_list_is_worked_through_whatever_one_of_it_holds(series: Path, dtk: Dtk) -> None:
    (series.parent / "bad.csv").write_text("timestamp,value\n2024-05-01,many\n")
    (series.parent / "list").write_text(
        "bad.csv\tone.csv\n\nno.csv\ttwo.csv\nin.csv\tthree.csv\nin.csv\nin.csv\tno/four.csv\n"
    )
    ran = dtk("detect", "--list", "list", *ABOVE)
    assert ran.code == 2
    assert flags((series.parent / "three.csv").read_text()) == "00010"
    assert not (series.parent / "one.csv").exists()
    for error in (
        "ERROR [-] bad.csv:2: 'many' in column 'value' is no number; ",
        "ERROR [-] no.csv: cannot be read: no such file or directory",
        "ERROR [-] list:5: 'in.csv' is no pair; write INPUT, a tab, OUTPUT",
        "ERROR [-] no/four.csv: cannot be written: no such file or directory",
    ):
        assert error in ran.err
    assert ran.out.splitlines()[0].startswith("in.csv: 5 points, 1 anomaly, ")
    assert ran.out.splitlines()[-1] == "4 of 5 files failed"
    found = dtk("detect", "--list", "list", *ABOVE, "--output", "json").object
    assert (found["exit_code"], len(found["files"]), len(found["errors"])) == (2, 1, 4)
    assert found["files"][0]["output"] == "three.csv"


def test_an_empty_list_is_no_error(folder: Path, dtk: Dtk) -> None:
    (folder / "list").write_text("")
    ran = dtk("detect", "--type", "mad", "--list", "list")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_a_file_of_a_list_is_judged_as_it_is_alone(series: Path, dtk: Dtk) -> None:
    (series.parent / "other.csv").write_text("timestamp,value\n2020-01-01,1\n2020-01-02,99\n")
    (series.parent / "list").write_text("other.csv\ta.csv\nin.csv\tb.csv\n")
    dtk("detect", "--list", "list", *ABOVE)
    assert (series.parent / "b.csv").read_text() == dtk("detect", "in.csv", *ABOVE).out


def test_a_chart_is_drawn_here(series: Path, dtk: Dtk) -> None:
    ran = dtk("-q", "detect", "--plot", "in.csv", *ABOVE)
    assert "●" in ran.out
    assert "in.csv: 5 points" in ran.out
    assert "wrote" not in ran.out


def test_a_picture_is_written_where_it_is_named(series: Path, dtk: Dtk) -> None:
    for arguments in (("in.csv", "--plot", "out.png"), ("--plot", "out.png", "in.csv")):
        ran = dtk("-q", "detect", *arguments, *ABOVE)
        assert ran.out.endswith("wrote out.png\n")
        assert "●" not in ran.out
        picture = series.parent / "out.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        picture.unlink()


def test_a_picture_without_matplotlib_is_refused_before_the_work(
    series: Path, dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    ran = dtk("detect", "in.csv", *ABOVE, "--plot", "out.png", "--output", "out.csv")
    assert ran.code == 3
    assert "--plot out.png: a picture needs matplotlib; pip install 'detectk-core[plot]'" in ran.err
    assert not (series.parent / "out.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("in.csv",), 2, "Missing option '--type'"),
        (("in.csv", "--type", "thrshold"), 3, "did you mean 'threshold'?"),
        (("in.csv", "--type", "mad", "-p", "n_sgima=3"), 2, "--param: unknown key 'n_sgima'; did"),
        (("in.csv", "--type", "mad", "-p", "n_sigma"), 2, "--param: 'n_sigma' is no KEY=VALUE; "),
        (("in.csv", "--type", "mad", "-p", "a=[1"), 2, "--param a: not valid YAML"),
        (("in.csv", "--type", "mad", "-p", "a=1", "-p", "a=2"), 2, "--param: 'a' is there twice; "),
        (("in.csv", "in.csv", *ABOVE), 2, "2 inputs are given: in.csv, in.csv; give one"),
        (("in.csv", *ABOVE, "--interval", "10 mintues"), 2, "--interval: unit 'mintues'"),
        (("in.csv", *ABOVE, "--timezone", "Europe/Berln"), 2, "--timezone: time zone 'Europe/Be"),
        (("in.csv", *ABOVE, "--value-column", "vlaue"), 2, "in.csv: column 'vlaue' is not among"),
        (("in.csv", *ABOVE, "-o", "in.csv"), 2, "in.csv: is the input; write to another file"),
        (("in.csv", *ABOVE, "-o", "a.parquet"), 2, "a.parquet: what is written is a CSV; end its"),
        (("in.csv", *ABOVE, "-o", "no/out.csv"), 2, "no/out.csv: cannot be written: no such"),
        (("in.csv", *ABOVE, "--list", "in.csv"), 2, "--list names the inputs"),
        ((*ABOVE, "--list", "in.csv", "-o", "out.csv"), 2, "--list names the outputs"),
        ((*ABOVE, "--list", "in.csv", "--plot"), 2, "--plot is for one input"),
        ((*ABOVE, "--list", "no"), 2, "no: cannot be read: no such file"),
        (("in.csv", *ABOVE, "--plot", "a.png", "b.svg"), 2, "--plot: 2 pictures are given"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(
    series: Path, dtk: Dtk, arguments: tuple[str, ...], code: int, error: str
) -> None:
    before = series.read_text()
    ran = dtk("detect", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert error in ran.err
    assert "Traceback" not in ran.err
    assert series.read_text() == before


def test_several_wrong_options_are_all_told(series: Path, dtk: Dtk) -> None:
    ran = dtk("detect", "in.csv", "--type", "threshold", "-p", "treshold=1")
    assert ran.code == 2
    assert "did you mean 'threshold'?" in ran.err
    assert "--param: missing key 'threshold'" in ran.err


def test_nothing_to_read_at_a_terminal_is_told(
    folder: Path, dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    ran = dtk("detect", *ABOVE)
    assert ran.code == 2
    assert "there is no INPUT; give a file, or pipe a CSV into it" in ran.err


def test_a_header_alone_gives_a_header(folder: Path, dtk: Dtk) -> None:
    (folder / "in.csv").write_text("timestamp,value\n")
    ran = dtk("detect", "in.csv", *ABOVE)
    assert (ran.code, ran.out) == (0, ",".join(COLUMNS) + "\n")
    assert "in.csv: there are no rows" in ran.err
    for form in ("text", "json"):
        assert dtk("detect", "in.csv", *ABOVE, "--output", form, "--plot").code == 0
