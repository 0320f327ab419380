"""The gap after a stored past is what counting its intervals one by one gives."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectk.pipeline.gap import followed_gap
from detectk.pipeline.track import advance
from detectk.values import NO_LABELS, Rule, Series, Status
from detectk.values.evidence import Evidence
from detectk.values.state import Track

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
HOURS = 7
"""Between two points, so that a few of them span many days."""


def past(statuses: list[Status]) -> Series:
    times = np.datetime64("2024-01-01", "us") + np.arange(len(statuses)) * np.timedelta64(
        HOURS, "h"
    )
    values = np.where(np.array(statuses) == Status.VALUE, 1.0, np.nan)
    return Series(NO_LABELS, times, values, np.array(statuses, dtype=np.uint8))


@given(st.lists(st.sampled_from(list(Status)), max_size=200), st.integers(0, 200))
def test_it_is_what_the_intervals_count(statuses: list[Status], until: int) -> None:
    last = START + until * timedelta(hours=HOURS)
    track = Track()
    for number, status in enumerate(statuses):
        at = START + number * timedelta(hours=HOURS)
        if at <= last:
            track = advance(track, Evidence(at, at, at, status), Rule())
    assert followed_gap(past(statuses), last) == track.gap


def test_a_long_past_without_a_hole_has_no_gap() -> None:
    gap = followed_gap(past([Status.VALUE] * 120), START + timedelta(days=99))
    assert (gap.missing, gap.onset, gap.present, gap.had_data) == (0, None, 120, True)
    assert len(gap.days) == 30
