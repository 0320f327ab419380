"""What a collector gives is held to its contract before anything is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from detectk.contracts import Coverage, Request, Services
from detectk.errors import CollectError, PluginError
from detectk.pipeline import Job, Judge
from detectk.pipeline.asking import alone
from detectk.pipeline.collect import Fill
from detectk.pipeline.gather import Gathered, gather
from detectk.storage.memory import MemoryHistory, MemoryState
from detectk.testing.scenario import BandDetector, BandOptions, ScriptedCollector
from detectk.values import Interval, Schedule, Series, Spans, Window, to_instant

HOUR = timedelta(hours=1)
START = datetime(2024, 3, 1, tzinfo=timezone.utc)
WINDOW = Window(START, START + 3 * HOUR)


class Saying(ScriptedCollector):
    """Says what it is told to, right or wrong."""

    def __init__(self, say: Callable[[], Sequence[Series]]) -> None:
        super().__init__([])
        self.say = say

    def collect(self, request: Request) -> Sequence[Series]:
        assert request.window == WINDOW
        return self.say()


def gathered(
    say: Callable[[], Sequence[Series]], *, fill: Fill = None, kind: type[Saying] = Saying
) -> Gathered:
    job = Job(
        metric="orders",
        schedule=Schedule(Interval(1, "hour")),
        collector=kind(say),
        judges=(Judge("band", BandDetector(BandOptions(), Services())),),
        alerting=(),
        history=MemoryHistory(),
        state=MemoryState(),
        fill=fill,
    )
    return alone(gather(job, WINDOW, Coverage(), at=WINDOW.end, newest=START + 2 * HOUR))


def series(*times: datetime) -> Series:
    return Series.from_arrays(list(times), [1.0] * len(times))


def test_rows_and_holes_are_kept_under_the_window_that_was_asked_for() -> None:
    answer = gathered(lambda: [series(START, START + 2 * HOUR)])
    assert answer.rows == 2
    assert len(answer.points.series[0]) == 3
    assert answer.points.covered == WINDOW


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ([series(START), series(START + HOUR)], "two series of the same labels"),
        ([series(START + HOUR / 2)], "times off the grid"),
        ([series(START - HOUR)], "outside the window"),
        ([series(START + 3 * HOUR)], "outside the window"),
    ],
)
def test_an_answer_against_the_contract_is_the_plugins_fault(
    said: list[Series], complaint: str
) -> None:
    with pytest.raises(PluginError, match=f"orders: Saying gave .*{complaint}.*CollectorSuite"):
        gathered(lambda: said)


class WithPromo(Saying):
    """Knows of an event in the last two intervals."""

    def events(self, request: Request) -> Mapping[str, Spans]:
        assert request.window == WINDOW
        start, end = (np.array([to_instant(at)]) for at in (START + HOUR, WINDOW.end))
        return {"promo": Spans(start, end)}


def test_events_stand_beside_every_interval_those_without_a_row_too() -> None:
    answer = gathered(lambda: [series(START, START + HOUR)], fill="zero", kind=WithPromo)
    [points] = answer.points.series
    assert points.values.tolist() == [1.0, 1.0, 0.0]
    assert points.context["promo"].tolist() == [0, 1, 1]


def test_whatever_a_collector_raises_is_a_collect_error() -> None:
    def trip() -> Sequence[Series]:
        raise KeyError("column")

    with pytest.raises(CollectError, match="orders: Saying failed: KeyError: 'column'"):
        gathered(trip)
