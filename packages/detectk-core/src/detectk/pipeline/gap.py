"""Count how long data has been missing: one interval on, or a whole stored past at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Final

import numpy as np

from detectk.values.arrays import to_datetime, to_instant
from detectk.values.evidence import Evidence
from detectk.values.series import Series, Status
from detectk.values.state import Gap

__all__ = ["ABSENT", "follow_gap", "followed_gap"]

ABSENT: Final = (Status.MISSING, Status.LATE)
_SPARSE_DAYS: Final = 30
_EPOCH_DAY: Final = datetime(1970, 1, 1, tzinfo=timezone.utc).toordinal()


def follow_gap(gap: Gap, evidence: Evidence) -> Gap:
    """Return the gap one interval on; only values and absent rows count."""
    if evidence.status in ABSENT:
        onset = gap.onset if gap.missing else evidence.time
        return replace(gap, missing=gap.missing + 1, onset=onset, present=0)
    if evidence.status is not Status.VALUE:
        return gap
    today = evidence.time.toordinal()
    days = [day for day in gap.days if day[0] > today - _SPARSE_DAYS]
    seen, lost = gap.missing + 1, gap.missing
    if days and days[-1][0] == today:
        _, before, before_lost = days.pop()
        seen, lost = seen + before, lost + before_lost
    return Gap(present=gap.present + 1, had_data=True, days=(*days, (today, seen, lost)))


def followed_gap(past: Series, until: datetime) -> Gap:
    """Return the gap after the stored past of a series, up to and including ``until``.

    What `follow_gap` would have counted, one interval at a time; but a past may be long.
    """
    counted = np.isin(past.status, (Status.VALUE, *ABSENT)) & (past.times <= to_instant(until))
    times, valued = past.times[counted], past.status[counted] == Status.VALUE
    present = np.flatnonzero(valued)
    if not len(present):
        missing = len(times)
        return Gap(missing=missing, onset=to_datetime(times[0]) if missing else None)
    last = int(present[-1])
    missing = len(times) - 1 - last
    absent = np.flatnonzero(~valued)
    since = int(absent[-1]) if len(absent) else -1
    # The intervals that a value closes are its own and the missing ones right before it.
    closed = np.diff(present, prepend=-1)
    numbers = times[present].astype("datetime64[D]").astype(np.int64) + _EPOCH_DAY
    days = np.unique(numbers)
    seen = np.bincount(np.searchsorted(days, numbers), weights=closed).astype(int)
    values = np.bincount(np.searchsorted(days, numbers))
    kept = days > numbers[-1] - _SPARSE_DAYS
    rows = zip(days[kept], seen[kept], (seen - values)[kept], strict=True)
    return Gap(
        missing=missing,
        onset=to_datetime(times[last + 1]) if missing else None,
        present=0 if missing else last - since,
        had_data=True,
        days=tuple((int(day), int(count), int(lost)) for day, count, lost in rows),
    )
