from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from detectk.detectors.engine.calendar import Calendar
from detectk.detectors.engine.events import Events
from detectk.errors import DetectError
from detectk.values import Interval

BERLIN = Interval.parse("1 hour", "Europe/Berlin")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def marked(
    root: Path, text: str, *, start: str, end: str, interval: Interval = BERLIN
) -> dict[str, int]:
    """Return the starts in UTC of the intervals in an event, and its number."""
    (root / "promos.csv").write_text(text, encoding="utf-8")
    times = interval.steps(at(start), at(end))
    codes = Events.read(root, "promos.csv").codes(times, interval)
    assert len(codes) == len(times)
    found = zip(times.astype("datetime64[m]").astype(str), codes.tolist(), strict=True)
    return {time.replace("T", " "): code for time, code in found if code}


def test_a_date_is_a_whole_local_day(root: Path) -> None:
    found = marked(root, "date\n2024-11-29\n", start="2024-11-27", end="2024-12-03")
    assert (min(found), max(found), len(found)) == ("2024-11-28 23:00", "2024-11-29 22:00", 24)


def test_a_date_has_twenty_five_hours_when_summer_time_ends(root: Path) -> None:
    found = marked(root, "date\n2024-10-27\n", start="2024-10-25", end="2024-10-30")
    assert (min(found), max(found), len(found)) == ("2024-10-26 22:00", "2024-10-27 22:00", 25)


def test_the_last_of_two_dates_is_included(root: Path) -> None:
    text = "start,end\n2024-03-30,2024-03-31\n"
    found = marked(root, text, start="2024-03-28", end="2024-04-03")
    assert (min(found), max(found), len(found)) == ("2024-03-29 23:00", "2024-03-31 21:00", 47)


def test_the_end_of_two_moments_is_not(root: Path) -> None:
    text = "start,end\n2024-11-29 10:00,2024-11-29 13:00\n"
    found = marked(root, text, start="2024-11-29", end="2024-11-30")
    assert list(found) == ["2024-11-29 09:00", "2024-11-29 10:00", "2024-11-29 11:00"]


@pytest.mark.parametrize(
    ("cell", "hour"),
    [
        ("2024-11-29T10:00", "09"),
        ("2024-11-29 10:00:00", "09"),
        ("2024-11-29T10:00:00Z", "10"),
        ("2024-11-29 10:00:00.500 UTC", "10"),
        ("2024-11-29T10:00:00-05:00", "15"),
        ("2024-11-29T10:00+0530", "04"),
    ],
)
def test_moments_are_of_the_zone_unless_they_carry_an_offset(
    root: Path, cell: str, hour: str
) -> None:
    """A moment alone is the one interval that holds it."""
    found = marked(root, f"date\n{cell}\n", start="2024-11-29", end="2024-11-30")
    assert list(found) == [f"2024-11-29 {hour}:00"]


def test_an_end_may_be_missing_and_a_start_may_be_the_end(root: Path) -> None:
    text = "start,end\n2024-11-29 10:20,\n2024-11-29 12:00,2024-11-29 12:00\n2024-11-30,\n"
    found = marked(root, text, start="2024-11-29", end="2024-12-02")
    assert list(found)[:2] == ["2024-11-29 09:00", "2024-11-29 11:00"]
    assert len(found) == 2 + 24


def test_an_interval_that_is_in_an_event_in_part_is_in_it(root: Path) -> None:
    text = "start,end\n2024-11-29 10:30,2024-11-29 12:01\n"
    found = marked(root, text, start="2024-11-29", end="2024-11-30")
    assert list(found) == ["2024-11-29 09:00", "2024-11-29 10:00", "2024-11-29 11:00"]
    months = Interval.parse("1 month", "Europe/Berlin")
    found = marked(root, text, start="2024-09-15", end="2025-02-01", interval=months)
    assert list(found) == ["2024-10-31 23:00"]


def test_a_name_is_a_group_of_its_own(root: Path) -> None:
    text = "date,name\n2024-01-01,sale\n2024-01-02,\n2024-01-03,fair\n2024-01-04,sale\n"
    daily = Interval.parse("1 day")
    found = marked(root, text, start="2023-12-30", end="2024-01-06", interval=daily)
    assert list(found.values()) == [2, 1, 3, 2]


def test_of_two_events_at_once_the_lower_line_wins(root: Path) -> None:
    text = "start,end,name\n2024-01-01,2024-01-05,month\n2024-01-02,2024-01-03,week\n"
    daily = Interval.parse("1 day")
    found = marked(root, text, start="2023-12-30", end="2024-01-08", interval=daily)
    assert list(found.values()) == [2, 3, 3, 2, 2]


def test_columns_may_stand_in_any_order_among_others(root: Path) -> None:
    text = '\ufeffComment, END ,start\n"a, b",2024-01-02,2024-01-01\n\n , ,\nx,,2024-01-04\n'
    text = text.replace(" , ,\n", "")
    daily = Interval.parse("1 day")
    found = marked(root, text, start="2023-12-30", end="2024-01-08", interval=daily)
    assert list(found) == ["2024-01-01 00:00", "2024-01-02 00:00", "2024-01-04 00:00"]


def test_events_far_away_cost_nothing_and_may_never_end(root: Path) -> None:
    text = "start,end\n1890-01-01,1890-01-02\n2024-11-29 22:00,9999-12-31\n0001-01-01,1999-01-01\n"
    found = marked(root, text, start="2024-11-29", end="2024-11-30")
    assert list(found) == ["2024-11-29 21:00", "2024-11-29 22:00", "2024-11-29 23:00"]


def test_parts_of_a_series_have_the_codes_of_the_whole(root: Path) -> None:
    (root / "promos.csv").write_text("start,end\n2024-10-26 22:30,2024-10-27 02:30\n")
    times = BERLIN.steps(at("2024-10-26"), at("2024-10-28"))
    events = Events.read(root, "promos.csv")
    whole = events.codes(times, BERLIN)
    assert whole.any()
    for row in range(len(times)):
        assert events.codes(times[row : row + 1], BERLIN)[0] == whole[row]
    assert not events.codes(times[:0], BERLIN).size
    with_a_hole = [*range(10), *range(24, 30)]
    assert events.codes(times[with_a_hole], BERLIN).tolist() == whole[with_a_hole].tolist()


def test_a_file_without_rows_has_no_events(root: Path) -> None:
    assert marked(root, "date\n", start="2024-11-29", end="2024-11-30") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date\n2024-11-29\n\n2024-13-01\n", r"promos.csv:4: '2024-13-01' is no date or time; wri"),
        ("date\nBlack Friday\n", r"promos.csv:2: 'Black Friday' is no date or time"),
        ("date\n20241129\n", r"promos.csv:2: '20241129' is no date"),
        ("date\n2024-11-29 25:00\n", r"promos.csv:2: '2024-11-29 25:00' is no date"),
        ("start,end\n,2024-11-29\n", r"promos.csv:2: '' is no date or time"),
        ("start,end\n2024-11-29,2024-11-28\n", r"promos.csv:2: the event ends '2024-11-28' befor"),
        ("start,finish\n2024-11-29,\n", r"promos.csv:1: the columns are start, finish; give"),
        ("date,start,end\n", r"promos.csv:1: the columns are date, start, end; give"),
        ("date,name\n2024-11-29,a,b\n", r"promos.csv:2: 3 cells under 2 columns; quote"),
        ('date\n"2024-11-29\n', r"promos.csv:\d: no CSV: .*; check its quotes"),
        ("", r"promos.csv: the file is empty; begin with"),
    ],
)
def test_an_error_names_the_file_and_the_line(root: Path, text: str, said: str) -> None:
    with pytest.raises(DetectError, match=said):
        marked(root, text, start="2024-11-29", end="2024-11-30")


def test_a_file_that_is_no_text_is_an_error(root: Path) -> None:
    (root / "promos.csv").write_bytes(b"date\n\xff\xfe\n")
    with pytest.raises(DetectError, match=r"promos.csv: no UTF-8 text"):
        Events.read(root, "promos.csv")


def test_a_detector_reads_once_and_the_next_sees_the_change(root: Path) -> None:
    times = BERLIN.steps(at("2024-11-28T23:00:00"), at("2024-11-29T23:00:00"))
    path = root / "promos.csv"
    path.write_text("date\n2024-11-29\n")
    first = Calendar(events={"promo": "promos.csv"}, root=root)
    assert first.codes("promo", times, BERLIN).all()
    path.write_text("date\n2024-11-30\n")
    os.utime(path, ns=(1, 1))
    assert first.codes("promo", times, BERLIN).all()
    assert not Calendar(events={"promo": str(path)}).codes("promo", times, BERLIN).any()
