"""Write verdicts where some targets have a band and others do not."""

from __future__ import annotations

import numpy as np

from detectk.contracts.detector import Outcome, Task
from detectk.detectors.engine.judged import Bands, Flags, Judgement, verdicts
from detectk.values.arrays import Context, Floats

__all__ = ["answer"]


def answer(
    task: Task,
    values: Floats,
    bands: Bands,
    *,
    measured: Floats,
    judged: Flags,
    explain: dict[str, Context],
) -> Outcome:
    """Judge what was measured at every target.

    Args:
        task: Whose targets.
        values: (k,) the points' own values, NaN where there is nothing to judge.
        bands: (k,) in the metric's unit; whatever where nothing is judged.
        measured: (k,) what has to lie within the bands.
        judged: (k,) where there is history enough for a verdict.
        explain: Evidence.
    """
    judged = judged & ~np.isnan(values)
    centre, lower, upper, unit = (
        np.where(judged, column, np.nan)
        for column in (bands.centre, bands.lower, bands.upper, bands.unit)
    )
    bands = Bands(centre, lower, upper, unit)
    said = bands.judge(measured)
    said = Judgement(
        np.where(judged, said.direction, np.int8(0)),
        np.where(judged, said.score, 0.0),
        np.where(judged, said.excess, 0.0),
    )
    return Outcome(verdicts(task, values, bands, said, judged=judged, explain=explain))
