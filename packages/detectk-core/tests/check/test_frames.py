from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from detectk.check.frames import columns_of, is_frame
from detectk.check.points import Points, points_of

DAYS = ["2024-01-01", "2024-01-02"]
TIMES = np.array(DAYS, "datetime64[us]")
INSTANTS = TIMES.tolist()
AWARE = pl.Series(INSTANTS).dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")
FRAMES = [
    pl.DataFrame({"timestamp": INSTANTS, "value": [1, None]}),
    pl.DataFrame({"timestamp": AWARE, "value": [1.0, None]}),
    pl.DataFrame({"timestamp": DAYS, "value": ["1", None]}),
    pd.DataFrame({"timestamp": pd.to_datetime(DAYS), "value": [1.0, None]}),
    pd.DataFrame({"timestamp": pd.to_datetime(DAYS, utc=True), "value": [1.0, None]}),
    pd.DataFrame({"value": [1.0, None]}, index=pd.to_datetime(DAYS, utc=True)),
    pd.DataFrame({"timestamp": DAYS, "value": pd.array([1, None], "Int64")}),
    pd.Series([1.0, None], index=pd.to_datetime(DAYS)),
]


def seen(points: Points) -> str:
    return f"{points.times.astype(str).tolist()} {points.values.tolist()}"  # noqa: PD011 - ours


@pytest.mark.parametrize("frame", FRAMES, ids=str)
def test_frames_of_either_library_give_the_same_points(frame: Any) -> None:
    assert is_frame(frame)
    days = [f"{day}T00:00:00.000000" for day in DAYS]
    assert seen(points_of(frame)) == f"{days} [1.0, nan]"


def test_a_pair_may_be_columns_of_a_frame() -> None:
    frame = FRAMES[3]
    assert seen(points_of((frame["timestamp"], frame["value"]))) == seen(points_of(frame))


def test_naive_times_of_a_frame_are_in_the_zone_that_is_given() -> None:
    found = points_of(FRAMES[0], timezone="Europe/Berlin")
    assert found.times[0] == np.datetime64("2023-12-31T23", "us")


def test_other_columns_come_along() -> None:
    frame = pl.DataFrame({"timestamp": DAYS, "value": [1, 2], "trials": [7, 8], "day": ["a", "b"]})
    context = points_of(frame).context
    assert context["trials"].tolist() == [7, 8]
    assert context["day"].tolist() == ["a", "b"]


def test_the_index_of_a_plain_frame_is_no_column() -> None:
    assert list(columns_of(pd.DataFrame({"a": [1]}))) == ["a"]


@pytest.mark.parametrize("given", [[1], (1, 2), np.ones(2), "text", {"timestamp": 1}])
def test_what_is_no_frame_is_not_taken_for_one(given: Any) -> None:
    assert not is_frame(given)
