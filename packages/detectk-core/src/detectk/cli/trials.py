"""Try a detector on one file, or on many of which a bad one stops no other."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path

from detectk.check.detector_choice import Choice
from detectk.check.points import points_of_table
from detectk.check.table import STDIN, read_table, why
from detectk.check.trial import Judged, judge
from detectk.check.verdict_table import csv_text, write_csv
from detectk.cli.failures import error_objects, worst_code
from detectk.cli.trial_telling import show_chart, show_summary, trial_object, trial_sentence
from detectk.console.picture import require_pictures, save_picture
from detectk.console.printing import json_object, line
from detectk.console.progress import progress
from detectk.errors import ConfigError, DetectKError
from detectk.template.words import count
from detectk.values import Interval, Verdict

__all__ = ["Asked", "Shown", "try_all", "try_one"]

_log = logging.getLogger(__name__)

_FORMS = ("text", "json")
_NO_CSV = (".gz", ".jsonl", ".ndjson", ".parquet")


@dataclass(frozen=True, slots=True)
class Asked:
    """What holds for every input.

    Attributes:
        choice: The detector.
        interval: The grid; None to find one.
        timezone: IANA key.
        timestamp_column: Where the times are; empty to find it.
        value_column: Where the values are; empty to find it.
        gaps: Whether intervals without a row are written.
    """

    choice: Choice
    interval: Interval | None
    timezone: str
    timestamp_column: str
    value_column: str
    gaps: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """How the result of one input is shown.

    Attributes:
        output: The CSV to write, or ``text`` or ``json``; empty for what suits who reads.
        plot: Whether to draw it.
        picture: The picture to draw it to; empty for here.
    """

    output: str
    plot: bool
    picture: str

    @property
    def file(self) -> str:
        """The CSV to write; empty for none."""
        return "" if self.output in (*_FORMS, STDIN) else self.output

    @property
    def raw(self) -> bool:
        """Whether standard output is for the CSV."""
        return self.output == STDIN or not (self.output or self.plot or sys.stdout.isatty())


def try_one(source: str, asked: Asked, shown: Shown) -> int:
    """Judge one input, write and show what came of it, and return the exit code.

    Raises:
        DetectKError: It cannot be read, judged or written.
    """
    if shown.picture:
        require_pictures(f"--plot {shown.picture}")
    judged = _judged(source, asked)
    if shown.file:
        _write(judged, source, shown.file, gaps=asked.gaps)
    if shown.raw:
        _warn_of_holes(judged, gaps=asked.gaps)
        line(csv_text(judged, gaps=asked.gaps).removesuffix("\n"))
        return 0
    if shown.picture:
        _draw(judged, asked, shown.picture)
    elif shown.plot:
        show_chart(judged)
    if shown.output == "json":
        told = [trial_object(source, shown.file, judged, asked.choice)]
        json_object({"schema": 1, "exit_code": 0, "files": told, "errors": []})
        return 0
    show_summary(judged, asked.choice)
    for path in (shown.file, shown.picture):
        if path:
            line(f"wrote {path}")
    if not (shown.file or shown.plot):
        line("\n--output OUT.csv writes every point, --plot draws them")
    return 0


def try_all(listed: str, asked: Asked, *, output: str) -> int:
    """Judge the inputs of a list, write each to its output, and return the exit code.

    What goes wrong with an input is said at the end, and stops no other.

    Raises:
        ConfigError: The list itself cannot be read.
    """
    lines = _lines(listed)
    errors: list[DetectKError] = []
    told = []
    with progress("judging", len(lines)) as advance:
        for number, text in lines:
            try:
                source, target = _pair(text, f"{listed}:{number}")
                judged = _judged(source, asked)
                _write(judged, source, target, gaps=asked.gaps)
                told.append((source, target, judged))
                if output != "json":
                    line(trial_sentence(judged))
            except DetectKError as wrong:
                errors.append(wrong)
            advance(1)
    for error in errors:
        _log.error("%s", error)
    code = worst_code(errors)
    if output == "json":
        files = [trial_object(*one, asked.choice) for one in told]
        said = error_objects(errors)
        json_object({"schema": 1, "exit_code": code, "files": files, "errors": said})
    elif errors:
        line(f"{len(errors)} of {count(len(lines), 'file')} failed")
    return code


def _judged(source: str, asked: Asked) -> Judged:
    points = points_of_table(
        read_table(source),
        timezone=asked.timezone,
        timestamp_column=asked.timestamp_column,
        value_column=asked.value_column,
    )
    return judge(points, asked.choice, interval=asked.interval, timezone=asked.timezone)


def _write(judged: Judged, source: str, target: str, *, gaps: bool) -> None:
    if source != STDIN and Path(target).exists() and Path(target).samefile(source):
        raise ConfigError("is the input", where=target, hint="write to another file")
    if target.lower().endswith(_NO_CSV):
        raise ConfigError("what is written is a CSV", where=target, hint="end its name in .csv")
    _warn_of_holes(judged, gaps=gaps)
    write_csv(judged, target, gaps=gaps)


def _warn_of_holes(judged: Judged, *, gaps: bool) -> None:
    unwritten = int((judged.verdicts.verdict[judged.holes] == Verdict.ANOMALY).sum())
    if unwritten and not gaps:
        _log.warning(
            "%s: %s in intervals without a row; --gaps writes them",
            judged.points.where,
            count(unwritten, "anomaly", "anomalies"),
        )


def _draw(judged: Judged, asked: Asked, path: str) -> None:
    verdicts = judged.verdicts
    save_picture(
        path,
        verdicts.times,
        verdicts.value,
        verdicts.lower,
        verdicts.upper,
        verdicts.verdict == Verdict.ANOMALY,
        title=f"{judged.points.where}: {asked.choice.words}",
        zone=judged.placed.interval.zone,
    )


def _lines(listed: str) -> list[tuple[int, str]]:
    """Return the lines that hold something, numbered from 1."""
    try:
        text = sys.stdin.read() if listed == STDIN else Path(listed).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = why(error) if isinstance(error, OSError) else "is no UTF-8 text"
        raise ConfigError(f"cannot be read: {reason}", where=listed) from error
    numbered = enumerate(text.splitlines(), 1)
    return [(number, text) for number, text in numbered if text.strip()]


def _pair(text: str, where: str) -> tuple[str, str]:
    source, tab, target = text.partition("\t")
    if not (tab and source.strip() and target.strip()):
        raise ConfigError(f"{text!r} is no pair", where=where, hint="write INPUT, a tab, OUTPUT")
    return source.strip(), target.strip()
