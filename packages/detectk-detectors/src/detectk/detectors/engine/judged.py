"""Bands of many targets, what the values say in them, and the verdicts that come of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.flags import Flags
from detectk.values.arrays import Context, Floats, Indices, Signs
from detectk.values.series import Status
from detectk.values.verdicts import EXCESS_CAP, Verdict, Verdicts

__all__ = ["Bands", "Direction", "Flags", "Judgement", "present", "verdicts", "where"]

Direction = Literal["both", "up", "down"]

_SKIPPED = np.uint8(Status.SKIPPED)  # comparing with the member itself takes ten times as long


class Judgement(NamedTuple):
    """What values say in their bands; NaN values say nothing.

    Attributes:
        direction: (k,) -1 below, 1 above, 0 inside: a value on a bound is inside.
        score: (k,) distance from the centre in units.
        excess: (k,) distance from the centre in band widths.
    """

    direction: Signs
    score: Floats
    excess: Floats


class Bands(NamedTuple):
    """Expectations and bounds, one row a target; NaN where nothing is known.

    Attributes:
        centre: (k,) what is expected.
        lower: (k,) lower bound; -inf where there is none.
        upper: (k,) upper bound; inf where there is none.
        unit: (k,) what the score counts in: a sigma, an interquartile range.
    """

    centre: Floats
    lower: Floats
    upper: Floats
    unit: Floats

    def facing(self, direction: Direction) -> Bands:
        """Return the bands with only the bounds that lie in ``direction``."""
        if direction == "both":
            return self
        lower, upper = self.lower, self.upper
        if direction == "up":
            lower = np.where(np.isnan(lower), lower, -np.inf)
        else:
            upper = np.where(np.isnan(upper), upper, np.inf)
        return Bands(self.centre, lower, upper, self.unit)

    def judge(self, values: Floats) -> Judgement:
        """Judge (k,) values."""
        distance = np.abs(values - self.centre)
        width = np.abs(np.where(values < self.centre, self.lower, self.upper) - self.centre)
        direction = (values > self.upper).astype(np.int8)
        direction -= values < self.lower
        return Judgement(direction, _ratio(distance, self.unit), _ratio(distance, width))


def where(targets: Indices) -> Indices | slice:
    """Return ``targets``, as a slice where they follow each other: that copies nothing."""
    if len(targets) and targets[-1] - targets[0] == len(targets) - 1:
        return slice(int(targets[0]), int(targets[-1]) + 1)
    return targets


def present(task: Task, values: Floats) -> Floats:
    """Return (k,) what is to be judged: NaN where there is nothing, or the point was skipped.

    Args:
        task: Whose targets.
        values: (n,) a value a point of the series.
    """
    rows = where(task.targets)
    chosen = values[rows] + 0.0
    judged = np.isfinite(chosen)
    judged &= task.series.status[rows] != _SKIPPED
    return chosen if judged.all() else np.where(judged, chosen, np.nan)


def verdicts(  # noqa: PLR0913  # a row of verdicts is as wide as that
    task: Task,
    values: Floats,
    bands: Bands,
    judgement: Judgement,
    *,
    judged: Flags,
    explain: dict[str, Context],
    anomaly: Flags | None = None,
) -> Verdicts:
    """Write verdicts.

    Args:
        task: Whose targets.
        values: (k,) as `present` gives them.
        bands: (k,) in the metric's unit; NaN where nothing was judged.
        judgement: (k,) what the values say; 0 where nothing was judged.
        judged: (k,) which those are; another one has too little history, unless it has no value.
        explain: Evidence.
        anomaly: (k,) which are anomalies; by default, what has a direction.
    """
    if anomaly is None:
        anomaly = judgement.direction != 0
    verdict = anomaly.astype(np.uint8)  # `Verdict.OK` or `Verdict.ANOMALY`
    if not judged.all():
        verdict[~judged] = int(Verdict.INSUFFICIENT)
        verdict[~judged & np.isnan(values)] = int(Verdict.UNJUDGED)
    series, targets = task.series, where(task.targets)
    return Verdicts(
        detector=task.id,
        labels=series.labels,
        times=series.times[targets],
        value=values,
        expected=bands.centre,
        lower=bands.lower,
        upper=bands.upper,
        score=judgement.score,
        excess=judgement.excess,
        direction=judgement.direction,
        verdict=verdict,
        status=series.status[targets],
        explain=explain,
    )


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Return part / whole up to `EXCESS_CAP`; 0 where the part is 0 or the whole has no end."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio: Floats = part / whole
    np.fmin(ratio, EXCESS_CAP, out=ratio)
    ratio[part == 0.0] = 0.0
    return ratio
