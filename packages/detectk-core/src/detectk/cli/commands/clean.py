"""``dtk clean``: delete what is older than each metric's retention; say first what that is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from detectk.cli.failures import error_objects, worst_code
from detectk.cli.settings import JsonOption, Output
from detectk.cli.targets import ExcludeOption, PathsArgument, SelectOption, load_all, narrow
from detectk.console.printing import json_object, line
from detectk.errors import ConfigError
from detectk.template.words import count

if TYPE_CHECKING:
    from detectk.check import Cleaned

__all__ = ["clean"]

_log = logging.getLogger(__name__)

_FEW: Final = 5


def clean(
    *,
    paths: PathsArgument = None,
    execute: Annotated[
        bool, typer.Option("--execute", help="Delete; without it, only say what would go.")
    ] = False,
    orphans: Annotated[
        bool,
        typer.Option(
            "--orphans",
            help="Also what no file of the project has: stored metrics, verdicts of old detectors.",
        ),
    ] = False,
    select: SelectOption = None,
    exclude: ExcludeOption = None,
    output: JsonOption = Output.text,
) -> int:
    """Delete points and verdicts that are older than they have to be kept.

    How long is said by storage.datapoints_retention_days and storage.detections_retention_days,
    90 days each unless a file says otherwise. A changed parameter makes another detector; the
    verdicts of the old one stay until --orphans. Without --execute nothing is deleted.
    """
    from detectk.check import Checker

    if orphans and (paths or select or exclude):
        # Whatever is not named here would be deleted.
        raise ConfigError(
            "--orphans needs every metric, so it cannot go with PATH, --select or --exclude",
            hint="leave one of them out",
        )
    loaded = load_all(paths)
    errors = list(loaded.errors)
    if orphans and errors:
        # A metric whose file cannot be read is not an orphan.
        raise errors[0]
    files = (*loaded.load_definitions, *loaded.configs)
    with Checker() as checker:
        found = checker.clean(narrow(files, select, exclude), execute=execute, orphans=orphans)
    all_named = not (paths or select or exclude)
    if not all_named:  # the file that has a detector may be one of the others
        found = [replace(one, detectors=(), orphaned=0) for one in found]
    errors += [one.error for one in found if one.error]
    for error in errors:
        _log.error("%s", error)
    for one in found:
        if one.warning:
            _log.warning("%s", one.warning, extra={"metric": one.metric})
    code = worst_code(errors)
    if output is Output.json:
        json_object(
            {
                "schema": 1,
                "exit_code": code,
                "executed": execute,
                "metrics": [_object(one) for one in found],
                "errors": error_objects(errors),
            }
        )
    else:
        _show(found, execute=execute, orphans=orphans, all_named=all_named)
    return code


def _show(found: Sequence[Cleaned], *, execute: bool, orphans: bool, all_named: bool) -> None:
    points = verdicts = left = 0
    for one in found:
        points += one.pruned.points
        verdicts += one.pruned.verdicts
        if orphans:
            verdicts += one.orphaned
        else:
            left += one.orphaned
        if one.error:
            line(f"{one.metric}: error, {one.error.message}")
        elif one.pruned.points or one.pruned.verdicts:
            line(f"{one.metric}: {_rows(one.pruned.points, one.pruned.verdicts)}{_age(one)}")
        if one.orphaned:
            line(f"{one.metric}: {_orphaned(one)}")
    strangers = [one.metric for one in found if one.retention is None and not one.error]
    if strangers and all_named and not orphans:
        names = ", ".join(strangers[:_FEW]) + (", ..." if len(strangers) > _FEW else "")
        line(f"left alone: {count(len(strangers), 'stored metric')} in no file here ({names});")
        line("  --orphans deletes them too")
    if left:
        line(f"left alone: {count(left, 'verdict')} of detectors in no file here;")
        line("  --orphans deletes them too")
    if not (points or verdicts):
        line("nothing is too old")
    elif execute:
        line(f"deleted {_rows(points, verdicts)}")
    else:
        line(f"{_rows(points, verdicts)} would go; nothing was deleted, add --execute")


def _rows(points: int, verdicts: int) -> str:
    return f"{count(points, 'point')} and {count(verdicts, 'verdict')}"


def _orphaned(one: Cleaned) -> str:
    ids = ", ".join(one.detectors[:_FEW]) + (", ..." if len(one.detectors) > _FEW else "")
    detectors = count(len(one.detectors), "detector")
    return f"{count(one.orphaned, 'verdict')} of {detectors} that no file has ({ids})"


def _age(one: Cleaned) -> str:
    if one.retention is None:
        return ", all there is: no file names it"
    kept = one.retention
    text = f", points before {kept.points_before:%Y-%m-%d}"
    if kept.verdicts_before.date() != kept.points_before.date():
        text += f", verdicts before {kept.verdicts_before:%Y-%m-%d}"
    return text


def _object(one: Cleaned) -> dict[str, object]:
    kept = one.retention
    return {
        "metric": one.metric,
        "points": one.pruned.points,
        "verdicts": one.pruned.verdicts,
        "points_before": kept.points_before.isoformat() if kept else None,
        "verdicts_before": kept.verdicts_before.isoformat() if kept else None,
        "orphan": kept is None,
        "orphaned_detectors": list(one.detectors),
        "orphaned_verdicts": one.orphaned,
        "error": error_objects([one.error])[0] if one.error else None,
    }
