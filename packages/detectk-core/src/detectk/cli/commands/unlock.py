"""``dtk unlock``: free metrics whose holder will not come back."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from detectk.cli.failures import error_objects, worst_code
from detectk.cli.settings import JsonOption, Output
from detectk.cli.targets import ExcludeOption, PathsArgument, SelectOption, load_all, narrow
from detectk.console.printing import json_object, line
from detectk.errors import ConfigError

__all__ = ["unlock"]

_log = logging.getLogger(__name__)


def unlock(
    *,
    paths: PathsArgument = None,
    every: Annotated[bool, typer.Option("--all", help="Every metric of the project.")] = False,
    select: SelectOption = None,
    exclude: ExcludeOption = None,
    output: JsonOption = Output.text,
) -> int:
    """Free metrics that a run holds which will not come back.

    A lease ends by itself after ten minutes. If its holder lives after all, what it still
    decides is refused and the next run decides again: nothing is lost or told twice.
    """
    from detectk.check import Checker

    if not (paths or select or every):
        raise ConfigError("nothing says which metrics", hint="name files, --select, or --all")
    loaded = load_all(paths)
    chosen = narrow(loaded.configs, select, exclude)
    with Checker() as checker:
        found = checker.unlock(chosen)
    errors = [*loaded.errors, *(one.error for one in found if one.error)]
    for error in errors:
        _log.error("%s", error)
    code = worst_code(errors)
    if output is Output.json:
        metrics = [{"metric": one.metric, "held_by": one.holder or None} for one in found]
        said = error_objects(errors)
        json_object({"schema": 1, "exit_code": code, "metrics": metrics, "errors": said})
        return code
    for one in found:
        if one.error:
            line(f"{one.metric}: error, {one.error.message}")
        elif one.holder:
            line(f"{one.metric}: freed, it was held by {one.holder}")
        else:
            line(f"{one.metric}: nobody held it")
    return code
