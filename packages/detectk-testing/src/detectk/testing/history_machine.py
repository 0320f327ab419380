"""Live a random life in a history and in the reference, and compare every answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from detectk.contracts.history import History, HistoryRequest, Judgements, Points, Retention
from detectk.contracts.storage import Storage
from detectk.storage.memory import MemoryHistory
from detectk.testing.history_samples import DE, FR, at, judgements, points, verdicts, window
from detectk.testing.history_samples import series as series_of
from detectk.values.labels import NO_LABELS
from detectk.values.series import Series
from detectk.values.verdicts import Verdicts

__all__ = ["compare_with_reference"]

_NAMES: Final = ["orders", "visits"]
_METRICS: Final = st.sampled_from(_NAMES)
_LABELS: Final = st.sampled_from([NO_LABELS, DE, FR])
_HOURS: Final = st.integers(0, 4)
_CONTEXTS: Final = st.sampled_from([None, "Mon", 1, 2.5, True])


@st.composite
def _series(draw: st.DrawFn) -> Series:
    hours = sorted(draw(st.sets(_HOURS, max_size=4)))
    values = [draw(st.sampled_from([None, 0.0, 1.5])) for _ in hours]
    context = {"day": [draw(_CONTEXTS) for _ in hours]} if draw(st.booleans()) else None
    return series_of(hours, values, labels=draw(_LABELS), context=context)


@st.composite
def _points(draw: st.DrawFn) -> Points:
    series = draw(st.lists(_series(), max_size=2, unique_by=lambda item: item.labels))
    start, end = sorted(draw(st.tuples(_HOURS, _HOURS)))
    covered = window(start, end) if draw(st.booleans()) else None
    fingerprint = draw(st.sampled_from(["", "a", "b"]))
    step = draw(_HOURS)
    return points(
        *series, metric=draw(_METRICS), step=step, covered=covered, fingerprint=fingerprint
    )


@st.composite
def _judgements(draw: st.DrawFn) -> Judgements:
    items = [
        verdicts(
            sorted(draw(st.sets(_HOURS, min_size=1, max_size=4))),
            detector=detector,
            labels=draw(_LABELS),
            value=draw(st.sampled_from([1.0, 2.0])),
            change=draw(st.sampled_from(["", *Verdicts.COLUMNS])),
        )
        for detector in sorted(draw(st.sets(st.sampled_from("ab"), max_size=2)))
    ]
    return judgements(*items, metric=draw(_METRICS), step=draw(_HOURS))


class _Life(RuleBasedStateMachine):
    build: ClassVar[Callable[[], Storage[Any]]]

    def __init__(self) -> None:
        super().__init__()
        self._storage = type(self).build()
        self._reference = MemoryHistory()

    @property
    def _history(self) -> History:
        return self._storage.history()

    @initialize()
    def prepare(self) -> None:
        self._history.prepare()

    @rule(batch=st.lists(_points(), max_size=2))
    def write_points(self, batch: list[Points]) -> None:
        self._history.write_points(batch)
        self._reference.write_points(batch)

    @rule(batch=st.lists(_judgements(), max_size=2))
    def write_verdicts(self, batch: list[Judgements]) -> None:
        self._history.write_verdicts(batch)
        self._reference.write_verdicts(batch)

    @rule(
        metrics=st.lists(_METRICS, unique=True),
        points=_HOURS,
        verdicts=_HOURS,
        detectors=st.sampled_from(["", "", "a", "ab"]),
        execute=st.booleans(),
    )
    def prune(
        self,
        metrics: list[str],
        points: int,
        verdicts: int,
        *,
        detectors: str = "",
        execute: bool,
    ) -> None:
        dropped = frozenset(detectors)
        batch = [Retention(metric, at(points), at(verdicts), dropped) for metric in metrics]
        deleted = self._history.prune(batch, execute=execute)
        assert dict(deleted) == dict(self._reference.prune(batch, execute=execute))

    @rule(
        metric=_METRICS,
        hours=st.tuples(_HOURS, _HOURS),
        labels=st.none() | _LABELS,
        versions=st.booleans(),
    )
    def read(self, metric: str, hours: tuple[int, int], labels: Any, *, versions: bool) -> None:
        asked = [HistoryRequest(metric, window(*sorted(hours)), labels, versions)]
        _same(self._history.read_points(asked)[0], self._reference.read_points(asked)[0])
        _same(self._history.read_verdicts(asked)[0], self._reference.read_verdicts(asked)[0])

    @rule()
    def coverage(self) -> None:
        held, expected = self._history.coverage(_NAMES), self._reference.coverage(_NAMES)
        for metric in _NAMES:
            assert dict(held[metric].loaded) == dict(expected[metric].loaded)
            assert held[metric].judged == expected[metric].judged
            assert held[metric].extent == expected[metric].extent
        assert list(self._history.metrics()) == list(self._reference.metrics())

    def teardown(self) -> None:
        for metric in _NAMES:
            self.read(metric, (0, 9), None, versions=True)
        self.coverage()
        self.prune(_NAMES, 9, 9, execute=False)
        self.prune(_NAMES, 9, 9, execute=True)
        self._storage.close()


def compare_with_reference(build: Callable[[], Storage[Any]], *, examples: int) -> None:
    """Fail if a history answers otherwise than `detectk.storage.MemoryHistory`.

    Args:
        build: Returns a new, empty storage.
        examples: How many lives.
    """
    run_state_machine_as_test(
        type("Life", (_Life,), {"build": staticmethod(build)}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _same(answer: Any, expected: Any) -> None:
    assert len(answer) == len(expected)
    for found, wanted in zip(answer, expected, strict=True):
        assert found.same_as(wanted), (found, wanted)
