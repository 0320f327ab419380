"""Connections that several parts take turns with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore, Lock
from typing import Generic, TypeVar

__all__ = ["Pool", "Shared"]

T = TypeVar("T")


class Pool(Generic[T]):
    """At most ``size`` open connections; who comes when all are out waits.

    Args:
        open: Makes a connection.
        close: Ends one; what it raises is ignored.
        size: How many may be open at one time.
    """

    def __init__(self, open: Callable[[], T], close: Callable[[T], None], *, size: int) -> None:  # noqa: A002  # it opens
        self._open, self._close = open, close
        self._room = BoundedSemaphore(size)
        self._lock = Lock()
        self._idle: list[T] = []
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[T]:
        """Lend a connection; one that saw an error is closed, since nobody knows its state."""
        with self._room:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                connection = self._open()
            try:
                yield connection
            except BaseException:
                self._end(connection)
                raise
            with self._lock:
                if not self._closed:
                    self._idle.append(connection)
                    return
            self._end(connection)

    def close(self) -> None:
        """Close what lies idle, and what is out when it comes back; safe to call twice."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            self._end(connection)

    def _end(self, connection: T) -> None:
        with suppress(Exception):
            self._close(connection)


class Shared:
    """What the parts of one process use together, by key: pools of connections, mostly."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pools: dict[object, Pool[object]] = {}

    def pool(self, key: object, make: Callable[[], Pool[T]]) -> Pool[T]:
        """Return the pool under ``key``, made at the first call.

        Args:
            key: Hashable; whatever makes two connections the same, secrets included.
            make: Makes it.
        """
        with self._lock:
            if key not in self._pools:
                self._pools[key] = make()  # type: ignore[assignment]  # the key tells the type
            return self._pools[key]  # type: ignore[return-value]

    def close(self) -> None:
        """Close every pool; safe to call twice."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()
