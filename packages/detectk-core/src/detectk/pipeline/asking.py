"""Ask storages and sources: each metric says what it needs, and many needs become one call.

A step of a metric is a generator that yields what it asks and is sent the answer, so it reads as
if the metric were alone, while `together` puts the same question of a thousand metrics at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from detectk.clock import Clock
from detectk.contracts.detector import Detector, Outcome, Task
from detectk.contracts.executor import Executor
from detectk.contracts.history import Coverage, History, HistoryRequest, Judgements, Points
from detectk.contracts.state import Lease, OutboxRow, State, StateChange, StateKey
from detectk.errors import StorageError
from detectk.values.series import Series
from detectk.values.verdicts import Verdicts

__all__ = [
    "Ask",
    "Done",
    "Steps",
    "alone",
    "commit",
    "coverage",
    "detect",
    "documents",
    "lease",
    "outbox",
    "read_points",
    "read_verdicts",
    "release",
    "together",
    "work",
    "write_points",
    "write_verdicts",
]

A = TypeVar("A")


class Ask(NamedTuple):
    """One need of one metric; those of one ``kind`` and ``part`` are answered in one call.

    Attributes:
        kind: Answers many items at once, one answer an item, in order.
        part: Whom to ask.
        item: What is asked.
    """

    kind: Callable[[Any, Sequence[Any]], Sequence[Any]]
    part: Any
    item: Any


Steps: TypeAlias = Generator[Ask, Any, A]
"""A piece of a metric's run that returns ``A``."""


@dataclass(slots=True)
class Done:
    """How one of many pieces ended.

    Attributes:
        error: What it raised, None when it went through.
        seconds: What it took, shared out evenly among those that asked the same.
    """

    error: Exception | None = None
    seconds: float = 0.0


_Piece: TypeAlias = tuple[Steps[None], Done]
_Asking: TypeAlias = tuple[Ask, _Piece]


def together(steps: Sequence[Steps[None]], *, executor: Executor, clock: Clock) -> list[Done]:
    """Take every piece to its end and return how each ended; none harms another.

    Args:
        steps: One piece a metric.
        executor: Runs what `work` asks for, side by side.
        clock: For the seconds.
    """
    done = [Done() for _ in steps]
    pieces = [*zip(steps, done, strict=True)]
    began = clock.monotonic()
    groups = _grouped(_advanced(pieces, [None] * len(pieces)))
    _share_out(clock.monotonic() - began, pieces)
    while groups:
        asked: list[_Asking] = []
        for group in groups:
            began = clock.monotonic()
            answers = _answer([ask for ask, _ in group], executor)
            pieces = [piece for _, piece in group]
            asked += _advanced(pieces, answers)
            _share_out(clock.monotonic() - began, pieces)
        groups = _grouped(asked)
    return done


def _advanced(pieces: Sequence[_Piece], answers: Sequence[object]) -> list[_Asking]:
    """Give pieces their answers; return what they ask next, those that go on."""
    asked: list[_Asking] = []
    for piece, answer in zip(pieces, answers, strict=True):
        steps, done = piece
        try:
            if isinstance(answer, Exception):
                asked.append((steps.throw(answer), piece))
            else:
                asked.append((steps.send(answer), piece))
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001  # a metric's failure stays its own
            done.error = error
    return asked


def _grouped(asked: Sequence[_Asking]) -> list[list[_Asking]]:
    """Put together what is answered in one call."""
    groups: defaultdict[tuple[object, int], list[_Asking]] = defaultdict(list)
    for one in asked:
        kind, part, _ = one[0]
        groups[kind, id(part)].append(one)
    return list(groups.values())


def _share_out(seconds: float, pieces: Sequence[_Piece]) -> None:
    share = seconds / max(1, len(pieces))
    for _, done in pieces:
        done.seconds += share


def alone(steps: Steps[A]) -> A:
    """Take one piece to its end and return what it returns, or raise what it raises."""
    try:
        ask = next(steps)
        while True:
            try:
                answer = ask.kind(ask.part, [ask.item])[0]
            except Exception as error:  # noqa: BLE001, PERF203  # the piece decides about it
                ask = steps.throw(error)
            else:
                ask = steps.send(answer)
    except StopIteration as end:
        returned: A = end.value
        return returned


def _answer(asks: Sequence[Ask], executor: Executor) -> Sequence[object]:
    kind, part = asks[0].kind, asks[0].part
    items = [ask.item for ask in asks]
    if kind is _work:
        return list(executor.map(_one_by_one, items))
    try:
        return kind(part, items)
    except Exception as error:  # noqa: BLE001  # it is thrown into the pieces
        # What may pass by itself is the storage's trouble; anything else may be one metric's.
        if len(items) == 1 or (isinstance(error, StorageError) and error.retryable):
            return [error] * len(items)
    answers: list[object] = []
    for item in items:
        try:
            answers += kind(part, [item])
        except Exception as error:  # noqa: BLE001, PERF203  # each alone, so that it stays its own
            answers.append(error)
    return answers


def _one_by_one(item: Callable[[], object]) -> object:
    try:
        return item()
    except Exception as error:  # noqa: BLE001  # it is thrown into the piece
        return error


def work(task: Callable[[], A]) -> Steps[A]:
    """Run a slow ``task`` beside those of other metrics."""
    answer: A = yield Ask(_work, None, task)
    return answer


def detect(detector: Detector[Any], tasks: Sequence[Task]) -> Steps[Sequence[Outcome]]:
    """Judge a metric's series, together with those of other metrics with the same detector."""
    answer: Sequence[Outcome] = yield Ask(_detect, detector, tasks)
    return answer


def lease(state: State, metric: str, *, holder: str, ttl: timedelta) -> Steps[Lease | str]:
    """Take or renew a metric's lease; return it, or who holds it."""
    answer: Lease | str = yield Ask(_lease, state, (metric, holder, ttl))
    return answer


def release(state: State, held: Lease) -> Steps[None]:
    """Give a lease back."""
    yield Ask(_release, state, held)


def documents(state: State, metric: str) -> Steps[Mapping[StateKey, str]]:
    """Return a metric's documents."""
    answer: Mapping[StateKey, str] = yield Ask(_documents, state, metric)
    return answer


def outbox(state: State, metric: str) -> Steps[Sequence[OutboxRow]]:
    """Return a metric's waiting rows, oldest first."""
    answer: Sequence[OutboxRow] = yield Ask(_outbox, state, metric)
    return answer


def commit(state: State, change: StateChange) -> Steps[bool]:
    """Keep a change; return whether the lease still was there, else nothing was changed."""
    answer: bool = yield Ask(_commit, state, change)
    return answer


def coverage(history: History, metric: str) -> Steps[Coverage]:
    """Return what is held of a metric."""
    answer: Coverage = yield Ask(_coverage, history, metric)
    return answer


def write_points(history: History, points: Points) -> Steps[None]:
    """Keep a metric's points."""
    yield Ask(_write_points, history, points)


def read_points(history: History, request: HistoryRequest) -> Steps[Sequence[Series]]:
    """Return a metric's series, ordered by labels."""
    answer: Sequence[Series] = yield Ask(_read_points, history, request)
    return answer


def write_verdicts(history: History, judgements: Judgements) -> Steps[None]:
    """Keep a metric's verdicts."""
    yield Ask(_write_verdicts, history, judgements)


def read_verdicts(history: History, request: HistoryRequest) -> Steps[Sequence[Verdicts]]:
    """Return a metric's verdicts, ordered by (labels, detector id)."""
    answer: Sequence[Verdicts] = yield Ask(_read_verdicts, history, request)
    return answer


_NOTHING: Final = (None,)


def _work(_part: None, tasks: Sequence[Callable[[], object]]) -> Sequence[object]:
    return [task() for task in tasks]


def _detect(
    detector: Detector[Any], batch: Sequence[Sequence[Task]]
) -> Sequence[Sequence[Outcome]]:
    outcomes = iter(detector.detect([task for tasks in batch for task in tasks]))
    return [list(islice(outcomes, len(tasks))) for tasks in batch]


def _lease(state: State, items: Sequence[tuple[str, str, timedelta]]) -> Sequence[Lease | str]:
    state.prepare()
    _, holder, ttl = items[0]
    leases = state.lease([metric for metric, *_ in items], holder=holder, ttl=ttl)
    return [leases.held.get(metric) or leases.refused[metric] for metric, *_ in items]


def _release(state: State, leases: Sequence[Lease]) -> Sequence[None]:
    state.release(leases)
    return _NOTHING * len(leases)


def _documents(state: State, metrics: Sequence[str]) -> Sequence[Mapping[StateKey, str]]:
    found: dict[str, dict[StateKey, str]] = {metric: {} for metric in metrics}
    for key, text in state.load(metrics).items():
        found[key.metric][key] = text
    return list(found.values())


def _outbox(state: State, metrics: Sequence[str]) -> Sequence[Sequence[OutboxRow]]:
    found: dict[str, list[OutboxRow]] = {metric: [] for metric in metrics}
    for row in state.outbox(metrics):
        found[row.metric].append(row)
    return list(found.values())


def _commit(state: State, changes: Sequence[StateChange]) -> Sequence[bool]:
    refused = set(state.commit(changes))
    return [change.lease.metric not in refused for change in changes]


def _coverage(history: History, metrics: Sequence[str]) -> Sequence[Coverage]:
    history.prepare()
    held = history.coverage(metrics)
    return [held[metric] for metric in metrics]


def _write_points(history: History, batch: Sequence[Points]) -> Sequence[None]:
    history.write_points(batch)
    return _NOTHING * len(batch)


def _read_points(
    history: History, requests: Sequence[HistoryRequest]
) -> Sequence[Sequence[Series]]:
    return history.read_points(requests)


def _write_verdicts(history: History, batch: Sequence[Judgements]) -> Sequence[None]:
    history.write_verdicts(batch)
    return _NOTHING * len(batch)


def _read_verdicts(
    history: History, requests: Sequence[HistoryRequest]
) -> Sequence[Sequence[Verdicts]]:
    return history.read_verdicts(requests)
