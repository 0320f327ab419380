"""Read metrics from YAML: the face of the config floor."""

from detectk.config.alerting import RuleConfig, to_rule
from detectk.config.explain import explain
from detectk.config.fleet import Loaded, Skipped
from detectk.config.incidents import IncidentConfig
from detectk.config.loader import ConfigLoader
from detectk.config.metric import (
    AlerterConfig,
    Block,
    DetectorConfig,
    MetricConfig,
    StorageConfig,
)
from detectk.config.problems import all_errors
from detectk.config.project import Project
from detectk.config.redaction import Redactor
from detectk.config.schedule import ScheduleConfig
from detectk.config.schema import json_schema
from detectk.config.selectors import matches, select, select_tagged

__all__ = [
    "AlerterConfig",
    "Block",
    "ConfigLoader",
    "DetectorConfig",
    "IncidentConfig",
    "Loaded",
    "MetricConfig",
    "Project",
    "Redactor",
    "RuleConfig",
    "ScheduleConfig",
    "Skipped",
    "StorageConfig",
    "all_errors",
    "explain",
    "json_schema",
    "matches",
    "select",
    "select_tagged",
    "to_rule",
]
