"""Find the project a file belongs to, and read its ``detectk_project.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from detectk.config.layers import Layer, merge, validate
from detectk.config.problems import Problems
from detectk.config.redaction import Redactor
from detectk.config.text_file import read_text
from detectk.config.yaml_tree import Tree, parse
from detectk.errors import ConfigError, Place

__all__ = ["PROJECT_FILES", "Project", "ProjectConfig", "Projects", "read_project"]

PROJECT_FILES: Final = ("detectk_project.yaml", "detectk_project.yml")
_MARKS: Final = (*PROJECT_FILES, "detectk_profiles.yaml", "detectk_profiles.yml")


class ProjectConfig(BaseModel):
    """What ``detectk_project.yaml`` may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = ""
    description: str = ""
    version: str | int | float = ""
    alerting: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """What a folder of metrics shares.

    Attributes:
        root: Nearest ancestor with a project or profiles file, else the config's folder.
        home: Where the embedded database is: ``DETECTK_HOME``, else ``<root>/.detectk``.
        name: The project's name; empty without a project file.
        tree: The project file, None without one.
    """

    root: Path
    home: Path
    name: str = ""
    tree: Tree | None = None

    @property
    def has_alerting(self) -> bool:
        """Whether the project has defaults for ``alerting:``."""
        return self.tree is not None and bool(self.tree.root.get("alerting"))


class Projects:
    """Finds projects; each folder is searched once.

    Args:
        environ: The environment, for ``DETECTK_HOME``.
        root: The project's root, when the caller knows it.
    """

    def __init__(self, environ: Mapping[str, str], root: Path | None = None) -> None:
        self._environ = environ
        self._root = root
        self._roots: dict[Path, Path] = {}
        self._projects: dict[Path, Project] = {}

    def find(self, folder: Path) -> Project:
        """Return the project of the files in ``folder``, an absolute path.

        Raises:
            ConfigError: The project file is wrong.
        """
        root = self._root or self._roots.get(folder)
        if root is None:
            root = self._roots[folder] = _root(folder)
        if root not in self._projects:
            self._projects[root] = self._read(root)
        return self._projects[root]

    def _read(self, root: Path) -> Project:
        home = self._environ.get("DETECTK_HOME")
        project = Project(root, Path(home).expanduser() if home else root / ".detectk")
        path = next((root / name for name in PROJECT_FILES if (root / name).is_file()), None)
        if path is None:
            return project
        config, tree = read_project(path)
        return replace(project, name=config.name, tree=tree)


def read_project(path: Path) -> tuple[ProjectConfig, Tree]:
    """Return what a project file says, references unresolved, and where it says it.

    Raises:
        ConfigError: The file cannot be read, or is wrong.
    """
    shown = str(path)
    tree = parse(read_text(path, shown), shown)
    if tree.root is None:
        return ProjectConfig(), replace(tree, root={})
    if not isinstance(tree.root, dict):
        raise ConfigError("is not a mapping", where=Place(shown, 1, 1), hint="write key: value")
    problems = Problems(Redactor())
    config = validate(ProjectConfig, merge([Layer("project", tree.root, tree, ())]), problems)
    problems.settle()
    return config or ProjectConfig(), tree


def _root(folder: Path) -> Path:
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).is_file() for mark in _MARKS):
            return candidate
    return folder
