"""``dtk list-metrics``: the metrics of a folder."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from detectk.cli.failures import error_objects, worst_code
from detectk.cli.settings import JsonOption, Output
from detectk.cli.targets import ExcludeOption, SelectOption, load_all
from detectk.console.printing import json_object, line, table
from detectk.template.words import count

if TYPE_CHECKING:
    from detectk.config import MetricConfig

__all__ = ["list_metrics"]

_log = logging.getLogger(__name__)


def list_metrics(  # noqa: PLR0913 - one parameter an option
    *,
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="[DIR]", show_default=False, help="Where to look; the current project."
        ),
    ] = None,
    path: Annotated[
        str, typer.Option("--path", "-p", metavar="DIR", show_default=False, help="The same.")
    ] = "",
    details: Annotated[bool, typer.Option("--details", help="Say all there is to each.")] = False,
    validate: Annotated[
        bool, typer.Option("--validate", help="Exit with 2 or 3 when a file is wrong.")
    ] = False,
    collector: Annotated[
        str, typer.Option("--collector", metavar="TYPE", show_default=False, help="Only of it.")
    ] = "",
    tags: Annotated[
        list[str] | None,
        typer.Option("--tags", metavar="TAG", show_default=False, help="Any of them; repeat it."),
    ] = None,
    match_all_tags: Annotated[
        bool, typer.Option("--match-all-tags", help="All of the tags, not any.")
    ] = False,
    select: SelectOption = None,
    exclude: ExcludeOption = None,
    output: JsonOption = Output.text,
) -> int:
    """List the metrics of a folder, all the way down; files that are no metrics are left out."""
    from detectk.config import select as chosen
    from detectk.config import select_tagged

    where = folder or path
    loaded = load_all([where] if where else None)
    configs: Iterable[MetricConfig] = (*loaded.configs, *loaded.load_definitions)
    configs = select_tagged(configs, tags or (), match_all=match_all_tags)
    configs = chosen(configs, select or (), exclude or ())
    if collector:
        configs = [c for c in configs if collector in (c.collector.type, c.collector.written)]
    code = worst_code(loaded.errors) if validate else 0
    if output is Output.json:
        found = [_object(config) for config in configs]
        errors = error_objects(loaded.errors)
        json_object({"schema": 1, "exit_code": code, "metrics": found, "errors": errors})
        return code
    if details:
        for config in configs:
            line("\n".join(_details(config)) + "\n")
    elif configs:
        line(
            table(("metric", "every", "from", "judged by", "told", "tags", "file"), _rows(configs))
        )
    for error in loaded.errors:
        _log.error("%s", error)
    wrong = f", {count(len(loaded.errors), 'error')} in files" if loaded.errors else ""
    line(f"{count(len(configs), 'metric')}{wrong}")
    return code


def _rows(configs: Iterable[MetricConfig]) -> list[tuple[str, ...]]:
    return [
        (
            config.name,
            config.schedule.interval,
            config.collector.written,
            ", ".join(detector.written for detector in config.detectors),
            "load only" if config.is_load_definition else _told(config),
            ", ".join(config.tags),
            str(config.path),
        )
        for config in configs
    ]


def _told(config: MetricConfig) -> str:
    live = (alerter.type for alerter in config.alerters if alerter.enabled)
    return ", ".join(kind for kind in live if kind) or "nobody"


def _details(config: MetricConfig) -> Iterator[str]:
    yield config.name
    facts = {
        "about": config.description,
        "file": str(config.path),
        "every": f"{config.schedule.interval}, {config.schedule.timezone}",
        "from": config.collector.written,
        "judged by": ", ".join(detector.written for detector in config.detectors),
        "told": "load only" if config.is_load_definition else _told(config),
        "kept in": config.storage.type or f"{config.project.home / 'detectk.db'}",
        "tags": ", ".join(config.tags),
        **{name: str(value) for name, value in config.metadata.items()},
    }
    width = max(map(len, facts))
    yield from (f"  {label:<{width}}  {text}" for label, text in facts.items() if text)
    yield from (f"  warning: {warning}" for warning in config.warnings)


def _object(config: MetricConfig) -> dict[str, object]:
    return {
        "metric": config.name,
        "path": str(config.path),
        "description": config.description,
        "tags": list(config.tags),
        "interval": config.schedule.interval,
        "timezone": config.schedule.timezone,
        "collector": config.collector.type,
        "detectors": [detector.type for detector in config.detectors],
        "alerters": [a.type for a in config.alerters if a.enabled and a.type],
        "storage": config.storage.type,
        "load_definition": config.is_load_definition,
        "metadata": config.metadata,
        "warnings": list(config.warnings),
    }
