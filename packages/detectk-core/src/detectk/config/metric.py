"""One metric, as its file and everything the file refers to define it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, InstanceOf

from detectk.config.incidents import IncidentConfig
from detectk.config.project import Project
from detectk.config.redaction import Redactor
from detectk.config.schedule import ScheduleConfig
from detectk.contracts.options import Options
from detectk.plugin.component import Component, Kind
from detectk.values.rule import Rule

__all__ = ["AlerterConfig", "Block", "DetectorConfig", "MetricConfig", "StorageConfig"]


class Frozen(BaseModel):
    """Root of the models that are built, not parsed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Block(Frozen):
    """A component and its options.

    Attributes:
        kind: What it is.
        type: The component's own name, whatever alias was written.
        written: The name that was written.
        component: The component.
        options: Its options: params over profile over environment over defaults.
        profile: The profile, empty without one.
        sources: Option to where it came from: ``param``, ``profile 'prod'``, ``env HOST``, ``type
            'sqlite'``; what is not there is a default.
    """

    kind: Kind
    type: str
    written: str
    component: InstanceOf[Component]
    options: InstanceOf[Options] = Field(repr=False)
    profile: str = ""
    sources: dict[str, str] = Field(default_factory=dict, repr=False)


class DetectorConfig(Block):
    """A detector; ``id`` is the user's, None for one to be derived from its options."""

    id: str | None = None


class WithBlock(Frozen):
    """Root of what may do without a component of its own."""

    block: Block | None = None

    @property
    def type(self) -> str | None:
        """The component's name, None without one."""
        return self.block.type if self.block else None

    @property
    def component(self) -> Component | None:
        """The component, None without one."""
        return self.block.component if self.block else None

    @property
    def options(self) -> Options | None:
        """The component's options, None without one."""
        return self.block.options if self.block else None


class StorageConfig(WithBlock):
    """Where points and verdicts are kept; ``block`` is None for the embedded SQLite."""

    enabled: bool = True
    datapoints_retention_days: int = Field(default=90, ge=1)
    detections_retention_days: int = Field(default=90, ge=1)
    save_detections: bool = True


class AlerterConfig(WithBlock):
    """Who is told, and when; ``block`` is None for an alerter that is only switched off."""

    id: str | None = None
    enabled: bool = True
    rule: InstanceOf[Rule]


class MetricConfig(Frozen):
    """One metric.

    Attributes:
        state: Another component for alert state, leases and outbox; None for the storage's own.
        alerters: Empty for verdicts only. Alerters of equal rules share its id.
        incidents: When the data is known not to have been normal.
        metadata: The user's own; nothing reads it.
        path: The file, as the user named it.
        project: The project it belongs to.
        warnings: What was accepted with a remark, a line each.
        redactor: Takes this metric's secrets out of text, a driver's message say.
    """

    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    collector: Block
    storage: StorageConfig = StorageConfig()
    state: Block | None = None
    detectors: tuple[DetectorConfig, ...]
    alerters: tuple[AlerterConfig, ...] = ()
    schedule: ScheduleConfig = ScheduleConfig()
    incidents: tuple[IncidentConfig, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict, repr=False)
    path: Path
    project: InstanceOf[Project] = Field(repr=False)
    warnings: tuple[str, ...] = Field(default=(), repr=False)
    redactor: InstanceOf[Redactor] = Field(default_factory=Redactor, repr=False)

    @property
    def is_load_definition(self) -> bool:
        """Whether the file only defines a historical load of a metric defined elsewhere."""
        off = bool(self.alerters) and not any(alerter.enabled for alerter in self.alerters)
        return off and self.schedule.start_time is not None

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rules by id, in order of the alerters."""
        return {alerter.rule.id: alerter.rule for alerter in self.alerters}

    def get_detectors(self) -> list[DetectorConfig]:
        """Return the detectors, one or many."""
        return list(self.detectors)
