"""Keep house: what is too old goes, and a lease that nobody gives back is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from detectk.config import MetricConfig
from detectk.contracts import History, Pruned, Retention, State
from detectk.errors import DetectKError
from detectk.pipeline import Job
from detectk.pipeline.detect import lookback_of

__all__ = ["Cleaned", "Unlocked", "clean", "unlock"]

_AT_ONCE = 1000
_EVER = datetime(9999, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What of one metric was too old.

    Attributes:
        metric: Its name.
        retention: What was kept; None for a metric that no file names, of which nothing is.
        pruned: How many rows went, or would go.
        warning: A sentence worth reading first, empty without one.
        error: Why nothing went, None when all is well.
    """

    metric: str
    retention: Retention | None
    pruned: Pruned = field(default_factory=Pruned)
    warning: str = ""
    error: DetectKError | None = None


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Who held the lease of one metric, empty when nobody did."""

    metric: str
    holder: str = ""
    error: DetectKError | None = None


def clean(
    jobs: Sequence[tuple[MetricConfig, Job]], *, now: datetime, execute: bool, orphans: bool
) -> list[Cleaned]:
    """Delete, or only count, what is older than each metric's retention.

    Args:
        jobs: The metrics.
        now: Retention counts back from here.
        execute: Whether anything is deleted.
        orphans: Whether metrics in the same storages that ``jobs`` do not name go altogether.
    """
    found: list[Cleaned] = []
    for history, group in _by_history(jobs):
        if not history.exists():
            found += [Cleaned(job.metric, _retention(config, now)) for config, job in group]
            continue
        try:
            history.prepare()
            # A metric that a file names is no orphan, wherever its storage is now.
            unknown = sorted(set(history.metrics()) - {job.metric for _, job in jobs})
        except DetectKError as error:
            found += [Cleaned(job.metric, None, error=error) for _, job in group]
            continue
        kept = {job.metric: _retention(config, now) for config, job in group}
        warnings = {job.metric: _warning(config, job, now) for config, job in group}
        wanted = [*kept.values()]
        if orphans:
            wanted += [Retention(name, _EVER, _EVER) for name in unknown]
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            found += _pruned(history, some, kept, warnings, execute=execute)
        if not orphans:
            found += [Cleaned(name, None) for name in unknown]
    return found


def unlock(jobs: Sequence[Job]) -> list[Unlocked]:
    """Take the leases of ``jobs`` from whoever has them; a late commit of theirs is refused."""
    states: dict[int, tuple[State, list[str]]] = {}
    for job in jobs:
        states.setdefault(id(job.state), (job.state, []))[1].append(job.metric)
    return [one for state, metrics in states.values() for one in _unlocked(state, metrics)]


def _unlocked(state: State, metrics: Sequence[str]) -> list[Unlocked]:
    if not state.exists():
        return [Unlocked(metric) for metric in metrics]
    try:
        state.prepare()
        holders = state.unlock(metrics)
    except DetectKError as error:
        return [Unlocked(metric, error=error) for metric in metrics]
    return [Unlocked(metric, holders.get(metric, "")) for metric in metrics]


def _by_history(
    jobs: Sequence[tuple[MetricConfig, Job]],
) -> Iterator[tuple[History, list[tuple[MetricConfig, Job]]]]:
    groups: dict[int, tuple[History, list[tuple[MetricConfig, Job]]]] = {}
    for config, job in jobs:
        groups.setdefault(id(job.history), (job.history, []))[1].append((config, job))
    yield from groups.values()


def _retention(config: MetricConfig, now: datetime) -> Retention:
    storage = config.storage
    return Retention(
        config.name,
        now - timedelta(days=storage.datapoints_retention_days),
        now - timedelta(days=storage.detections_retention_days),
    )


def _warning(config: MetricConfig, job: Job, now: datetime) -> str:
    kept = timedelta(days=config.storage.datapoints_retention_days)
    wanted = lookback_of(job, job.schedule.newest_complete(now))
    if wanted <= kept or wanted > timedelta(days=36000):
        return ""
    return (
        f"its detectors look back {wanted.days} days, its points are kept for {kept.days}; "
        "raise storage.datapoints_retention_days"
    )


def _pruned(
    history: History,
    batch: Sequence[Retention],
    kept: dict[str, Retention],
    warnings: dict[str, str],
    *,
    execute: bool,
) -> list[Cleaned]:
    try:
        gone = history.prune(batch, execute=execute)
    except DetectKError as error:
        return [Cleaned(one.metric, kept.get(one.metric), error=error) for one in batch]
    return [
        Cleaned(one.metric, kept.get(one.metric), gone[one.metric], warnings.get(one.metric, ""))
        for one in batch
    ]
