"""Intervals against calendars worked out by hand, and against the laws a grid obeys."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.values.interval import Interval

UTC = timezone.utc
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"
HAVANA = "America/Havana"
SAO_PAULO = "America/Sao_Paulo"
ST_JOHNS = "America/St_Johns"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starts(interval: Interval, start: str, end: str) -> list[str]:
    steps = interval.steps(at(start), at(end))
    assert steps.dtype == np.dtype("datetime64[us]")
    return [str(step.astype("datetime64[m]")) for step in steps]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10 minutes", "10 minutes"),
        ("10min", "10 minutes"),
        ("1h", "1 hour"),
        ("1 hour", "1 hour"),
        ("1 Day", "1 day"),
        ("  30 seconds ", "30 seconds"),
        ("1.5 hours", "90 minutes"),
        ("0.5 minutes", "30 seconds"),
        ("60 minutes", "1 hour"),
        ("24 hours", "1 day"),
        ("36 hours", "36 hours"),
        ("1 week", "1 week"),
        ("3 mo", "3 months"),
        ("600", "10 minutes"),
        (600, "10 minutes"),
        (45, "45 seconds"),
        (90.0, "90 seconds"),
    ],
)
def test_parse_reads_what_people_write(text: str | float, canonical: str) -> None:
    assert str(Interval.parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10 parsecs", "unit 'parsecs' of '10 parsecs' is unknown; did you mean 'secs'"),
        ("10 minuts", "did you mean 'minutes'"),
        ("10 q", "use seconds, minutes, hours, days, weeks"),
        ("1M", "'1M' could mean minutes or months"),
        ("0 minutes", "'0 minutes' is not positive"),
        (0, "0 is not positive"),
        ("-5 minutes", "'-5 minutes' is not positive"),
        ("0.5 seconds", "'0.5 seconds' is not a whole number of seconds"),
        ("1.5 months", "'1.5 months' is not a whole number of months"),
        ("ten minutes", "'ten minutes' is not a length of time"),
        ("", "'' is not a length of time"),
        (True, "True is not a length of time"),
        (float("nan"), "nan is not a length of time"),
        (float("inf"), "inf is not a length of time"),
        ("9999999999999 days", "too long"),
    ],
)
def test_parse_refuses_what_is_no_interval(text: str | float, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        Interval.parse(text)


@pytest.mark.parametrize("zone", ["America/New_Yrok", "America", "../etc/passwd", "", "Mars/Base"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Interval.parse("1 hour", zone)


def test_an_unknown_zone_is_told_its_neighbour() -> None:
    with pytest.raises(ValueError, match="did you mean 'America/New_York'"):
        Interval(1, "hour", "America/New_Yrok")


def test_equal_grids_are_equal_values() -> None:
    assert Interval(60, "minute") == Interval.parse("1 hour") == Interval.parse(3600)


def test_seven_days_are_not_a_week_because_they_are_counted_from_elsewhere() -> None:
    assert Interval(7, "day") != Interval(1, "week")


def test_a_canonical_form_is_read_back() -> None:
    for interval in (Interval(90, "minute"), Interval(1, "month"), Interval(2, "week")):
        assert Interval.parse(str(interval)) == interval


def test_a_month_is_nominally_thirty_days() -> None:
    assert Interval(2, "month").nominal == timedelta(days=60)
    assert Interval(10, "minute").nominal == timedelta(minutes=10)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        Interval(1, "hour").floor(datetime(2024, 1, 1))  # noqa: DTZ001 - the point of the test


def test_a_time_in_another_zone_is_the_instant_it_names() -> None:
    paris = datetime(2024, 7, 1, 12, 34, tzinfo=ZoneInfo("Europe/Paris"))
    assert Interval(1, "hour").floor(paris) == at("2024-07-01 10:00")


def test_floor_holds_its_own_start_and_excludes_the_next() -> None:
    ten = Interval(10, "minute")
    assert ten.floor(at("2024-01-01 10:20")) == at("2024-01-01 10:20")
    assert ten.floor(at("2024-01-01 10:29:59.999999")) == at("2024-01-01 10:20")
    assert ten.next(at("2024-01-01 10:20")) == at("2024-01-01 10:30")
    assert ten.previous(at("2024-01-01 10:20")) == at("2024-01-01 10:10")
    assert ten.previous(at("2024-01-01 10:20:00.000001")) == at("2024-01-01 10:20")


def test_floor_works_before_1970() -> None:
    assert Interval(10, "minute").floor(at("1969-12-31 23:55")) == at("1969-12-31 23:50")
    assert Interval(1, "month").floor(at("1969-12-31 23:55")) == at("1969-12-01 00:00")


def test_steps_hold_their_start_and_exclude_their_end() -> None:
    hour = Interval(1, "hour")
    assert starts(hour, "2024-01-01 10:00", "2024-01-01 12:00") == [
        "2024-01-01T10:00",
        "2024-01-01T11:00",
    ]
    assert starts(hour, "2024-01-01 10:00:00.000001", "2024-01-01 12:00:00.000001") == [
        "2024-01-01T11:00",
        "2024-01-01T12:00",
    ]


@pytest.mark.parametrize("end", ["2024-01-01 10:05", "2024-01-01 10:06", "2023-01-01 00:00"])
def test_steps_of_a_window_without_a_start_are_none(end: str) -> None:
    assert starts(Interval(1, "hour"), "2024-01-01 10:05", end) == []


def test_weeks_start_on_monday() -> None:
    week = Interval(1, "week")
    assert week.floor(at("2024-11-03 23:00")) == at("2024-10-28")
    assert week.next(at("2024-10-28")) == at("2024-11-04")


def test_fortnights_are_counted_from_the_monday_of_1970() -> None:
    # 2024-01-08 is 19730 days after 1970-01-01; (19730 - 4) / 14 = 1409 exactly.
    assert Interval(2, "week").floor(at("2024-01-21 12:00")) == at("2024-01-08")


def test_several_days_are_counted_from_1970() -> None:
    # 2024-01-01 is day 19723 = 3 * 6574 + 1, so three days begin on the last of December.
    assert Interval(3, "day").floor(at("2024-01-01 12:00")) == at("2023-12-31")


def test_hours_that_do_not_divide_a_day_are_counted_from_1970() -> None:
    # 19723 * 24 = 473352 h = 7 * 67621 + 5, so seven hours begin at 19:00 the day before.
    assert Interval(7, "hour").floor(at("2024-01-01 00:00")) == at("2023-12-31 19:00")
    assert Interval(7, "hour").next(at("2024-01-01 00:00")) == at("2024-01-01 02:00")


def test_months_follow_the_calendar() -> None:
    assert starts(Interval(1, "month"), "2024-01-15", "2024-05-01") == [
        "2024-02-01T00:00",
        "2024-03-01T00:00",
        "2024-04-01T00:00",
    ]
    assert Interval(3, "month").floor(at("2024-06-30 23:59")) == at("2024-04-01")
    assert Interval(12, "month").next(at("2024-01-01")) == at("2025-01-01")


def test_a_month_starts_at_local_midnight() -> None:
    month = Interval(1, "month", NEW_YORK)
    assert month.floor(at("2024-04-01 03:59")) == at("2024-03-01 05:00")
    assert month.floor(at("2024-04-01 04:00")) == at("2024-04-01 04:00")


# New York 2024: 03-10 02:00 EST leaps to 03:00 EDT at 07:00 UTC;
# 11-03 02:00 EDT falls back to 01:00 EST at 06:00 UTC.


def test_the_repeated_hour_is_two_intervals() -> None:
    assert starts(Interval(1, "hour", NEW_YORK), "2024-11-03 04:00", "2024-11-03 08:00") == [
        "2024-11-03T04:00",
        "2024-11-03T05:00",
        "2024-11-03T06:00",
        "2024-11-03T07:00",
    ]


def test_two_hours_over_the_repeated_hour_last_three() -> None:
    assert starts(Interval(2, "hour", NEW_YORK), "2024-11-03 02:00", "2024-11-03 10:00") == [
        "2024-11-03T02:00",
        "2024-11-03T04:00",
        "2024-11-03T07:00",
        "2024-11-03T09:00",
    ]
    assert Interval(2, "hour", NEW_YORK).floor(at("2024-11-03 06:59")) == at("2024-11-03 04:00")


def test_two_hours_over_the_skipped_hour_begin_at_the_leap() -> None:
    # Local 00:00 and 04:00 exist, 02:00 does not: the leap at 07:00 UTC stands in for it.
    assert starts(Interval(2, "hour", NEW_YORK), "2024-03-10 05:00", "2024-03-10 11:00") == [
        "2024-03-10T05:00",
        "2024-03-10T07:00",
        "2024-03-10T08:00",
        "2024-03-10T10:00",
    ]


def test_three_hours_over_the_skipped_hour_last_two() -> None:
    assert starts(Interval(3, "hour", NEW_YORK), "2024-03-10 05:00", "2024-03-10 13:00") == [
        "2024-03-10T05:00",
        "2024-03-10T07:00",
        "2024-03-10T10:00",
    ]


def test_a_day_has_23_hours_in_spring_and_25_in_autumn() -> None:
    day = Interval(1, "day", NEW_YORK)
    assert day.floor(at("2024-03-10 12:00")) == at("2024-03-10 05:00")
    assert day.next(at("2024-03-10 05:00")) == at("2024-03-11 04:00")
    assert day.next(at("2024-11-03 04:00")) == at("2024-11-04 05:00")
    assert day.previous(at("2024-11-04 05:00")) == at("2024-11-03 04:00")


def test_a_local_week_spans_its_change() -> None:
    week = Interval(1, "week", NEW_YORK)
    assert week.next(at("2024-10-28 04:00")) == at("2024-11-04 05:00")


# Lord Howe 2024: 04-07 02:00 (+11) falls back to 01:30 (+10:30) at 15:00 UTC the day before;
# 10-06 02:00 (+10:30) leaps to 02:30 (+11) at 15:30 UTC the day before.


def test_half_an_hour_of_autumn_makes_one_longer_hour() -> None:
    assert starts(Interval(1, "hour", LORD_HOWE), "2024-04-06 13:00", "2024-04-06 17:00") == [
        "2024-04-06T13:00",
        "2024-04-06T14:00",
        "2024-04-06T15:30",
        "2024-04-06T16:30",
    ]


def test_half_an_hour_of_spring_makes_one_shorter_hour() -> None:
    assert starts(Interval(1, "hour", LORD_HOWE), "2024-10-05 14:00", "2024-10-05 17:30") == [
        "2024-10-05T14:30",
        "2024-10-05T15:30",
        "2024-10-05T16:00",
        "2024-10-05T17:00",
    ]


# Havana 2024-11-03: 01:00 CDT falls back to 00:00 CST at 05:00 UTC: midnight comes twice.


def test_a_repeated_midnight_does_not_make_two_days() -> None:
    assert starts(Interval(1, "day", HAVANA), "2024-11-02 00:00", "2024-11-05 00:00") == [
        "2024-11-02T04:00",
        "2024-11-03T04:00",
        "2024-11-04T05:00",
    ]
    day = Interval(1, "day", HAVANA)
    assert day.floor(at("2024-11-03 05:30")) == at("2024-11-03 04:00")
    assert day.next(at("2024-11-03 04:30")) == at("2024-11-04 05:00")
    assert Interval(24, "hour", HAVANA).next(at("2024-11-03 04:00")) == at("2024-11-04 05:00")


def test_a_repeated_midnight_makes_two_hours() -> None:
    assert starts(Interval(1, "hour", HAVANA), "2024-11-03 04:00", "2024-11-03 07:00") == [
        "2024-11-03T04:00",
        "2024-11-03T05:00",
        "2024-11-03T06:00",
    ]


# Sao Paulo 2018-11-04: 00:00 (-03) leaps to 01:00 (-02) at 03:00 UTC: there is no midnight.


def test_a_missing_midnight_is_the_leap() -> None:
    assert starts(Interval(1, "day", SAO_PAULO), "2018-11-03 00:00", "2018-11-06 00:00") == [
        "2018-11-03T03:00",
        "2018-11-04T03:00",
        "2018-11-05T02:00",
    ]
    day = Interval(1, "day", SAO_PAULO)
    assert day.floor(at("2018-11-04 02:59:59")) == at("2018-11-03 03:00")
    assert day.floor(at("2018-11-04 10:00")) == at("2018-11-04 03:00")


# St John's 2009-11-01: 00:01 NDT (-02:30) falls back to 23:01 NST (-03:30) of the day before
# at 02:31 UTC: the new month has begun a minute earlier and does not end again.


@pytest.mark.parametrize(("count", "unit"), [(1, "day"), (1, "month"), (5, "month")])
def test_a_day_that_has_begun_does_not_end_when_the_clock_goes_back(count: int, unit: str) -> None:
    # 2009-11 is month 478 after January 1970; five months begin at 475 = 2009-08.
    interval = Interval(count, unit, ST_JOHNS)  # type: ignore[arg-type]
    expected = at("2009-08-01 02:30") if count == 5 else at("2009-11-01 02:30")
    assert interval.floor(at("2009-11-01 03:00")) == expected


def test_a_skipped_day_is_no_interval() -> None:
    # Samoa leapt over 2011-12-30 at 10:00 UTC that day, from -10 to +14.
    assert starts(Interval(1, "day", "Pacific/Apia"), "2011-12-29 00:00", "2012-01-01 00:00") == [
        "2011-12-29T10:00",
        "2011-12-30T10:00",
        "2011-12-31T10:00",
    ]


def test_kathmandu_counts_hours_from_its_own_midnight() -> None:
    hour = Interval(1, "hour", "Asia/Kathmandu")
    assert hour.floor(at("2024-01-01 00:00")) == at("2023-12-31 23:15")
    assert Interval(1, "day", "Asia/Kathmandu").floor(at("2024-01-01 00:00")) == at(
        "2023-12-31 18:15"
    )


def test_floor_many_refuses_a_time_that_is_none() -> None:
    times = np.array(["2024-01-01", "NaT"], "datetime64[us]")
    with pytest.raises(ValueError, match="NaT"):
        Interval(1, "hour").floor_many(times)


def test_floor_many_of_none_is_none() -> None:
    floors = Interval(1, "hour").floor_many(np.empty(0, "datetime64[us]"))
    assert floors.size == 0
    assert floors.dtype == np.dtype("datetime64[us]")


ZONES = [
    "UTC",
    NEW_YORK,
    LORD_HOWE,
    HAVANA,
    SAO_PAULO,
    ST_JOHNS,
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/Scoresbysund",
]
intervals = st.builds(
    Interval,
    st.sampled_from([1, 2, 3, 5, 7, 10, 30, 36, 90]),
    st.sampled_from(["minute", "hour", "day", "week", "month"]),
    st.sampled_from(ZONES),
)
moments = st.one_of(
    st.datetimes(datetime(1920, 1, 1), datetime(2120, 1, 1)),  # noqa: DTZ001 - made aware below
    # The nights around the changes of the zones above, where the laws are hard to keep.
    st.builds(
        lambda night, offset: night + offset,
        st.sampled_from(
            [
                datetime.fromisoformat(night)
                for night in (
                    "2024-03-10 07:00",
                    "2024-11-03 06:00",
                    "2024-11-03 05:00",
                    "2024-04-06 15:00",
                    "2024-10-05 15:30",
                    "2018-11-04 03:00",
                    "2009-11-01 02:31",
                    "2011-12-30 10:00",
                    "2022-03-26 22:00",
                    "2024-03-31 01:00",
                )
            ]
        ),
        st.timedeltas(timedelta(hours=-30), timedelta(hours=30)),
    ),
).map(lambda moment: moment.replace(tzinfo=UTC))


@given(intervals, moments)
def test_floor_and_next_enclose_a_time(interval: Interval, time: datetime) -> None:
    start = interval.floor(time)
    end = interval.next(start)
    assert start <= time < end
    assert interval.floor(start) == start
    assert interval.next(time) == end
    assert interval.previous(end) == start


@given(intervals, moments, st.timedeltas(timedelta(0), timedelta(hours=30)))
def test_floor_keeps_order(interval: Interval, time: datetime, later: timedelta) -> None:
    assert interval.floor(time) <= interval.floor(time + later)


@given(intervals, moments, st.integers(0, 60))
def test_steps_are_repeated_next(interval: Interval, time: datetime, count: int) -> None:
    expected = []
    step = interval.next(time)
    for _ in range(count):
        expected.append(step)
        step = interval.next(step)
    first = time + timedelta(microseconds=1)
    steps = interval.steps(first, max(step, first) if count else first)
    assert [moment.replace(tzinfo=UTC) for moment in steps.tolist()] == expected


@given(intervals, st.lists(moments, max_size=40))
def test_floor_many_is_floor_of_each(interval: Interval, times: list[datetime]) -> None:
    many = np.array([time.replace(tzinfo=None) for time in times], "datetime64[us]")
    floors = interval.floor_many(many)
    assert [moment.replace(tzinfo=UTC) for moment in floors.tolist()] == [
        interval.floor(time) for time in times
    ]


@given(intervals, moments)
def test_a_start_is_shown_by_the_local_clock(interval: Interval, time: datetime) -> None:
    start = interval.floor(time)
    zone = ZoneInfo(interval.zone)
    local = start.astimezone(zone)
    leapt = local.utcoffset() != (start - timedelta(seconds=1)).astimezone(zone).utcoffset()
    whole = local.second == 0 and (interval.unit == "minute" or local.minute == 0)
    midnight = whole and local.hour == 0 and local.minute == 0
    # Before about 1950 several zones had offsets of odd seconds; what they show is still round.
    assert leapt or (midnight if interval.unit in {"day", "week", "month"} else whole)
