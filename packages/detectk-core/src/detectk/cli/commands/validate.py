"""``dtk validate``: what is wrong with files, without running them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from detectk.cli.failures import error_objects, worst_code
from detectk.cli.settings import JsonOption, Output
from detectk.cli.targets import ExcludeOption, PathsArgument, SelectOption, load_all, narrow
from detectk.console.printing import json_object, line
from detectk.errors import ConfigError, DetectKError
from detectk.template.words import count

if TYPE_CHECKING:
    from detectk.check import Connection
    from detectk.config import Loaded, MetricConfig

__all__ = ["validate"]

_UNREACHED = 4


def validate(
    *,
    paths: PathsArgument = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also ask every source and storage for an answer.")
    ] = False,
    select: SelectOption = None,
    exclude: ExcludeOption = None,
    output: JsonOption = Output.text,
) -> int:
    """Check files without running them; all that is wrong with a file is told at once."""
    loaded = load_all(paths)
    configs = narrow((*loaded.configs, *loaded.load_definitions), select, exclude)
    errors: list[DetectKError] = list(loaded.errors)
    if not configs and not errors:
        errors.append(ConfigError("there is no metric to validate", hint="give a file or a folder"))
    reached = _reach(configs) if connect else []
    unreached = _UNREACHED if any(not one.ok for one in reached) else 0
    code = worst_code(errors) or unreached
    if output is Output.json:
        json_object(_object(configs, errors, reached, loaded=loaded, code=code))
    else:
        _show(configs, errors, reached, loaded=loaded)
    return code


def _reach(configs: Sequence[MetricConfig]) -> list[Connection]:
    from detectk.check import Checker

    with Checker() as checker:
        return checker.health(configs)


def _show(
    configs: Sequence[MetricConfig],
    errors: Sequence[DetectKError],
    reached: Sequence[Connection],
    *,
    loaded: Loaded,
) -> None:
    for config in configs:
        line(f"{config.path}: ok")
        for warning in config.warnings:
            line(f"  warning: {warning}")
        for one in reached:
            if one.metric == config.name:
                state = "ok" if one.ok else "NO ANSWER"
                line(f"  {one.part} {one.type}: {state}, {one.detail}")
    for error in errors:
        line(str(error))
    parts = [f"{count(len(configs), 'metric')} valid"]
    parts += [count(len(errors), "error")] if errors else []
    parts += [f"{count(len(loaded.skipped), 'other file')} skipped"] if loaded.skipped else []
    silent = sum(not one.ok for one in reached)
    parts += [f"{count(silent, 'connection')} without an answer"] if silent else []
    line(", ".join(parts))


def _object(
    configs: Sequence[MetricConfig],
    errors: Sequence[DetectKError],
    reached: Sequence[Connection],
    *,
    loaded: Loaded,
    code: int,
) -> dict[str, object]:
    return {
        "schema": 1,
        "exit_code": code,
        "metrics": [
            {
                "metric": config.name,
                "path": str(config.path),
                "load_definition": config.is_load_definition,
                "warnings": list(config.warnings),
                "connections": [
                    {"part": one.part, "type": one.type, "ok": one.ok, "detail": one.detail}
                    for one in reached
                    if one.metric == config.name
                ],
            }
            for config in configs
        ],
        "errors": error_objects(errors),
        "skipped": [{"path": one.path, "reason": one.reason} for one in loaded.skipped],
    }
