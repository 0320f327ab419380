"""Read the blocks of a metric: collector, storage, state, detectors, alerters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from detectk.config.alerting import COOLDOWN_KEYS, RuleConfig, read_rule, rule_layer, to_rule
from detectk.config.aliases import rename
from detectk.config.blocks import BlockReader
from detectk.config.complaints import NAME
from detectk.config.layers import Layer, Merged, merge, unknown_keys, validate
from detectk.config.metric import AlerterConfig, Block, DetectorConfig, StorageConfig
from detectk.config.problems import Problems
from detectk.config.query import check_query
from detectk.config.yaml_tree import dotted
from detectk.contracts.options import RowOptions
from detectk.values.interval import Interval
from detectk.values.rule import Rule

__all__ = ["read_alerters", "read_collector", "read_detectors", "read_state", "read_storage"]

_MODEL = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
ROW_KEYS: Final = frozenset(RowOptions.model_fields)
_USUAL: Final = Rule()


class Head(BaseModel):
    """The keys that every block has, and what they must be."""

    model_config = _MODEL

    id: str | None = Field(default=None, pattern=NAME)
    enabled: bool = True
    type: str | None = Field(default=None, min_length=1)
    profile: str | None = Field(default=None, min_length=1)


class StorageKeys(BaseModel):
    """The keys of ``storage:`` that are not the component's."""

    model_config = _MODEL

    datapoints_retention_days: int = Field(default=90, ge=1)
    detections_retention_days: int = Field(default=90, ge=1)
    save_detections: bool = True


_STORAGE_KEYS: Final = (*StorageKeys.model_fields, "retention_days")


def read_collector(layer: Layer, reader: BlockReader) -> tuple[Block | None, Layer | None]:
    """Return the collector, and the deprecated ``interval`` of its params."""
    problems = reader.problems
    layer = unknown_keys(layer, ("type", "profile", "params", *ROW_KEYS), problems)
    if _head(layer, problems, needs_type=True) is None:
        return None, None
    read = reader.read("collector", layer, direct=ROW_KEYS, take=("interval",))
    interval = next((taken for taken in reversed(read.taken) if taken.values), None)
    if read.block:
        check_query(read.block, layer, problems)
    return read.block, interval


def read_storage(layer: Layer | None, reader: BlockReader) -> StorageConfig | None:
    """Return the storage; the embedded one without a block or a type."""
    if layer is None:
        return StorageConfig()
    problems = reader.problems
    known = ("enabled", "type", "profile", "params", *_STORAGE_KEYS)
    layer = unknown_keys(layer, known, problems)
    head = _head(layer, problems)
    if head is None:
        return None
    read = reader.read("storage", layer, take=_STORAGE_KEYS)
    params = layer.values.get("params")
    if not read.named and isinstance(params, dict) and params.keys() - set(_STORAGE_KEYS):
        text = f"{dotted(layer.base)}: has params, but neither type nor profile"
        problems.add(text, layer.place(("params",)), "add 'type'")
    own = replace(layer, values={k: v for k, v in layer.values.items() if k in _STORAGE_KEYS})
    keys = _storage_keys([*read.taken, own], problems)
    if keys is None or (read.named and read.block is None):
        return None
    return StorageConfig(enabled=head.enabled, block=read.block, **keys.model_dump())


def read_state(layer: Layer | None, reader: BlockReader) -> Block | None:
    """Return the component for alert state, None for the storage's own."""
    if layer is None:
        return None
    layer = unknown_keys(layer, ("type", "profile", "params"), reader.problems)
    if _head(layer, reader.problems, needs_type=True) is None:
        return None
    return reader.read("storage", layer).block


def read_detectors(layers: Sequence[Layer], reader: BlockReader) -> tuple[DetectorConfig, ...]:
    """Return the detectors; ids are unique, and no two are the same."""
    found: list[DetectorConfig] = []
    for layer in layers:
        detector = _detector(layer, reader)
        if detector is None:
            continue
        if detector.id and any(detector.id == other.id for other in found):
            place = layer.place(("id",), of="value")
            text = f"{dotted((*layer.base, 'id'))}: {detector.id!r} is taken by another detector"
            reader.problems.add(text, place, "rename one of them")
        elif any(_same(detector, other) for other in found):
            text = f"{dotted(layer.base)}: another detector has the same type and params"
            reader.problems.add(text, layer.place(()), "remove one of them")
        found.append(detector)
    return tuple(found)


def read_alerters(
    layers: Sequence[Layer],
    reader: BlockReader,
    *,
    defaults: Sequence[Layer],
    interval: Interval,
    detectors: int,
) -> tuple[AlerterConfig, ...]:
    """Return the alerters, each with its rule.

    Args:
        layers: The blocks.
        reader: Reads their components.
        defaults: ``alerting:`` of the project, then of the metric.
        interval: The metric's grid.
        detectors: How many detectors the metric has.
    """
    problems = reader.problems
    shared = [rule_layer(layer, problems) for layer in defaults]
    found: list[AlerterConfig] = []
    for layer in layers:
        layer = unknown_keys(  # noqa: PLW2901
            layer, ("id", "enabled", "type", "profile", "params", "conditions"), problems
        )
        head = _head(layer, problems)
        if head is None:
            continue
        read = reader.read("alerter", layer, take=COOLDOWN_KEYS)
        conditions = _mapping(layer, "conditions", problems)
        own = [rule_layer(taken, problems) for taken in (*read.taken, *conditions)]
        rule = _rule([*shared, *own], interval, detectors=detectors, problems=problems)
        if not read.named and head.enabled:
            problems.add(f"{dotted(layer.base)}: missing key 'type'", layer.place(()), "add it")
        if rule and (read.block or not read.named):
            rule = _named(rule, head, [alerter.rule for alerter in found], block=read.block)
            alerter = AlerterConfig(id=head.id, enabled=head.enabled, block=read.block, rule=rule)
            found.append(alerter)
    if len({alerter.rule.id for alerter in found}) < len({alerter.rule for alerter in found}):
        place = layers[-1].place(())
        problems.add("two alerters have different rules of one id", place, "give each an 'id'")
    return tuple(found)


def _head(layer: Layer, problems: Problems, *, needs_type: bool = False) -> Head | None:
    values = {k: v for k, v in layer.values.items() if k in Head.model_fields and v is not None}
    own = Layer(layer.label, values, layer.tree, layer.base, layer.tainted, layer.spellings)
    head = validate(Head, merge([own]), problems)
    if head and needs_type and not (head.type or head.profile):
        problems.add(f"{dotted(layer.base)}: missing key 'type'", layer.place(()), "add it")
        return None
    return head


def _storage_keys(layers: list[Layer], problems: Problems) -> StorageKeys | None:
    renamed = []
    known = StorageKeys.model_fields
    for layer in layers:
        result = rename(layer.values, "storage", accepts=known.__contains__)
        spellings = {new: layer.path((old,)) for new, old in result.spellings.items()}
        spellings = {**layer.spellings, **spellings}
        canonical = replace(layer, values=result.values, spellings=spellings)
        for alias in result.clashes:
            text = f"{dotted(layer.base)}: {alias.old!r} and {alias.new!r} are the same"
            problems.add(text, layer.place((alias.old,)), "keep one")
        for alias in result.deprecated:
            text = f"{dotted(layer.base)}: {alias.old!r} is deprecated; write {alias.new!r}"
            problems.warn(text, layer.place((alias.old,)))
        renamed.append(canonical)
    params, own = renamed[-2:] if len(renamed) > 1 else (None, renamed[-1])
    for key in own.values.keys() & (params.values.keys() if params else set()):
        text = f"{dotted(own.base)}: {key!r} is here and in 'params'"
        problems.add(text, own.place((key,)), "keep one")
    return validate(StorageKeys, merge(renamed), problems)


def _detector(layer: Layer, reader: BlockReader) -> DetectorConfig | None:
    layer = unknown_keys(layer, ("id", "type", "params"), reader.problems)
    head = _head(layer, reader.problems, needs_type=True)
    block = reader.read("detector", layer).block if head else None
    if head is None or block is None:
        return None
    return DetectorConfig(**dict(block), id=head.id)


def _same(one: DetectorConfig, other: DetectorConfig) -> bool:
    equal = one.component == other.component and one.options == other.options
    return equal and (one.id is None or other.id is None)


def _mapping(layer: Layer, key: str, problems: Problems) -> list[Layer]:
    value = layer.values.get(key)
    if value is None:
        return []
    base = (*layer.base, key)
    if not isinstance(value, dict):
        place = layer.place((key,), of="value")
        problems.add(f"{dotted(base)}: is not a mapping", place, "write key: value below")
        return []
    return [replace(layer, values=value, base=base)]


def _rule(
    layers: list[Layer], interval: Interval, *, detectors: int, problems: Problems
) -> Rule | None:
    layers = [layer for layer in layers if layer.values]
    if not layers:
        return _USUAL
    read = read_rule(layers, problems)
    if read is None:
        return None
    config, merged = read
    if config.min_detectors > max(detectors, 1):
        layer = merged.sources["min_detectors"]
        text = f"{dotted(layer.path(('min_detectors',)))}: {config.min_detectors} of {detectors}"
        place = layer.place(("min_detectors",), of="value")
        problems.add(f"{text} detectors can never agree", place, "lower it")
    return to_rule(config, interval, asked_for_no_data=_asked(config, merged))


def _asked(config: RuleConfig, merged: Merged) -> bool:
    """Whether the metric's own file, not only its project, asks for no-data incidents."""
    return "no_data" in config.model_fields_set and merged.sources["no_data"].label != "project"


def _named(rule: Rule, head: Head, earlier: Sequence[Rule], *, block: Block | None) -> Rule:
    """Return the rule under an id of its own, or under that of an equal one."""
    for other in earlier:
        if replace(rule, id=other.id) == other:
            return other
    taken = {other.id for other in earlier}
    wanted = head.id or rule.id
    if wanted in taken and not head.id and block:
        wanted = block.type
    return rule if wanted == rule.id else replace(rule, id=wanted)


def blocks_of(value: Any, layer: Layer) -> list[Layer]:
    """Return a layer for each block of a list, or for the one block that stands alone."""
    items = enumerate(value) if isinstance(value, list) else [(None, value)]
    return [
        Layer(
            layer.label,
            item,
            layer.tree,
            layer.base if index is None else (*layer.base, index),
            layer.tainted,
        )
        for index, item in items
    ]
