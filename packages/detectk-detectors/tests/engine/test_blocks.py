from __future__ import annotations

import numpy as np

from detectk.contracts import Task
from detectk.detectors.engine.blocks import Blocks
from detectk.values import Interval, Series

HOUR = Interval.parse("1 hour")


def task(first: int, size: int) -> Task:
    times = np.datetime64("1970-01-01", "us") + np.arange(first, first + size) * np.timedelta64(
        1, "h"
    )
    return Task("id", Series.from_arrays(times, np.zeros(size)), HOUR, np.arange(size))


def test_blocks_begin_at_multiples_of_their_size_since_1970() -> None:
    blocks = Blocks.of(task(1000, 20), 8)
    assert blocks.starts.tolist() == [0, 8, 16]
    assert blocks.stops.tolist() == [8, 16, 20]


def test_blocks_do_not_depend_on_where_the_series_begins() -> None:
    whole, part = Blocks.of(task(1000, 100), 7), Blocks.of(task(1037, 63), 7)
    assert (part.starts[1:] + 37).tolist() == whole.starts[-len(part.starts) + 1 :].tolist()


def test_every_position_has_its_block() -> None:
    blocks = Blocks.of(task(1003, 12), 4)
    assert blocks.at(np.arange(12)).tolist() == [0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3]


def test_an_empty_series_has_no_blocks() -> None:
    blocks = Blocks.of(task(0, 0), 4)
    assert len(blocks.starts) == len(blocks.stops) == 0
