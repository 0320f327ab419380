"""What each bad input and each fault gets: one metric's trouble stays its own, nothing is lost.

A life is a string, one character an hour: ``.`` normal, ``U`` far above, ``-`` no row. Hour n is
complete at the n-th tick; thirty normal hours come before the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from detectk.check.outcome import exit_code
from detectk.clock import VirtualClock
from detectk.contracts import (
    Collector,
    Detector,
    HistoryRequest,
    Lookback,
    Options,
    Outcome,
    Request,
    Services,
    Task,
)
from detectk.errors import AlertError, CollectError, DetectError, StorageError
from detectk.pipeline import (
    Alerting,
    Channel,
    Job,
    Judge,
    Observer,
    holder_name,
    load,
    rehearsal,
    run,
)
from detectk.storage.memory import MemoryHistory, MemoryState
from detectk.testing.fakes import RecordingAlerter
from detectk.testing.scenario import Arrival, ScriptedCollector
from detectk.values import (
    NO_LABELS,
    Interval,
    Labels,
    Message,
    MetricReport,
    NoData,
    Report,
    Rule,
    Schedule,
    Series,
    Status,
    Verdict,
    Verdicts,
    Window,
)

HOUR = timedelta(hours=1)
START = datetime(2024, 2, 1, tzinfo=timezone.utc)
PAST = 30
VALUES = {".": 100.0, "U": 200.0, "u": 130.0}
PLAIN = Rule(cooldown=timedelta(0), no_data=NoData(after=0))


class Serial:
    """Runs one thing after the other."""

    map = staticmethod(map)


class LimitDetector(Detector[Options]):
    """Finds everything above a limit anomalous; wants no history unless it is told to."""

    def __init__(self, limit: float = 150.0, *, points: int = 0) -> None:
        super().__init__(Options(), Services())
        self.limit, self.points = limit, points

    def lookback(self) -> Lookback:
        return Lookback(points=self.points)

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        return [Outcome(self._judge(task)) for task in batch]

    def _judge(self, task: Task) -> Verdicts:
        values = task.series.values[task.targets]
        above = values > self.limit
        nothing = np.full(len(values), np.nan)
        return Verdicts(
            detector=task.id,
            labels=task.series.labels,
            times=task.series.times[task.targets],
            value=values,
            expected=nothing,
            lower=nothing,
            upper=np.full(len(values), self.limit),
            score=np.where(above, values - self.limit, 0.0),
            excess=np.where(above, values / self.limit, 0.0),
            direction=above.astype(np.int8),
            verdict=np.where(
                np.isnan(values), Verdict.UNJUDGED, np.where(above, Verdict.ANOMALY, Verdict.OK)
            ).astype(np.uint8),
            status=task.series.status[task.targets],
        )


class Faulty:
    """A part whose calls of one name raise, while there is something to raise."""

    def __init__(self, part: object, call: str, error: BaseException | None) -> None:
        self.part, self.call, self.error = part, call, error

    def __getattr__(self, name: str) -> Any:
        if name == self.call and self.error is not None:
            return self._raise
        return getattr(self.part, name)

    def _raise(self, *_: object, **__: object) -> None:
        assert self.error is not None
        raise self.error


def rows(life: str, *, labels: Labels = NO_LABELS) -> list[Arrival]:
    """Return a source in which everything is there as soon as it is complete."""
    marks = "." * PAST + life
    return [
        Arrival(at(hour), VALUES[mark], at(hour + 1), labels)
        for hour, mark in enumerate(marks, start=-PAST)
        if mark != "-"
    ]


def at(hour: int) -> datetime:
    return START + hour * HOUR


def metric(
    source: str | Sequence[Arrival] | Collector[Any],
    *channels: Channel,
    name: str = "orders",
    rule: Rule = PLAIN,
    mutable: int = 0,
    max_catchup: int = 48,
) -> Job:
    """Return a metric with storage of its own."""
    arrivals = rows(source) if isinstance(source, str) else source
    collector = arrivals if isinstance(arrivals, Collector) else ScriptedCollector(list(arrivals))
    return Job(
        metric=name,
        schedule=Schedule(
            Interval(1, "hour"), mutable=mutable * HOUR, max_catchup=max_catchup * HOUR
        ),
        collector=collector,
        judges=(Judge("limit", LimitDetector()),),
        alerting=(Alerting(rule, channels),),
        history=MemoryHistory(),
        state=MemoryState(),
    )


def tick(hour: int, *jobs: Job, observer: Observer | None = None) -> Report:
    """Run just after ``hour`` is complete."""
    clock = VirtualClock(at(hour + 1) + timedelta(seconds=9))
    return run(jobs, clock=clock, executor=Serial(), observer=observer)


def only(report: Report) -> MetricReport:
    (one,) = report.metrics
    return one


def told(messages: Sequence[Message]) -> list[tuple[int, str]]:
    """Return (hour, kind) of each message."""
    return [(round((message.step - START) / HOUR), message.kind) for message in messages]


@dataclass
class Desk:
    """A channel, and what it was given."""

    name: str = "chat"
    alerter: RecordingAlerter = field(default_factory=RecordingAlerter)
    enabled: bool = True

    @property
    def channel(self) -> Channel:
        return Channel(self.name, self.alerter, self.enabled)

    @property
    def told(self) -> list[tuple[int, str]]:
        return told(self.alerter.messages)


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Channels


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (AlertError("500 Internal Server Error", retryable=True), 3),
        (AlertError("timed out after 10 s", retryable=True), 3),
        (AlertError("429 Too Many Requests", retryable=True, retry_after=1), 3),
        (AlertError("429 Too Many Requests", retryable=True, retry_after=3600), 1),
        (AlertError("400 Bad Request"), 1),
        (RuntimeError("a bug in the alerter"), 1),
    ],
    ids=["500", "timeout", "429-soon", "429-later", "400", "bug"],
)
def test_a_message_that_a_channel_refuses_waits_for_the_next_run(
    desk: Desk, error: Exception, attempts: int
) -> None:
    """Lesson B4: a failed delivery is visible to whoever started the run."""
    job = metric("..U", desk.channel)
    tick(1, job)
    desk.alerter.fail(99, error=error)  # type: ignore[arg-type]  # a bug is no AlertError
    failed = tick(2, job)
    assert len(desk.alerter.attempts) == attempts
    assert only(failed).pending == 1
    assert [one.delivered for one in only(failed).deliveries] == [False]
    assert str(error) in only(failed).deliveries[0].error
    assert exit_code(failed) == 4
    desk.alerter.fail(0)
    later = tick(2, job)
    assert desk.told == [(2, "fired")]
    assert (only(later).pending, exit_code(later)) == (0, 0)
    assert not job.state.outbox(["orders"])


def test_what_waits_is_sent_in_order_and_before_the_metrics_new_work() -> None:
    log: list[str] = []

    class LoggedCollector(ScriptedCollector):
        def collect(self, request: Request) -> Sequence[Series]:
            log.append("collect")
            return super().collect(request)

    desk = Desk()
    job = metric(LoggedCollector(rows(".U.U.")), desk.channel)
    tick(0, job)
    desk.alerter.fail(99)
    for hour in (1, 2):
        tick(hour, job)
    assert only(tick(2, job)).pending == 2
    desk.alerter.fail(0)
    log.clear()
    sent = Observer(sent=lambda _, delivery: log.append(delivery.kind))
    tick(3, job, observer=sent)
    assert log == ["fired", "resolved", "collect", "fired"]
    assert desk.told == [(1, "fired"), (2, "resolved"), (3, "fired")]


def test_a_channel_that_is_down_neither_blocks_nor_silences_another() -> None:
    down, up = Desk("pager"), Desk("chat")
    down.alerter.fail(99)
    job = metric(".U.", down.channel, up.channel)
    reports = [only(tick(hour, job)) for hour in range(3)]
    assert up.told == [(1, "fired"), (2, "resolved")]
    assert [report.pending for report in reports] == [0, 1, 2]
    down.alerter.fail(0)
    tick(2, job)
    assert down.told == up.told == [(1, "fired"), (2, "resolved")]


def test_a_message_that_a_channel_will_never_take_holds_back_its_own_incident_only() -> None:
    class Picky(RecordingAlerter):
        def send(self, message: Message) -> Any:
            if message.lead.series == '{"n":"1"}':
                raise AlertError("413 Payload Too Large")
            return super().send(message)

    alerter = Picky()
    both = [*rows(".U..", labels=Labels.of({"n": 1})), *rows("..U.", labels=Labels.of({"n": 2}))]
    job = metric(both, Channel("chat", alerter))
    reports = [only(tick(hour, job)) for hour in range(4)]
    assert told(alerter.messages) == [(2, "fired"), (3, "resolved")]
    assert [report.pending for report in reports] == [0, 1, 2, 2]


def test_a_channel_that_was_down_is_tried_once_a_run_and_then_left_alone(desk: Desk) -> None:
    job = metric(".U.", desk.channel)
    tick(0, job)
    desk.alerter.fail(99)
    tick(1, job)
    assert len(desk.alerter.attempts) == 3
    tick(2, job)
    assert len(desk.alerter.attempts) == 6


def test_a_waiting_row_that_cannot_be_read_does_not_stop_its_metric(desk: Desk) -> None:
    job = metric("U....U", desk.channel)
    desk.alerter.fail(99)
    tick(0, job)
    desk.alerter.fail(0)
    outbox = job.state._outbox  # type: ignore[attr-defined]  # as another version would write it
    outbox.update({name: replace(row, message='{"kind": 1}') for name, row in outbox.items()})
    report = only(tick(1, job))
    assert "stored Message cannot be read" in report.deliveries[0].error
    assert (report.error, report.pending) == (None, 2)
    tick(5, job)
    assert desk.told == [(5, "fired")]


def test_what_a_channel_says_is_kept_without_the_users_secrets(desk: Desk) -> None:
    job = replace(metric("U", desk.channel), redact=lambda text: text.replace("s3cret", "***"))
    desk.alerter.fail(99, error=AlertError("no such hook: s3cret"))
    report = only(tick(0, job))
    assert report.deliveries[0].error == "no such hook: ***"
    assert [row.error for row in job.state.outbox(["orders"])] == ["no such hook: ***"]


def test_a_message_for_a_channel_that_was_removed_is_dropped(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    job = metric("U", desk.channel, rule=replace(PLAIN, notify_on_recovery=False))
    desk.alerter.fail(99)
    tick(0, job)
    gone = replace(job, alerting=(Alerting(PLAIN, ()),))
    assert only(tick(0, gone)).pending == 0
    assert "'chat', which the metric no longer has" in caplog.text
    assert not job.state.outbox(["orders"])


def test_a_disabled_channel_keeps_what_waits_until_it_is_enabled_again(desk: Desk) -> None:
    job = metric("U..", desk.channel)
    desk.alerter.fail(99)
    tick(0, job)
    desk.alerter.fail(0)
    off = replace(desk.channel, enabled=False)
    quiet = replace(job, alerting=(Alerting(PLAIN, (off,), hold="alerter.enabled is false"),))
    assert exit_code(tick(1, quiet)) == 0
    assert desk.told == []
    tick(2, job)
    assert desk.told == [(0, "fired"), (2, "resolved")]


# Runs beside one another


def test_a_metric_that_another_run_holds_is_left_alone(desk: Desk) -> None:
    held, free = metric("U", desk.channel), metric("U", name="visits")
    other = held.state.lease(["orders"], holder="elsewhere:1:x", ttl=HOUR)
    report = tick(0, held)
    assert only(report).held == "elsewhere:1:x"
    assert exit_code(report) == 75
    assert not held.history.coverage(["orders"])["orders"].extent
    assert exit_code(tick(0, held, free)) == 0
    held.state.release(list(other.held.values()))
    assert exit_code(tick(0, held)) == 0
    assert desk.told == [(0, "fired")]


def test_of_two_overlapping_runs_one_does_the_work(desk: Desk) -> None:
    inner: list[Report] = []

    class Overlapped(ScriptedCollector):
        def collect(self, request: Request) -> Sequence[Series]:
            inner.append(tick(0, job))
            return super().collect(request)

    job = metric(Overlapped(rows("U")), desk.channel)
    outer = tick(0, job)
    assert (exit_code(outer), [exit_code(report) for report in inner]) == (0, [75])
    assert desk.told == [(0, "fired")]


def test_a_run_whose_lease_passed_on_changes_nothing(desk: Desk) -> None:
    class Slow(ScriptedCollector):
        def collect(self, request: Request) -> Sequence[Series]:
            leases = job.state._leases  # type: ignore[attr-defined]  # as if ten minutes passed
            leases["orders"].expires = 0.0
            job.state.lease(["orders"], holder="elsewhere:1:x", ttl=HOUR)
            return super().collect(request)

    job = metric(Slow(rows("U")), desk.channel)
    report = tick(0, job)
    assert "has passed on" in str(only(report).error)
    assert not job.state.load(["orders"])
    assert desk.told == []


def test_an_interrupted_run_gives_its_leases_back(desk: Desk) -> None:
    job = metric("U", desk.channel)
    source = Faulty(job.collector, "collect", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        tick(0, replace(job, collector=source))  # type: ignore[arg-type]
    assert exit_code(tick(0, job)) == 0
    assert desk.told == [(0, "fired")]


# Parts that fail


@pytest.mark.parametrize("error", [CollectError("no route to host"), ZeroDivisionError("oops")])
def test_a_source_that_fails_is_the_trouble_of_its_metric_only(
    desk: Desk, error: Exception
) -> None:
    """Lesson B6."""
    bad = metric("U")
    source = Faulty(bad.collector, "collect", error)
    bad = replace(bad, metric="bad", collector=source)  # type: ignore[arg-type]
    report = tick(0, bad, metric("U", desk.channel))
    first, second = report.metrics
    assert isinstance(first.error, CollectError)
    assert str(first.error).startswith("bad: ")
    assert str(error) in str(first.error)
    assert second.error is None
    assert desk.told == [(0, "fired")]
    assert exit_code(report) == 4


@pytest.mark.parametrize("error", [DetectError("no such column"), ZeroDivisionError("oops")])
def test_a_detector_that_fails_is_the_trouble_of_its_metric_only(
    desk: Desk, error: Exception
) -> None:
    bad, good = metric("U", name="bad"), metric("U", desk.channel)
    judge = Judge("limit", Faulty(LimitDetector(), "detect", error))  # type: ignore[arg-type]
    report = tick(0, replace(bad, judges=(judge,)), good)
    assert isinstance(report.metrics[0].error, DetectError)
    assert str(error) in str(report.metrics[0].error)
    assert desk.told == [(0, "fired")]
    # What was collected stays, undecided: the next run decides it.
    assert bad.history.coverage(["bad"])["bad"].extent
    assert [n.kind for n in only(tick(0, bad)).notices] == ["fired"]


STORAGE_CALLS = [
    ("state", call) for call in ("prepare", "lease", "load", "outbox", "commit", "acknowledge")
] + [
    ("history", call)
    for call in (
        "prepare",
        "coverage",
        "write_points",
        "read_points",
        "write_verdicts",
        "read_verdicts",
    )
]


@pytest.mark.parametrize("error", [StorageError("disk full"), OSError("a driver's own error")])
@pytest.mark.parametrize(("part", "call"), STORAGE_CALLS)
def test_a_storage_that_fails_is_reported_and_the_next_run_goes_on(
    part: str, call: str, error: Exception
) -> None:
    desk, other = Desk(), Desk()
    job = metric(".U.", desk.channel, mutable=1)  # so that stored versions are looked at
    tick(0, job)
    broken: Any = Faulty(getattr(job, part), call, error)
    report = tick(1, replace(job, **{part: broken}), metric(".U", other.channel, name="visits"))
    assert str(error) in str(report.metrics[0].error)
    assert str(report.metrics[0].error).startswith("orders: ")
    assert exit_code(report) == 4
    assert report.metrics[1].error is None
    tick(1, job)
    tick(2, job)
    once = list(dict.fromkeys(desk.told))
    assert once == [(1, "fired"), (2, "resolved")]
    # Only an acknowledgement that failed repeats a message, with the same key.
    copies = len(desk.told) - len(once)
    assert copies == (call == "acknowledge")
    assert len({message.dedup_key for message in desk.alerter.messages}) == 1


def test_a_lease_that_cannot_be_given_back_is_reported_and_nothing_is_undone(desk: Desk) -> None:
    job = metric("U", desk.channel)
    broken: Any = Faulty(job.state, "release", StorageError("disk full"))
    report = tick(0, replace(job, state=broken))
    assert (str(only(report).error), exit_code(report)) == ("orders: disk full", 4)
    assert desk.told == [(0, "fired")]
    assert exit_code(tick(1, job)) == 75  # until the lease expires, or its holder has died


def test_three_failed_runs_are_an_incident_of_their_own_and_its_end_is_told(desk: Desk) -> None:
    down = [(at(2), at(6))]
    job = metric(ScriptedCollector(rows("........"), outages=down), desk.channel)
    job = replace(job, redact=lambda text: text.replace("scripted", "***"))
    reports = [only(tick(hour, job)) for hour in range(8)]
    assert [report.error is not None for report in reports] == [False, *[True] * 4, *[False] * 3]
    assert [message.kind for message in desk.alerter.messages] == ["error", "resolved"]
    first, last = desk.alerter.messages
    assert first.dedup_key == last.dedup_key
    assert first.lead.incident.points == 3
    assert first.error == "orders: the *** source is down"
    assert [bool(report.deliveries) for report in reports] == [hour in (3, 5) for hour in range(8)]


def test_two_failed_runs_and_then_two_more_are_no_incident(desk: Desk) -> None:
    down = [(at(1), at(3)), (at(4), at(6))]
    job = metric(ScriptedCollector(rows("......."), outages=down), desk.channel)
    for hour in range(7):
        tick(hour, job)
    assert desk.told == []


def test_what_happened_while_the_source_was_down_is_told_afterwards(desk: Desk) -> None:
    job = metric(ScriptedCollector(rows("..UU.."), outages=[(at(3), at(5))]), desk.channel)
    for hour in range(6):
        tick(hour, job)
    assert desk.told == [(2, "fired")]
    assert desk.alerter.messages[0].lead.over


# Time


def test_a_run_without_a_new_interval_changes_nothing_and_says_nothing(desk: Desk) -> None:
    """Lessons B1 and B2."""
    job = metric(".UUU", desk.channel)
    for hour in range(3):
        tick(hour, job)
    documents = dict(job.state.load(["orders"]))
    again = only(tick(2, job))
    assert (again.collected, again.notices, again.deliveries) == (0, (), ())
    assert job.state.load(["orders"]) == documents
    assert desk.told == [(1, "fired")]


def test_an_incident_that_nobody_was_there_for_is_told_once_as_already_over(desk: Desk) -> None:
    """Lesson B3."""
    job = metric("..UU....", desk.channel)
    tick(0, job)
    tick(7, job)
    assert desk.told == [(2, "fired")]
    (message,) = desk.alerter.messages
    assert message.lead.over
    assert message.lead.incident.until == at(4)


def test_an_incident_that_goes_on_is_told_as_open_by_a_late_run(desk: Desk) -> None:
    job = metric("..UUUU.", desk.channel)
    tick(0, job)
    tick(5, job)
    tick(6, job)
    assert desk.told == [(2, "fired"), (6, "resolved")]
    assert not desk.alerter.messages[0].lead.over


def test_intervals_beyond_the_catch_up_neither_extend_nor_break_a_chain(desk: Desk) -> None:
    rule = replace(PLAIN, consecutive=3)
    job = metric("." + "U" * 10, desk.channel, rule=rule, max_catchup=3)
    job = replace(job, judges=(Judge("limit", LimitDetector(points=10)),))
    tick(0, job)
    tick(1, job)  # one in a row
    tick(9, job)  # hours 2 to 6 are skipped; 7 and 8 make three, 9 goes on
    assert desk.told == [(8, "fired")]
    assert desk.alerter.messages[0].lead.incident.onset == at(1)
    window = Window(at(0), at(10))
    stored = job.history.read_points([HistoryRequest("orders", window)])[0][0]
    assert [Status(int(status)).name for status in stored.status] == [
        *["VALUE"] * 2,
        *["SKIPPED"] * 5,
        *["VALUE"] * 3,
    ]


def test_intervals_beyond_the_catch_up_are_not_missing(desk: Desk) -> None:
    rule = replace(PLAIN, no_data=NoData(after=3))
    job = metric(".----------.", desk.channel, rule=rule, max_catchup=3)
    tick(0, job)
    tick(8, job)
    tick(9, job)
    assert desk.told == [(8, "no_data")]  # hours 6 to 8 count, 1 to 5 do not
    assert desk.alerter.messages[0].lead.incident.points == 3


def test_a_row_that_is_late_is_told_late(desk: Desk) -> None:
    """Lesson B9."""
    source = [row for row in rows(".....") if row.time != at(1)]
    source.append(Arrival(at(1), 200.0, at(4)))
    job = metric(source, desk.channel, mutable=4)
    for hour in range(5):
        tick(hour, job)
    assert desk.told == [(3, "fired")]
    message = desk.alerter.messages[0]
    assert (message.lead.late, message.lead.over) == (True, True)
    assert message.lead.incident.onset == at(1)


def test_an_incident_that_late_data_disproves_is_taken_back(desk: Desk) -> None:
    source = [*rows(".U..."), Arrival(at(1), 100.0, at(4))]
    job = metric(source, desk.channel, mutable=4)
    for hour in range(5):
        tick(hour, job)
    assert desk.told == [(1, "fired"), (2, "resolved"), (3, "retracted")]
    assert len({message.dedup_key for message in desk.alerter.messages}) == 1


def test_an_incident_that_never_was_is_not_told_by_a_late_run(desk: Desk) -> None:
    source = [*rows(".U..."), Arrival(at(1), 100.0, at(4))]
    job = metric(source, desk.channel, mutable=4)
    tick(0, job)
    tick(4, job)
    assert desk.told == []


def test_the_first_run_judges_only_the_newest_interval(desk: Desk) -> None:
    source = [replace(row, value=200.0) if row.time < at(-1) else row for row in rows("..")]
    job = replace(metric(source, desk.channel), judges=(Judge("l", LimitDetector(points=5)),))
    report = only(tick(0, job))
    assert report.collected == 6
    assert [len(one) for one in report.verdicts] == [1]
    assert desk.told == []


def test_a_load_never_alerts_and_the_run_after_it_goes_on_from_it(desk: Desk) -> None:
    """Lesson A-2: a load says nothing, and touches no alert state."""
    job = metric(".U...UU.", desk.channel)
    past = replace(job, schedule=replace(job.schedule, start=at(-20)))
    loaded = load(past, now=at(4), holder=holder_name())
    assert (loaded.rows, loaded.verdicts) == (24, 24)
    assert not job.state.load(["orders"])
    assert desk.alerter.attempts == []
    for hour in (4, 5, 6, 7):
        tick(hour, job)
    assert desk.told == [(5, "fired"), (7, "resolved")]
    again = load(past, now=at(4), holder=holder_name())
    assert (again.batches, again.rows) == (0, 0)


# Changes of the configuration


def test_changed_parameters_judge_the_past_anew_and_an_open_incident_goes_on(desk: Desk) -> None:
    job = metric(".u..UUU.", desk.channel)
    for hour in range(6):
        tick(hour, job)
    assert desk.told == [(4, "fired")]
    stricter = replace(job, judges=(Judge("stricter", LimitDetector(120.0)),))
    for hour in (6, 7):
        tick(hour, stricter)
    assert desk.told == [(4, "fired"), (7, "resolved")]
    assert len({message.dedup_key for message in desk.alerter.messages}) == 1
    verdicts = job.history.read_verdicts([HistoryRequest("orders", Window(at(0), at(8)))])[0]
    by_id = {one.detector: one.verdict.tolist() for one in verdicts}
    assert by_id["stricter"] == [0, 1, 0, 0, 1, 1, 1, 0]
    assert by_id["limit"] == [0, 0, 0, 0, 1, 1]


def test_a_metric_that_keeps_no_verdicts_alerts_all_the_same(desk: Desk) -> None:
    job = replace(metric("..UU.", desk.channel), keep_verdicts=False)
    for hour in (0, 1, 3, 4):
        tick(hour, job)
    assert desk.told == [(2, "fired"), (4, "resolved")]
    everything = HistoryRequest("orders", Window(at(-PAST), at(9)))
    assert not job.history.read_verdicts([everything])[0]


def test_a_metric_without_history_alerts_all_the_same(desk: Desk) -> None:
    job = replace(metric("..UU..", desk.channel), keep_verdicts=False)
    for hour in range(6):
        tick(hour, replace(job, history=MemoryHistory()))
    assert desk.told == [(2, "fired"), (4, "resolved")]


def test_a_dry_run_shows_everything_and_keeps_and_sends_nothing(desk: Desk) -> None:
    job = metric(".UU.U", desk.channel, mutable=3)
    tick(0, job)
    desk.alerter.fail(99)
    tick(1, job)
    attempts = len(desk.alerter.attempts)
    everything: list[Callable[[], object]] = [
        lambda: job.state.load(["orders"]),
        lambda: job.state.outbox(["orders"]),
        lambda: job.history.coverage(["orders"]),
    ]
    before = [look() for look in everything]
    now = at(4) + timedelta(seconds=9)
    report = only(tick(3, rehearsal(job, now)))
    assert [notice.kind for notice in report.notices] == ["resolved"]
    assert (report.deliveries, report.pending) == ((), 0)
    assert [look() for look in everything] == before
    assert len(desk.alerter.attempts) == attempts
