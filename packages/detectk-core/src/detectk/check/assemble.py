"""Turn a metric's config into live parts and values: where pydantic ends."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from detectk.clock import Clock
from detectk.config import AlerterConfig, Block, DetectorConfig, MetricConfig
from detectk.console.secrets import hide
from detectk.contracts import (
    Collector,
    Detector,
    History,
    Lookback,
    Options,
    Part,
    RowOptions,
    Services,
    Shared,
    State,
    Storage,
    detector_id,
)
from detectk.errors import ConfigError, PluginError
from detectk.pipeline import Alerting, Channel, Job, Judge
from detectk.plugin import Catalogue
from detectk.template.detectors import describe_detector
from detectk.values import Interval, Rule, Schedule

__all__ = ["Assembler"]

_log = logging.getLogger(__name__)

_EMBEDDED = "sql"
_REMEMBERED = 8
_GAP_DETECTOR = "missing_data"
_ALWAYS_TOLD = ("n_sigma", "operator", "threshold", "window_size")


@dataclass(slots=True)
class Assembler:
    """Builds jobs; storages of one identity are built once and shared.

    Args:
        catalogue: Where components come from.
        clock: Handed to every part.
    """

    catalogue: Catalogue
    clock: Clock
    _storages: dict[str, Storage[Any]] = field(default_factory=dict)
    _parts: list[Part[Any]] = field(default_factory=list)
    _pools: Shared = field(default_factory=Shared)
    _said: list[tuple[tuple[Any, object, Options], Storage[Any]]] = field(default_factory=list)

    _judges: list[tuple[object, Judge]] = field(default_factory=list)

    def job(self, config: MetricConfig) -> Job:
        """Return a metric ready to run; nothing is connected yet.

        Raises:
            ConfigError: The parts do not fit together.
            PluginError: A part cannot be loaded.
        """
        hide(*config.redactor.secrets)
        schedule = config.schedule.to_schedule()
        judges = tuple(self._judge(config, one, schedule) for one in config.detectors)
        history, state = self._stores(config, judges)
        collector: Collector[Any] = self._build(config, config.collector)
        options = config.collector.options
        return Job(
            metric=config.name,
            schedule=schedule,
            collector=collector,
            judges=judges,
            alerting=self._alerting(config),
            history=history,
            state=state,
            fill=options.fill if isinstance(options, RowOptions) else None,
            keep_verdicts=config.storage.save_detections and config.storage.enabled,
            description=config.description,
            tags=config.tags,
            redact=config.redactor.redact,
            incidents=tuple(incident.window for incident in config.incidents),
        )

    def close(self) -> None:
        """Close every part that was built; safe to call twice."""
        while self._parts:
            self._parts.pop().close()
        self._storages.clear()
        self._said.clear()
        self._judges.clear()
        self._pools.close()

    def storage(self, config: MetricConfig) -> Storage[Any]:
        """Return where the metric's points are kept."""
        return self._storage(config, config.storage.block)

    def state_storage(self, config: MetricConfig) -> Storage[Any]:
        """Return where the metric's alert state is kept."""
        return self._storage(config, config.state or config.storage.block)

    def collector(self, config: MetricConfig) -> Collector[Any]:
        """Return the metric's source."""
        built: Collector[Any] = self._build(config, config.collector)
        return built

    def _build(self, config: MetricConfig, block: Block) -> Any:
        part = self.catalogue.load(block.component)(block.options, self._services(config))
        self._parts.append(part)
        return part

    def _services(self, config: MetricConfig) -> Services:
        offers = self.catalogue.hooks.detectk_template_filters()
        filters = {name: each for offer in offers for name, each in offer.items()}
        root = Path(config.project.root)
        return Services(self.clock, root, config.name, filters, self._pools)

    def _judge(self, config: MetricConfig, one: DetectorConfig, schedule: Schedule) -> Judge:
        # As with storages: metrics that say the same share a detector, which judges them together.
        said = (one.type, one.id, one.options, schedule.interval, config.project.root)
        for earlier, judge in self._judges:
            if earlier == said:
                return judge
        part: Detector[Any] = self.catalogue.load(one.component)(
            one.options, replace(self._services(config), where="")
        )
        self._parts.append(part)
        name = one.id or _id(part, one, schedule.interval)
        judge = Judge(name, part, describe_detector(one.type, _worth_telling(one.options)))
        self._judges = [(said, judge), *self._judges[:_REMEMBERED]]
        return judge

    def _stores(self, config: MetricConfig, judges: Sequence[Judge]) -> tuple[History, State]:
        storage = self._storage(config, config.storage.block)
        state = self.state_storage(config).state()
        if state is None:
            raise ConfigError(
                f"storage {config.storage.type!r} cannot keep alert state",
                where=str(config.path),
                hint="add a state: block that names another storage, sqlite say",
            )
        if config.storage.enabled:
            return storage.history(), state
        hungry = [judge for judge in judges if judge.detector.lookback() != Lookback()]
        if hungry:
            raise ConfigError(
                f"storage is off, but {hungry[0].text.partition('(')[0]} needs history",
                where=str(config.path),
                hint="set storage.enabled to true, or use a detector without a window",
            )
        return self._memory(config).history(), state

    def _storage(self, config: MetricConfig, block: Block | None) -> Storage[Any]:
        if block is not None:
            return self._shared(self.catalogue.load(block.component), block.options, config)
        try:
            component = self.catalogue.find("storage", _EMBEDDED).component
        except PluginError as error:
            _log.warning(
                "nothing is kept after this run, cooldowns included: %s",
                error.hint,
                extra={"metric": config.name},
            )
            return self._memory(config)
        model = self.catalogue.options(component)
        options = model(path=config.project.home / "detectk.db")  # type: ignore[call-arg]
        return self._shared(self.catalogue.load(component), options, config)

    def _memory(self, config: MetricConfig) -> Storage[Any]:
        component = self.catalogue.find("storage", "memory").component
        options = self.catalogue.options(component)()
        return self._shared(self.catalogue.load(component), options, config)

    def _shared(self, kind: Any, options: Options, config: MetricConfig) -> Storage[Any]:
        # Most metrics of a fleet say the same of their storage, and comparing what they say is
        # faster than building another one only to see which database it means.
        root = config.project.root
        for said, storage in self._said:
            if said == (kind, root, options):
                return storage
        storage = kind(options, self._services(config))
        key = f"{kind.__module__}:{storage.identity()}"
        if key not in self._storages:
            self._storages[key] = storage
            self._parts.append(storage)
        self._said = [((kind, root, options), self._storages[key]), *self._said[:_REMEMBERED]]
        return self._storages[key]

    def _alerting(self, config: MetricConfig) -> tuple[Alerting, ...]:
        kinds = {one.type for one in config.detectors}
        if not config.alerters:
            return (Alerting(_fitting(Rule(), kinds), hold="the metric has no alerter"),)
        groups: dict[str, list[AlerterConfig]] = {}
        for alerter in config.alerters:
            groups.setdefault(alerter.rule.id, []).append(alerter)
        names = _channel_names(config.alerters)
        return tuple(
            Alerting(
                _fitting(group[0].rule, kinds),
                tuple(
                    Channel(names[id(one)], self._build(config, one.block), one.enabled)
                    for one in group
                    if one.block is not None
                ),
                hold="" if any(one.enabled for one in group) else "alerter.enabled is false",
            )
            for group in groups.values()
        )


def _worth_telling(options: Options) -> dict[str, object]:
    """Return what the user chose, and the few options that a message is not clear without."""
    told = options.model_dump(mode="json")
    chosen = options.model_dump(mode="json", exclude_defaults=True)
    return {name: told[name] for name in told if name in chosen or name in _ALWAYS_TOLD}


def _id(detector: Detector[Any], one: DetectorConfig, interval: Interval) -> str:
    return detector_id(one.type, detector.algorithm_version, one.options, interval)


def _fitting(rule: Rule, kinds: set[str]) -> Rule:
    """Leave gaps to the missing_data detector, unless the user asked for ``no_data`` as well."""
    if _GAP_DETECTOR in kinds and rule.no_data.sparse_guard:
        return replace(rule, no_data=replace(rule.no_data, after=0))
    return rule


def _channel_names(alerters: Sequence[AlerterConfig]) -> dict[int, str]:
    """Return a name of its own for each alerter: its id, else its profile or type and a number."""
    names = {id(alerter): alerter.id for alerter in alerters if alerter.id}
    for alerter in alerters:
        if alerter.block is None or id(alerter) in names:
            continue
        base = alerter.block.profile or alerter.block.type
        taken = set(names.values())
        free = (f"{base}-{number}" if number > 1 else base for number in count(1))
        names[id(alerter)] = next(name for name in free if name not in taken)
    return names
