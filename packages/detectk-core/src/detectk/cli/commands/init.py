"""``dtk init``: write a metric that validates and runs as it is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from detectk.cli.scaffold.files import write
from detectk.cli.scaffold.metric import NewMetric
from detectk.cli.scaffold.sample import SAMPLE, make_sample
from detectk.cli.targets import current_folder
from detectk.clock import SystemClock
from detectk.console.printing import line
from detectk.errors import ConfigError
from detectk.plugin import Catalogue

__all__ = ["init", "new_metric"]

_SUFFIXES = (".yaml", ".yml")


def init(
    *,
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]", show_default=False, help="The file to write; my_metric.yaml."
        ),
    ] = None,
    detector: Annotated[
        str, typer.Option("--detector", "-d", metavar="TYPE", help="See dtk list-detectors.")
    ] = "mad",
    query: Annotated[
        Path | None,
        typer.Option("--query", metavar="FILE.sql", show_default=False, help="Your own query."),
    ] = None,
    profile: Annotated[
        str,
        typer.Option("--profile", metavar="NAME", show_default=False, help="Your own database."),
    ] = "",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is there.")
    ] = False,
) -> int:
    """Write a metric that validates and runs as it is, on a small sample database.

    Then edit it: the comments say what to change for a database of your own.
    """
    file = path or Path(current_folder(), "my_metric.yaml")
    if file.is_dir():
        file = file / "my_metric.yaml"
    if file.suffix not in _SUFFIXES:
        file = file.with_name(f"{file.name}.yaml")
    text = _read(query) if query else ""
    new_metric(file, detector, query=text, profile=profile, overwrite=overwrite)
    line(f"wrote {file}; next:")
    for verb in ("validate", "preview", "run"):
        line(f"  dtk {verb} {file}")
    return 0


def new_metric(
    file: Path, detector: str, *, query: str = "", profile: str = "", overwrite: bool = False
) -> None:
    """Write a metric's file, and the sample database where it needs one.

    Raises:
        DetectKError: The detector is not installed, or a file cannot be written.
    """
    found = Catalogue.default().find("detector", detector, where="--detector")
    if found.alias:
        detector = found.component.name
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", file.stem)
    database = _database(profile, file) if profile else ""
    metric = NewMetric(name, str(file), detector, query, profile, database)
    write(file, metric.text(), overwrite=overwrite)
    if not profile:
        make_sample(_root(file) / SAMPLE, SystemClock().now())


def _read(query: Path) -> str:
    try:
        return query.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot be read: {error}", where=f"--query {query}", hint="give a file of SQL"
        ) from error


def _database(profile: str, file: Path) -> str:
    """Return the type that a profile names; empty where it has none, or is not there yet."""
    from detectk.config.profiles import Profiles

    try:
        found = Profiles(os.environ).find(profile, Path.cwd().joinpath(file).parent)
    except ConfigError:
        return ""
    return str(found.values.get("type", ""))


def _root(file: Path) -> Path:
    """Return the folder from which the metric's relative paths are seen."""
    from detectk.config.project import Projects

    return Projects(os.environ).find(Path.cwd().joinpath(file).parent).root
