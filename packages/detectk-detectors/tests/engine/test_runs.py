from __future__ import annotations

import numpy as np

from detectk.detectors.engine.runs import Runs


def longest_by_hand(values: list[float]) -> int:
    best = run = 0
    for place, value in enumerate(values):
        run = run + 1 if place and value == values[place - 1] else 1
        best = max(best, run)
    return best


def test_the_longest_run_of_any_window_is_found() -> None:
    generator = np.random.default_rng(5)
    for size in (1, 2, 7, 60, 200):
        values = generator.integers(0, 2, size).astype(float)
        runs = Runs(values, tolerance=0.0)
        low, high = np.sort(generator.integers(0, size + 1, (2, 500)), axis=0)
        expected = [longest_by_hand(values[a:b].tolist()) for a, b in zip(low, high, strict=True)]
        assert runs.longest(low, high).tolist() == expected
        assert runs.longest(low[:9], high[:9]).tolist() == expected[:9]


def test_changes_of_any_window_are_counted() -> None:
    runs = Runs(np.array([1.0, 1.0, 2.0, 2.0, 3.0, 1.0]), tolerance=0.0)
    low, high = np.array([0, 0, 1, 2, 3, 6]), np.array([6, 2, 3, 4, 3, 6])
    assert runs.changes(low, high).tolist() == [3, 0, 1, 0, 0, 0]


def test_nothing_has_no_runs() -> None:
    runs = Runs(np.empty(0), tolerance=0.0)
    assert runs.longest(np.zeros(2, int), np.zeros(2, int)).tolist() == [0, 0]
    assert runs.changes(np.zeros(2, int), np.zeros(2, int)).tolist() == [0, 0]
