"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detectk.values.duration import duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 days", timedelta(days=30)),
        ("2 hours", timedelta(hours=2)),
        ("90 minutes", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("1 week", timedelta(days=7)),
        ("0", timedelta(0)),
        (0, timedelta(0)),
        (0.25, timedelta(milliseconds=250)),
        (60, timedelta(minutes=1)),
        ("60", timedelta(minutes=1)),
        (timedelta(hours=1), timedelta(hours=1)),
    ],
)
def test_duration_reads_what_people_write(
    text: str | float | timedelta, expected: timedelta
) -> None:
    assert duration(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 month", "'1 month' has no fixed length; write it in days or weeks"),
        ("-1 day", "'-1 day' is negative"),
        (-1, "-1 is negative"),
        (timedelta(seconds=-1), "is negative"),
        ("10 parsecs", "unit 'parsecs'"),
        ("soon", "'soon' is not a length of time"),
        ("999999999999999 weeks", "too long"),
        (True, "True is not a length of time"),
    ],
)
def test_duration_refuses_what_has_no_length(text: str | float | timedelta, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        duration(text)
