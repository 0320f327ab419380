from __future__ import annotations

import calendar
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detectk.contracts import Services
from detectk.detectors.engine import calendar as engine
from detectk.detectors.engine.calendar import Calendar
from detectk.detectors.options_calendar import BUILTIN, CalendarOptions, HolidayOptions
from detectk.errors import DetectError
from detectk.values import Interval

# Their clocks leap by an hour, by an hour at another time, by half an hour, and never; the last
# two are not whole hours from UTC.
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
GRIDS = ["10 minutes", "30 minutes", "1 hour", "1 day", "1 month"]
DE = HolidayOptions(country="DE", subdivision="BY")


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    engine._cached.cache_clear()
    engine._year.cache_clear()
    yield
    engine._cached.cache_clear()
    engine._year.cache_clear()


def grid(interval: Interval, start: str, end: str) -> Any:
    first, last = (datetime.fromisoformat(text) for text in (start, end))
    zone = ZoneInfo(interval.zone)
    return interval.steps(first.replace(tzinfo=zone), last.replace(tzinfo=zone))


def walls(times: Any, zone: str) -> list[datetime]:
    """Return what the standard library thinks the clock shows."""
    return [at.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone)) for at in times.tolist()]


def codes(feature: str, interval: Interval, start: str, end: str, **given: Any) -> list[int]:
    return Calendar(**given).codes(feature, grid(interval, start, end), interval).tolist()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("every", GRIDS)
def test_features_are_those_of_the_local_clock_all_year(zone: str, every: str) -> None:
    interval = Interval.parse(every, zone)
    times = grid(interval, "2024-01-01", "2025-01-15")
    local = walls(times, zone)
    last_days = [calendar.monthrange(at.year, at.month)[1] for at in local]
    expected = {
        "hour_of_day": [at.hour for at in local],
        "day_of_week": [at.weekday() for at in local],
        "hour_of_week": [at.weekday() * 24 + at.hour for at in local],
        "day_of_month": [at.day - 1 for at in local],
        "month_end": [at.day == last for at, last in zip(local, last_days, strict=True)],
        "business_day": [at.weekday() < 5 for at in local],
    }
    for feature, column in expected.items():
        assert Calendar().codes(feature, times, interval).tolist() == column, feature


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2024-10-27", [0, 1, 2, 2, 3]),
        ("America/New_York", "2024-11-03", [0, 1, 1, 2, 3]),
        # Half an hour comes twice: 1:30 to 2:00 belongs to the step from 1:00 both times.
        ("Australia/Lord_Howe", "2024-04-07", [0, 1, 2, 3]),
        ("Asia/Kathmandu", "2024-10-27", [0, 1, 2, 3]),
    ],
)
def test_the_hour_that_autumn_repeats_is_the_same_hour_twice(
    zone: str, day: str, hours: list[int]
) -> None:
    hourly = Interval.parse("1 hour", zone)
    assert codes("hour_of_day", hourly, day, f"{day}T04:00") == hours


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2024-03-31", [0, 1, 3, 4]),
        ("America/New_York", "2024-03-10", [0, 1, 3, 4]),
        # Only 2:00 to 2:30 is left out, so the hour of 2 is there, and half as long.
        ("Australia/Lord_Howe", "2024-10-06", [0, 1, 2, 3, 4]),
        ("Asia/Kathmandu", "2024-03-31", [0, 1, 2, 3, 4]),
    ],
)
def test_the_hour_that_spring_leaves_out_has_no_point(
    zone: str, day: str, hours: list[int]
) -> None:
    hourly = Interval.parse("1 hour", zone)
    assert codes("hour_of_day", hourly, day, f"{day}T05:00") == hours


def test_a_step_whose_start_was_leapt_over_keeps_its_name() -> None:
    """Otherwise it would be the one point of a group that no other day has."""
    pairs = Interval.parse("2 hours", "Europe/Berlin")
    assert codes("hour_of_day", pairs, "2024-03-31", "2024-03-31T07:00") == [0, 2, 4, 6]
    assert walls(grid(pairs, "2024-03-31", "2024-03-31T07:00"), pairs.zone)[1].hour == 3
    # The clocks of Beirut leap at midnight: the day begins at 1:00.
    days = Interval.parse("1 day", "Asia/Beirut")
    assert set(codes("hour_of_week", days, "2024-03-01", "2024-04-20")) == {
        day * 24 for day in range(7)
    }
    assert {at.hour for at in walls(grid(days, "2024-03-01", "2024-04-20"), days.zone)} == {0, 1}


def test_features_of_days_need_whole_days_of_the_zone_not_of_utc() -> None:
    hourly = Interval.parse("1 hour", "America/New_York")
    at = grid(hourly, "2024-02-29T20:00", "2024-03-01T02:00")
    assert Calendar().codes("month_end", at, hourly).tolist() == [1, 1, 1, 1, 0, 0]


def test_holidays_are_those_of_the_country_and_its_part() -> None:
    daily = Interval.parse("1 day", "Europe/Berlin")
    epiphany, bastille = ("2024-01-05", "2024-01-08"), ("2024-07-13", "2024-07-16")
    for whose, expected in (
        (DE, [0, 1, 0, 0, 0, 0]),
        (HolidayOptions(country="DE"), [0, 0, 0, 0, 0, 0]),
        (HolidayOptions(country="FR"), [0, 0, 0, 0, 1, 0]),
    ):
        found = [codes("holiday", daily, *span, holidays=whose) for span in (epiphany, bastille)]
        assert [*found[0], *found[1]] == expected


def test_a_category_has_days_of_its_own() -> None:
    daily = Interval.parse("1 day", "Europe/Berlin")
    both = DE.model_copy(update={"categories": ("public", "catholic")})
    assumption, unity = ("2024-08-15", "2024-08-16"), ("2024-10-03", "2024-10-04")
    assert codes("holiday", daily, *assumption, holidays=DE) == [0]
    assert codes("holiday", daily, *assumption, holidays=both) == [1]
    assert codes("holiday", daily, *unity, holidays=both) == [1]


def test_a_holiday_is_a_sunday_to_the_other_features() -> None:
    """So a thin holiday has something to fall back on, and many days of a week to learn from."""
    hourly = Interval.parse("1 hour", "Europe/Berlin")
    span = ("2024-05-09", "2024-05-11")  # Ascension, a Thursday, and the Friday after it
    assert codes("day_of_week", hourly, *span, holidays=DE) == [6] * 24 + [4] * 24
    assert codes("hour_of_week", hourly, *span, holidays=DE) == [
        *range(6 * 24, 7 * 24),
        *range(4 * 24, 5 * 24),
    ]
    assert codes("day_of_week", hourly, *span) == [3] * 24 + [4] * 24


def test_a_holiday_is_the_last_day_of_the_weekend_where_that_is_no_sunday() -> None:
    daily = Interval.parse("1 day", "Asia/Jerusalem")
    israel = HolidayOptions(country="IL")
    independence = ("2023-04-26", "2023-04-27")
    assert codes("day_of_week", daily, *independence, holidays=israel) == [5]
    assert codes("business_day", daily, "2023-04-21", "2023-04-24", holidays=israel) == [0, 0, 1]


def test_business_days_are_neither_weekends_nor_holidays() -> None:
    daily = Interval.parse("1 day", "Europe/Berlin")
    christmas = ("2024-12-23", "2024-12-31")  # a Monday
    assert codes("business_day", daily, *christmas, holidays=DE) == [1, 1, 0, 0, 1, 0, 0, 1]
    assert codes("business_day", daily, *christmas) == [1, 1, 1, 1, 1, 0, 0, 1]


def test_a_series_may_span_years_and_begin_anywhere_in_one() -> None:
    import holidays

    daily = Interval.parse("1 day", "Europe/Berlin")
    flags = codes("holiday", daily, "2022-11-30", "2026-02-03", holidays=DE)
    known = holidays.country_holidays("DE", subdiv="BY", years=range(2022, 2027))
    assert flags == [date(2022, 11, 30) + timedelta(days=n) in known for n in range(len(flags))]


def test_a_long_series_has_the_codes_of_its_parts() -> None:
    """Long ones go round the cache."""
    often = Interval.parse("10 minutes", "Europe/Berlin")
    times = grid(often, "2024-01-01", "2024-08-01")
    assert len(times) > engine._MOST_REMEMBERED
    for feature in BUILTIN:
        whole = Calendar(DE).codes(feature, times, often)
        for rows in (slice(0, 100), slice(9_000, 14_000), slice(-1, None)):
            part = Calendar(DE).codes(feature, times[rows], often)
            assert np.array_equal(part, whole[rows]), feature


def test_what_is_remembered_is_not_taken_for_another_grid_zone_or_country() -> None:
    berlin, york = (Interval.parse("1 hour", zone) for zone in ZONES[:2])
    times = grid(berlin, "2024-05-09", "2024-05-10")
    assert Calendar(DE).codes("holiday", times, berlin).all()
    assert not Calendar(HolidayOptions(country="US")).codes("holiday", times, berlin).any()
    hours = Calendar().codes("hour_of_day", times, berlin)
    assert (Calendar().codes("hour_of_day", times, york) == (hours - 6) % 24).all()
    assert not Calendar(DE).codes("holiday", times[:-24], berlin).size


def test_holiday_without_a_country_says_what_to_add() -> None:
    daily = Interval.parse("1 day", "Europe/Berlin")
    with pytest.raises(DetectError, match=r"metric: seasonal feature 'holiday'.*; add holidays:"):
        codes("holiday", daily, "2024-01-01", "2024-01-02", where="metric")


def test_without_the_package_the_first_use_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    daily = Interval.parse("1 day", "Europe/Berlin")
    with pytest.raises(DetectError, match=r"pip install 'detectk-detectors\[holidays\]'"):
        codes("day_of_week", daily, "2024-01-01", "2024-01-02", holidays=DE)


def test_a_calendar_reads_nothing_until_it_is_asked() -> None:
    options = CalendarOptions(seasonal_features=("promo",), events={"promo": "not/there.csv"})
    made = Calendar.of(options, Services(root=Path("/nowhere")))
    daily = Interval.parse("1 day")
    with pytest.raises(DetectError, match=r"^not/there\.csv: events cannot be read"):
        made.codes("promo", grid(daily, "2024-01-01", "2024-01-02"), daily)
