"""Write the demo's project: an ordinary one, to be read, changed and run by hand."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

__all__ = ["write_project"]


def write_project(folder: Path, *, overwrite: bool) -> list[Path]:
    """Write the project's files into ``folder`` and return the metrics among them.

    Args:
        folder: Made when it is not there.
        overwrite: Replace files that are there, edited or not.
    """
    with as_file(files("detectk.demo").joinpath("project")) as project:
        for source in sorted(project.rglob("*.yaml")):
            target = folder / source.relative_to(project)
            target.parent.mkdir(parents=True, exist_ok=True)
            if overwrite or not target.exists():
                target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    return sorted((folder / "metrics").glob("*.yaml"))
