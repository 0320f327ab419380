"""Try a detector on a series that is at hand: no metric file, no source, nothing kept."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from detectk.check.detector_choice import Choice, choose
from detectk.contracts import Task
from detectk.errors import DetectError, DetectKError
from detectk.values import Interval, Series, Verdict, Verdicts

if TYPE_CHECKING:
    from detectk.check.placing import Placed
    from detectk.check.points import Points
    from detectk.values.arrays import Indices

# The face of the package imports this module, so that what only a trial needs is imported by it.

__all__ = ["Judged", "detect", "detect_file", "judge"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Points and what a detector thinks of them.

    Attributes:
        points: The points as they were given.
        placed: The points on their grid.
        verdicts: (m,) one for each interval of ``placed.series``.
    """

    points: Points
    placed: Placed
    verdicts: Verdicts

    @property
    def given(self) -> Indices:
        """(k,) rows of ``verdicts`` whose interval has a point, increasing."""
        return np.unique(self.placed.rows)

    @property
    def holes(self) -> npt.NDArray[np.bool_]:
        """(m,) bool, the intervals without a point."""
        hole = np.ones(len(self.verdicts), bool)
        hole[self.placed.rows] = False
        return hole

    def count(self, verdict: Verdict) -> int:
        """Return how many of the intervals with a point were judged so."""
        return int((self.verdicts.verdict[self.given] == verdict).sum())


def detect(
    series: Series | tuple[Any, Any] | Any,
    *,
    type: str,  # noqa: A002 - what a metric file calls it
    params: Mapping[str, Any] | None = None,
    interval: Interval | str | float | None = None,
    timezone: str = "UTC",
    gaps: bool = False,
) -> Verdicts:
    """Judge every point of a series, each from the points up to it.

    Args:
        series: A `Series`; a pair of times and values; or a frame of polars or pandas with the
            columns ``timestamp`` and ``value``, others becoming context. Order does not matter.
            Of points that share an interval the latest counts.
        type: An installed detector, as a metric file names it.
        params: Its options.
        interval: The grid, such as "10 minutes"; by default the commonest distance of points.
        timezone: IANA zone of times without one, and of calendar features.
        gaps: Return the intervals without a point as well.

    Returns:
        One verdict for each interval with a point, in order of time.

    Raises:
        ConfigError: The series, an option or the interval is wrong.
        PluginError: The detector is not installed, or broken.
        DetectError: The detector cannot judge such a series.
    """
    from detectk.check.points import points_of

    choice = choose(type, params)
    judged = judge(
        points_of(series, timezone=timezone), choice, interval=interval, timezone=timezone
    )
    return judged.verdicts if gaps else judged.verdicts.take(judged.given)


def detect_file(  # noqa: PLR0913 - what `dtk detect` takes
    path: str | PathLike[str],
    *,
    type: str,  # noqa: A002
    params: Mapping[str, Any] | None = None,
    interval: Interval | str | float | None = None,
    timezone: str = "UTC",
    gaps: bool = False,
    timestamp_column: str = "",
    value_column: str = "",
) -> Verdicts:
    """Judge every point of a CSV, NDJSON or Parquet file; see `detect`.

    Args:
        path: The file.
        type: As for `detect`.
        params: As for `detect`.
        interval: As for `detect`.
        timezone: As for `detect`.
        gaps: As for `detect`.
        timestamp_column: Where the times are; by default a usual name, else the first column.
        value_column: Where the values are; by default a usual name, else the next column.

    Raises:
        DetectKError: As for `detect`; the file cannot be read.
    """
    from detectk.check.points import points_of_table
    from detectk.check.table import read_table

    choice = choose(type, params)
    points = points_of_table(
        read_table(fspath(path)),
        timezone=timezone,
        timestamp_column=timestamp_column,
        value_column=value_column,
    )
    judged = judge(points, choice, interval=interval, timezone=timezone)
    return judged.verdicts if gaps else judged.verdicts.take(judged.given)


def judge(
    points: Points,
    choice: Choice,
    *,
    interval: Interval | str | float | None = None,
    timezone: str = "UTC",
) -> Judged:
    """Put points on a grid and judge every interval of it.

    Raises:
        ConfigError: The points make no grid.
        DetectError: The detector cannot judge such a series.
    """
    from detectk.check.placing import place

    if not len(points):
        _log.warning("%s: there are no rows", points.where)
        return _nothing(points, interval=interval, timezone=timezone)
    placed = place(points, interval=interval, timezone=timezone)
    targets = np.arange(len(placed.series))
    task = Task(choice.id(placed.interval), placed.series, placed.interval, targets)
    try:
        (outcome,) = choice.detector.detect([task])
    except DetectKError as error:
        raise _about(error, points.where) from error
    except Exception as error:
        name = choice.detector.__class__.__name__
        raise DetectError(
            f"{name} failed: {error.__class__.__name__}: {error}", where=points.where
        ) from error
    return Judged(points, placed, outcome.verdicts)


def _about(error: DetectKError, where: str) -> DetectKError:
    """Return the error of a detector, which does not know what it judged."""
    twin = copy(error)
    said = str(error.where)
    if where not in said:
        twin.where = f"{where}: {said}" if said else where
    return twin


def _nothing(points: Points, *, interval: Interval | str | float | None, timezone: str) -> Judged:
    from detectk.check.placing import Placed, grid_of

    grid = grid_of(interval, points.times, timezone=timezone, where=points.where)
    series = Series.empty(points.labels)
    none = np.empty(0)
    rows, signs, codes = np.empty(0, np.intp), np.empty(0, np.int8), np.empty(0, np.uint8)
    verdicts = Verdicts(
        "", points.labels, series.times, none, none, none, none, none, none, signs, codes, codes
    )
    return Judged(points, Placed(series, grid, rows, np.empty(0, bool)), verdicts)
