from __future__ import annotations

from typing import Any

import numpy as np

from detectk.contracts import Services, Task
from detectk.detectors.missing_data import MissingDataDetector
from detectk.detectors.options import MissingDataOptions
from detectk.values import NO_LABELS, Interval, Series, Status, Times, Verdict, Verdicts

HOUR = Interval.parse("1 hour")
LETTERS = {"v": Status.VALUE, "z": Status.VALUE, ".": Status.MISSING, "n": Status.NULL}
LETTERS |= {"l": Status.LATE, "f": Status.FAILED, "s": Status.SKIPPED}


def judge(letters: str, **options: Any) -> Verdicts:
    """One point a letter: value, zero, missing, null, late, failed, skipped."""
    hours = np.arange(len(letters)) * np.timedelta64(1, "h")
    times: Times = np.array(np.datetime64("2024-01-01", "us") + hours, dtype="datetime64[us]")
    values = np.array([{"v": 7.0, "z": 0.0, "s": 5.0}.get(letter, np.nan) for letter in letters])
    status = np.array([LETTERS[letter] for letter in letters], dtype=np.uint8)
    task = Task("id", Series(NO_LABELS, times, values, status), HOUR, np.arange(len(letters)))
    return MissingDataDetector(MissingDataOptions(**options), Services()).detect([task])[0].verdicts


def marks(found: Verdicts) -> str:
    return "".join("oA?-"[verdict] for verdict in found.verdict.tolist())


def test_one_missing_interval_is_enough_by_default() -> None:
    """A9: no rows were 'Value: 0.00, NORMAL'."""
    assert marks(judge("vv.vnl")) == "ooAoAA"


def test_consecutive_ones_are_counted() -> None:
    found = judge("v..v....", consecutive_missing=3)
    assert marks(found) == "ooooooAA"
    assert found.score.tolist() == [0, 1, 2, 0, 1, 2, 3, 4]
    assert found.excess[-1] == 4 / 3


def test_failed_and_skipped_intervals_neither_extend_nor_end_a_gap() -> None:
    assert marks(judge("v.fs.v", consecutive_missing=2)) == "oo--Ao"


def test_zero_is_a_value_unless_told_otherwise() -> None:
    assert marks(judge("vzzv")) == "oooo"
    assert marks(judge("vzzv", treat_zero_as_missing=True)) == "oAAo"


def test_staleness_is_minutes_without_a_value() -> None:
    found = judge("v....v", max_staleness_minutes=150)
    assert marks(found) == "oooAAo"
    assert found.explain["staleness_minutes"].tolist() == [0, 60, 120, 180, 240, 0]


def test_either_limit_will_do() -> None:
    assert marks(judge("v...", max_staleness_minutes=150, consecutive_missing=2)) == "ooAA"


def test_a_metric_that_never_had_a_value_is_stale_from_its_start() -> None:
    assert marks(judge("...", max_staleness_minutes=120)) == "oAA"


def test_counts_stop_where_the_history_does() -> None:
    found = judge("v" + "." * 300)
    assert found.score.max() == 100
    assert found.verdict[-1] == Verdict.ANOMALY


def test_a_gap_has_no_direction() -> None:
    assert not judge("v..").direction.any()
