"""Small points and verdicts on an hourly grid, to write into a history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import numpy as np

from detectk.contracts.history import Judgements, Points
from detectk.values.arrays import to_instant
from detectk.values.labels import NO_LABELS, Labels
from detectk.values.series import Series
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window

__all__ = ["ALWAYS", "DE", "FR", "at", "judgements", "points", "series", "verdicts", "window"]

_DAY: Final = datetime(2024, 7, 1, tzinfo=timezone.utc)

ALWAYS: Final = Window(_DAY.replace(year=1900), _DAY.replace(year=2100))
DE: Final = Labels.of({"country": "DE"})
FR: Final = Labels.of({"country": "FR"})


def at(hour: int) -> datetime:
    """Return that hour of 1 July 2024, UTC."""
    return _DAY + timedelta(hours=hour)


def window(start: int, end: int) -> Window:
    """Return the window between two hours."""
    return Window(at(start), at(end))


def series(
    hours: Iterable[int],
    values: Sequence[float | None],
    *,
    labels: Labels = NO_LABELS,
    context: Mapping[str, Any] | None = None,
) -> Series:
    """Return a series with a value, or none, in each of ``hours``."""
    return Series.from_arrays([at(hour) for hour in hours], values, labels=labels, context=context)


def points(
    *items: Series,
    metric: str = "orders",
    step: int = 0,
    covered: Window | None = None,
    fingerprint: str = "",
) -> Points:
    """Return an item of `History.write_points`, seen in the run of hour ``step``."""
    return Points(metric, items, at(step), covered, fingerprint)


def verdicts(  # one keyword a trait, any of them alone
    hours: Iterable[int],
    *,
    detector: str = "5f2a09c1",
    labels: Labels = NO_LABELS,
    value: float = 1.0,
    change: str = "",
    explain: Mapping[str, Sequence[object]] | None = None,
) -> Verdicts:
    """Return verdicts with a bound that is infinite and one that is missing.

    Args:
        hours: Their times.
        detector: Its id.
        labels: The series.
        value: What was judged.
        change: Column whose last row is to be another than usual.
        explain: The evidence.
    """
    times = np.array([to_instant(at(hour)) for hour in hours], dtype="datetime64[us]")
    count = len(times)
    floats = {
        "value": value,
        "expected": 2.5,
        "lower": -np.inf,
        "upper": np.nan,
        "score": 0.5,
        "excess": 0.75,
    }
    columns = {name: np.full(count, number) for name, number in floats.items()}
    columns["direction"] = np.full(count, -1, dtype=np.int8)
    columns["verdict"] = (np.arange(count) % 4).astype(np.uint8)
    columns["status"] = (np.arange(count) % 2).astype(np.uint8)
    if change:
        columns[change][-1] = 7
    evidence = {name: np.asarray(column) for name, column in (explain or {}).items()}
    return Verdicts(detector=detector, labels=labels, times=times, explain=evidence, **columns)


def judgements(*items: Verdicts, metric: str = "orders", step: int = 0) -> Judgements:
    """Return an item of `History.write_verdicts`, judged in the run of hour ``step``."""
    return Judgements(metric, items, at(step))
