"""Ask again for what earlier runs and loads left out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from detectk.contracts.history import Coverage
from detectk.errors import CollectError
from detectk.pipeline.asking import Steps, write_points
from detectk.pipeline.gather import gather, grown
from detectk.pipeline.job import Job
from detectk.values.window import Window

__all__ = ["Refilled", "refill"]

_log = logging.getLogger(__name__)


class Refilled(NamedTuple):
    """What the history holds afterwards, and what could not be filled, as sentences."""

    coverage: Coverage
    warnings: tuple[str, ...] = ()


def refill(
    job: Job, holes: Sequence[Window], coverage: Coverage, *, at: datetime, newest: datetime
) -> Steps[Refilled]:
    """Collect ``holes`` and keep what is found; the present does not wait for it.

    A source that does not answer is asked for no further hole; the next run tries again.
    """
    for hole in holes:
        try:
            gathered = yield from gather(job, hole, coverage, at=at, newest=newest)
        except CollectError as error:
            said = error.message.rstrip(".")
            text = f"{hole.start:%Y-%m-%d %H:%M} to {hole.end:%Y-%m-%d %H:%M} UTC"
            return Refilled(coverage, (f"the hole from {text} could not be filled: {said}",))
        yield from write_points(job.history, gathered.points)
        _log.info("Filled a hole: %d datapoints", gathered.rows, extra={"metric": job.metric})
        coverage = grown(coverage, gathered.points)
    return Refilled(coverage)
