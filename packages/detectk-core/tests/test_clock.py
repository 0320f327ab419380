"""Two clocks: the machine's, and one that moves only when told."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from detectk.clock import SystemClock, VirtualClock

START = datetime(2024, 3, 10, tzinfo=timezone.utc)


def test_a_virtual_clock_moves_only_when_told() -> None:
    clock = VirtualClock(START.astimezone(timezone(timedelta(hours=2))))
    assert clock.now() == clock.now() == START
    assert clock.now().tzinfo is timezone.utc
    clock.sleep(90)
    assert clock.now() == START + timedelta(seconds=90)
    assert clock.slept == [90]
    clock.set(START)
    assert clock.now() == START


def test_a_virtual_clock_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(START.replace(tzinfo=None))


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock(START)])
def test_durations_never_go_back(clock: SystemClock | VirtualClock) -> None:
    first = clock.monotonic()
    assert clock.monotonic() >= first


def test_the_machine_tells_the_time_in_utc_and_lets_it_pass() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0)
    assert before.tzinfo is timezone.utc
    assert clock.now() >= before
