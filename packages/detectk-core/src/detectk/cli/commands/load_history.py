"""``dtk load-history``: load the past in batches; go on where it stopped; never tell anybody."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from detectk.cli.failures import error_objects, worst_code
from detectk.cli.moments import read_moment
from detectk.cli.settings import JsonOption, Output
from detectk.cli.targets import ExcludeOption, PathsArgument, SelectOption, load_all, narrow
from detectk.console.log import about
from detectk.console.printing import json_object, line
from detectk.console.progress import progress
from detectk.errors import ConfigError, DetectKError, LeaseHeldError
from detectk.template.words import count, period

if TYPE_CHECKING:
    from detectk.check import Checker
    from detectk.config import MetricConfig
    from detectk.pipeline import Batch, Loaded

__all__ = ["load_history"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Load:
    """What became of one metric's load."""

    config: MetricConfig
    batches: Sequence[Batch] = ()
    loaded: Loaded | None = None
    cost: str = ""
    error: DetectKError | None = None


def load_history(  # noqa: PLR0913 - one parameter an option
    *,
    paths: PathsArgument = None,
    start: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="TIME",
            show_default=False,
            help="Instead of schedule.start_time; without a zone it is in schedule.timezone.",
        ),
    ] = "",
    end: Annotated[
        str,
        typer.Option(
            "--to", metavar="TIME", show_default=False, help="Instead of schedule.end_time."
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Ask again for what is there already.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked; ask nothing.")
    ] = False,
    skip_detection: Annotated[
        bool, typer.Option("--skip-detection", help="Keep points only, judge nothing.")
    ] = False,
    select: SelectOption = None,
    exclude: ExcludeOption = None,
    output: JsonOption = Output.text,
) -> int:
    """Load the past in batches, go on where it stopped, and never tell anybody.

    Of a folder, the metrics with a schedule.start_time are loaded; with --from, all of them.
    """
    from detectk.check import Checker

    found = load_all(paths)
    every = narrow((*found.load_definitions, *found.configs), select, exclude)
    loads: list[_Load] = []
    with Checker() as checker:
        for config in _wanted(every, start):
            with about(config.name):
                loads.append(
                    _one(
                        checker,
                        config,
                        between=_between(config, start, end),
                        force=force,
                        dry_run=dry_run,
                        detect=not skip_detection,
                    )
                )
    errors = list(found.errors)
    if not loads and not errors:
        hint = "write schedule.start_time into a file, or add --from"
        errors.append(ConfigError("there is no history to load", hint=hint))
    for error in errors:
        _log.error("%s", error)
    code = _code(loads, errors)
    if output is Output.json:
        metrics = [_object(load) for load in loads]
        said = error_objects(errors)
        json_object({"schema": 1, "exit_code": code, "metrics": metrics, "errors": said})
    else:
        for load in loads:
            for text in _told(load, dry_run=dry_run):
                line(text)
    return code


def _wanted(configs: Sequence[MetricConfig], start: str) -> list[MetricConfig]:
    """Return one definition a metric, a load definition before the live file."""
    by_name: dict[str, MetricConfig] = {}
    for config in configs:
        by_name.setdefault(config.name, config)
    with_start = [config for config in by_name.values() if start or config.schedule.start_time]
    return with_start or list(by_name.values())


def _between(config: MetricConfig, start: str, end: str) -> tuple[datetime | None, datetime | None]:
    zone = config.schedule.timezone
    return (
        read_moment(start, option="--from", zone=zone) if start else None,
        read_moment(end, option="--to", zone=zone) if end else None,
    )


def _one(
    checker: Checker,
    config: MetricConfig,
    *,
    between: tuple[datetime | None, datetime | None],
    force: bool,
    dry_run: bool,
    detect: bool,
) -> _Load:
    start, end = between
    try:
        batches = checker.batches(config, start=start, end=end, force=force)
        if dry_run:
            cost = checker.cost(config, batches[0]) if batches else ""
            return _Load(config, batches, cost=cost)
        with progress(config.name, len(batches)) as advance:
            done = 0

            def moved(now: int, _all: int) -> None:
                nonlocal done
                advance(now - done)
                done = now

            loaded = checker.load(
                config, start=start, end=end, force=force, detect=detect, progress=moved
            )
    except DetectKError as error:
        _log.error("%s", error)
        _log.debug("traceback", exc_info=error)
        return _Load(config, error=error)
    if loaded.changed and not force:
        _log.warning("the stored past was loaded by another query; --force loads it again")
    _log.info("History loaded: %d datapoints", loaded.rows)
    return _Load(config, batches, loaded)


def _code(loads: Sequence[_Load], errors: Sequence[DetectKError]) -> int:
    failed = [load.error for load in loads if load.error]
    held = [error for error in failed if isinstance(error, LeaseHeldError)]
    if held and len(held) < len(loads):
        failed = [error for error in failed if error not in held]
    return worst_code([*errors, *failed])


def _told(load: _Load, *, dry_run: bool) -> Iterator[str]:
    name = load.config.name
    if load.error:
        said = str(load.error).removeprefix(f"{name}: ")
        yield f"{name}: error, {said}"
    elif dry_run:
        yield f"{name}: {count(len(load.batches), 'batch', 'batches')} to load"
        for batch in load.batches:
            zone = load.config.schedule.timezone
            yield f"  {period(batch.window.start, batch.window.end, zone)}"
        if load.cost:
            yield f"  cost of the first: {load.cost}"
    elif load.loaded and not load.loaded.batches:
        yield f"{name}: everything is loaded already; --force asks again"
    elif load.loaded:
        points = count(load.loaded.rows, "point")
        batches = count(load.loaded.batches, "batch", "batches")
        verdicts = count(load.loaded.verdicts, "verdict")
        yield f"{name}: loaded {points} in {batches}, {verdicts}"


def _object(load: _Load) -> dict[str, object]:
    loaded = load.loaded
    return {
        "metric": load.config.name,
        "path": str(load.config.path),
        "batches": [
            {"start": one.window.start.isoformat(), "end": one.window.end.isoformat()}
            for one in load.batches
        ],
        "cost": load.cost or None,
        "points": loaded.rows if loaded else 0,
        "verdicts": loaded.verdicts if loaded else 0,
        "query_changed": loaded.changed if loaded else False,
        "error": error_objects([load.error])[0] if load.error else None,
    }
