"""What runs many pieces of work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

__all__ = ["Executor"]

A = TypeVar("A")
B = TypeVar("B")


class Executor(Protocol):
    """Maps a function over items, in any order of execution, results in the order given."""

    def map(self, fn: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Yield ``fn(item)`` for each item."""
        ...
