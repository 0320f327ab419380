from __future__ import annotations

from importlib import import_module

from detectk.alerters.mattermost.plugin import detectk_components


def test_the_component_names_what_exists() -> None:
    (component,) = detectk_components()
    for path in (component.target, component.options):
        module, _, name = path.partition(":")
        assert hasattr(import_module(module), name)
    assert (component.kind, component.name) == ("alerter", "mattermost")
