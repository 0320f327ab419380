"""``dtk run-tagged``: check the metrics that have given tags, for schedulers that group by tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from detectk.cli.settings import JsonOption, Output, TimeOption
from detectk.cli.targets import load_all
from detectk.errors import ConfigError

if TYPE_CHECKING:
    from detectk.config import Loaded

__all__ = ["run_tagged"]


def run_tagged(  # noqa: PLR0913 - one parameter an option
    *,
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="[DIR]", show_default=False, help="Where to look; the current project."
        ),
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tags", metavar="TAG", show_default=False, help="May be repeated."),
    ] = None,
    exclude_tags: Annotated[
        list[str] | None,
        typer.Option("--exclude-tags", metavar="TAG", show_default=False, help="May be repeated."),
    ] = None,
    match_all: Annotated[
        bool, typer.Option("--match-all", help="Metrics with all of the tags, not any.")
    ] = False,
    execution_time: TimeOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Collect and judge; keep and send nothing.")
    ] = False,
    fail_on_anomaly: Annotated[
        bool, typer.Option("--fail-on-anomaly", help="Exit with 1 when there is an anomaly.")
    ] = False,
    parallel: Annotated[  # noqa: ARG001 - accepted from the first release
        bool, typer.Option("--parallel", help="Sources are asked side by side in any case.")
    ] = False,
    output: JsonOption = Output.text,
) -> int:
    """Check the metrics that have given tags, once."""
    from detectk.cli.checking import Wish, check
    from detectk.config import select_tagged

    if not tags and not exclude_tags:
        raise ConfigError("no tag is given", where="run-tagged", hint="add --tags, or use dtk run")
    loaded = load_all([folder] if folder else None)
    configs = select_tagged(
        loaded.configs, tags or (), match_all=match_all, exclude=exclude_tags or ()
    )
    if loaded.configs and not configs:
        raise _no_match(loaded, [*(tags or ()), *(f"without {tag}" for tag in exclude_tags or ())])
    wish = Wish(execution_time, dry_run, fail_on_anomaly, output)
    return check(configs, loaded, wish)


def _no_match(loaded: Loaded, asked: list[str]) -> ConfigError:
    there = sorted({tag for config in loaded.configs for tag in config.tags})
    return ConfigError(
        f"none of {len(loaded.configs)} metrics has the tags {', '.join(asked)}",
        hint=f"there are {', '.join(there)}" if there else "no metric has tags",
    )
