"""Wheels in fresh environments: alone, together, and one removed from the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.wheels.conftest import Distribution, Environment

LOAD_EVERYTHING = """
from importlib import import_module
from detectk.plugin import discover

for plugin in discover().plugins:
    assert not plugin.error, plugin
    for part in (*plugin.components, *plugin.commands):
        for reference in filter(None, (part.target, part.options)):
            module, _, name = reference.partition(":")
            getattr(import_module(module), name)
            print(plugin.name, reference)
"""
NAMES = sorted(
    path.parent.name for path in Path(__file__).parents[2].glob("packages/*/pyproject.toml")
)
WITH_THE_META_PACKAGE = {"detectors", "collectors-sql"}


@pytest.mark.parametrize("name", NAMES)
def test_a_wheel_stands_alone(
    name: str, distributions: list[Distribution], environment: Environment
) -> None:
    (distribution,) = (one for one in distributions if one.name == name)
    environment.install(name)
    if name == "detectk-kernels":  # needs nothing of ours, so there is no command
        assert (
            environment.python("from detectk import kernels; print(kernels.available)") == "True\n"
        )
        return
    assert environment.dtk("--version").strip().endswith(distribution.project["version"])
    brought = WITH_THE_META_PACKAGE if name == "detectk" else distribution.entries
    assert set(environment.plugins()) == {"core"} | brought


def test_together_and_one_removed(
    distributions: list[Distribution], environment: Environment
) -> None:
    environment.install(*(one.name for one in distributions))
    together = environment.plugins()
    assert set(together) == set().union(*(one.entries for one in distributions))
    for one in distributions:
        if one.name in {"detectk", "detectk-core"}:
            continue
        environment.pip("uninstall", "--quiet", "--yes", one.name)
        left = {name: parts for name, parts in together.items() if name not in one.entries}
        assert environment.plugins() == left
        environment.install(one.name)
    assert environment.plugins() == together


def test_every_plugin_brings_components_that_load(
    distributions: list[Distribution], environment: Environment
) -> None:
    environment.install(*(one.name for one in distributions))
    assert [name for name, parts in environment.plugins().items() if not parts] == []
    loaded = {line.split()[0] for line in environment.python(LOAD_EVERYTHING).splitlines()}
    assert loaded == set(environment.plugins())
