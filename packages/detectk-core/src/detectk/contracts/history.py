"""Where points and verdicts are kept: big, append-mostly, columnar."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from detectk.values.labels import Labels
from detectk.values.series import Series
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window

__all__ = ["Coverage", "History", "HistoryRequest", "Judgements", "Points"]


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
        ranges: Windows that were collected, disjoint and ordered; touching ones are one.
        fingerprint: Of the newest question that was asked; empty when never noted.
        extent: Labels to the window from the first point's time to just after the newest's.
        judged: (labels, detector id) to the time of the newest verdict.
    """

    ranges: tuple[Window, ...] = ()
    fingerprint: str = ""
    extent: Mapping[Labels, Window] = field(default_factory=dict)
    judged: Mapping[tuple[Labels, str], datetime] = field(default_factory=dict)


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
    def prune(self, metric: str, *, points_before: datetime, verdicts_before: datetime) -> int:
        """Delete what is older, revisions included; return the number of rows deleted."""
