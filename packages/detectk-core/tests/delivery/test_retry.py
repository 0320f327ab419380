from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone

import pytest

from detectk.clock import VirtualClock
from detectk.delivery.retry import with_retry
from detectk.errors import AlertError, CollectError, StepError

START = datetime(2024, 5, 1, tzinfo=timezone.utc)


def failing(*errors: StepError) -> Callable[[], str]:
    """Return a call that raises each of ``errors`` and then gives "done"."""
    left: Iterator[StepError] = iter(errors)

    def call() -> str:
        for error in left:
            raise error
        return "done"

    return call


def busy(retry_after: float | None = None) -> AlertError:
    return AlertError("busy", retryable=True, retry_after=retry_after)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


def always(share: float) -> Callable[[], float]:
    return lambda: share


def test_a_success_waits_for_nothing(clock: VirtualClock) -> None:
    assert with_retry(failing(), clock=clock) == "done"
    assert clock.slept == []


def test_the_longest_waits_double(clock: VirtualClock) -> None:
    call = failing(busy(), busy(), busy(), busy())
    assert with_retry(call, clock=clock, attempts=5, chance=always(1.0)) == "done"
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


def test_no_drawn_wait_is_longer_than_the_cap(clock: VirtualClock) -> None:
    call = failing(busy(), busy(), busy())
    with_retry(call, clock=clock, attempts=4, base=4, cap=5, chance=always(1.0))
    assert clock.slept == [4.0, 5.0, 5.0]


def test_the_jitter_is_full(clock: VirtualClock) -> None:
    for share in (0.0, 0.25, 0.99):
        with_retry(failing(busy()), clock=clock, chance=always(share))
    assert clock.slept == [0.0, 0.25, 0.99]


def test_the_last_error_is_raised(clock: VirtualClock) -> None:
    errors = [busy() for _ in range(3)]
    with pytest.raises(AlertError) as caught:
        with_retry(failing(*errors), clock=clock)
    assert caught.value is errors[2]
    assert len(clock.slept) == 2


def test_what_repeats_itself_is_not_tried_again(clock: VirtualClock) -> None:
    with pytest.raises(AlertError):
        with_retry(failing(AlertError("gone")), clock=clock)
    assert clock.slept == []


def test_a_channel_is_left_alone_as_long_as_it_asked(clock: VirtualClock) -> None:
    with_retry(failing(busy(7)), clock=clock, chance=always(0.5))
    assert clock.slept == [7.5]


def test_a_channel_that_asks_for_too_much_gets_no_second_call(clock: VirtualClock) -> None:
    with pytest.raises(AlertError):
        with_retry(failing(busy(31)), clock=clock, chance=always(0.0))
    assert clock.slept == []


def test_all_waits_together_fit(clock: VirtualClock) -> None:
    with pytest.raises(AlertError):
        with_retry(failing(*[busy(12)] * 9), clock=clock, attempts=9, total=30, chance=always(0.0))
    assert clock.slept == [12.0, 12.0]


def test_slow_calls_use_the_time_up() -> None:
    class Slow(VirtualClock):
        """Twenty seconds pass between any two looks."""

        __slots__ = ("seconds",)
        seconds: float

        def monotonic(self) -> float:
            self.seconds = getattr(self, "seconds", 0.0) + 20
            return self.seconds

    clock = Slow(START)
    with pytest.raises(AlertError):
        with_retry(failing(*[busy()] * 9), clock=clock, attempts=9, chance=always(0.5))
    assert clock.slept == [0.5]


def test_other_steps_can_be_tried_again_too(clock: VirtualClock) -> None:
    call = failing(CollectError("timeout", retryable=True))
    assert with_retry(call, clock=clock) == "done"


def test_a_mistake_of_ours_is_not_hidden(clock: VirtualClock) -> None:
    def broken() -> str:
        raise KeyError("oops")

    with pytest.raises(KeyError):
        with_retry(broken, clock=clock)
