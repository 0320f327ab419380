"""Windows, verdicts, incidents, messages and schedules hold their invariants."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from detectk.values import (
    NO_LABELS,
    Incident,
    Interval,
    Schedule,
    Sighting,
    Verdict,
    Verdicts,
    Window,
    severity_of,
)
from detectk.values.incident import incident_id
from detectk.values.message import message_key

START = datetime(2024, 3, 10, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def test_a_window_is_half_open_and_in_utc() -> None:
    berlin = timezone(HOUR)
    window = Window(START.astimezone(berlin), START + HOUR)
    assert START in window
    assert START + HOUR not in window
    assert window.start.tzinfo is timezone.utc
    assert window.length == HOUR
    assert Window(START, START).empty


@pytest.mark.parametrize("bounds", [(START, START - HOUR), (START.replace(tzinfo=None), START)])
def test_a_window_backwards_or_naive_is_refused(bounds: tuple[datetime, datetime]) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(*bounds)


def verdicts(count: int) -> Verdicts:
    numbers = np.arange(count, dtype=np.float64)
    return Verdicts(
        detector="d",
        labels=NO_LABELS,
        times=np.arange(count).astype("datetime64[us]"),
        value=numbers,
        expected=numbers,
        lower=numbers,
        upper=numbers,
        score=numbers,
        excess=numbers,
        direction=np.zeros(count, dtype=np.int8),
        verdict=np.zeros(count, dtype=np.uint8),
        status=np.zeros(count, dtype=np.uint8),
        explain={"samples": np.arange(count)},
    )


def test_verdicts_are_taken_with_their_evidence() -> None:
    two = verdicts(5).take(np.array([1, 3]))
    assert two.value.tolist() == [1.0, 3.0]
    assert two.explain["samples"].tolist() == [1, 3]
    assert two.seen.tolist() == two.times.tolist()


def test_verdicts_of_ragged_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="'score' has 1 entries for 2 times"):
        replace(verdicts(2), score=np.zeros(1))


def test_same_as_leaves_evidence_out() -> None:
    assert verdicts(3).same_as(replace(verdicts(3), explain={}))
    assert not verdicts(3).same_as(replace(verdicts(3), verdict=np.full(3, Verdict.ANOMALY)))


def test_severity_goes_with_excess() -> None:
    seen = [severity_of(excess) for excess in (1.0, 1.49, 1.5, 2.5, 5.0, 1e6)]
    assert seen == ["info", "info", "warning", "high", "critical", "critical"]


def incident(first: int, last: int) -> Incident:
    seen = Sighting(START)
    onset, until = START + first * HOUR, START + last * HOUR
    return Incident("anomaly", onset, onset, until, until, until, 0, 1, seen, seen)


def test_incidents_overlap_when_they_share_an_interval() -> None:
    assert incident(0, 3).overlaps(incident(3, 5))
    assert not incident(0, 3).overlaps(incident(4, 5))
    assert not incident(0, 3).overlaps(replace(incident(0, 3), kind="no_data"))


def test_an_incident_is_open_until_it_is_closed() -> None:
    assert incident(0, 1).open
    assert not replace(incident(0, 1), closed=START).open
    assert incident(0, 1).severity == "info"


def test_incident_ids_depend_on_everything_they_name() -> None:
    base = incident_id("key", "anomaly", START, 1)
    assert base == incident_id("key", "anomaly", START, 1)
    others = {
        incident_id("other", "anomaly", START, 1),
        incident_id("key", "no_data", START, 1),
        incident_id("key", "anomaly", START + HOUR, 1),
        incident_id("key", "anomaly", START, 2),
    }
    assert len(others | {base}) == 5


def test_the_key_of_several_incidents_does_not_depend_on_their_order() -> None:
    assert message_key(("a", "b")) == message_key(("b", "a")) != message_key(("a", "c"))
    assert message_key(("a",)) == "a"


def test_an_interval_is_known_after_its_end_and_delay() -> None:
    schedule = Schedule(Interval(1, "hour"), delay=timedelta(minutes=5))
    assert schedule.known_at(START) == START + HOUR + timedelta(minutes=5)
    assert schedule.newest_complete(START + 2 * HOUR) == START
    assert schedule.newest_complete(START + 2 * HOUR + timedelta(minutes=5)) == START + HOUR
