"""What many metrics ask becomes one call, and one metric's trouble stays its own."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from threading import Barrier
from typing import Any

import pytest

from detectk.clock import SystemClock
from detectk.contracts import HistoryRequest, Points
from detectk.errors import StorageError
from detectk.pipeline.asking import Done, Steps, alone, read_points, together, work, write_points
from detectk.storage import MemoryHistory
from detectk.values import Series, Window

START = datetime(2024, 2, 1, tzinfo=timezone.utc)
DAY = Window(START, START + timedelta(days=1))


class Serial:
    """Runs one thing after the other."""

    map = staticmethod(map)


class Counting(MemoryHistory):
    """Notes how many items each call had; fails for the metrics it is told."""

    def __init__(self, broken: Sequence[str] = (), *, retryable: bool = False) -> None:
        super().__init__()
        self.calls: list[tuple[str, int]] = []
        self._broken, self._retryable = broken, retryable

    def write_points(self, batch: Sequence[Points]) -> None:
        self.calls.append(("write", len(batch)))
        if any(item.metric in self._broken for item in batch):
            raise StorageError("does not fit", retryable=self._retryable)
        super().write_points(batch)

    def read_points(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Series]]:
        self.calls.append(("read", len(requests)))
        return super().read_points(requests)


def points(metric: str) -> Points:
    return Points(metric, [Series.from_arrays([START], [1.0])], START)


def live(history: MemoryHistory, metric: str, told: list[object]) -> Steps[None]:
    yield from write_points(history, points(metric))
    [series] = yield from read_points(history, HistoryRequest(metric, DAY))
    told.append((metric, len(series)))


def lived(steps: Sequence[Steps[None]], executor: Any = None) -> list[Done]:
    return together(steps, executor=executor or Serial(), clock=SystemClock())


def test_many_metrics_make_one_call_of_each_kind() -> None:
    history, told = Counting(), list[object]()
    done = lived([live(history, name, told) for name in "abc"])
    assert history.calls == [("write", 3), ("read", 3)]
    assert told == [("a", 1), ("b", 1), ("c", 1)]
    assert [one.error for one in done] == [None] * 3
    assert all(one.seconds > 0 for one in done)


def test_storages_are_asked_apart() -> None:
    first, second = Counting(), Counting()
    lived([live(first, "a", []), live(second, "b", []), live(first, "c", [])])
    assert (first.calls, second.calls) == (
        [("write", 2), ("read", 2)],
        [("write", 1), ("read", 1)],
    )


def test_one_metrics_trouble_stays_its_own() -> None:
    history, told = Counting(broken=["b"]), list[object]()
    done = lived([live(history, name, told) for name in "abc"])
    assert [str(one.error or "") for one in done] == ["", "does not fit", ""]
    assert told == [("a", 1), ("c", 1)]


def test_a_storage_that_is_away_is_not_asked_again_for_each() -> None:
    history = Counting(broken=["b"], retryable=True)
    done = lived([live(history, name, []) for name in "abc"])
    assert history.calls == [("write", 3)]
    assert [str(one.error) for one in done] == ["does not fit"] * 3


def test_a_piece_may_take_an_error_and_go_on() -> None:
    history, told = Counting(broken=["a"]), list[object]()

    def stubborn() -> Steps[None]:
        try:
            yield from write_points(history, points("a"))
        except StorageError as error:
            told.append(str(error))
        yield from write_points(history, points("b"))

    assert lived([stubborn()])[0].error is None
    alone(stubborn())
    assert told == ["does not fit"] * 2


def test_an_error_of_a_piece_itself_ends_only_that_one() -> None:
    history, told = Counting(), list[object]()

    def broken() -> Steps[None]:
        yield from write_points(history, points("x"))
        raise ZeroDivisionError

    done = lived([broken(), live(history, "a", told)])
    assert isinstance(done[0].error, ZeroDivisionError)
    assert told == [("a", 1)]


def test_slow_work_is_done_side_by_side() -> None:
    meeting = Barrier(4, timeout=10)

    def slow() -> Steps[None]:
        yield from work(meeting.wait)

    with ThreadPoolExecutor(4) as threads:
        done = lived([slow() for _ in range(4)], threads)
    assert [one.error for one in done] == [None] * 4


def test_work_that_fails_is_told_to_its_own_piece() -> None:
    def failing() -> Steps[None]:
        yield from work(lambda: 1 // 0)

    def sound() -> Steps[None]:
        assert (yield from work(lambda: 7)) == 7

    done = lived([failing(), sound()])
    assert isinstance(done[0].error, ZeroDivisionError)
    assert done[1].error is None


def test_alone_returns_what_the_piece_returns_and_raises_what_it_raises() -> None:
    history = Counting(broken=["b"])
    alone(write_points(history, points("a")))
    [series] = alone(read_points(history, HistoryRequest("a", DAY)))
    assert series.values.tolist() == [1.0]
    with pytest.raises(StorageError, match="does not fit"):
        alone(write_points(history, points("b")))
