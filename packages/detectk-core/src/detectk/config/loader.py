"""Load a metric's file, with everything it refers to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from detectk.config.blocks import BlockReader
from detectk.config.complaints import NAME
from detectk.config.fleet import Loaded, load_many
from detectk.config.incidents import read_incidents
from detectk.config.layers import Layer, merge, validate
from detectk.config.metric import MetricConfig
from detectk.config.problems import Problems
from detectk.config.profiles import Profiles
from detectk.config.project import Project, Projects
from detectk.config.redaction import Redactor
from detectk.config.references import Resolved, Resolver
from detectk.config.schedule import ScheduleConfig
from detectk.config.sections import (
    blocks_of,
    read_alerters,
    read_collector,
    read_detectors,
    read_state,
    read_storage,
)
from detectk.config.specs import OptionSpecs
from detectk.config.text_file import read_text
from detectk.config.yaml_tree import Tree, dotted, parse
from detectk.errors import ConfigError, Place
from detectk.plugin.catalogue import Catalogue
from detectk.values.interval import Interval

__all__ = ["ConfigLoader"]


def _none_is_empty(value: Any) -> Any:
    return "" if value is None else value


class MetricFile(BaseModel):
    """The keys at the top of a metric's file; the blocks are read one by one."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=NAME)
    description: Annotated[str, BeforeValidator(_none_is_empty)] = ""
    tags: tuple[str, ...] | None = None
    collector: dict[Any, Any]
    storage: dict[Any, Any] | None = None
    state: dict[Any, Any] | None = None
    detector: dict[Any, Any] | None = None
    detectors: list[dict[Any, Any]] | None = Field(default=None, min_length=1)
    alerter: dict[Any, Any] | list[dict[Any, Any]] | None = None
    alerters: list[dict[Any, Any]] | dict[Any, Any] | None = None
    alerting: dict[Any, Any] | None = None
    schedule: dict[Any, Any] | None = None
    incidents: list[dict[Any, Any]] | None = None
    metadata: dict[Any, Any] | None = None
    backtest: Any = None


class ConfigLoader:
    """Loads metrics; keeps what they share, so use one for many files.

    Args:
        catalogue: What is installed; by default the environment's.
        environ: The environment of references and options; by default the process's.
        project_root: The project's root; by default it is looked for from each file.
    """

    def __init__(
        self,
        catalogue: Catalogue | None = None,
        environ: Mapping[str, str] | None = None,
        project_root: str | Path | None = None,
    ) -> None:
        self._environ = os.environ if environ is None else environ
        root = None if project_root is None else Path(project_root).absolute()
        self._projects = Projects(self._environ, root)
        self._profiles = Profiles(self._environ)
        self._catalogue = catalogue
        self._specs: OptionSpecs | None = None

    def load(self, path: str | Path) -> MetricConfig:
        """Load one file.

        Raises:
            ConfigError: The file, or one it refers to, is wrong; ``all_errors`` lists everything.
            PluginError: The file needs a component that is missing or broken.
        """
        return self.load_text(read_text(Path(path), str(path)), path)

    load_file = load

    def load_text(self, text: str, path: str | Path = "<text>") -> MetricConfig:
        """Load a metric from the text of its file; ``path`` is where it would be.

        Raises:
            ConfigError: See `load`.
            PluginError: See `load`.
        """
        return self.load_tree(parse(text, str(path)))

    def load_tree(self, tree: Tree) -> MetricConfig:
        """Load a metric from its parsed file.

        Raises:
            ConfigError: See `load`.
            PluginError: See `load`.
        """
        _check_document(tree)
        folder = _absolute(Path(tree.path).parent)
        project = self._projects.find(folder)
        problems = Problems(Redactor())
        resolver = Resolver(self._environ, self._secret, folder=project.root, problems=problems)
        resolved = resolver.resolve(tree) if tree.dollars else Resolved(tree.root)
        reader = BlockReader(
            self._option_specs,
            self._environ,
            profiles=self._profiles,
            folder=folder,
            resolver=resolver,
            problems=problems,
        )
        return _MetricReader(tree, resolved, reader, project=project, resolver=resolver).read()

    def load_many(self, paths: Iterable[str | Path]) -> Loaded:
        """Load files, folders and glob patterns; one wrong file never stops the others."""
        return load_many(paths, self.load_tree)

    @property
    def catalogue(self) -> Catalogue:
        """Where components come from."""
        return self._catalogue or Catalogue.default()

    @property
    def _option_specs(self) -> OptionSpecs:
        if self._specs is None:
            self._specs = OptionSpecs(self.catalogue)
        return self._specs

    def _secret(self, scheme: str, name: str) -> str | None:
        hooks = self._option_specs.catalogue.hooks
        value: str | None = hooks.detectk_secret(scheme=scheme, name=name)
        return value


class _MetricReader:
    """Reads one file, block by block, to the end whatever is wrong."""

    def __init__(
        self,
        tree: Tree,
        resolved: Resolved,
        reader: BlockReader,
        *,
        project: Project,
        resolver: Resolver,
    ) -> None:
        self.top = Layer("param", resolved.value, tree, (), resolved.tainted)
        self.reader = reader
        self.problems = reader.problems
        self.project = project
        self.resolver = resolver

    def read(self) -> MetricConfig:
        file = validate(MetricFile, merge([self.top]), self.problems)
        self._exclusive()
        if "backtest" in self.top.values:
            text = "backtest: this block is no longer used; remove it"
            self.problems.warn(text, self.top.place(("backtest",)))
        collector, interval = None, None
        if layer := self._block("collector"):
            collector, interval = read_collector(layer, self.reader)
        schedule = self._schedule(interval)
        storage = read_storage(self._block("storage"), self.reader)
        state = read_state(self._block("state"), self.reader)
        detectors = read_detectors(self._many("detector", "detectors"), self.reader)
        blocks = self._many("alerter", "alerters")
        alerters = read_alerters(
            blocks,
            self.reader,
            defaults=self._defaults(),
            interval=schedule.grid if schedule else Interval.parse("10 minutes"),
            detectors=len(detectors),
        )
        incidents = read_incidents(
            self._many("incidents"),
            timezone=schedule.timezone if schedule else "UTC",
            problems=self.problems,
        )
        if not blocks and self.top.values.get("alerting"):
            text = "alerting: there is no alerter, so nobody is told"
            self.problems.warn(text, self.top.place(("alerting",)))
        self.problems.settle()
        if not (file and collector and storage and schedule and detectors):  # pragma: no cover
            raise AssertionError("a part is absent, and no problem says why")
        return MetricConfig(
            name=file.name,
            description=file.description,
            tags=file.tags or (),
            collector=collector,
            storage=storage,
            state=state,
            detectors=detectors,
            alerters=alerters,
            schedule=schedule,
            incidents=incidents,
            metadata=file.metadata or {},
            path=Path(self.top.tree.path),
            project=self.project,
            warnings=tuple(self.problems.warnings),
            redactor=self.problems.redactor,
        )

    def _exclusive(self) -> None:
        values = self.top.values
        for one, many in (("detector", "detectors"), ("alerter", "alerters")):
            if values.get(one) is not None and values.get(many) is not None:
                text = f"{one!r} and {many!r} are both here"
                self.problems.add(text, self.top.place((many,)), "keep one")
        if values.get("detector") is None and values.get("detectors") is None:
            self.problems.add("missing key 'detector'", self.top.place(()), "add it")

    def _block(self, key: str) -> Layer | None:
        value = self.top.values.get(key)
        if not isinstance(value, dict):
            return None
        return Layer("param", value, self.top.tree, (key,), self.top.tainted)

    def _many(self, *keys: str) -> list[Layer]:
        found = []
        for key in keys:
            value = self.top.values.get(key)
            layer = Layer("param", {}, self.top.tree, (key,), self.top.tainted)
            found += [block for block in blocks_of(value, layer) if isinstance(block.values, dict)]
        return found

    def _defaults(self) -> list[Layer]:
        layers = []
        tree = self.project.tree
        if tree is not None and self.project.has_alerting:
            resolved = self.resolver.resolve(tree, ("alerting",))
            layers.append(Layer("project", resolved.value, tree, ("alerting",), resolved.tainted))
        own = self._block("alerting")
        return [*layers, own] if own else layers

    def _schedule(self, interval: Layer | None) -> ScheduleConfig | None:
        layer = self._block("schedule") or Layer("param", {}, self.top.tree, ("schedule",))
        layers = [layer]
        if interval:
            label = dotted(interval.path(("interval",)))
            text = f"{label}: is deprecated; write it under 'schedule'"
            self.problems.warn(text, interval.place(("interval",)))
            layers.insert(0, interval)
        schedule = validate(ScheduleConfig, merge(layers), self.problems)
        if schedule and interval and "interval" in layer.values:
            self._check_interval(interval, schedule)
        return schedule

    def _check_interval(self, interval: Layer, schedule: ScheduleConfig) -> None:
        given = interval.values["interval"]
        other = validate(ScheduleConfig, merge([interval]), self.problems)
        if other and other.grid != Interval.parse(schedule.interval):
            label = dotted(interval.path(("interval",)))
            text = f"{label}: {given!r} is not schedule.interval {schedule.interval!r}"
            place = interval.place(("interval",), of="value")
            self.problems.add(text, place, "keep schedule.interval")


def _absolute(folder: Path) -> Path:
    """Make ``folder`` absolute without following links: a mounted config is a link elsewhere."""
    if folder.is_absolute() and ".." not in folder.parts:
        return folder
    return Path(os.path.normpath(folder.absolute()))


def _check_document(tree: Tree) -> None:
    if tree.root is None:
        raise ConfigError("is empty", where=tree.path, hint="write a metric, or remove the file")
    if not isinstance(tree.root, dict):
        raise ConfigError(
            "is not a mapping", where=Place(tree.path, 1, 1), hint="begin with 'name: ...'"
        )
    if tree.extra:
        raise ConfigError(
            "a second document begins here", where=tree.extra, hint="one file is one metric"
        )
