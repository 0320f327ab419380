"""One metric on its way through a run: each method is one step, `run` knows their order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from detectk.clock import Clock
from detectk.contracts.collector import Request
from detectk.contracts.history import Coverage, HistoryRequest, Judgements
from detectk.contracts.state import Lease, OutboxRow, StateChange, StateKey
from detectk.contracts.wire import decode, encode
from detectk.errors import DetectKError, LeaseHeldError, StorageError
from detectk.pipeline import asking
from detectk.pipeline.asking import Steps
from detectk.pipeline.decide import Surroundings, decide_error
from detectk.pipeline.deliver import deliver
from detectk.pipeline.detect import Targets, judge, lookback_of, reach
from detectk.pipeline.fold import Folded, Memory, Subject, begin, fold
from detectk.pipeline.gather import gather, grown
from detectk.pipeline.job import Alerting, Job, Judge, Observer
from detectk.pipeline.plan import Plan, plan
from detectk.pipeline.refill import refill
from detectk.pipeline.route import outbox_rows, route
from detectk.values.labels import NO_LABELS, Labels
from detectk.values.message import Notice
from detectk.values.report import Delivery, MetricReport
from detectk.values.state import AlertState, RunErrors
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window

__all__ = ["LEASE", "MetricRun"]

LEASE = timedelta(minutes=10)
_LONGEST_LOOKBACK = timedelta(days=366)
_GAP_MEMORY = timedelta(days=31)
_RUN_ERRORS = "#errors"  # no rule can be called so
_ASKS_OTHERWISE = (
    "the query has changed: older points are of the old one; dtk load-history --force asks again"
)

_NOTHING_HELD = Coverage()

_log = logging.getLogger(__name__)
_plan = lru_cache(maxsize=1024)(plan)  # most metrics of a run are as far as each other


@dataclass(slots=True)
class MetricRun:
    """What is known of one metric so far in a run that began ``at``."""

    job: Job
    at: datetime
    lease: Lease | None = None
    held: str = ""
    error: DetectKError | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    _documents: Memory = field(default_factory=lambda: Memory({}))
    _coverage: Coverage = _NOTHING_HELD
    _plan: Plan | None = None
    _rows: int = 0
    _cost: str = ""
    _verdicts: list[Verdicts] = field(default_factory=list)
    _folded: list[tuple[Alerting, Folded]] = field(default_factory=list)
    _notices: list[Notice] = field(default_factory=list)
    _deliveries: list[Delivery] = field(default_factory=list)
    _pending: int = 0
    _waiting: bool = True
    _closed: frozenset[tuple[str, str]] = frozenset()
    _warnings: list[str] = field(default_factory=list)

    def take_lease(self, holder: str) -> Steps[None]:
        """Get the right to decide the metric, and read what was decided so far."""
        job = self.job
        answer = yield from asking.lease(job.state, job.metric, holder=holder, ttl=LEASE)
        if isinstance(answer, str):
            self.held = answer
            _log.warning("held by another run (%s)", self.held, extra=self._where)
            return
        self.lease = answer
        self._documents = Memory((yield from asking.documents(job.state, job.metric)))
        self._coverage = yield from asking.coverage(job.history, job.metric)

    def send(self, clock: Clock, observer: Observer) -> Steps[None]:
        """Send what waits in the outbox; without the lease, that is for who has it."""
        if self.lease is None or isinstance(self.error, LeaseHeldError) or not self._waiting:
            return
        done = yield from deliver(self.job, clock=clock, sent=observer.sent, closed=self._closed)
        self._deliveries += done.deliveries
        self._pending, self._closed = done.pending, done.closed
        self._waiting = bool(done.pending)

    def plan(self) -> Steps[None]:
        """Work out which intervals became complete."""
        job = self.job
        newest = job.schedule.newest_complete(self.at)
        self._plan = _plan(
            job.schedule,
            now=self.at,
            decided=self._documents.decided(job.metric, [one.rule for one in job.alerting]),
            covered=self._coverage.ranges,
            lookback=min(lookback_of(job, newest), _LONGEST_LOOKBACK),
        )
        if self._plan.collect is None:
            _log.info("No interval became complete", extra=self._where)
        yield from ()  # a step like the others, that asks for nothing

    def collect(self) -> Steps[None]:
        """Ask the source, and keep what it says."""
        todo = self._plan
        if todo is None or todo.collect is None:
            return
        job = self.job
        if job.ask_cost:
            asked = Request(job.metric, todo.collect, job.schedule.interval, self.at)
            self._cost = yield from asking.work(lambda: job.collector.cost(asked))
        skip = None
        if not todo.first and job.schedule.interval.next(todo.decided) < todo.skip_before:
            skip = Window(job.schedule.interval.next(todo.decided), todo.skip_before)
        gathered = yield from gather(
            job, todo.collect, self._coverage, at=self.at, newest=todo.newest, skip=skip
        )
        self._rows = gathered.rows
        _log.info("Collection successful: %d datapoints", self._rows, extra=self._where)
        yield from asking.write_points(job.history, gathered.points)
        if not gathered.points.series:
            self._warnings.append("the source has not had a row for this metric yet")
        if self._asks_otherwise(gathered.points.fingerprint):
            self._warnings.append(_ASKS_OTHERWISE)
            _log.warning(_ASKS_OTHERWISE, extra=self._where)
        coverage = grown(self._coverage, gathered.points)
        filled = yield from refill(job, todo.refill, coverage, at=self.at, newest=todo.newest)
        self._coverage = filled.coverage
        self._warnings += filled.warnings

    def _asks_otherwise(self, fingerprint: str) -> bool:
        """Whether this is the first run with a query that the newest stored points are not of."""
        others = self._coverage.loaded_otherwise(fingerprint) if fingerprint else ()
        return bool(others) and others[-1].end == self._coverage.ranges[-1].end

    def detect(self) -> Steps[None]:
        """Judge what is new, and what late data changed."""
        job, todo = self.job, self._todo
        if todo is None:
            return
        if not todo.first and self._keeps_verdicts:
            for one in job.judges:
                yield from self._judge_past(one, todo)
        first = job.schedule.interval.next(todo.decided)
        revised_after = None
        if job.schedule.mutable and todo.collect is not None:
            first, revised_after = min(first, todo.collect.start), todo.decided
        targets = Targets(todo.decided, todo.newest, revised_after)
        window = reach(job, self._coverage, first, todo.newest)
        self._verdicts = yield from judge(job, targets, window)
        if self._keeps_verdicts:
            kept = Judgements(job.metric, self._verdicts, todo.newest)
            yield from asking.write_verdicts(job.history, kept)

    def decide(self) -> Steps[None]:
        """Fold every undecided interval into the alert states."""
        todo = self._todo
        if todo is None:
            return
        for alerting in self.job.alerting:
            states = yield from self._states(alerting, todo)
            verdicts = yield from self._undecided(list(states.values()), todo)
            for labels, state in states.items():
                key, mine = self._key(labels, alerting), [v for v in verdicts if v.labels == labels]
                subject = Subject(key, alerting.rule, self.job.schedule, alerting.hold)
                folded = fold(subject, state, mine, todo.newest)
                self._folded.append((alerting, folded))
                self._notices += folded.notices

    def commit(self) -> Steps[None]:
        """Keep states, cursor and messages in one transaction: after this nothing is lost."""
        documents = {folded.key: folded.document for _, folded in self._folded}
        documents.update(self._empty_start())
        rows: list[OutboxRow] = []
        for alerting in self.job.alerting:
            mine = [n for owner, f in self._folded if owner is alerting for n in f.notices]
            rows += self._rows_for(alerting, sorted(mine, key=lambda notice: notice.step))
        if self._plan is not None and self._plan.collect is not None:
            more_documents, more_rows = self._count_failure(failed=False)
            documents.update(more_documents)
            rows += more_rows
        yield from self._commit(documents, rows)

    def fail(self) -> Steps[None]:
        """Count a failed run; several in a row are an incident of their own."""
        if self.lease is None or isinstance(self.error, StorageError | LeaseHeldError):
            return
        yield from self._commit(*self._count_failure(failed=True))

    def release(self) -> Steps[None]:
        """Give the lease back."""
        if self.lease is not None:
            yield from asking.release(self.job.state, self.lease)

    def report(self) -> MetricReport:
        """Return what happened."""
        return MetricReport(
            metric=self.job.metric,
            newest=self._plan.newest if self._plan else None,
            collected=self._rows,
            verdicts=tuple(self._verdicts),
            notices=tuple(self._notices),
            deliveries=tuple(self._deliveries),
            pending=self._pending,
            error=self.error,
            held=self.held,
            warnings=tuple(self._warnings),
            seconds=dict(self.seconds),
            zone=self.job.schedule.interval.zone,
            cost=self.job.redact(self._cost),
        )

    @property
    def _where(self) -> dict[str, str]:
        return {"metric": self.job.metric}

    @property
    def _todo(self) -> Plan | None:
        """The plan, when there is something to judge."""
        if self._plan is None or self._plan.collect is None or not self._coverage.extent:
            return None
        return self._plan

    @property
    def _keeps_verdicts(self) -> bool:
        """Whether verdicts are stored; corrections need the versions that were."""
        return self.job.keep_verdicts or bool(self.job.schedule.mutable)

    def _key(self, labels: Labels, alerting: Alerting) -> StateKey:
        return StateKey(self.job.metric, labels.key, alerting.rule.id)

    def _judge_past(self, one: Judge, todo: Plan) -> Steps[None]:
        """Judge what is stored and decided, where a detector has not: it is new, or back again."""
        job, judged = self.job, self._coverage.judged
        mine = [newest for (_, name), newest in judged.items() if name == one.id]
        if not judged or (mine and max(mine) >= todo.decided):
            return
        grid = job.schedule.interval
        oldest = min(extent.start for extent in self._coverage.extent.values())
        after = max(mine, default=grid.previous(oldest))
        alone = replace(job, judges=(one,))
        window = reach(alone, self._coverage, grid.next(after), todo.decided)
        verdicts = yield from judge(alone, Targets(after, todo.decided), window)
        kept = Judgements(job.metric, verdicts, todo.decided)
        yield from asking.write_verdicts(job.history, kept)

    def _states(self, alerting: Alerting, todo: Plan) -> Steps[dict[Labels, AlertState]]:
        states: dict[Labels, AlertState] = {}
        for labels, extent in sorted(self._coverage.extent.items()):
            state = self._documents.read(self._key(labels, alerting))
            if state is None:
                oldest = max(extent.start, todo.newest - _GAP_MEMORY)
                window = Window(min(oldest, todo.newest), todo.newest)
                request = HistoryRequest(self.job.metric, window, labels)
                past = yield from asking.read_points(self.job.history, request)
                state = begin(todo.decided, past[0] if past else None)
            states[labels] = state
        return states

    def _empty_start(self) -> dict[StateKey, str]:
        """Note that a metric without any row so far was looked at: its life has begun."""
        todo = self._plan
        if todo is None or todo.collect is None or self._coverage.extent:
            return {}
        begun = encode(begin(todo.newest))
        return {self._key(NO_LABELS, alerting): begun for alerting in self.job.alerting}

    def _undecided(self, states: Sequence[AlertState], todo: Plan) -> Steps[list[Verdicts]]:
        if not self.job.schedule.mutable:  # what was just judged is all there is
            return self._verdicts
        since = min(s.checkpoint.time if s.checkpoint else s.decided for s in states)
        names = {one.id for one in self.job.judges}
        window = Window(since, self.job.schedule.interval.next(todo.newest))
        request = HistoryRequest(self.job.metric, window, versions=True)
        stored = yield from asking.read_verdicts(self.job.history, request)
        return [one for one in stored if one.detector in names]

    def _rows_for(
        self, alerting: Alerting, notices: Sequence[Notice], *, error: str = ""
    ) -> list[OutboxRow]:
        if not notices:
            return []
        messages = route(notices, self.job.topic(alerting.rule), error=error)
        names = [channel.name for channel in alerting.channels if channel.enabled]
        return outbox_rows(messages, names, self.at)

    def _count_failure(self, *, failed: bool) -> tuple[dict[StateKey, str], list[OutboxRow]]:
        key = StateKey(self.job.metric, NO_LABELS.key, _RUN_ERRORS)
        text = self._documents.documents.get(key)
        if not self.job.alerting or not (failed or text):
            return {}, []
        errors = decode(RunErrors, text) if text else RunErrors()
        if not failed and errors == RunErrors():
            return {}, []
        alerting = self.job.alerting[0]
        after, notices = decide_error(
            errors,
            failed=failed,
            rule=alerting.rule,
            at=self.at,
            surroundings=Surroundings("\n".join(key), NO_LABELS.key, alerting.hold),
        )
        self._notices += notices
        said = str(self.error) if self.error else ""
        rows = [self._rows_for(each, notices, error=said) for each in self.job.alerting]
        return {key: encode(after)}, [row for one in rows for row in one]

    def _commit(self, documents: dict[StateKey, str], rows: list[OutboxRow]) -> Steps[None]:
        if self.lease is None or not (documents or rows):
            return
        self._waiting = self._waiting or bool(rows)
        change = StateChange(self.lease, documents, rows)
        if not (yield from asking.commit(self.job.state, change)):
            raise LeaseHeldError(
                f"the lease of {self.lease.holder!r} has passed on",
                hint="the run that has it now decides again; nothing was changed",
            )
