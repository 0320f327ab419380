"""``dtk demo``: the main job on real data, in a folder to keep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detectk.cli.settings import Settings
from detectk.errors import PluginError

__all__ = ["demo"]


def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where the project is made, and kept.")
    ] = Path("detectk-demo"),
    *,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Write its metrics and its source anew.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Go on with the history that is there.")
    ] = False,
) -> int:
    """Watch real anomalies being found: two months of flights from New York, lived hour by hour.

    Needs `pip install 'detectk[demo]'`; no server, and no network once that is installed.
    """
    if settings := ctx.find_object(Settings):
        settings.verbosity -= 1  # thousands of runs, each with its lines, would hide the story
        settings.apply()
    try:
        from detectk.demo import run
    except ImportError as error:
        raise PluginError(
            f"needs {error.name}", where="the demo", hint="pip install 'detectk[demo]'"
        ) from error
    return run(folder, fresh=fresh, keep=keep)
