"""Events, not points: what a person is told, against what happened.

An alert begins where a run of anomalous points does; runs that at most `GAP` other points part are
one. An incident is found if an alert begins in it, one point before or two after it. Right after an
incident, for a quarter of its length and three points at least, an alert is neither good nor bad.
Every other alert is false. The first 15 % of a series (750 points at most) count for nothing.

Scores adjusted point by point are not reported: random numbers do well by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import numpy.typing as npt

from benchmarks.quality.generator import Incident, Labelled

__all__ = ["LEGIT", "Judged", "Tally", "beginnings", "best_recall", "tally", "warm_up"]

LEGIT = "legit"
GAP, EARLY, LATE = 3, 1, 2
_REST, _LEAST_REST = 0.25, 3
_WARM, _LONGEST_WARM = 0.15, 750

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A series with what a detector said of it: (n,) flags and (n,) scores that compare."""

    series: Labelled
    flagged: Flags
    score: npt.NDArray[np.float64]


@dataclass(slots=True)
class Tally:
    """Counts over some series.

    Attributes:
        incidents: How many there were to find.
        found: How many were found.
        false: Alerts that were none.
        clean: Points at which an alert would have been false.
        delays: Of each found incident, points from its beginning.
        kinds: Of each kind, found and all.
    """

    incidents: int = 0
    found: int = 0
    false: int = 0
    clean: int = 0
    delays: list[int] = field(default_factory=list)
    kinds: dict[str, list[int]] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """Share of the alerts that were right."""
        return self.found / (self.found + self.false) if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the incidents that were found."""
        return self.found / self.incidents if self.incidents else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def false_per_thousand(self) -> float:
        """False alerts in 1,000 clean points."""
        return 1000 * self.false / self.clean if self.clean else 0.0

    @property
    def delay(self) -> float:
        """Median points from an incident's beginning to its alert."""
        return float(np.median(self.delays)) if self.delays else float("nan")


def warm_up(points: int) -> int:
    """Return how many points at the beginning count for nothing."""
    return min(int(_WARM * points), _LONGEST_WARM)


def beginnings(flagged: Flags) -> npt.NDArray[np.intp]:
    """Return where alerts begin."""
    rows = np.flatnonzero(flagged)
    return rows[np.diff(rows, prepend=-GAP - 2) > GAP + 1]


def tally(judged: Iterable[Judged]) -> Tally:
    """Count over all of ``judged``."""
    total = Tally()
    for one in judged:
        _count(total, one.series.incidents, beginnings(one.flagged), len(one.flagged))
    return total


def best_recall(judged: Sequence[Judged], *, false_per_thousand: float) -> float:
    """Return the mean recall of the families at the best single threshold of all scores."""
    scores = np.concatenate([one.score[warm_up(len(one.score)) :] for one in judged])
    scores = scores[scores > 0]
    families = sorted({one.series.family for one in judged})
    best = 0.0
    for share in np.geomspace(0.2, 1e-5, 48) if len(scores) else ():
        least = np.quantile(scores, 1 - share)
        again = [Judged(one.series, one.score >= least, one.score) for one in judged]
        each = [tally(one for one in again if one.series.family == name) for name in families]
        told = [one for one in each if one.incidents]
        if told and np.mean([one.false_per_thousand for one in each]) <= false_per_thousand:
            best = max(best, float(np.mean([one.recall for one in told])))
    return best


def _count(
    total: Tally, incidents: Sequence[Incident], starts: npt.NDArray[np.intp], points: int
) -> None:
    warm = warm_up(points)
    excused = np.zeros(points, dtype=np.bool_)
    for one in incidents:
        rest = max(_LEAST_REST, ceil(_REST * (one.last - one.first + 1)), LATE)
        excused[max(0, one.first - EARLY) : one.last + 1 + rest] = True
        if one.kind == LEGIT or one.last < warm:
            continue
        inside = (starts >= max(one.first - EARLY, warm)) & (starts <= one.last + LATE)
        kind = total.kinds.setdefault(one.kind, [0, 0])
        kind[1] += 1
        total.incidents += 1
        if inside.any():
            kind[0] += 1
            total.found += 1
            total.delays.append(max(0, int(starts[inside][0]) - one.first))
    counted = starts[starts >= warm]
    total.false += int((~excused[counted]).sum())
    total.clean += int((~excused[warm:]).sum())
