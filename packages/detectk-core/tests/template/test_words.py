from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.template.words import (
    band,
    count,
    elapsed,
    moment,
    number,
    one_line,
    percent,
    period,
    shorten,
    span,
)

NEW_YORK = "America/New_York"


def utc(day: int, hour: int, minute: int = 0, second: int = 0, *, month: int = 2) -> datetime:
    return datetime(2013, month, day, hour, minute, second, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (5, "5"),
        (1234, "1,234"),
        (1234567.0, "1,234,567"),
        (1234.5678, "1,235"),
        (999.96, "1,000"),
        (40.15, "40.15"),
        (12.3, "12.3"),
        (0.0423, "0.0423"),
        (0.12345678, "0.1235"),
        (-3.14159, "-3.142"),
        (0.00001234, "1.234e-05"),
        (6.02214e23, "6.022e+23"),
        (float("inf"), "infinity"),
        (float("-inf"), "-infinity"),
        (float("nan"), "no value"),
        (None, "no value"),
    ],
)
def test_numbers_read_well(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_number_is_told_from_what_it_stands_beside() -> None:
    assert number(1000.4, unlike=(1000.3,)) == "1,000.4"
    assert band(0, 1000.3, unlike=(1000.4,)) == "0 to 1,000.3"
    assert number(1000.4, unlike=(1000.4, None, float("inf"))) == "1,000"


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False))
def test_different_numbers_never_read_the_same(one: float, other: float) -> None:
    same = number(one, unlike=(other,)) == number(other, unlike=(one,))
    assert same == (one == other)


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        (21.4, 58.9, "21.4 to 58.9"),
        (5.0, None, "at least 5"),
        (float("-inf"), 100.0, "at most 100"),
        (None, float("nan"), ""),
    ],
)
def test_a_band_has_the_bounds_there_are(
    lower: float | None, upper: float | None, text: str
) -> None:
    assert band(lower, upper) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(12.34, "+12.3%"), (-100.0, "-100%"), (1240.4, "+1,240%"), (0.0, "+0%"), (-0.06, "-0.1%")],
)
def test_percentages_are_signed(share: float, text: str) -> None:
    assert percent(share) == text


def test_nouns_agree_with_their_number() -> None:
    assert [count(n, "point") for n in (0, 1, 1200)] == ["0 points", "1 point", "1,200 points"]
    assert count(2, "series", "series") == "2 series"


def test_times_are_shown_in_their_zone_by_name() -> None:
    assert moment(utc(8, 19), NEW_YORK) == "2013-02-08 14:00 EST"
    assert moment(utc(8, 19, month=7), NEW_YORK) == "2013-07-08 15:00 EDT"
    assert moment(utc(8, 19, 0, 30), "UTC") == "2013-02-08 19:00:30 UTC"


def test_a_period_repeats_nothing() -> None:
    assert period(utc(8, 19), utc(8, 23), NEW_YORK) == "2013-02-08 14:00 to 18:00 EST"
    assert period(utc(8, 19), utc(10, 5), NEW_YORK) == ("2013-02-08 14:00 to 2013-02-10 00:00 EST")


def test_a_period_over_a_change_of_the_clock_names_both() -> None:
    # New York went from EST to EDT on 2013-03-10 at 07:00 UTC.
    assert period(utc(10, 6, month=3), utc(10, 8, month=3), NEW_YORK) == (
        "2013-03-10 01:00 EST to 2013-03-10 04:00 EDT"
    )


def test_elapsed_time_is_real_time() -> None:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(NEW_YORK)
    start, end = datetime(2013, 3, 10, tzinfo=zone), datetime(2013, 3, 11, tzinfo=zone)
    assert elapsed(start, end) == timedelta(hours=23)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=90), "1 minute 30 seconds"),
        (timedelta(minutes=45), "45 minutes"),
        (timedelta(hours=1, seconds=30), "1 hour"),
        (timedelta(hours=2, minutes=30, seconds=5), "2 hours 30 minutes"),
        (timedelta(hours=34), "34 hours"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=2, hours=3, minutes=20), "2 days 3 hours"),
        (timedelta(days=1200), "1,200 days"),
    ],
)
def test_lengths_of_time_have_two_units(length: timedelta, text: str) -> None:
    assert span(length) == text


def test_what_fits_is_not_shortened() -> None:
    assert shorten("abc", 3) == "abc"


def test_what_is_left_out_is_said() -> None:
    assert shorten("abcdef", 4) == "abc…"
    text = shorten("x" * 1_000, 100)
    kept = text.count("x")
    assert text == f"{'x' * kept}… ({1_000 - kept} characters left out)"


@given(st.text(min_size=1), st.integers(2, 200))
def test_nothing_is_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(shorten(text * 3, limit)) <= limit


def test_a_line_moves_no_cursor_and_turns_nothing_around() -> None:
    assert one_line("a\n\tb\x1b[2J\x00 \u202ec\udc80") == "a b[2J c"


def test_a_line_keeps_what_people_write() -> None:
    text = "Zürich 東京 👨\u200d👩\u200d👧"
    assert one_line(text) == text
