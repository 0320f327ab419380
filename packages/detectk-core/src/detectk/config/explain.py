"""Show a metric after every profile, variable and default, and where each value is from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any, Final

from pydantic import BaseModel, SecretBytes, SecretStr

from detectk.config.metric import AlerterConfig, Block, DetectorConfig, MetricConfig
from detectk.config.redaction import STARS
from detectk.values.rule import Rule

__all__ = ["explain"]

_COLUMN: Final = 40
_BARE = re.compile(r"[A-Za-z_/](?:[\w ./@%+-]|:(?=\S))*(?<! )")
_UNITS: Final = {unit: timedelta(**{unit: 1}) for unit in ("days", "hours", "minutes")}
_WORDS: Final = frozenset(("true", "false", "null", "yes", "no", "on", "off"))


def explain(config: MetricConfig) -> str:
    """Return the metric as YAML, each option with its origin; secrets are ``***``."""
    return config.redactor.redact("\n".join(_lines(config))) + "\n"


def _lines(config: MetricConfig) -> Iterator[str]:
    yield f"# {config.path}, project {config.project.root}"
    yield from _entry("name", config.name)
    if config.description:
        yield from _entry("description", config.description)
    if config.tags:
        yield from _entry("tags", list(config.tags))
    yield "collector:"
    yield from _block(config.collector, "  ")
    yield "storage:"
    yield from _storage(config, "  ")
    if config.state:
        yield "state:"
        yield from _block(config.state, "  ")
    yield "detectors:"
    for detector in config.detectors:
        yield from _item(_detector(detector))
    if config.alerters:
        yield "alerters:"
        for alerter in config.alerters:
            yield from _item(_alerter(alerter))
    yield "schedule:"
    given = config.schedule.model_fields_set
    for key in type(config.schedule).model_fields:
        origin = "param" if key in given else "default"
        yield from _entry(key, getattr(config.schedule, key), "  ", origin)
    yield from _incidents(config)
    if config.metadata:
        yield from _entry("metadata", config.metadata)


def _block(block: Block, indent: str) -> Iterator[str]:
    alias = f"written {block.written!r}" if block.written != block.type else ""
    yield from _entry("type", block.type, indent, alias)
    if block.profile:
        yield from _entry("profile", block.profile, indent)
    yield f"{indent}params:"
    for key, info in type(block.options).model_fields.items():
        origin = block.sources.get(info.alias or key) or block.sources.get(key) or "default"
        yield from _entry(info.alias or key, getattr(block.options, key), indent + "  ", origin)


def _storage(config: MetricConfig, indent: str) -> Iterator[str]:
    storage = config.storage
    yield from _entry("enabled", storage.enabled, indent)
    if storage.block:
        yield from _block(storage.block, indent)
    else:
        yield f"{indent}# embedded SQLite in {config.project.home}"
    for key in ("datapoints_retention_days", "detections_retention_days", "save_detections"):
        yield from _entry(key, getattr(storage, key), indent)


def _detector(detector: DetectorConfig) -> Iterator[str]:
    if detector.id:
        yield from _entry("id", detector.id)
    yield from _block(detector, "")


def _alerter(alerter: AlerterConfig) -> Iterator[str]:
    yield from _entry("enabled", alerter.enabled)
    if alerter.block:
        yield from _block(alerter.block, "")
    yield "conditions:"
    usual = Rule()
    for field in fields(Rule):
        value, default = getattr(alerter.rule, field.name), getattr(usual, field.name)
        name = "for" if field.name == "hold_for" else field.name
        if field.name != "id":
            yield from _entry(name, value, "  ", "default" if value == default else "rule")


def _incidents(config: MetricConfig) -> Iterator[str]:
    if config.incidents:
        yield "incidents:"
    for incident in config.incidents:
        given = {"start": incident.start, "end": incident.end, "note": incident.note or None}
        known = ((key, value) for key, value in given.items() if value is not None)
        yield from _item(line for key, value in known for line in _entry(key, value))


def _item(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"{'    ' if number else '  - '}{line}"


def _entry(key: str, value: Any, indent: str = "", origin: str = "") -> Iterator[str]:
    value = _plain(value)
    if isinstance(value, str) and "\n" in value:
        yield _remark(f"{indent}{key}: |", origin)
        yield from (f"{indent}  {line}".rstrip() for line in value.splitlines())
    else:
        yield _remark(f"{indent}{key}: {_scalar(value)}", origin)


def _remark(line: str, origin: str) -> str:
    return f"{line:<{_COLUMN}}  # {origin}" if origin else line


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _BARE.fullmatch(value) and value not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _length(value: timedelta) -> str:
    for unit, length in _UNITS.items():
        if value and not value % length:
            count = value // length
            return f"{count} {unit if count > 1 else unit.removesuffix('s')}"
    return f"{value.total_seconds():g} seconds"


def _plain(value: Any) -> Any:  # noqa: PLR0911  # by type
    if isinstance(value, SecretStr | SecretBytes):
        return STARS
    if isinstance(value, timedelta):
        return _length(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, BaseModel):
        return {key: _plain(getattr(value, key)) for key in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
