"""A metric with a life of its own: what its source says, and since when it has said it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from detectk.contracts.collector import Collector, Request
from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.contracts.options import Options
from detectk.contracts.part import Health
from detectk.contracts.services import Services
from detectk.errors import CollectError
from detectk.values import (
    NO_LABELS,
    Labels,
    Series,
    Status,
    Verdict,
    Verdicts,
)

__all__ = ["Arrival", "BandDetector", "BandOptions", "ScriptedCollector"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One row of a source, and when it came to be there; later arrivals replace earlier ones.

    Attributes:
        time: Start of the interval.
        value: The value, None for a row without one.
        known_at: From when on the source says so.
        labels: Which series.
    """

    time: datetime
    value: float | None
    known_at: datetime
    labels: Labels = NO_LABELS


class ScriptedCollector(Collector[Options]):
    """Says at any time what it would have said then, and fails when it is told to."""

    def __init__(
        self, arrivals: Sequence[Arrival], *, outages: Sequence[tuple[datetime, datetime]] = ()
    ) -> None:
        super().__init__(Options(), Services())
        self.arrivals = sorted(arrivals, key=lambda arrival: arrival.known_at)
        self.outages = tuple(outages)

    def collect(self, request: Request) -> Sequence[Series]:
        """Return the rows of the window that had arrived when the run began."""
        at = request.execution_time
        if any(start <= at < end for start, end in self.outages):
            msg = "the scripted source is down"
            raise CollectError(msg, where=request.metric, retryable=True)
        rows: dict[Labels, dict[datetime, float | None]] = {}
        for arrival in self.arrivals:
            if arrival.known_at <= at and arrival.time in request.window:
                rows.setdefault(arrival.labels, {})[arrival.time] = arrival.value
        return [
            Series.from_arrays(sorted(mine), [mine[t] for t in sorted(mine)], labels=labels)
            for labels, mine in sorted(rows.items())
        ]

    def check(self) -> Health:
        """Answer."""
        return Health(ok=True, detail="scripted")


class BandOptions(Options):
    """Options of `BandDetector`."""

    points: int = 5
    width: float = 3.0


class BandDetector(Detector[BandOptions]):
    """Mean of the last points plus or minus a width: small, causal, easy to work out by hand."""

    def lookback(self) -> Lookback:
        """Want the points of the mean."""
        return Lookback(points=self.options.points)

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        """Judge each target by the mean of the grid points before it."""
        return [Outcome(self._judge(task)) for task in batch]

    def _judge(self, task: Task) -> Verdicts:
        series, count = task.series, len(task.targets)
        columns = {name: np.full(count, np.nan) for name in ("expected", "lower", "upper")}
        score, excess = np.zeros(count), np.zeros(count)
        direction = np.zeros(count, dtype=np.int8)
        verdict = np.full(count, Verdict.UNJUDGED, dtype=np.uint8)
        for row, target in enumerate(task.targets):
            value = series.values[target]
            past = series.values[max(0, target - self.options.points) : target]
            past = past[np.isfinite(past)]
            if not np.isfinite(value) or series.status[target] != Status.VALUE:
                continue
            if len(past) < 2:  # one point makes no band
                verdict[row] = Verdict.INSUFFICIENT
                continue
            centre = float(past.mean())
            columns["expected"][row] = centre
            columns["lower"][row] = centre - self.options.width
            columns["upper"][row] = centre + self.options.width
            score[row] = abs(value - centre)
            excess[row] = score[row] / self.options.width
            outside = excess[row] > 1.0
            direction[row] = np.sign(value - centre) if outside else 0
            verdict[row] = Verdict.ANOMALY if outside else Verdict.OK
        return Verdicts(
            detector=task.id,
            labels=series.labels,
            times=series.times[task.targets],
            value=series.values[task.targets],
            score=score,
            excess=excess,
            direction=direction,
            verdict=verdict,
            status=series.status[task.targets],
            expected=columns["expected"],
            lower=columns["lower"],
            upper=columns["upper"],
        )
