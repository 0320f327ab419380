from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectk.check.detector_choice import choose
from detectk.check.points import points_of, points_of_table
from detectk.check.table import Table
from detectk.check.trial import Judged, judge
from detectk.check.verdict_table import COLUMNS, csv_text, score_of, write_csv
from detectk.errors import ConfigError


def judged(times: list[str], values: list[Any], **given: Any) -> Judged:
    table = Table("in.csv", {"timestamp": times, "value": values}, str)
    points = points_of_table(table, timezone=given.get("timezone", "UTC"))
    return judge(points, choose("threshold", {"threshold": 20}), **given)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_one_row_in_is_one_row_out_in_the_same_order_and_spelling() -> None:
    times = ["2024-01-01T02:00Z", "2024-01-01T00:00Z", "2024-01-01T01:00Z"]
    found = rows(csv_text(judged(times, ["1", "50", ""])))
    assert list(found[0]) == list(COLUMNS)
    assert [row["timestamp"] for row in found] == times
    assert [row["state"] for row in found] == ["ok", "anomaly", "unjudged"]
    assert [row["is_anomaly"] for row in found] == ["0", "1", "0"]
    assert [row["direction"] for row in found] == ["", "up", ""]


def test_the_whole_of_a_small_table() -> None:
    assert csv_text(judged(["2024-01-01", "2024-01-02"], ["10", "50"])) == (
        "timestamp,value,expected,lower,upper,score,excess,direction,state,is_anomaly\n"
        "2024-01-01,10.0,,,20.0,0.3333333333333333,0.5,,ok,0\n"
        "2024-01-02,50.0,,,20.0,0.7142857142857143,2.5,up,anomaly,1\n"
    )


def test_numbers_read_back_as_they_were() -> None:
    values = np.array([0.1 + 0.2, 1 / 3, 5e-324, -1.7e308, 2.0**53 + 2, -0.0])
    times = [f"2024-01-0{n + 1}" for n in range(6)]
    found = rows(csv_text(judged(times, list(map(repr, values.tolist())))))
    assert [float(row["value"]) for row in found] == values.tolist()


def test_a_row_that_gave_way_is_unjudged_and_still_there() -> None:
    times = ["2024-01-01 00:00", "2024-01-01 00:10", "2024-01-01 00:10", "2024-01-01 00:20"]
    found = rows(csv_text(judged(times, ["1", "99", "50", "1"])))
    assert [row["value"] for row in found] == ["1.0", "99.0", "50.0", "1.0"]
    assert [row["state"] for row in found] == ["ok", "unjudged", "anomaly", "ok"]
    assert (found[1]["upper"], found[1]["score"], found[1]["is_anomaly"]) == ("", "", "0")


def test_gaps_stand_where_they_belong_and_as_the_rest_is_written() -> None:
    times = ["2024-01-01 04:00", "2024-01-01 00:00", "2024-01-01 01:00"]
    berlin = judged(times, ["1", "2", "3"], timezone="Europe/Berlin", interval="1 hour")
    assert len(rows(csv_text(berlin))) == 3
    found = rows(csv_text(berlin, gaps=True))
    assert [row["timestamp"] for row in found] == [
        "2024-01-01 00:00",
        "2024-01-01 01:00",
        "2024-01-01 02:00:00",
        "2024-01-01 03:00:00",
        "2024-01-01 04:00",
    ]
    assert [row["value"] for row in found] == ["2.0", "3.0", "", "", "1.0"]
    assert [row["state"] for row in found] == ["ok", "ok", "unjudged", "unjudged", "ok"]


def test_times_that_were_no_text_are_iso_8601() -> None:
    points = points_of((np.array(["2024-01-01", "2024-01-02"], "M8[us]"), [1, 2]))
    text = csv_text(judge(points, choose("threshold", {"threshold": 20})))
    assert [row["timestamp"] for row in rows(text)] == [
        "2024-01-01T00:00:00+00:00",
        "2024-01-02T00:00:00+00:00",
    ]


def test_a_time_with_a_comma_is_quoted() -> None:
    times = ["2024-01-01 00:00:00,5", "2024-01-01 00:00:01,5"]
    assert [row["timestamp"] for row in rows(csv_text(judged(times, ["1", "2"])))] == times


def test_no_rows_give_the_header() -> None:
    assert csv_text(judged([], [])) == ",".join(COLUMNS) + "\n"


def test_scores_of_excess_keep_their_order_between_0_and_1() -> None:
    scores = score_of(np.array([0.0, 0.5, 1.0, 3.0, 1e6]))
    assert scores.tolist()[:4] == [0.0, 1 / 3, 0.5, 0.75]
    assert 0.75 < scores[4] < 1.0


def test_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    path = tmp_path / "no" / "out.csv"
    with pytest.raises(ConfigError, match=r"out\.csv: cannot be written: no such file"):
        write_csv(judged(["2024-01-01"], ["1"]), str(path))
