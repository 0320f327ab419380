"""Golden drawings, worked out by hand: a value lies (high - value) / (high - low) down."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pytest

from detectk.console.chart import draw
from detectk.values.arrays import Floats, Times

NAN = float("nan")


def hours(count: int, start: str = "2013-02-08T05:00", step: int = 1) -> Times:
    return np.datetime64(start, "us") + np.arange(count) * np.timedelta64(step, "h")


def drawn(values: list[float] | Floats, times: Times | None = None, **given: Any) -> str:
    column = np.asarray(values, dtype=np.float64)
    n = len(column)
    lower = np.asarray(given.pop("lower", np.full(n, NAN)), dtype=np.float64)
    upper = np.asarray(given.pop("upper", np.full(n, NAN)), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        flagged = (column < lower) | (column > upper)
    times = hours(n) if times is None else times
    return draw(times, column, lower, upper, flagged, **given)


def test_a_dip_below_its_band() -> None:
    values = [40, 42, 41, 10, 0, 0, 5, 38, 41, 40, 40, 40]
    shown = drawn(
        [float(v) for v in values],
        lower=[30.0] * 12,
        upper=[50.0] * 12,
        width=40,
        height=6,
        zone="America/New_York",
        onset=datetime(2013, 2, 8, 8, tzinfo=timezone.utc),
        until=datetime(2013, 2, 8, 12, tzinfo=timezone.utc),
    )
    assert shown.splitlines() == [
        "50 ┤░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░",
        "   │─────────╮░░░░░░░░░░░╭──────────────",
        "25 ┤░░░░░░░░░│░░░░░░░░░░░│░░░░░░░░░░░░░░",
        "   │         ●──╮        │",
        " 0 ┤            ●──●──●──╯",
        "   └┬─────────────────┬─────────────────",
        "    Fri 8 Feb         06:00",
        "             ├──────────┤ 4 hours",
        "    2013-02-08 00:00 to 11:00 EST",
        "    ─ value   ░ expected   ● outside",
    ]


def test_plain_text_is_ascii() -> None:
    shown = drawn([1.0, 9.0, 1.0], lower=[0.0] * 3, upper=[2.0] * 3, plain=True, width=30)
    assert shown.isascii()
    assert "#" in shown


def test_a_missing_value_is_a_gap() -> None:
    shown = drawn([1.0, NAN, 1.0, 2.0], width=30, height=4)
    bottom = next(row for row in shown.splitlines() if "─" in row and "┤" in row)
    assert bottom.count(" ") >= 6


def test_one_bound_shades_to_the_edge() -> None:
    rows = drawn([5.0, 5.0], upper=[8.0, 8.0], height=8).splitlines()
    shaded = ["░" in row or "─" in row for row in rows[:8]]
    assert shaded[-1]
    rows = drawn([5.0, 5.0], lower=[2.0, 2.0], height=8).splitlines()
    assert "░" in rows[0] or "─" in rows[0]


def test_many_points_share_a_column_and_none_of_the_flagged_is_lost() -> None:
    values = np.full(5_000, 10.0)
    values[3_210] = 99.0
    shown = drawn(values, lower=np.full(5_000, 5.0), upper=np.full(5_000, 15.0), width=80)
    assert shown.count("●") == 2  # one in the chart, one in the legend
    assert "●" in shown.splitlines()[0]


def test_no_row_is_wider_than_asked() -> None:
    rng = np.random.default_rng(1)
    for count in (1, 2, 7, 50, 91, 1_000):
        rows = drawn(rng.normal(1e6, 1e5, count), width=100).splitlines()
        assert max(map(len, rows)) <= 100


def test_days_are_named_where_they_begin_in_the_zone() -> None:
    shown = drawn([float(i) for i in range(72)], width=100, zone="America/New_York")
    days = "Fri 8 Feb 12:00 Sat 9 Feb 12:00 Sun 10 Feb 12:00"
    assert " ".join(shown.splitlines()[-2].split()) == days


def test_weeks_of_daily_points_are_dated() -> None:
    times = hours(60, "2013-01-01T00:00", step=24)
    axis = drawn([float(i) for i in range(60)], times, width=90).splitlines()[-2]
    assert axis.split()[:3] == ["Mon", "7", "Jan"]


def test_a_day_with_25_hours_keeps_its_midnights() -> None:
    times = hours(49, "2013-11-02T04:00")
    axis = drawn([1.0] * 49, times, width=70, zone="America/New_York")
    assert "Sat 2 Nov" in axis
    assert "Sun 3 Nov" in axis


def test_an_open_stretch_runs_to_the_end() -> None:
    shown = drawn([1.0] * 40, width=100, onset=datetime(2013, 2, 8, 9, tzinfo=timezone.utc))
    assert "since Fri 09:00" in shown.splitlines()[-2]


def test_a_stretch_out_of_sight_is_not_drawn() -> None:
    before = datetime(2012, 1, 1, tzinfo=timezone.utc)
    shown = drawn([1.0] * 4, onset=before, until=before)
    assert shown.splitlines()[-2].strip() == ""


@pytest.mark.parametrize("values", [[], [NAN, NAN]])
def test_nothing_to_draw_is_said(values: list[float]) -> None:
    assert drawn(values) == "no values to draw"


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([3.0, 3.0], ["4", "3.5", "3", "2.5", "2"]),
        ([0.0, 0.0], ["1", "0.5", "0", "-0.5", "-1"]),
        ([-5.0, 5.0], ["6", "4", "2", "0", "-2", "-4", "-6"]),
        ([0.001, 0.0044], ["0.005", "0.004", "0.003", "0.002", "0.001", "0"]),
    ],
)
def test_the_scale_has_round_numbers(values: list[float], labels: list[str]) -> None:
    rows = drawn(values, height=16).splitlines()
    assert [row.split("┤")[0].strip() for row in rows if "┤" in row] == labels


def test_counts_stand_on_the_ground() -> None:
    rows = drawn([0.0, 5.0, 10.0], lower=[-8.0] * 3, upper=[12.0] * 3).splitlines()
    labels = [row.split("┤")[0].strip() for row in rows if "┤" in row]
    assert labels[-1] == "0"
