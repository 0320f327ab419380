"""Let every wait on the network end when a whole exchange must be over.

An HTTP client limits each wait, not their sum: a server that says a letter of its headers every
few seconds would keep it for days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["Punctual", "limited"]

_LEAST = 0.001
_left: ContextVar[Callable[[], float] | None] = ContextVar("left", default=None)


@contextmanager
def limited(left: Callable[[], float]) -> Iterator[None]:
    """Let the waits of this thread end when ``left``, in seconds, has come to nothing."""
    token = _left.set(left)
    try:
        yield
    finally:
        _left.reset(token)


class Punctual:
    """A network of the HTTP client, or one of its connections, that knows the time left.

    Args:
        inner: What does the work: httpcore's network backend or network stream.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        """Return what needs no limit as it is."""
        return getattr(self._inner, name)

    def connect_tcp(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> Punctual:
        """Open a connection."""
        return Punctual(self._inner.connect_tcp(*args, timeout=_shorter(timeout), **kwargs))

    def start_tls(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> Punctual:
        """Go on encrypted."""
        return Punctual(self._inner.start_tls(*args, timeout=_shorter(timeout), **kwargs))

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come."""
        received: bytes = self._inner.read(max_bytes, timeout=_shorter(timeout))
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send ``buffer``."""
        self._inner.write(buffer, timeout=_shorter(timeout))


def _shorter(timeout: float | None) -> float | None:
    left = _left.get()
    if left is None:
        return timeout
    most = max(_LEAST, left())
    return most if timeout is None else min(timeout, most)
