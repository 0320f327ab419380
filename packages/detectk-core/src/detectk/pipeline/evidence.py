"""Turn stored verdicts, versions and all, into the steps that alerting folds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from math import isfinite
from typing import Final, NamedTuple

from detectk.values.evidence import Evidence, Step, Vote
from detectk.values.incident import Sighting
from detectk.values.schedule import Schedule
from detectk.values.series import Status
from detectk.values.verdicts import Verdict, Verdicts

__all__ = ["steps_of"]


class _Version(NamedTuple):
    """One version of one detector's verdict of one interval."""

    seen: datetime
    status: Status
    vote: Vote


_STATUS: Final = {int(each): each for each in Status}
_VERDICT: Final = {int(each): each for each in Verdict}
_Ledger = dict[datetime, dict[str, list[_Version]]]


def steps_of(
    verdicts: Sequence[Verdicts],
    schedule: Schedule,
    *,
    decided: datetime,
    newest: datetime,
    checkpoint: datetime | None = None,
) -> list[Step]:
    """Return the steps after ``decided`` up to ``newest``, each as it was known in its time.

    Args:
        verdicts: Of one series, one item a detector, with every version that took effect.
        schedule: The grid, and how long an interval stays mutable.
        decided: Start of the newest interval that was decided before.
        newest: Start of the newest interval to decide.
        checkpoint: Start of the newest interval that cannot change any more; None when nothing
            is mutable, and then corrections are not looked for.
    """
    ledger = _open_ledger(verdicts)
    times = sorted(ledger)
    steps: list[Step] = []
    before, floor = decided, checkpoint
    for time in times:
        if not decided < time <= newest:
            continue
        evidence = _evidence(time, ledger[time], time, schedule)
        if floor is None:
            steps.append(Step(evidence))
            continue
        horizon = schedule.interval.floor(evidence.end - schedule.mutable)
        leaving = [t for t in times if floor < t < horizon and t <= time]
        settled = tuple(_evidence(t, ledger[t], time, schedule) for t in leaving)
        floor = leaving[-1] if leaving else floor
        corrected: tuple[Evidence, ...] = ()
        if _was_corrected(ledger, times, before, time):
            rows = (t for t in times if floor < t <= time)
            corrected = tuple(_evidence(t, ledger[t], time, schedule) for t in rows)
        steps.append(Step(evidence, settled, corrected))
        before = time
    return steps


def _was_corrected(
    ledger: _Ledger, times: Sequence[datetime], before: datetime, step: datetime
) -> bool:
    return any(
        before < version.seen <= step and version.seen != time
        for time in times
        if time < step
        for versions in ledger[time].values()
        for version in versions
    )


def _evidence(
    time: datetime, by_detector: dict[str, list[_Version]], step: datetime, schedule: Schedule
) -> Evidence:
    known = [
        versions[0] if len(versions) == 1 else _known_at(step, versions)
        for versions in by_detector.values()
    ]
    end = schedule.interval.next(time)
    status = known[0].status
    return Evidence(time, end, end + schedule.delay, status, tuple(v.vote for v in known))


def _known_at(step: datetime, versions: Sequence[_Version]) -> _Version:
    known = (version for version in versions if version.seen <= step)
    return max(known, key=lambda version: version.seen, default=versions[0])


def _open_ledger(verdicts: Sequence[Verdicts]) -> _Ledger:
    ledger: _Ledger = {}
    for one in verdicts:
        # As Python's own numbers all at once: cell by cell it is the slowest step of a run.
        columns = [column.tolist() for column in (one.times, one.seen, *one.cells())]
        for time, seen, *cells, direction, verdict, status in zip(*columns, strict=True):
            at = time.replace(tzinfo=timezone.utc)
            known_from = at if seen == time else seen.replace(tzinfo=timezone.utc)
            sighting = _sighting(at, cells, direction, one.detector)
            version = _Version(known_from, _STATUS[status], Vote(_VERDICT[verdict], sighting))
            ledger.setdefault(at, {}).setdefault(one.detector, []).append(version)
    return ledger


def _sighting(time: datetime, cells: Sequence[float], direction: int, detector: str) -> Sighting:
    value, expected, lower, upper, score, excess = [c if isfinite(c) else None for c in cells]
    return Sighting(
        time=time,
        value=value,
        expected=expected,
        lower=lower,
        upper=upper,
        score=score or 0.0,
        excess=excess or 0.0,
        direction=direction,
        detector=detector,
    )
