"""The JSON Schema of a metric's file, for editors: with the options of what is installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from pydantic.errors import PydanticInvalidForJsonSchema

from detectk.config.alerting import COOLDOWN_KEYS, RuleConfig
from detectk.config.aliases import ALIASES
from detectk.config.complaints import NAME
from detectk.config.incidents import IncidentConfig
from detectk.config.schedule import ScheduleConfig
from detectk.config.sections import StorageKeys
from detectk.contracts.options import RowOptions
from detectk.errors import PluginError
from detectk.plugin.catalogue import Catalogue
from detectk.plugin.component import Component, Kind

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["json_schema"]

Schema = dict[str, Any]

_KINDS: Final[tuple[Kind, ...]] = ("collector", "storage", "detector", "alerter")
_REFERENCE: Final[Schema] = {"type": "string", "pattern": r"\$\{"}
_TYPED: Final = frozenset({"integer", "number", "boolean"})


def json_schema(catalogue: Catalogue | None = None) -> dict[str, Any]:
    """Return the schema (draft 2020-12); no driver is imported.

    A component whose options cannot be imported takes any.
    """
    catalogue = catalogue or Catalogue.default()
    definitions: Schema = {}
    blocks = {kind: _block(kind, catalogue, definitions) for kind in _KINDS}
    rule = _model(RuleConfig, "rule", definitions, scopes=("rule",))
    alerter = blocks["alerter"]
    alerter["properties"] |= {"id": _name(), "enabled": {"type": "boolean"}, "conditions": rule}
    definitions |= {kind: blocks[kind] for kind in _KINDS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "DetectK metric",
        "type": "object",
        "properties": {
            "name": {**_name(), "description": "Name of the series."},
            "description": {"type": ["string", "null"]},
            "tags": {"type": ["array", "null"], "items": {"type": "string"}},
            "collector": _ref("collector"),
            "storage": _optional("storage"),
            "state": {"anyOf": [_state(blocks["storage"]), {"type": "null"}]},
            "detector": _ref("detector"),
            "detectors": {"type": "array", "items": _ref("detector"), "minItems": 1},
            "alerter": _one_or_many("alerter"),
            "alerters": _one_or_many("alerter"),
            "alerting": {"anyOf": [rule, {"type": "null"}]},
            "schedule": {
                "anyOf": [_model(ScheduleConfig, "schedule", definitions), {"type": "null"}]
            },
            "incidents": {
                "type": ["array", "null"],
                "items": _model(IncidentConfig, "incident", definitions),
            },
            "metadata": {"type": ["object", "null"]},
            "backtest": {"deprecated": True},
        },
        "required": ["name", "collector"],
        "oneOf": [{"required": ["detector"]}, {"required": ["detectors"]}],
        "not": {"required": ["alerter", "alerters"]},
        "additionalProperties": False,
        "$defs": definitions,
    }


def _block(kind: Kind, catalogue: Catalogue, definitions: Schema) -> Schema:
    properties: Schema = {
        "type": {"anyOf": [{"enum": list(catalogue.names(kind))}, _REFERENCE]},
        "params": {"type": ["object", "null"]},
    }
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if kind == "detector":
        properties["id"] = _name()
        schema["required"] = ["type"]
    else:
        properties["profile"] = {"type": "string"}
    if kind == "collector":
        schema["anyOf"] = [{"required": ["type"]}, {"required": ["profile"]}]
        properties |= _model(RowOptions, "rows", definitions)["properties"]
    if kind == "storage":
        properties |= {"enabled": {"type": "boolean"}, **_storage_keys(definitions)}
    schema["allOf"] = [
        _when(component, kind, catalogue=catalogue, definitions=definitions)
        for component in catalogue.components(kind)
    ]
    return schema


def _when(component: Component, kind: Kind, *, catalogue: Catalogue, definitions: Schema) -> Schema:
    names = [component.name, *component.aliases]
    name = f"{kind} {component.name}"
    try:
        model = catalogue.options(component)
        params = _model(model, name, definitions, scopes=(kind, name))
    except (PluginError, PydanticInvalidForJsonSchema):
        params = {"type": "object"}
    extra: Schema = {}
    if kind == "collector":
        extra = {"interval": {"type": "string", "deprecated": True}}
    elif kind == "storage":
        extra = _storage_keys(definitions)
    elif kind == "alerter":
        rule = _model(RuleConfig, "rule", definitions, scopes=("rule",))["properties"]
        extra = {key: rule[key] for key in COOLDOWN_KEYS}
    params["properties"] = {**extra, **params.get("properties", {})}
    if kind != "detector":  # a profile or the environment may have what is required
        params.pop("required", None)
    definitions[name] = params
    return {
        "if": {"properties": {"type": {"enum": names}}, "required": ["type"]},
        "then": {"properties": {"params": {"anyOf": [_ref(name), {"type": "null"}]}}},
    }


def _storage_keys(definitions: Schema) -> Schema:
    properties: Schema = _model(StorageKeys, "storage keys", definitions, scopes=("storage",))[
        "properties"
    ]
    return properties


def _state(storage: Schema) -> Schema:
    names = ("type", "profile", "params")
    properties = {name: storage["properties"][name] for name in names}
    return {**storage, "properties": properties}


def _model(
    model: type[BaseModel], name: str, definitions: Schema, *, scopes: Iterable[str] = ()
) -> Schema:
    """Return a model's schema; what it refers to goes among the definitions, under its name."""
    raw = model.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
    for inner, definition in raw.pop("$defs", {}).items():
        definitions[f"{name}.{inner}"] = _loosen(definition)
    schema: Schema = _loosen(raw)
    properties = schema.get("properties", {})
    for alias in ALIASES:
        if alias.scope in scopes and alias.new in properties and alias.old not in properties:
            properties[alias.old] = {**properties[alias.new], "deprecated": alias.deprecated}
    return schema


def _loosen(schema: Any) -> Any:
    """Let a reference stand wherever something else than free text is asked for."""
    if isinstance(schema, list):
        return [_loosen(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {
        key: {name: _loosen(item) for name, item in value.items()}
        if key == "properties"
        else _loosen(value)
        if key in ("items", "anyOf", "oneOf", "allOf", "prefixItems", "additionalProperties")
        else value
        for key, value in schema.items()
    }
    if result.get("type") in _TYPED or "enum" in result or "const" in result:
        outside = {
            key: result.pop(key) for key in ("title", "description", "default") if key in result
        }
        return {**outside, "anyOf": [result, _REFERENCE]}
    return result


def _name() -> Schema:
    return {"type": "string", "pattern": NAME}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _optional(name: str) -> Schema:
    return {"anyOf": [_ref(name), {"type": "null"}]}


def _one_or_many(name: str) -> Schema:
    return {"anyOf": [_ref(name), {"type": "array", "items": _ref(name)}, {"type": "null"}]}
