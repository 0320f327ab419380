"""The schedule block."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from detectk.config.schedule import ScheduleConfig
from detectk.values import Interval, Schedule

UTC = timezone.utc


def read(**values: object) -> ScheduleConfig:
    return ScheduleConfig.model_validate(values)


def test_nothing_given_is_ten_minutes_in_utc() -> None:
    assert read().to_schedule() == Schedule(Interval(10, "minute"))
    assert read().interval == "10 minutes"


@pytest.mark.parametrize(
    ("text", "kept"),
    [("1 hour", "1 hour"), (" 1h ", "1h"), (600, "10 minutes"), ("90", "90 seconds")],
)
def test_the_interval_stays_as_written_unless_it_lacks_a_unit(text: object, kept: str) -> None:
    assert read(interval=text).interval == kept


def test_lengths_of_time_are_read() -> None:
    schedule = read(
        interval="1 day", timezone="Europe/Berlin", delay="5 minutes", mutable=60, max_catchup="1d"
    )
    assert schedule.to_schedule() == Schedule(
        Interval(1, "day", "Europe/Berlin"),
        delay=timedelta(minutes=5),
        mutable=timedelta(minutes=1),
        max_catchup=timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-01", datetime(2023, 12, 31, 23, tzinfo=UTC)),
        ("2024-07-01 10:00:00", datetime(2024, 7, 1, 8, tzinfo=UTC)),
        ("2024-01-01T00:00:00Z", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-01-01T00:00:00+02:00", datetime(2023, 12, 31, 22, tzinfo=UTC)),
        (date(2024, 1, 1), datetime(2023, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_a_load_begins_in_the_schedules_zone(text: object, moment: datetime) -> None:
    assert read(start_time=text, timezone="Europe/Berlin").start_time == moment


def test_a_load_has_a_length() -> None:
    schedule = read(start_time="2024-01-01", end_time="2024-11-01", batch_load_days=10)
    assert schedule.to_schedule() == Schedule(
        Interval(10, "minute"),
        start=datetime(2024, 1, 1, tzinfo=UTC),
        end=datetime(2024, 11, 1, tzinfo=UTC),
        batch=timedelta(days=10),
    )
    assert read(start_time=None).start_time is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"interval": "10 parsecs"}, "unit 'parsecs' of '10 parsecs' is unknown"),
        ({"interval": "0 minutes"}, "is not positive"),
        ({"interval": None}, "is not a length of time"),
        ({"timezone": "Mars/Phobos"}, "time zone 'Mars/Phobos' is unknown"),
        ({"delay": "1 month"}, "has no fixed length"),
        ({"start_time": "tomorrow"}, "'tomorrow' is not a time; write it like '2024-01-31'"),
        ({"start_time": 20240101}, "20240101 is not a time"),
        ({"start_time": "0001-01-01T00:00:00+12:00"}, "is not a time"),
        (
            {"start_time": "2024-01-02", "end_time": "2024-01-02"},
            "the load ends before it begins",
        ),
        ({"batch_load_days": 0}, "greater than or equal to 1"),
        ({"intervall": "1 hour"}, "Extra inputs"),
    ],
)
def test_what_is_wrong_is_said(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(**values)
    assert message in str(caught.value)


def test_a_wrong_zone_does_not_hide_the_rest() -> None:
    with pytest.raises(ValidationError) as caught:
        read(timezone="Mars", start_time="x")
    assert caught.value.error_count() == 2
