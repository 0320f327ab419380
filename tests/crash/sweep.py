"""Kill a life at every boundary, let it go on, and compare it with one that nobody disturbed.

Typed as a script, it prints one JSON object::

    python sweep.py FOLDER {steps,statements,faults,full} [--broken NAME] [--ticks 0,6,14]

A kill costs a fork, not an interpreter: the process that imported everything forks one that
dies, then one that goes on. Each starts from what the undisturbed life had on disk before the
run that is killed. The one that goes on runs until what it has stored and delivered is what the
undisturbed life had by then; from there on both lives are the same, since a run knows nothing
else. Every `WHOLE`-th one goes on to the end regardless.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import signal
import sqlite3
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boundaries import Boundaries
from breakages import BREAKAGES
from life import TICKS, Home, live, make_source

from detectk.contracts.wire import encode
from detectk.errors import AlertError, CollectError, DetectError, DetectKError, StorageError
from detectk.values import Report
from detectk.values.state import RunErrors

WHOLE = 25
_AS_ASKED = 70

_UNTIMED = {"first_seen", "revised_at"}
_TABLES = {
    "points": "SELECT * FROM dtk_datapoints ORDER BY metric_name, series, collected_at",
    "verdicts": "SELECT * FROM dtk_detections "
    "ORDER BY metric_name, series, detector_id, collected_at",
    "old points": "SELECT m.name, s.labels, r.time, r.seen, r.value, r.status "
    "FROM dtk_point_revisions r JOIN dtk_series s ON s.id = r.series "
    "JOIN dtk_metrics m ON m.id = s.metric ORDER BY 1, 2, 3, 4",
    "old verdicts": "SELECT s.labels, j.detector, r.time, r.seen, r.value, r.verdict, r.status "
    "FROM dtk_verdict_revisions r JOIN dtk_judges j ON j.id = r.judge "
    "JOIN dtk_series s ON s.id = j.series ORDER BY 1, 2, 3, 4",
    "covered": "SELECT m.name, c.begins, c.ends FROM dtk_covered c "
    "JOIN dtk_metrics m ON m.id = c.metric ORDER BY 1, 2",
    "states": "SELECT * FROM dtk_documents ORDER BY metric, series, rule_id",
    "outbox": "SELECT channel, metric, thread, message FROM dtk_outbox ORDER BY seq",
    "leases": "SELECT metric FROM dtk_leases WHERE holder <> ''",
}

Memory = dict[str, list[tuple[Any, ...]]]
Line = dict[str, Any]


@dataclass
class Tally:
    """What a sweep found.

    Attributes:
        boundaries: How many there are in the life.
        kinds: Name of a boundary to how often a run was disturbed there.
        disturbed: Runs that were killed, or made to fail.
        whole: How many of them went on to the end of the life.
        lost: Messages that were never delivered.
        repeated: Messages that were delivered twice.
        most_repeated: The most in one life.
        problems: Everything else that differs, a sentence each.
    """

    boundaries: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    disturbed: int = 0
    whole: int = 0
    lost: int = 0
    repeated: int = 0
    most_repeated: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Undisturbed:
    """The life as it should be.

    Attributes:
        before: Tick to a folder with what was on disk before it.
        after: Tick to what was stored after it.
        lines: Tick to what had been delivered after it.
        steps: Tick to the names of the step boundaries in it.
        statements: The same for statements.
    """

    before: dict[int, Path]
    after: dict[int, Memory]
    lines: dict[int, list[Line]]
    steps: dict[int, list[str]]
    statements: dict[int, list[str]]


class Sweep:
    """Disturbs one life after the other in a folder.

    Args:
        folder: An empty one.
        broken: Name of a breakage to test the test with.
    """

    def __init__(self, folder: Path, broken: str = "") -> None:
        self.folder = folder
        self.source = folder / "source.db"
        self.breakage = BREAKAGES[broken] if broken else None
        self.tally = Tally()
        make_source(self.source)
        self.life = self._undisturbed()

    def kill(self, boundaries: str, ticks: Sequence[int]) -> None:
        """Kill at every boundary of the ticks: ``steps`` or ``statements``."""
        for tick in ticks:
            names: list[str] = getattr(self.life, boundaries)[tick]
            self.tally.boundaries += len(names)
            for at, name in enumerate(names):
                home = self._home(tick)
                what = {boundaries: Boundaries(at)}
                status = forked(lambda: live(home, [tick], **what))  # noqa: B023  # at once
                if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
                    self._complain(tick, name, f"was not killed, but ended with {status}")
                self._go_on(home, tick, name)

    def fault(self, ticks: Sequence[int]) -> None:
        """Make every call of the ticks fail: before it did anything, and after it did all."""
        for tick in ticks:
            names = self.life.steps[tick]
            self.tally.boundaries += len(names)
            for at, name in enumerate(names):
                home = self._home(tick)

                def act(home: Home = home, tick: int = tick, at: int = at) -> None:
                    report = live(home, [tick], steps=Boundaries(at, _fail))[0]
                    _expect(_noticed(report), "the run did not report it")

                self._check(forked(act, home.folder / "complaint"), home, tick, name)

    def fill(self, ticks: Sequence[int]) -> None:
        """Let the disk run full, a page later each time, until the run fits."""
        for tick in ticks:
            for pages in range(400):
                home = self._home(tick)

                def act(home: Home = home, tick: int = tick, pages: int = pages) -> None:
                    report = live(home, [tick], spare_pages=pages)[0]
                    errors = [metric.error for metric in report.metrics if metric.error]
                    full = [error for error in errors if "no room" in str(error)]
                    if not full:
                        os._exit(_AS_ASKED)

                status = forked(act, home.folder / "complaint")
                if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _AS_ASKED:
                    break
                self.tally.boundaries += 1
                self._check(status, home, tick, f"{pages} pages left")

    def _check(self, status: int, home: Home, tick: int, name: str) -> None:
        complaint = home.folder / "complaint"
        if status:
            said = complaint.read_text() if complaint.exists() else f"ended with {status}"
            self._complain(tick, name, said)
        self._go_on(home, tick, name)

    def _undisturbed(self) -> Undisturbed:
        life = Undisturbed({}, {}, {}, {}, {})
        home = Home(self.folder / "undisturbed", self.source)
        home.folder.mkdir()
        for tick in TICKS:
            life.before[tick] = self.folder / f"before-{tick}"
            shutil.copytree(home.folder, life.before[tick])
            broken = self._broken(home)
            steps, statements = Boundaries(), Boundaries()
            live(broken, [tick], steps=steps, statements=statements)
            life.steps[tick], life.statements[tick] = steps.ticks[0], statements.ticks[0]
            life.after[tick], life.lines[tick] = remember(home), delivered(home)
        return life

    def _home(self, tick: int) -> Home:
        home = self._broken(Home(self.folder / "disturbed", self.source))
        shutil.rmtree(home.folder, ignore_errors=True)
        shutil.copytree(self.life.before[tick], home.folder)
        return home

    def _broken(self, home: Home) -> Home:
        return Home(home.folder, home.source, self.breakage) if self.breakage else home

    def _go_on(self, home: Home, tick: int, name: str) -> None:
        """Let the life go on after it was disturbed, and compare."""
        self.tally.disturbed += 1
        self.tally.kinds[name] += 1
        whole = self.tally.disturbed % WHOLE == 0
        complaint = home.folder / "complaint"
        last = home.folder / "last"

        def act() -> None:
            for later in TICKS[TICKS.index(tick) :]:
                report = live(home, [later], again=int(later == tick))[0]
                held = [metric.held for metric in report.metrics if metric.held]
                _expect(not held, f"at {later} a metric was held by {held}")
                last.write_text(str(later))
                if not whole and self._agrees(home, later):
                    break

        if status := forked(act, complaint):
            said = complaint.read_text() if complaint.exists() else f"ended with {status}"
            self._complain(tick, name, said)
            return
        end = int(last.read_text())
        self.tally.whole += end == TICKS[-1]
        self._compare(home, end, tick, name)

    def _agrees(self, home: Home, tick: int) -> bool:
        lines, _ = once(delivered(home))
        return remember(home) == self.life.after[tick] and lines == self.life.lines[tick]

    def _compare(self, home: Home, end: int, tick: int, name: str) -> None:
        for table, rows in remember(home).items():
            if rows != self.life.after[end][table]:
                self._complain(tick, name, f"{table} differ: {_difference(rows, self.life.after[end][table])}")
        lines, repeats = once(delivered(home))
        self.tally.repeated += len(repeats)
        self.tally.most_repeated = max(self.tally.most_repeated, len(repeats))
        got, wanted = Counter(map(said, lines)), Counter(map(said, self.life.lines[end]))
        if lost := wanted - got:
            self.tally.lost += lost.total()
            self._complain(tick, name, f"lost {sorted(lost)}")
        if more := got - wanted:
            self._complain(tick, name, f"said {sorted(more)}, which nobody should")
        for channel in ("chat", "pager"):
            ours, theirs = (
                [said(line) for line in some if line["channel"] == channel]
                for some in (lines, self.life.lines[end])
            )
            if ours != theirs and sorted(ours) == sorted(theirs):
                self._complain(tick, name, f"{channel} got its messages in another order")

    def _complain(self, tick: int, name: str, problem: str) -> None:
        self.tally.problems.append(f"tick {tick}, {name}: {problem}")


def forked(act: Callable[[], object], complaint: Path | None = None) -> int:
    """Return how a process ended that did ``act`` and nothing else; see ``os.waitpid``."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        act()
        os._exit(0)
    except BaseException as error:  # noqa: BLE001  # the parent wants to know
        text = str(error) if isinstance(error, AssertionError) else traceback.format_exc()
        if complaint:
            complaint.write_text(text)
    finally:
        os._exit(1)


def remember(home: Home) -> Memory:
    """Return everything that is stored, but for wall times, lease tokens and row numbers."""
    with closing(sqlite3.connect(home.database)) as connection:
        memory = {}
        for table, sql in _TABLES.items():
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            kept = [at for at, name in enumerate(names) if name not in _UNTIMED]
            memory[table] = [tuple(row[at] for at in kept) for row in cursor]
    calm = encode(RunErrors())
    memory["states"] = [row for row in memory["states"] if row[-1] != calm]
    return memory


def delivered(home: Home) -> list[Line]:
    """Return what the channels took, in order."""
    if not home.lines.exists():
        return []
    return [json.loads(line) for line in home.lines.read_text().splitlines()]


def once(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Return each message once, and the copies: equal to the last letter, dedup key included."""
    first: list[Line] = []
    copies: list[Line] = []
    for line in lines:
        (copies if line in first else first).append(line)
    return first, copies


def said(line: Line) -> tuple[str, ...]:
    """Return what makes a message the same; that of a failed query counts runs, not intervals."""
    about = ("channel", "metric", "kind", "about")
    if line["about"] != "error":
        about = (*about, "key", "step", "series", "late", "over")
    return tuple(str(line[name]) for name in about)


def _difference(ours: list[Any], theirs: list[Any]) -> str:
    more = [row for row in ours if row not in theirs]
    less = [row for row in theirs if row not in ours]
    return f"{len(more)} unexpected {more[:1]}, {len(less)} missing {less[:1]}"[:600]


def _fail(name: str) -> None:
    """Raise what such a part raises; a channel's answer that got lost may be asked for again."""
    after = name.startswith("after")
    kinds: dict[str, Callable[[], DetectKError]] = {
        "alerter": lambda: AlertError("told to fail", retryable=after),
        "collector": lambda: CollectError("told to fail"),
        "detector": lambda: DetectError("told to fail"),
    }
    part = name.split()[1].partition(".")[0]
    raise kinds.get(part, lambda: StorageError("told to fail"))()


def _noticed(report: Report) -> bool:
    """Whether the run says that something failed, or got over it by trying again."""
    failed = any(metric.error or metric.pending for metric in report.metrics)
    return failed


def _expect(truth: object, otherwise: str) -> None:
    if not truth:
        raise AssertionError(otherwise)


def main() -> None:
    """Sweep as asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", choices=("steps", "statements", "faults", "full"))
    parser.add_argument("--broken", default="", choices=("", *BREAKAGES))
    parser.add_argument("--ticks", default=",".join(map(str, TICKS)))
    given = parser.parse_args()
    ticks = [int(tick) for tick in given.ticks.split(",")]
    logging.disable()
    sweep = Sweep(given.folder, given.broken)
    if given.what == "faults":
        sweep.fault(ticks)
    elif given.what == "full":
        sweep.fill(ticks)
    else:
        sweep.kill(given.what, ticks)
    sys.stdout.write(json.dumps(vars(sweep.tally)))


if __name__ == "__main__":
    main()
