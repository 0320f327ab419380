"""Run, load and look at metrics: what the command line and the Python API stand on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from detectk.check.assemble import Assembler
from detectk.check.housekeeping import Cleaned, Unlocked, clean, unlock
from detectk.check.observe import observer_of
from detectk.check.preview import Preview, look_at
from detectk.clock import Clock, SystemClock
from detectk.config import ConfigLoader, MetricConfig
from detectk.contracts import Collector, HistoryRequest, Request, Storage
from detectk.errors import DetectKError
from detectk.pipeline import (
    Batch,
    Job,
    Loaded,
    holder_name,
    load,
    missing_batches,
    rehearsal,
    run,
)
from detectk.plugin import Catalogue
from detectk.values import MetricReport, Report, Series, Verdicts, Window

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Checker", "Connection", "Past"]


@dataclass(frozen=True, slots=True)
class Connection:
    """Whether one part of a metric reaches what it needs."""

    metric: str
    part: str
    type: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Past:
    """What is stored of a metric: one item a series, one a series and detector."""

    series: tuple[Series, ...]
    verdicts: tuple[Verdicts, ...]


class Checker:
    """Does the work for any number of metrics, sharing storages among them.

    Args:
        catalogue: Where components come from; the environment's by default.
        loader: Only asked for its catalogue, so that both agree; optional.
        clock: The machine's by default.
        lanes: How many sources are asked at one time.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue | None = None,
        loader: ConfigLoader | None = None,
        clock: Clock | None = None,
        lanes: int = 32,
    ) -> None:
        self._catalogue = catalogue or (loader.catalogue if loader else Catalogue.default())
        self._clock = clock or SystemClock()
        self._pool = ThreadPoolExecutor(lanes, "dtk-collect")
        self._assembler = Assembler(self._catalogue, self._clock)
        self._jobs: dict[int, tuple[MetricConfig, Job]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened; safe to call twice."""
        self._jobs.clear()
        self._pool.shutdown()
        self._assembler.close()

    def run(self, configs: Sequence[MetricConfig], *, dry_run: bool = False) -> Report:
        """Check every metric once; each one's failure is in its own report.

        Args:
            configs: The metrics; their names are unique.
            dry_run: Collect and judge on a copy in memory; keep nothing and send nothing.
        """
        jobs: list[Job] = []
        failed: dict[str, MetricReport] = {}
        for config in configs:
            try:
                job = self._job(config)
                jobs.append(rehearsal(job, self._clock.now()) if dry_run else job)
            except DetectKError as error:  # noqa: PERF203  # each metric fails on its own
                failed[config.name] = MetricReport(config.name, error=error)
        observer = observer_of(self._catalogue)
        report = run(jobs, clock=self._clock, executor=self._pool, observer=observer)
        done = {metric.metric: metric for metric in report.metrics} | failed
        return Report(report.at, tuple(done[config.name] for config in configs))

    def batches(
        self,
        config: MetricConfig,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        force: bool = False,
    ) -> list[Batch]:
        """Return what a load would ask the source for.

        Raises:
            DetectKError: The metric cannot be loaded.
        """
        job = _between(self._job(config), start, end)
        job.history.prepare()
        coverage = job.history.coverage([job.metric])[job.metric]
        return missing_batches(job, coverage, now=self._clock.now(), force=force)

    def cost(self, config: MetricConfig, batch: Batch) -> str:
        """Return one line about what a batch would cost its source; may be empty."""
        job = self._job(config)
        asked = Request(job.metric, batch.window, job.schedule.interval, self._clock.now())
        return job.redact(job.collector.cost(asked))

    def load(
        self,
        config: MetricConfig,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        force: bool = False,
        detect: bool = True,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> Loaded:
        """Load the past of a metric; never decides, never sends.

        Args:
            config: The metric.
            start: Instead of ``schedule.start_time``.
            end: Instead of ``schedule.end_time``.
            force: Ask again for what is there.
            detect: Whether verdicts are worked out too.
            progress: Told of batches done and in all.

        Raises:
            DetectKError: A step failed; what was loaded before it is kept.
        """
        job = _between(self._job(config), start, end)
        try:
            return load(
                job,
                now=self._clock.now(),
                holder=holder_name(),
                force=force,
                detect=detect,
                progress=progress,
            )
        except DetectKError as error:
            error.message = job.redact(error.message)
            if not str(error.where):
                error.where = config.name
            raise

    def clean(
        self, configs: Sequence[MetricConfig], *, execute: bool = False, orphans: bool = False
    ) -> list[Cleaned]:
        """Delete what is older than each metric's retention; without ``execute``, only count.

        Args:
            configs: The metrics, with every file that is about one of them.
            execute: Whether anything is deleted.
            orphans: Whether stored metrics that ``configs`` do not name go altogether, and the
                verdicts of detectors that they do not have.
        """
        jobs = [(config, self._job(config)) for config in configs]
        return clean(jobs, now=self._clock.now(), execute=execute, orphans=orphans)

    def unlock(self, configs: Sequence[MetricConfig]) -> list[Unlocked]:
        """Take the leases of metrics from whoever has them."""
        return unlock([self._job(config) for config in configs])

    def preview(self, config: MetricConfig, *, rows: int = 10) -> Preview:
        """Ask the source once and return what it says, and what that advises.

        Raises:
            CollectError: The source cannot be read.
        """
        return look_at(self._job(config), now=self._clock.now(), rows=rows)

    def past(self, config: MetricConfig, window: Window) -> Past:
        """Return what is stored of a metric between two times.

        Raises:
            StorageError: The storage cannot be read.
        """
        job = self._job(config)
        job.history.prepare()
        request = HistoryRequest(job.metric, window)
        series = job.history.read_points([request])[0]
        return Past(tuple(series), tuple(job.history.read_verdicts([request])[0]))

    def health(self, configs: Sequence[MetricConfig]) -> list[Connection]:
        """Ask every source and storage whether it answers."""
        found: list[Connection] = []
        for config in configs:
            parts: list[tuple[str, str, Callable[[MetricConfig], Collector[Any] | Storage[Any]]]]
            parts = [
                ("collector", config.collector.type, self._assembler.collector),
                ("storage", config.storage.type or "embedded", self._assembler.storage),
            ]
            if config.state is not None:
                parts.append(("state", config.state.type, self._assembler.state_storage))
            for part, name, build in parts:
                try:
                    health = build(config).check()
                    ok, detail = health.ok, health.detail
                except DetectKError as error:
                    ok, detail = False, str(error)
                detail = config.redactor.redact(detail)
                found.append(Connection(config.name, part, name, ok, detail))
        return found

    def _job(self, config: MetricConfig) -> Job:
        known = self._jobs.get(id(config))
        if known is None:
            known = self._jobs[id(config)] = (config, self._assembler.job(config))
        return known[1]


def _between(job: Job, start: datetime | None, end: datetime | None) -> Job:
    schedule = replace(job.schedule, start=start or job.schedule.start, end=end or job.schedule.end)
    return replace(job, schedule=schedule)
