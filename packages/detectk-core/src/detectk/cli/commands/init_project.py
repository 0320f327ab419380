"""``dtk init-project``: make a folder for metrics."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from detectk.cli.commands.init import new_metric
from detectk.cli.scaffold.files import write
from detectk.cli.scaffold.project import DATABASES, SPELLINGS, project_files
from detectk.console.printing import line
from detectk.errors import ConfigError

__all__ = ["init_project"]


def init_project(
    *,
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", show_default=False, help="Where; here.")
    ] = Path(),
    database: Annotated[
        str,
        typer.Option(
            "--database", "-d", metavar="NAME", help=f"One of {', '.join(sorted(DATABASES))}."
        ),
    ] = "sqlite",
    minimal: Annotated[bool, typer.Option("--minimal", help="Without a sample metric.")] = False,
    no_git: Annotated[bool, typer.Option("--no-git", help="Without a git repository.")] = False,
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="Ask for what is not given.")
    ] = False,
) -> int:
    """Make a project: metrics/, profiles, an environment to fill in, and a README."""
    if interactive:
        folder = Path(typer.prompt("Folder", default=str(folder)))
        database = typer.prompt(f"Database ({', '.join(sorted(DATABASES))})", default=database)
    chosen = SPELLINGS.get(database.lower(), database.lower())
    if chosen not in DATABASES:
        known = ", ".join(sorted(DATABASES))
        raise ConfigError(
            f"unknown database {database!r}", where="--database", hint=f"one of {known}"
        )
    name = folder.resolve().name or "metrics"
    for path, text in project_files(name, chosen).items():
        _keep_or_write(folder / path, text)
    if minimal:
        _keep_or_write(folder / "metrics" / ".gitkeep", "")
    elif not (folder / "metrics" / "sessions.yaml").exists():
        new_metric(folder / "metrics" / "sessions.yaml", "mad")
        line(f"wrote {folder / 'metrics' / 'sessions.yaml'} and its sample database")
    if not no_git:
        _start_git(folder)
    line("next:")
    if folder != Path():
        line(f"  cd {folder}")
    if not minimal:
        line("  dtk preview sessions")
        line("  dtk run")
    line("  dtk init metrics/orders.yaml --profile warehouse")
    return 0


def _keep_or_write(path: Path, text: str) -> None:
    if path.exists():
        line(f"kept {path}")
        return
    write(path, text)
    line(f"wrote {path}")


def _start_git(folder: Path) -> None:
    git = shutil.which("git")
    if not git:
        return
    inside = [git, "-C", str(folder), "rev-parse", "--is-inside-work-tree"]
    if subprocess.run(inside, capture_output=True, check=False).returncode:  # noqa: S603
        subprocess.run([git, "init", "-q", str(folder)], capture_output=True, check=False)  # noqa: S603
