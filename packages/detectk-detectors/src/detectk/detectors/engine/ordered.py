"""Order statistics of an ascending list: exact, and in logarithmic time."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["deviation_quantile", "median", "median_deviation", "quantile", "windows"]


def windows(numbers: Sequence[float], bounds: Iterable[tuple[int, int]]) -> Iterator[list[float]]:
    """Yield the numbers of each window in ascending order; the list is the same, changed.

    Args:
        numbers: In order of time.
        bounds: First place of each window and the place after its last one; neither ever falls.
    """
    ordered: list[float] = []
    begin = end = 0
    for start, stop in bounds:
        if start >= end:
            ordered = sorted(numbers[start:stop])
        else:
            for number in numbers[end:stop]:
                insort(ordered, number)
            for number in numbers[begin:start]:
                del ordered[bisect_left(ordered, number)]
        begin, end = start, stop
        yield ordered


def median(ordered: Sequence[float]) -> float:
    """Return the median of a non-empty ascending list."""
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the ``share`` quantile of a non-empty ascending list, linear between neighbours.

    Source: Hyndman & Fan (1996), type 7, numpy's default.
    """
    place = share * (len(ordered) - 1)
    below = int(place)
    low = ordered[below]
    if below + 1 == len(ordered):
        return low
    return low + (ordered[below + 1] - low) * (place - below)


def median_deviation(ordered: Sequence[float], centre: float) -> float:
    """Return the median of ``abs(x - centre)``, bit for bit as if all had been computed."""
    half, odd = divmod(len(ordered), 2)
    if odd:
        return _nearest(ordered, centre, half)[1]
    low, high = _nearest(ordered, centre, half)
    return (low + high) / 2


def deviation_quantile(ordered: Sequence[float], centre: float, share: float) -> float:
    """Return the ``share`` quantile of ``abs(x - centre)``, as `quantile` defines it."""
    place = share * (len(ordered) - 1)
    below = int(place)
    if below + 1 == len(ordered):
        return max(abs(ordered[0] - centre), abs(ordered[-1] - centre))
    low, high = _nearest(ordered, centre, below + 1)
    return low + (high - low) * (place - below)


def _nearest(ordered: Sequence[float], centre: float, count: int) -> tuple[float, float]:
    """Return the ``count``-th and the next smallest ``abs(x - centre)``, counted from 1.

    The deviations to the left of ``centre``, read backwards, and those to its right are two
    ascending lists, because rounding is monotone; a binary search finds how many of the
    ``count`` smallest each gives.
    """
    split, size = bisect_left(ordered, centre), len(ordered)
    low, high = max(0, count - (size - split)), min(count, split)
    while low < high:
        left = (low + high) // 2
        if ordered[split + count - left - 1] - centre > centre - ordered[split - 1 - left]:
            low = left + 1
        else:
            high = left
    right = count - low
    inner = max(
        centre - ordered[split - low] if low else 0.0,
        ordered[split + right - 1] - centre if right else 0.0,
    )
    outer = min(
        centre - ordered[split - 1 - low] if low < split else float("inf"),
        ordered[split + right] - centre if split + right < size else float("inf"),
    )
    return inner, outer
