"""Connections are shared, never more than allowed, and never reused after an error."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest

from detectk.contracts import Pool, Shared


class Wire:
    """A connection that can be closed."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Plant:
    """Makes wires and counts how many are open."""

    def __init__(self) -> None:
        self.made: list[Wire] = []
        self._lock = Lock()

    def open(self) -> Wire:
        with self._lock:
            self.made.append(Wire())
            return self.made[-1]

    @property
    def live(self) -> int:
        return sum(not wire.closed for wire in self.made)

    def pool(self, size: int = 2) -> Pool[Wire]:
        return Pool(self.open, Wire.close, size=size)


def test_a_connection_is_used_again() -> None:
    plant = Plant()
    pool = plant.pool()
    with pool.borrow() as first:
        pass
    with pool.borrow() as second:
        assert second is first
    assert len(plant.made) == 1


def test_one_that_saw_an_error_is_closed() -> None:
    plant = Plant()
    pool = plant.pool()
    with pytest.raises(RuntimeError), pool.borrow() as wire:
        raise RuntimeError
    assert wire.closed
    with pool.borrow() as other:
        assert other is not wire


def test_what_cannot_be_opened_takes_no_room() -> None:
    answers = iter([OSError("refused"), OSError("refused"), Wire()])

    def open_one() -> Wire:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    pool = Pool(open_one, Wire.close, size=1)
    for _ in range(2):
        with pytest.raises(OSError, match="refused"), pool.borrow():
            pass
    with pool.borrow() as wire:
        assert not wire.closed


def test_never_more_than_its_size_are_open() -> None:
    plant = Plant()
    pool = plant.pool(size=3)
    most = 0

    def use(_: int) -> None:
        nonlocal most
        with pool.borrow():
            most = max(most, plant.live)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(use, range(200)))
    assert most <= 3


def test_who_comes_when_all_are_out_waits() -> None:
    pool = Plant().pool(size=1)
    got = Event()

    def wait() -> None:
        with pool.borrow():
            got.set()

    with ThreadPoolExecutor(1) as threads:
        with pool.borrow():
            waiting = threads.submit(wait)
            assert not got.is_set()
        waiting.result(timeout=10)
    assert got.is_set()


def test_closing_ends_what_is_idle_and_what_comes_back() -> None:
    plant = Plant()
    pool = plant.pool()
    with pool.borrow(), pool.borrow() as second:
        pass
    with pool.borrow() as out:
        pool.close()
        pool.close()
        assert not out.closed
        assert second.closed or out is second
    assert plant.live == 0


def test_a_close_that_fails_harms_nobody() -> None:
    def fail(_: Wire) -> None:
        raise OSError

    pool = Pool(Wire, fail, size=1)
    with pool.borrow():
        pass
    pool.close()


def test_parts_with_one_key_share_one_pool() -> None:
    shared, plant, together = Shared(), Plant(), Barrier(8)

    def ask(_: int) -> Pool[Wire]:
        together.wait()
        return shared.pool(("sql", "shop"), plant.pool)

    with ThreadPoolExecutor(8) as threads:
        pools = set(threads.map(ask, range(8)))
    assert len(pools) == 1
    assert shared.pool("other", plant.pool) not in pools
    with pools.pop().borrow():
        pass
    shared.close()
    shared.close()
    assert plant.live == 0
