"""Write the demo's project: an ordinary one, to be read, changed and run by hand."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

__all__ = ["write_project"]


def write_project(folder: Path, *, overwrite: bool) -> list[Path]:
    """Write the project's files into ``folder`` and return the metrics among them.

    Args:
        folder: Made when it is not there.
        overwrite: Replace files that are there, edited or not.
    """
    metrics = []
    for name, source in _walk(files("detectk.demo").joinpath("project")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if overwrite or not target.exists():
            target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        if target.parent.name == "metrics":
            metrics.append(target)
    return sorted(metrics)


def _walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, f"{name}/")
        elif name.endswith(".yaml"):
            yield name, entry
