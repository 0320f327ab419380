"""Values survive being text, and detectors keep their names."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from detectk.contracts import Lookback, Options, detector_id
from detectk.contracts.wire import decode, encode
from detectk.errors import StorageError
from detectk.testing.messages import a_message
from detectk.values import AlertState, Interval, Message
from detectk.values.state import Chain, Checkpoint, Gap, Track

START = datetime(2024, 3, 10, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def test_a_state_is_the_same_after_being_text() -> None:
    incident = a_message().lead.incident
    track = Track(
        Chain(2, START, -1, START + HOUR, (None, START), 1, incident.peak),
        Gap(1, START, 0, had_data=True, days=((738000, 24, 1),)),
        (incident, replace(incident, closed=START, lasting=True)),
    )
    state = AlertState(START, track, Checkpoint(START, track), (), START)
    assert decode(AlertState, encode(state)) == state


def test_a_message_is_the_same_after_being_text() -> None:
    assert decode(Message, encode(a_message())) == a_message()


@pytest.mark.parametrize("text", ["", "{}", '{"decided": 1e999}', "[1]"])
def test_damaged_text_is_a_storage_error(text: str) -> None:
    with pytest.raises(StorageError, match="AlertState"):
        decode(AlertState, text)


class Two(Options):
    n_sigma: float = 3.0
    window: str = "30 days"


def test_a_detector_id_is_eight_digits_over_what_is_not_default() -> None:
    hour = Interval(1, "hour")
    plain = detector_id("mad", 1, Two(), hour)
    assert len(plain) == 8
    assert detector_id("mad", 1, Two(n_sigma=3.0), hour) == plain
    others = {
        detector_id("zscore", 1, Two(), hour),
        detector_id("mad", 2, Two(), hour),
        detector_id("mad", 1, Two(n_sigma=4), hour),
        detector_id("mad", 1, Two(), Interval(2, "hour")),
        detector_id("mad", 1, Two(), Interval(1, "hour", "Europe/Berlin")),
    }
    assert len(others | {plain}) == 6


def test_a_lookback_reaches_as_far_as_its_longer_half() -> None:
    hour = Interval(1, "hour")
    assert Lookback(points=3).start(START, hour) == START - 3 * HOUR
    assert Lookback(points=3, duration=5 * HOUR).start(START, hour) == START - 8 * HOUR
    assert Lookback(duration=timedelta(minutes=90)).start(START, hour) == START - 2 * HOUR
    assert Lookback().start(START, hour) == START
    assert Lookback(everything=True).start(START, hour) is None
