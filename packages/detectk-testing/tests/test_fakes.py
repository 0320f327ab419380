"""The fakes do as they are told."""

from __future__ import annotations

import pytest

from detectk.contracts import Request, Sent
from detectk.errors import AlertError, CollectError
from detectk.testing.fakes import FakeCollector, RecordingAlerter
from detectk.testing.history_samples import at, series, window
from detectk.testing.messages import a_message
from detectk.values import Interval

REQUEST = Request("orders", window(1, 3), Interval(1, "hour"), at(3))


def test_a_fake_collector_gives_what_is_in_the_window() -> None:
    fake = FakeCollector([series(range(5), [0.0, 1.0, 2.0, 3.0, 4.0]), series([9], [9.0])])
    [found] = fake.collect(REQUEST)
    assert found.values.tolist() == [1.0, 2.0]
    assert fake.requests == [REQUEST]
    assert fake.check().ok
    assert fake.fingerprint() == FakeCollector([]).fingerprint()


def test_a_fake_collector_may_ask_a_function() -> None:
    fake = FakeCollector(lambda request: [series([1], [float(len(request.metric))])])
    assert fake.collect(REQUEST)[0].values.tolist() == [6.0]


def test_a_fake_collector_fails_while_it_is_told_to() -> None:
    fake = FakeCollector([series([1], [1.0])])
    fake.error = CollectError("down")
    with pytest.raises(CollectError, match="down"):
        fake.collect(REQUEST)
    assert not fake.check().ok
    fake.error = None
    assert fake.collect(REQUEST)


def test_a_recording_alerter_remembers_and_fails_on_demand() -> None:
    fake = RecordingAlerter()
    first, second = a_message("fired"), a_message("resolved")
    fake.fail(2, error=AlertError("429", retryable=True, retry_after=5))
    for _ in range(2):
        with pytest.raises(AlertError, match="429") as failure:
            fake.send(first)
        assert failure.value.retry_after == 5
    assert fake.send(first) == Sent("1")
    assert fake.send(second) == Sent("2")
    assert fake.messages == [first, second]
    assert fake.attempts == [first, first, first, second]
    fake.fail()
    with pytest.raises(AlertError) as failure:
        fake.send(first)
    assert failure.value.retryable
