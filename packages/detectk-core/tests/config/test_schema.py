"""The JSON Schema for editors."""

from __future__ import annotations

import json
from typing import Any

import pluggy
import pytest

from detectk.config import json_schema
from detectk.plugin import hookspecs
from detectk.plugin.catalogue import Catalogue
from detectk.plugin.component import Component
from detectk.plugin.discovery import Plugin, Plugins


@pytest.fixture(scope="module")
def schema(catalogue: Catalogue) -> dict[str, Any]:
    return json_schema(catalogue)


def test_it_is_plain_json(schema: dict[str, Any]) -> None:
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    def walk(node: object) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                name = node["$ref"].removeprefix("#/$defs/")
                assert name in schema["$defs"]
            for item in node.values():
                walk(item)
        elif isinstance(node, list):
            for item in node:
                walk(item)

    walk(schema)


def test_types_are_the_installed_ones(schema: dict[str, Any]) -> None:
    choices = schema["$defs"]["storage"]["properties"]["type"]["anyOf"][0]["enum"]
    assert choices == ["clickhouse", "oracle", "postgres", "sql", "sqlite"]


def test_options_depend_on_the_type(schema: dict[str, Any]) -> None:
    cases = schema["$defs"]["detector"]["allOf"]
    mad = next(case for case in cases if "mad" in case["if"]["properties"]["type"]["enum"])
    assert mad["then"]["properties"]["params"]["anyOf"][0] == {"$ref": "#/$defs/detector mad"}
    options = schema["$defs"]["detector mad"]
    assert options["additionalProperties"] is False
    assert "n_sigma" in options["properties"]
    assert schema["$defs"]["detector threshold"]["required"] == ["threshold"]


def test_a_profile_may_hold_what_is_required(schema: dict[str, Any]) -> None:
    assert "required" not in schema["$defs"]["collector clickhouse"]


def test_a_reference_may_stand_for_a_number(schema: dict[str, Any]) -> None:
    port = schema["$defs"]["collector clickhouse"]["properties"]["port"]["anyOf"]
    assert [choice["type"] for choice in port] == ["integer", "string"]
    assert port[1]["pattern"] == r"\$\{"


def test_aliases_are_known_to_the_editor(schema: dict[str, Any]) -> None:
    clickhouse = schema["$defs"]["collector clickhouse"]["properties"]
    assert clickhouse["query_timeout"]["deprecated"] is True
    assert clickhouse["interval"]["deprecated"] is True
    slack = schema["$defs"]["alerter slack"]["properties"]
    assert {"template", "message_template", "cooldown", "cooldown_minutes"} <= slack.keys()
    storage = schema["$defs"]["storage"]["properties"]
    assert storage["retention_days"]["deprecated"] is True
    conditions = schema["$defs"]["alerter"]["properties"]["conditions"]["properties"]
    assert {"consecutive_anomalies", "for", "alert_cooldown", "anomaly_window"} <= set(conditions)


def test_components_that_cannot_say_take_any_options(schema: dict[str, Any]) -> None:
    assert schema["$defs"]["collector broken"]["type"] == "object"
    assert "additionalProperties" not in schema["$defs"]["collector broken"]


def test_without_a_catalogue_it_is_that_of_the_environment() -> None:
    types = json_schema()["$defs"]["alerter"]["properties"]["type"]["anyOf"][0]["enum"]
    assert types == list(Catalogue.default().names("alerter"))


def test_nothing_installed_still_has_a_schema() -> None:
    manager = pluggy.PluginManager("detectk")
    manager.add_hookspecs(hookspecs)
    plugin = Plugin("x", "x", "1", "x", (Component("detector", "bare", "x:Y"),))
    schema = json_schema(Catalogue(Plugins((plugin,), manager.hook)))
    assert schema["$defs"]["collector"]["allOf"] == []
    assert schema["$defs"]["detector bare"]["properties"] == {}
