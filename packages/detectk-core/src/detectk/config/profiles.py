"""Find connection profiles: the first file that has the name wins."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detectk.config.problems import near
from detectk.config.text_file import read_text
from detectk.config.yaml_tree import Keys, Tree, parse
from detectk.errors import ConfigError, Place

__all__ = ["PROFILE_FILES", "Profile", "Profiles", "read_profiles"]

PROFILE_FILES: Final = ("detectk_profiles.yaml", "detectk_profiles.yml")
_SYSTEM: Final = Path("/etc/detectk")


def read_profiles(path: Path) -> dict[str, Profile]:
    """Return every profile of a file, references unresolved.

    Raises:
        ConfigError: The file cannot be read, or a profile is not a mapping.
    """
    tree = _read(path)
    return {name: _profile(name, tree, keys) for name, keys in _entries(tree)}


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile, its references unresolved.

    Attributes:
        name: What the user calls it.
        tree: The file it stands in.
        keys: Where in it.
        values: What it holds.
    """

    name: str
    tree: Tree
    keys: Keys
    values: Mapping[str, Any]


class Profiles:
    """Looks profiles up; each file is read once.

    Args:
        environ: The environment, for ``DETECTK_PROFILES_PATH`` and ``HOME``.
        system: The folder of profiles for the whole machine.
    """

    def __init__(self, environ: Mapping[str, str], system: Path = _SYSTEM) -> None:
        self._environ = environ
        self._system = system
        self._trees: dict[Path, Tree | None] = {}
        self._found: dict[tuple[str, Path, Path], Profile] = {}

    def find(self, name: str, folder: Path) -> Profile:
        """Return the profile a config in ``folder`` calls ``name``.

        Raises:
            ConfigError: No file has it, or a profiles file on the way is wrong.
        """
        key = (name, folder, Path.cwd())
        if key not in self._found:
            self._found[key] = self._search(name, folder)
        return self._found[key]

    def _search(self, name: str, folder: Path) -> Profile:
        searched: list[str] = []
        names: set[str] = set()
        for path in dict.fromkeys(self._files(folder)):
            tree = self._tree(path)
            if tree is None:
                continue
            searched.append(str(path))
            entries = dict(_entries(tree))
            if name in entries:
                return _profile(name, tree, entries[name])
            names |= entries.keys()
        hint = near(name, sorted(names))
        if not searched:
            hint = "write it in a detectk_profiles.yaml beside the metric or above it"
        where = ", ".join(searched) or "there is no profiles file"
        raise ConfigError(f"unknown profile {name!r} (searched: {where})", hint=hint)

    def _files(self, folder: Path) -> Iterator[Path]:
        for text in self._environ.get("DETECTK_PROFILES_PATH", "").split(os.pathsep):
            if text:
                path = Path(text).expanduser()
                yield from _both(path) if path.is_dir() else (path,)
        for ancestor in (folder, *folder.parents):
            yield from _both(ancestor)
        yield from _both(Path.cwd())
        home = self._environ.get("HOME")
        yield (Path(home) if home else Path.home()) / ".detectk" / "profiles.yaml"
        yield self._system / "profiles.yaml"

    def _tree(self, path: Path) -> Tree | None:
        if path not in self._trees:
            self._trees[path] = _read(path) if path.is_file() else None
        return self._trees[path]


def _both(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / name for name in PROFILE_FILES)


def _read(path: Path) -> Tree:
    tree = parse(read_text(path, str(path)), str(path))
    if tree.root is not None and not isinstance(tree.root, dict):
        raise ConfigError(
            "is not a mapping", where=Place(str(path), 1, 1), hint="write 'name: {type: ...}'"
        )
    return tree


def _entries(tree: Tree) -> Iterator[tuple[str, Keys]]:
    """Give the profiles of a file: at its top level, then under ``profiles:``."""
    root = tree.root or {}
    for name, value in root.items():
        if name != "profiles" and isinstance(value, dict):
            yield str(name), (name,)
    nested = root.get("profiles")
    if isinstance(nested, dict):
        for name in nested:
            yield str(name), ("profiles", name)


def _profile(name: str, tree: Tree, keys: Keys) -> Profile:
    values = tree.root
    for key in keys:
        values = values[key]
    if not isinstance(values, dict):
        raise ConfigError(
            f"profile {name!r} is not a mapping",
            where=tree.place(keys),
            hint="write its type and its options below it",
        )
    return Profile(name, tree, keys, values)
