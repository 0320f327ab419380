"""Where the points of a metric come from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from detectk.contracts.part import Health, O, Part
from detectk.values.interval import Interval
from detectk.values.series import Series
from detectk.values.spans import Spans
from detectk.values.window import Window

__all__ = ["Collector", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a source.

    Attributes:
        metric: Name of the metric.
        window: The points wanted: ``start <= time < end``, both on the grid.
        interval: The grid; times of rows are floored to it.
        execution_time: When the run began.
    """

    metric: str
    window: Window
    interval: Interval
    execution_time: datetime


class Collector(Part[O]):
    """Reads points from a source; never writes to it."""

    @abstractmethod
    def collect(self, request: Request) -> Sequence[Series]:
        """Return the series of the window, times floored to the grid and inside the window.

        Intervals without a row are simply absent; no rows at all is an empty sequence.
        `detectk.contracts.series_from_columns` turns rows into series.

        Raises:
            CollectError: The source cannot be read or its rows make no series.
        """

    def events(self, request: Request) -> Mapping[str, Spans]:  # noqa: ARG002  # few have any
        """Return when the user's events were, by name; those far from the window may be left out.

        Each becomes a context column of the series that `collect` returns for this request.
        `detectk.contracts.spans_from_columns` turns rows into spans.

        Raises:
            CollectError: The source cannot be read or its rows are no events.
        """
        return {}

    @abstractmethod
    def check(self) -> Health:
        """Return whether the source answers; never raises. For ``dtk validate --connect``."""

    def describe(self, request: Request) -> str:
        """Return what `collect` would ask, for ``dtk preview`` and ``--dry-run``; no secrets."""
        return f"{type(self).__name__} from {request.window.start} to {request.window.end}"

    def cost(self, request: Request) -> str:  # noqa: ARG002  # most sources cannot say
        """Return one line about what `collect` would cost its source, for ``--dry-run``.

        Never raises; empty when the source cannot say without doing the work.
        """
        return ""

    def fingerprint(self) -> str:
        """Return a text that changes when the question changes, and only then; may be empty."""
        return ""
