"""Keep house: what is too old goes, and a lease that nobody gives back is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    """What of one metric was too old, or an orphan.

    Attributes:
        metric: Its name.
        retention: What was kept; None for a metric that no file names, of which nothing is.
        pruned: How many rows went, or would go.
        detectors: Ids of the stored detectors that no file has.
        orphaned: How many verdicts of theirs are not too old; they go only with the orphans.
        warning: A sentence worth reading first, empty without one.
        error: Why nothing went, None when all is well.
    """

    metric: str
    retention: Retention | None
    pruned: Pruned = field(default_factory=Pruned)
    detectors: tuple[str, ...] = ()
    orphaned: int = 0
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
        jobs: The metrics; where several files are about one, the last one's retention counts.
        now: Retention counts back from here.
        execute: Whether anything is deleted.
        orphans: Whether metrics in the same storages that ``jobs`` do not name go altogether, and
            the verdicts of detectors that none of a metric's jobs has.
    """
    ids = _ids(job for _, job in jobs)
    jobs = list({job.metric: (config, job) for config, job in jobs}.values())
    found: list[Cleaned] = []
    for history, group in _by_history(jobs):
        if not history.exists():
            found += [Cleaned(job.metric, _retention(config, now)) for config, job in group]
            continue
        try:
            history.prepare()
            # A metric that a file names is no orphan, wherever its storage is now.
            unknown = sorted(set(history.metrics()) - ids.keys())
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
            gone = _pruned(history, some, kept, warnings, execute=execute)
            found += _without_orphans(history, gone, ids, execute=execute, orphans=orphans)
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


def _ids(jobs: Iterable[Job]) -> dict[str, set[str]]:
    """Return metric to the ids of its detectors, whichever file has them."""
    ids: dict[str, set[str]] = {}
    for job in jobs:
        ids.setdefault(job.metric, set()).update(judge.id for judge in job.judges)
    return ids


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


def _without_orphans(
    history: History,
    cleaned: Sequence[Cleaned],
    ids: Mapping[str, set[str]],
    *,
    execute: bool,
    orphans: bool,
) -> list[Cleaned]:
    """Count the verdicts of detectors that no file has any more, and delete them if asked to."""
    named = {one.metric: one.retention for one in cleaned if one.retention and not one.error}
    try:
        held = history.coverage(list(named))
        gone = {
            name: frozenset(detector for _, detector in held[name].judged) - ids[name]
            for name in named
        }
        batch = [replace(kept, detectors=gone[name]) for name, kept in named.items() if gone[name]]
        counted = history.prune(batch, execute=execute and orphans)
    except DetectKError as error:
        return [replace(one, error=one.error or error) for one in cleaned]
    return [
        replace(
            one,
            detectors=tuple(sorted(gone[one.metric])),
            # What is too old is deleted by now, or counted again.
            orphaned=counted[one.metric].verdicts - (0 if execute else one.pruned.verdicts),
        )
        if one.metric in counted
        else one
        for one in cleaned
    ]


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
        Cleaned(
            one.metric,
            kept.get(one.metric),
            gone[one.metric],
            warning=warnings.get(one.metric, ""),
        )
        for one in batch
    ]
