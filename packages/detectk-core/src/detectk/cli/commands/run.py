"""``dtk run``: check metrics once and exit."""

from __future__ import annotations

from typing import Annotated

import typer

from detectk.cli.settings import JsonOption, Output, TimeOption
from detectk.cli.targets import ExcludeOption, PathsArgument, SelectOption, load_all, narrow

__all__ = ["run"]


def run(  # noqa: PLR0913 - one parameter an option
    *,
    paths: PathsArgument = None,
    execution_time: TimeOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Collect and judge; keep and send nothing.")
    ] = False,
    fail_on_anomaly: Annotated[
        bool, typer.Option("--fail-on-anomaly", help="Exit with 1 when there is an anomaly.")
    ] = False,
    select: SelectOption = None,
    exclude: ExcludeOption = None,
    output: JsonOption = Output.text,
) -> int:
    """Check metrics once: collect what is new, judge it, tell who should know, exit.

    Every valid metric runs, whatever is wrong with the others.
    """
    from detectk.cli.checking import Wish, check

    loaded = load_all(paths)
    wish = Wish(execution_time, dry_run, fail_on_anomaly, output)
    return check(narrow(loaded.configs, select, exclude), loaded, wish)
