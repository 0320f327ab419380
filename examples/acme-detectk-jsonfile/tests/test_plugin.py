"""What DetectK asks of every plugin: found, light, quiet when built."""

from __future__ import annotations

from typing import ClassVar

from detectk.plugin import Catalogue
from detectk.testing.plugin import PluginSuite


class TestPlugin(PluginSuite):
    module = "acme_detectk_jsonfile.plugin"
    examples: ClassVar = {"jsonfile": {"path": "data/signups.json"}}


def test_an_installed_plugin_is_found_by_its_type() -> None:
    found = Catalogue.default().find("collector", "jsonfile")
    assert found.component.target == "acme_detectk_jsonfile.collector:JsonFileCollector"
