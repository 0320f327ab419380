"""Load many files at once, so that one wrong file never stops the others."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import Final, NamedTuple

from detectk.config.metric import MetricConfig
from detectk.config.problems import all_errors
from detectk.config.profiles import PROFILE_FILES
from detectk.config.project import PROJECT_FILES
from detectk.config.text_file import read_text
from detectk.config.yaml_tree import Tree, parse
from detectk.errors import ConfigError, DetectKError

__all__ = ["Loaded", "Skipped", "is_metric", "load_many"]

_SUFFIXES: Final = (".yaml", ".yml")
_NOT_METRICS: Final = frozenset((*PROJECT_FILES, *PROFILE_FILES, "profiles.yaml"))
_METRIC_KEYS: Final = frozenset(
    (
        "name",
        "collector",
        "storage",
        "detector",
        "detectors",
        "alerter",
        "alerters",
        "alerting",
        "schedule",
    )
)


class Skipped(NamedTuple):
    """A file that is no metric, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of many files, in order of the paths given, then of the file names.

    Attributes:
        configs: The live metrics; no two have the same name.
        load_definitions: Files that only define a historical load.
        errors: Everything that is wrong, file by file.
        skipped: Files of a folder that are no metrics.
    """

    configs: tuple[MetricConfig, ...] = ()
    load_definitions: tuple[MetricConfig, ...] = ()
    errors: tuple[DetectKError, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def load_many(paths: Iterable[str | Path], load: Callable[[Tree], MetricConfig]) -> Loaded:
    """Load files, folders (all the way down) and glob patterns.

    A file that is named must be a metric. A file that is found in a folder or by a pattern is
    skipped when it is none: a project or profiles file, one with comments only, or one with
    neither ``collector`` nor two other keys of a metric at its top. Hidden folders and virtual
    environments are not entered.
    """
    with _garbage_kept():
        return _load_many(paths, load)


def is_metric(tree: Tree) -> bool:
    """Whether a file means to be a metric, be it a wrong one."""
    if not isinstance(tree.root, dict):
        return False
    return "collector" in tree.root or len(_METRIC_KEYS & tree.root.keys()) > 1


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Keep the garbage collector from walking over all that was loaded, again and again.

    It makes loading 10,000 files a third slower, and what is loaded is no garbage.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _load_many(paths: Iterable[str | Path], load: Callable[[Tree], MetricConfig]) -> Loaded:
    configs: list[MetricConfig] = []
    errors: list[DetectKError] = []
    skipped: list[Skipped] = []
    seen: set[object] = set()
    for path in paths:
        try:
            for file, named in _files(str(path)):
                identity = _identity(file)
                if identity not in seen:
                    seen.add(identity)
                    _load(file, load, named=named, configs=configs, skipped=skipped, errors=errors)
        except ConfigError as error:  # noqa: PERF203  # one wrong pattern is no reason to stop
            errors.append(error)
    live = [config for config in configs if not config.is_load_definition]
    clashes = _clashes(live)
    return Loaded(
        configs=tuple(config for config in live if config.name not in clashes),
        load_definitions=tuple(config for config in configs if config.is_load_definition),
        errors=(*errors, *clashes.values()),
        skipped=tuple(skipped),
    )


def _load(
    file: Path,
    load: Callable[[Tree], MetricConfig],
    *,
    named: bool,
    configs: list[MetricConfig],
    skipped: list[Skipped],
    errors: list[DetectKError],
) -> None:
    shown = str(file)
    try:
        if not named and file.name in _NOT_METRICS:
            skipped.append(Skipped(shown, "shared settings"))
            return
        text = read_text(file, shown)
        tree = parse(text, shown)
        if not named and text.strip() and not is_metric(tree):
            reason = "comments only" if tree.root is None else "not a metric"
            skipped.append(Skipped(shown, reason))
            return
        configs.append(load(tree))
    except DetectKError as error:
        errors.extend(all_errors(error))


def _files(text: str) -> Iterator[tuple[Path, bool]]:
    """Give each file and whether it was named itself."""
    path = Path(text)
    if path.is_dir():
        yield from ((file, False) for file in _walk(path))
    elif has_magic(text) and not path.exists():
        found = sorted(glob(text, recursive=True))  # noqa: PTH207  # takes absolute patterns too
        if not found:
            raise ConfigError("matches no file", where=text, hint="check the pattern")
        for match in map(Path, found):
            if match.is_dir():
                yield from ((file, False) for file in _walk(match))
            elif match.suffix in _SUFFIXES:
                yield match, False
    else:
        yield path, True


def _walk(top: Path) -> Iterator[Path]:
    entered: set[str] = set()
    for folder, folders, files in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        if real in entered or "pyvenv.cfg" in files:
            folders.clear()
            continue
        entered.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(_SUFFIXES) and not name.startswith("."):
                yield Path(folder, name)


def _identity(file: Path) -> object:
    """Return what two names of one file have in common."""
    try:
        status = file.stat()
    except OSError:
        return str(file)
    return (status.st_dev, status.st_ino) if status.st_ino else str(file.resolve())


def _clashes(live: list[MetricConfig]) -> dict[str, ConfigError]:
    by_name: dict[str, list[MetricConfig]] = {}
    for config in live:
        by_name.setdefault(config.name, []).append(config)
    return {
        name: ConfigError(
            f"metric {name!r} is defined in {len(configs)} files: "
            + ", ".join(str(config.path) for config in configs),
            hint="rename one, or make it a load definition: schedule.start_time with "
            "alerter.enabled: false",
        )
        for name, configs in by_name.items()
        if len(configs) > 1
    }
