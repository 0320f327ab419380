from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pytest

from detectk.values import Interval, Spans

HOUR = Interval.parse("1 hour")
START, END = (datetime(2024, 7, day, tzinfo=timezone.utc) for day in (1, 2))
HOURS = HOUR.steps(START, END)


def spans(*rows: tuple[str, str], names: tuple[str, ...] = ()) -> Spans:
    starts, ends = zip(*rows, strict=True)
    return Spans(np.array(starts, "M8[us]"), np.array(ends, "M8[us]"), names)


def met(found: Spans, times: Any = HOURS, interval: Interval = HOUR) -> dict[int, int]:
    """Return the number of the interval to the row it meets."""
    rows = found.met(times, interval).tolist()
    return {number: row for number, row in enumerate(rows) if row >= 0}


def test_an_interval_meets_what_it_overlaps() -> None:
    assert met(spans(("2024-07-01T02:00", "2024-07-01T04:00"))) == {2: 0, 3: 0}
    assert met(spans(("2024-07-01T02:59", "2024-07-01T04:01"))) == {2: 0, 3: 0, 4: 0}
    assert met(spans(("2024-07-01T02:00", "2024-07-01T02:00:00.000001"))) == {2: 0}


def test_what_is_outside_is_not_met() -> None:
    around = spans(("2024-06-01", "2024-07-01"), ("2024-07-02", "2024-08-01"))
    assert met(around) == {}
    assert set(met(spans(("1990-01-01", "2100-01-01")))) == set(range(24))


def test_the_last_of_several_rows_is_met() -> None:
    rows = spans(("2024-07-01T02", "2024-07-01T05"), ("2024-07-01T03", "2024-07-01T04"))
    assert met(rows) == {2: 0, 3: 1, 4: 0}


def test_the_last_interval_has_its_own_length() -> None:
    """Days and months are not of one length, and the grid says where the last one ends."""
    months = Interval.parse("1 month", "Europe/Berlin")
    times = months.steps(datetime(2023, 12, 15, tzinfo=timezone.utc), START)
    late = spans(("2024-06-30T21:59", "2024-06-30T22:00"))
    assert met(late, times, months) == {5: 0}
    assert met(spans(("2024-06-30T22:00", "2024-07-31T21:59")), times, months) == {6: 0}
    assert met(spans(("2024-07-31T22:00", "2024-08-01T23:00")), times, months) == {}


def test_points_with_holes_between_them_meet_what_they_would_without() -> None:
    found = spans(("2024-07-01T03:30", "2024-07-01T12:00"))
    rows = [0, 3, 9, 20]
    assert found.met(HOURS[rows], HOUR).tolist() == found.met(HOURS, HOUR)[rows].tolist()


def test_a_column_has_names_where_there_are_some() -> None:
    rows = (("2024-07-01T01", "2024-07-01T02"), ("2024-07-01T02", "2024-07-01T03"))
    assert spans(*rows).column(HOURS[:4], HOUR).tolist() == [0, 1, 1, 0]
    named = spans(*rows, names=("sale", ""))
    assert named.column(HOURS[:4], HOUR).tolist() == [0, "sale", 1, 0]


@pytest.mark.parametrize("size", [0, 3])
def test_nothing_meets_nothing(size: int) -> None:
    none = Spans(np.empty(0, "M8[us]"), np.empty(0, "M8[us]"))
    assert none.column(HOURS[:size], HOUR).tolist() == [0] * size
    assert spans(("2024-07-01", "2024-07-02")).met(HOURS[:0], HOUR).tolist() == []
