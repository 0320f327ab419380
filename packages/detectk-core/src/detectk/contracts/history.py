"""Where points and verdicts are kept: big, append-mostly, columnar."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Final

from detectk.values.labels import Labels
from detectk.values.series import Series
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window, joined, without

__all__ = [
    "Coverage",
    "History",
    "HistoryRequest",
    "Judgements",
    "Points",
    "Pruned",
    "Retention",
    "note_loaded",
]


_EVER: Final = datetime(9999, 12, 31, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Points:
    """Points of one metric to keep, written together or not at all.

    Attributes:
        metric: Name of the metric.
        series: The points, at most one item a labels.
        step: The newest grid step of the run that saw them: when a changed value takes effect.
        covered: The window that was asked for and answered, None when nothing is to be noted.
        fingerprint: `Collector.fingerprint` of the question that was asked.
    """

    metric: str
    series: Sequence[Series]
    step: datetime
    covered: Window | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Judgements:
    """Verdicts of one metric to keep, written together or not at all.

    Attributes:
        metric: Name of the metric.
        verdicts: At most one item a (labels, detector id).
        step: The newest grid step of the run that judged: when a changed verdict takes effect.
    """

    metric: str
    verdicts: Sequence[Verdicts]
    step: datetime


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """Which points or verdicts are wanted.

    Attributes:
        metric: Name of the metric.
        window: ``start <= time < end``.
        labels: One series only, None for all.
        versions: Also the superseded versions, ordered by (time, seen); only for verdicts.
    """

    metric: str
    window: Window
    labels: Labels | None = None
    versions: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a history holds of one metric.

    Attributes:
        loaded: Fingerprint of a question to the windows it answered, as `note_loaded` keeps them.
        extent: Labels to the window from the first point's time to just after the newest's.
        judged: (labels, detector id) to the time of the newest verdict.
    """

    loaded: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)
    extent: Mapping[Labels, Window] = field(default_factory=dict)
    judged: Mapping[tuple[Labels, str], datetime] = field(default_factory=dict)

    @property
    def ranges(self) -> tuple[Window, ...]:
        """Windows that were collected by any question, disjoint and ordered."""
        if len(self.loaded) == 1:
            return next(iter(self.loaded.values()))
        return joined(window for windows in self.loaded.values() for window in windows)

    def loaded_otherwise(self, fingerprint: str) -> tuple[Window, ...]:
        """Return the windows that a question of another, known fingerprint answered."""
        return joined(
            window
            for other, windows in self.loaded.items()
            if other and other != fingerprint
            for window in windows
        )


def note_loaded(
    loaded: Mapping[str, tuple[Window, ...]], window: Window, fingerprint: str
) -> dict[str, tuple[Window, ...]]:
    """Return ``loaded`` after the question of ``fingerprint`` has answered ``window``.

    The newest answer owns its window: it is taken from every other fingerprint. The windows of
    one fingerprint are ordered and apart; a fingerprint without any is dropped.
    """
    if window.empty:
        return dict(loaded)
    left = {other: without(windows, window) for other, windows in loaded.items()}
    left[fingerprint] = joined((*left.get(fingerprint, ()), window))
    return {other: windows for other, windows in left.items() if windows}


@dataclass(frozen=True, slots=True)
class Retention:
    """What of one metric is old enough to go, revisions included.

    Attributes:
        metric: Name of the metric.
        points_before: Points older than this.
        verdicts_before: Verdicts older than this.
        detectors: Ids of detectors whose verdicts go however old they are.
    """

    metric: str
    points_before: datetime
    verdicts_before: datetime
    detectors: frozenset[str] = frozenset()

    def before(self, detector: str) -> datetime:
        """Return the time before which the verdicts of ``detector`` go."""
        return _EVER if detector in self.detectors else self.verdicts_before


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows of one metric went, or would go: every version of a row counts."""

    points: int = 0
    verdicts: int = 0


class History(ABC):
    """Points with their revisions, verdicts with theirs, and what was collected.

    A point is keyed by (metric, labels, time), a verdict by (metric, labels, detector, time).
    Every write is an upsert, so that a step that is run again does no harm:

    * a new key is stored with ``seen`` equal to its own time;
    * an equal row changes nothing, ``seen`` included;
    * a changed row moves the old version to the revisions and is stored with ``seen`` equal to
      the batch's step. For points value, status and context count; for verdicts every column
      but ``explain`` and ``seen``.

    Thread-safe; methods raise `detectk.errors.StorageError` and nothing else of their own.
    """

    def exists(self) -> bool:
        """Return whether anything may be stored; asking creates nothing."""
        return True

    @abstractmethod
    def prepare(self) -> None:
        """Create or migrate the tables; safe to call again, and from several processes."""

    @abstractmethod
    def write_points(self, batch: Sequence[Points]) -> None:
        """Keep points and note what was covered; each item in one transaction."""

    @abstractmethod
    def read_points(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Series]]:
        """Return, for each request, its series ordered by labels; without points, no series."""

    @abstractmethod
    def coverage(self, metrics: Sequence[str]) -> Mapping[str, Coverage]:
        """Return what is held of each metric; an unknown metric has an empty `Coverage`."""

    @abstractmethod
    def write_verdicts(self, batch: Sequence[Judgements]) -> None:
        """Keep verdicts; each item in one transaction."""

    @abstractmethod
    def read_verdicts(self, requests: Sequence[HistoryRequest]) -> Sequence[Sequence[Verdicts]]:
        """Return, for each request, its verdicts ordered by (labels, detector id)."""

    @abstractmethod
    def prune(self, batch: Sequence[Retention], *, execute: bool) -> Mapping[str, Pruned]:
        """Delete what is too old; what was loaded stays noted, so that nothing is asked again.

        Args:
            batch: At most one item a metric.
            execute: False to count only.

        Returns:
            Each metric of ``batch`` to the rows that went, or would go.
        """

    @abstractmethod
    def metrics(self) -> Sequence[str]:
        """Return the names of the metrics that have points or verdicts, ordered."""
