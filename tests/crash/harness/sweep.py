"""Disturb a life at every boundary, let it go on, and compare it with one nobody disturbed.

Typed as a script, it prints one JSON object, a `Tally`::

    python sweep.py FOLDER {steps,statements,missed,processes,faults,disk}
        [--broken NAME] [--ticks 0,6]

A kill costs a fork, not an interpreter: this process forks one that dies, and then goes on
itself in the folder that the dead one left. Both start from what the undisturbed life had on
disk before that run. It goes on until what is stored and delivered is what the undisturbed life
had by then; from there on both lives are the same, since a run knows nothing else. Every
`WHOLE`-th one goes on to the end regardless; ``processes`` uses nothing but fresh interpreters
that live from the first run to the last; with ``missed`` nobody comes back before the next hour.

Every boundary of every run in which something is said, or which crosses boundaries that no run
before it crossed in that order, is disturbed; in the quiet runs between them every `STRIDE`-th,
each time another one.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
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

from detectk.clock import SystemClock
from detectk.contracts.wire import encode
from detectk.errors import AlertError, CollectError, DetectError, DetectKError, StorageError
from detectk.values.state import RunErrors

STRIDE = 7
WHOLE = 100
PROCESSES = 10
"""Lives that are killed and restarted as processes of their own."""

_LARGEST_RUN = 400
"""Pages that no run fills."""
_SILENT = 70
"""Exit code of a run that reported nothing."""
_EFFECTS = ("send", "acknowledge", "commit", "write_points", "write_verdicts")
_SWEEPS = ("steps", "statements", "missed", "processes", "faults", "disk")
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
    "coverage": "SELECT m.name, c.begins, c.ends FROM dtk_covered c "
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
        boundaries: How many the whole life has.
        kinds: Name of a boundary to how often a run was disturbed there.
        disturbed: Runs that were killed, or made to fail.
        whole: How many of them went on to the end of the life.
        lost: Messages that were never delivered.
        repeated: Messages that were delivered twice, to the last letter.
        most_repeated: The most in one life.
        seconds: How long it took.
        problems: Everything that is not as it should be, a sentence each.
    """

    boundaries: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    disturbed: int = 0
    whole: int = 0
    lost: int = 0
    repeated: int = 0
    most_repeated: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Undisturbed:
    """The life as it should be; each attribute maps a tick to something.

    Attributes:
        before: A folder with what was on disk before it.
        after: What was stored after it.
        lines: What had been delivered after it.
        steps: Names of the step boundaries in it.
        statements: Names of the statement boundaries in it.
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
        broken: Name of a breakage, to test the test with.
        ticks: Only these runs, all when empty.
    """

    def __init__(self, folder: Path, *, broken: str = "", ticks: Sequence[int] = ()) -> None:
        self.folder = folder
        self.source = folder / "source.db"
        self.breakage = BREAKAGES[broken] if broken else None
        self.ticks = ticks or TICKS
        self.tally = Tally()
        make_source(self.source)
        self.life = self._undisturbed()

    def kill(self, boundaries: str) -> None:
        """Kill at the boundaries of one sort: ``steps`` or ``statements``."""
        for tick, at, name in self._chosen(getattr(self.life, boundaries)):
            home = self._home(tick)
            watch = {boundaries: Boundaries(at)}

            def act(home: Home = home, tick: int = tick, watch: Any = watch) -> None:
                live(home, [tick], **watch)

            status = forked(act)
            self._expect_killed(status, tick, name)
            self._go_on(home, tick, name)

    def processes(self) -> None:
        """Kill fresh interpreters at boundaries all over the life, and start them again."""
        every = [(tick, name) for tick in TICKS for name in self.life.steps[tick]]
        script = [sys.executable, str(Path(__file__).with_name("life.py"))]
        home = Home(self.folder / "disturbed", self.source)
        self.tally.boundaries = len(every)
        for at in range(0, len(every), len(every) // PROCESSES):
            shutil.rmtree(home.folder, ignore_errors=True)
            home.folder.mkdir()
            command = [*script, str(home.folder), str(self.source)]
            done = subprocess.run([*command, "--die-at", str(at)], check=False, capture_output=True)
            tick, name = every[at]
            if done.returncode != -signal.SIGKILL:
                self._complain(tick, name, f"ended with {done.returncode}: {done.stderr!r}")
            last = (home.folder / "tick").read_text()
            subprocess.run([*command, "--from", last], check=True, capture_output=True)
            self._count(name, whole=True)
            self._compare(home, TICKS[-1], tick, name)

    def missed(self) -> None:
        """Kill where something is written or sent, and let the next hour's run find it.

        What the killed run would have said then is either said as if it had not been killed, or
        as if it had never begun; what is said in both cases must be said.
        """
        for tick, at, name in self._chosen(self.life.steps):
            if name.partition(".")[2] not in _EFFECTS:
                continue
            rest = TICKS[TICKS.index(tick) + 1 :]
            live(home := self._home(tick), rest)
            run = {said(line) for line in self.life.lines[TICKS[-1]]}
            not_run = {said(line) for line in delivered(home)}
            home = self._home(tick)

            def act(home: Home = home, tick: int = tick, at: int = at) -> None:
                live(home, [tick], steps=Boundaries(at))

            self._expect_killed(forked(act), tick, name)
            live(home, rest)
            self._count(name, whole=True)
            self._expect_said(home, run & not_run, run | not_run, tick=tick, name=name)

    def fault(self) -> None:
        """Make calls fail: before they did anything, or after they did everything."""
        for tick, at, name in self._chosen(self.life.steps):
            home = self._home(tick)

            def act(home: Home = home, tick: int = tick, at: int = at, name: str = name) -> None:
                # Sending is repeated on purpose; there each failure is one of its own.
                boundaries = Boundaries(at, _fail, lasting="alerter" not in name)
                report = live(home, [tick], steps=boundaries)[0]
                if not any(metric.error or metric.pending for metric in report.metrics):
                    os._exit(_SILENT)

            status = os.waitstatus_to_exitcode(forked(act))
            # A channel whose answer was lost is simply asked again, in the same run.
            if status and (status, name) != (_SILENT, "after alerter.send"):
                self._complain(tick, name, f"the failure was not reported ({status})")
            self._go_on(home, tick, name)

    def disk(self) -> None:
        """Let the disk run full, a page later each time, until the run fits."""
        for tick in self.ticks:
            for pages in range(_LARGEST_RUN):
                home = self._home(tick)

                def act(home: Home = home, tick: int = tick, pages: int = pages) -> None:
                    report = live(home, [tick], spare_pages=pages)[0]
                    if not any("no room" in str(metric.error) for metric in report.metrics):
                        os._exit(_SILENT)

                status = os.waitstatus_to_exitcode(forked(act))
                name = f"{pages} pages left"
                self._go_on(home, tick, name)
                if status == _SILENT:
                    break
                if status:
                    self._complain(tick, name, f"ended with {status}")

    def _chosen(self, names: dict[int, list[str]]) -> Iterator[tuple[int, int, str]]:
        """Yield (tick, number, name) of the boundaries to disturb."""
        known: set[tuple[str, ...]] = set()
        said = 0
        for tick in TICKS:
            quiet = tuple(names[tick]) in known and len(self.life.lines[tick]) == said
            known.add(tuple(names[tick]))
            said = len(self.life.lines[tick])
            self.tally.boundaries += len(names[tick])
            if tick not in self.ticks:
                continue
            for at, name in enumerate(names[tick]):
                if not quiet or (at + tick) % STRIDE == 0:
                    yield tick, at, name

    def _undisturbed(self) -> Undisturbed:
        life = Undisturbed({}, {}, {}, {}, {})
        home = self._broken(Home(self.folder / "undisturbed", self.source))
        home.folder.mkdir()
        for tick in TICKS:
            life.before[tick] = self.folder / f"before-{tick}"
            shutil.copytree(home.folder, life.before[tick])
            steps, statements = Boundaries(), Boundaries()
            live(home, [tick], steps=steps, statements=statements)
            life.steps[tick], life.statements[tick] = steps.names, statements.names
            life.after[tick], life.lines[tick] = remember(home), delivered(home)
        return life

    def _home(self, tick: int) -> Home:
        """Return a home as it was before ``tick``."""
        home = self._broken(Home(self.folder / "disturbed", self.source))
        shutil.rmtree(home.folder, ignore_errors=True)
        shutil.copytree(self.life.before[tick], home.folder)
        return home

    def _broken(self, home: Home) -> Home:
        return Home(home.folder, home.source, self.breakage) if self.breakage else home

    def _go_on(self, home: Home, tick: int, name: str) -> None:
        """Let the life go on after it was disturbed, and compare."""
        whole = self.tally.disturbed % WHOLE == WHOLE - 1
        self._count(name, whole=whole)
        for later in TICKS[TICKS.index(tick) :]:
            report = live(home, [later], again=int(later == tick))[0]
            if held := [metric.held for metric in report.metrics if metric.held]:
                self._complain(tick, name, f"at {later} a metric was held by {held[0]}")
            if not whole and self._agrees(home, later):
                break
        self._compare(home, later, tick, name)

    def _agrees(self, home: Home, tick: int) -> bool:
        ours, theirs = once(delivered(home))[0], self.life.lines[tick]
        return [*map(said, ours)] == [*map(said, theirs)] and remember(home) == self.life.after[
            tick
        ]

    def _compare(self, home: Home, end: int, tick: int, name: str) -> None:
        for table, rows in remember(home).items():
            if difference := _difference(rows, self.life.after[end][table]):
                self._complain(tick, name, f"{table} differ: {difference}")
        wanted = [said(line) for line in self.life.lines[end]]
        got = self._expect_said(home, {*wanted}, {*wanted}, tick=tick, name=name)
        if sorted(got) == sorted(wanted) and _by_channel(got) != _by_channel(wanted):
            self._complain(tick, name, "the messages came in another order")

    def _expect_said(
        self,
        home: Home,
        least: set[tuple[str, ...]],
        most: set[tuple[str, ...]],
        *,
        tick: int,
        name: str,
    ) -> list[tuple[str, ...]]:
        """Complain of what was lost, and of what should not have been said; return the rest."""
        lines, copies = once(delivered(home))
        self.tally.repeated += len(copies)
        self.tally.most_repeated = max(self.tally.most_repeated, len(copies))
        got = [said(line) for line in lines]
        self.tally.lost += len(least - {*got})
        if lost := least - {*got}:
            self._complain(tick, name, f"lost {sorted(lost)}")
        if more := Counter(got) - Counter(most):
            self._complain(tick, name, f"said {sorted(more)}, which nobody should")
        return got

    def _expect_killed(self, status: int, tick: int, name: str) -> None:
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            self._complain(tick, name, f"was not killed, but ended with {status}")

    def _count(self, name: str, *, whole: bool) -> None:
        self.tally.disturbed += 1
        self.tally.kinds[name] += 1
        self.tally.whole += whole

    def _complain(self, tick: int, name: str, problem: str) -> None:
        self.tally.problems.append(f"tick {tick}, {name}: {problem}")


def forked(act: Callable[[], object]) -> int:
    """Return how a process ended that did ``act`` and nothing else, as ``os.waitpid`` says it."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        act()
        os._exit(0)
    except BaseException:  # noqa: BLE001  # nothing may get out of a forked process
        traceback.print_exc()
    finally:
        os._exit(1)


def remember(home: Home) -> Memory:
    """Return everything that is stored, but for wall times, lease tokens and row numbers."""
    memory: Memory = {}
    with closing(sqlite3.connect(home.database)) as connection:
        for table, sql in _TABLES.items():
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            kept = [at for at, name in enumerate(names) if name not in _UNTIMED]
            memory[table] = [tuple(row[at] for at in kept) for row in cursor]
    calm = encode(RunErrors())  # a failed run that is over leaves this behind
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
    about = ["channel", "metric", "kind", "about"]
    if line["about"] != "error":
        about += ["key", "step", "series", "late", "over"]
    return tuple(str(line[name]) for name in about)


def _by_channel(messages: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Order messages by channel and metric only: within these, their order has to be kept."""
    return sorted(messages, key=lambda message: message[:2])


def _difference(ours: list[Any], theirs: list[Any]) -> str:
    more = [row for row in ours if row not in theirs]
    less = [row for row in theirs if row not in ours]
    if ours == theirs:
        return ""
    return f"{len(more)} unexpected {more[:1]}, {len(less)} missing {less[:1]}"[:600]


def _fail(name: str) -> None:
    """Raise what such a part raises; a channel whose answer got lost may be asked again."""
    kinds: dict[str, Callable[[str], DetectKError]] = {
        "alerter": lambda text: AlertError(text, retryable=name.startswith("after")),
        "collector": CollectError,
        "detector": DetectError,
    }
    part = name.split()[1].partition(".")[0]
    raise kinds.get(part, StorageError)("told to fail")


def main() -> None:
    """Sweep as asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", choices=_SWEEPS)
    parser.add_argument("--broken", default="", choices=("", *BREAKAGES))
    parser.add_argument("--ticks", default="")
    given = parser.parse_args()
    ticks = [int(tick) for tick in given.ticks.split(",") if tick]
    logging.disable()
    clock = SystemClock()
    began = clock.monotonic()
    sweep = Sweep(given.folder, broken=given.broken, ticks=ticks)
    act: dict[str, Callable[[], None]] = {
        "missed": sweep.missed,
        "processes": sweep.processes,
        "faults": sweep.fault,
        "disk": sweep.disk,
    }
    act.get(given.what, lambda: sweep.kill(given.what))()
    sweep.tally.seconds = clock.monotonic() - began
    sys.stdout.write(json.dumps(vars(sweep.tally)))


if __name__ == "__main__":
    main()
