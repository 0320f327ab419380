"""The stretches of constant UTC offset that a time zone is made of."""

from __future__ import annotations

import difflib
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["EPOCH", "SECOND", "Piece", "piece_at", "pieces_between", "wall_to_utc", "zone_info"]

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)

_BLOCK = 1 << 25
_DAY = 86_400
# A day's room at both ends of what datetime can hold, for the offset itself.
_FIRST = (datetime(1, 1, 2, tzinfo=timezone.utc) - EPOCH) // SECOND
_LAST = (datetime(9999, 12, 30, tzinfo=timezone.utc) - EPOCH) // SECOND


class Piece(NamedTuple):
    """Stretch ``[start, end)`` of UTC seconds in which the local clock runs evenly.

    ``reached`` is the wall time the clock had reached before ``start``. It is below
    ``start + offset`` after a gap, above it after a fold, and equal where the piece only begins
    because a block of the search does.
    """

    start: int
    end: int
    offset: int
    reached: int


def zone_info(key: str) -> ZoneInfo:
    """Find the zone of an IANA key.

    Raises:
        ValueError: No such zone; the message has a near name where there is one.
    """
    try:
        return ZoneInfo(key)
    except (KeyError, OSError, ValueError):
        # Folders of the database and keys that climb out of it fail in ways of their own.
        near = difflib.get_close_matches(key, sorted(available_timezones()), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "use an IANA name such as 'Europe/Berlin'"
        raise ValueError(f"time zone {key!r} is unknown; {hint}") from None


def piece_at(key: str, second: int) -> Piece:
    """Find the piece of zone ``key`` that holds a UTC second."""
    block = _pieces(key, second // _BLOCK)
    return next(piece for piece in reversed(block) if piece.start <= second)


def pieces_between(key: str, start: int, end: int) -> Iterator[Piece]:
    """Walk the pieces of zone ``key`` that meet the UTC seconds ``[start, end)``, in order."""
    for block in range(start // _BLOCK, (end - 1) // _BLOCK + 1):
        for piece in _pieces(key, block):
            if piece.start < end and piece.end > start:
                yield piece


def wall_to_utc(key: str, walls: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn seconds as zone ``key``'s clock shows them into UTC seconds, as PEP 495 does.

    A time shown twice is its first occurrence; one leapt over is read with the offset before the
    leap. The work grows with the years that ``walls`` span.
    """
    if not walls.size:
        return walls
    room = 2 * _DAY
    pieces = list(pieces_between(key, int(walls.min()) - room, int(walls.max()) + room))
    lowest = [max(piece.start + piece.offset, piece.reached) for piece in pieces]
    where = np.searchsorted(lowest, walls, side="right") - 1
    offsets = np.array([piece.offset for piece in pieces], np.int64)
    return walls - offsets.take(where)


@lru_cache(maxsize=8192)
def _pieces(key: str, block: int) -> tuple[Piece, ...]:
    start, end = block * _BLOCK, (block + 1) * _BLOCK
    if key == "UTC":
        return (Piece(start, end, 0, start),)
    # Two days of run-up, so that a fold just before the block is still remembered inside it.
    edges = [start - 2 * _DAY, *_transitions(key, start - 2 * _DAY, end), end]
    pieces = []
    reached = edges[0] + _offset(key, edges[0])
    for left, right in pairwise(edges):
        offset = _offset(key, left)
        if left < start < right:
            reached = max(reached, start + offset)
        if right > start:
            pieces.append(Piece(max(left, start), right, offset, reached))
        reached = max(reached, right + offset)
    return tuple(pieces)


def _transitions(key: str, start: int, end: int) -> Iterator[int]:
    """Search the seconds in ``(start, end)`` at which the offset changes.

    zoneinfo has no list of transitions to offer: probe every day, then bisect the days that differ.
    """
    before = _offset(key, start)
    for left in range(start, end, _DAY):
        right = min(left + _DAY, end - 1)
        after = _offset(key, right)
        if after != before:
            low, high = left, right
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(key, middle) == before else (low, middle)
            yield high
            before = after


def _offset(key: str, second: int) -> int:
    moment = EPOCH + timedelta(seconds=min(max(second, _FIRST), _LAST))
    offset = moment.astimezone(ZoneInfo(key)).utcoffset()
    return offset // SECOND if offset is not None else 0
