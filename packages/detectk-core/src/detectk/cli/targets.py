"""Which metrics a command is about: files, folders, patterns, or the current project."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detectk.errors import ConfigError

if TYPE_CHECKING:
    from detectk.config import ConfigLoader, Loaded, MetricConfig

__all__ = [
    "ExcludeOption",
    "PathsArgument",
    "SelectOption",
    "current_folder",
    "find_metric",
    "load_all",
    "narrow",
]

_MARKS = ("detectk_project", "detectk_profiles")
_SUFFIXES = (".yaml", ".yml")

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH]...",
        show_default=False,
        help="Files, folders or patterns; the current project when there is none.",
    ),
]
SelectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        "-s",
        metavar="SELECTOR",
        show_default=False,
        help="Only these: name, pattern, tag:X, type:X or a file; may be repeated.",
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        "-e",
        metavar="SELECTOR",
        show_default=False,
        help="All but these; may be repeated.",
    ),
]


def current_folder() -> str:
    """Return where metrics are looked for when no path is given, relative to here if it can be.

    That is ``metrics`` of the nearest project, else ``./metrics``, else here.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if any((folder / f"{mark}{suffix}").is_file() for mark in _MARKS for suffix in _SUFFIXES):
            inner = folder / "metrics"
            return os.path.relpath(inner if inner.is_dir() else folder)
    return "metrics" if Path("metrics").is_dir() else "."


def load_all(paths: Sequence[str] | None, loader: ConfigLoader | None = None) -> Loaded:
    """Load what ``paths`` name, or the current project; errors are among the results."""
    from detectk.config import ConfigLoader

    return (loader or ConfigLoader()).load_many(paths or [current_folder()])


def narrow(
    configs: Sequence[MetricConfig],
    select: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
) -> list[MetricConfig]:
    """Return the metrics that are selected.

    Raises:
        ConfigError: There are metrics, and none is left.
    """
    from detectk.config import select as chosen

    left = chosen(configs, select or (), exclude or ())
    if configs and not left:
        asked = " ".join([*(select or ()), *(f"without {one}" for one in exclude or ())])
        raise ConfigError(
            f"none of {len(configs)} metrics matches {asked}",
            hint="dtk list-metrics shows names and tags",
        )
    return left


def find_metric(name: str) -> MetricConfig:
    """Return the metric of a file, or the one of that name in the current project.

    Raises:
        DetectKError: There is none, or its file is wrong.
    """
    from detectk.config import ConfigLoader

    loader = ConfigLoader()
    if Path(name).is_file() or name.endswith(_SUFFIXES) or os.sep in name:
        return loader.load(name)
    folder = current_folder()
    loaded = loader.load_many([folder])
    metrics = (*loaded.configs, *loaded.load_definitions)
    for config in metrics:
        if config.name == name:
            return config
    broken = [error for error in loaded.errors if _names(error.where, name)]
    if broken:
        raise broken[0]
    near = get_close_matches(name, [config.name for config in metrics], n=1)
    raise ConfigError(
        f"there is no metric {name!r} in {folder}",
        hint=f"did you mean {near[0]!r}?" if near else "give its file, or see dtk list-metrics",
    )


def _names(where: object, name: str) -> bool:
    return Path(str(getattr(where, "path", where))).stem == name
