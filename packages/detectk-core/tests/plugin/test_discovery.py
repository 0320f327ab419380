"""Plugins are found, each on its own; a broken one hurts nobody else."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from detectk.errors import PluginError
from detectk.plugin import Catalogue, Component, discover
from detectk.plugin.discovery import GROUP

GOOD = """
from detectk.plugin.component import Component
from detectk.plugin.hookspecs import hookimpl

@hookimpl
def detectk_components():
    return [Component("collector", "{name}", "{name}_parts:Part", "{name}_parts:Settings", "a part",
                      {{"{name}_alias": {{"mode": "fast"}}}})]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("DETECTK_PLUGINS", raising=False)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("plug_"):
            del sys.modules[name]


def entry(name: str) -> EntryPoint:
    return EntryPoint(name, name, GROUP)


def write(folder: Path, name: str, text: str) -> EntryPoint:
    (folder / f"{name}.py").write_text(text)
    return entry(name)


def good(folder: Path, name: str = "plug_good") -> EntryPoint:
    return write(folder, name, GOOD.format(name=name))


def catalogue(*entries: EntryPoint) -> Catalogue:
    return Catalogue(discover(entries))


def test_a_component_is_found_by_name_and_alias(folder: Path) -> None:
    found = catalogue(good(folder)).find("collector", "plug_good_alias")
    assert found.component.name == "plug_good"
    assert found.preset == {"mode": "fast"}
    assert found.alias == "plug_good_alias"


BROKEN = {
    "plug_raises": "raise RuntimeError('no driver\\nhere')",
    "plug_misspelt": GOOD.format(name="plug_misspelt").replace(
        "detectk_components", "detectk_componnets"
    ),
    "plug_wrong": GOOD.format(name="plug_wrong").replace("return [", "return ['text', "),
    "plug_arguments": GOOD.format(name="plug_arguments").replace("ts():", "ts(colour):"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_listed_with_its_error_and_the_others_work(
    folder: Path, name: str
) -> None:
    both = catalogue(write(folder, name, BROKEN[name]), good(folder))
    errors = {plugin.name: plugin.error for plugin in both.plugins}
    assert errors["plug_good"] == ""
    assert errors[name]
    assert "\n" not in errors[name]
    assert both.find("collector", "plug_good").component.summary == "a part"


def test_a_plugin_that_is_not_there_is_broken_too(folder: Path) -> None:
    (plugin,) = catalogue(entry("plug_nowhere")).plugins
    assert "plug_nowhere" in plugin.error


def test_a_name_offered_twice_is_an_error_only_when_it_is_asked_for(folder: Path) -> None:
    twin = write(folder, "plug_twin", GOOD.format(name="plug_good"))
    both = catalogue(good(folder), twin, good(folder, "plug_other"))
    assert both.find("collector", "plug_other")
    with pytest.raises(PluginError, match="is offered by"):
        both.find("collector", "plug_good")


@pytest.mark.parametrize(
    ("kind", "name", "advice"),
    [
        ("collector", "clickhouse", "pip install detectk-collectors-clickhouse"),
        ("collector", "clickhous", "did you mean 'clickhouse'?"),
        ("collector", "plug_god", "did you mean 'plug_good'?"),
        ("alerter", "slack", "pip install detectk-alerters-slack"),
        ("collector", "zzz", "installed: plug_good, plug_good_alias"),
        ("detector", "zzz", "installed: none"),
    ],
)
def test_what_is_not_installed_says_how_to_get_it(
    folder: Path, kind: str, name: str, advice: str
) -> None:
    with pytest.raises(PluginError) as caught:
        catalogue(good(folder)).find(kind, name, where="m.yaml:3:9")  # type: ignore[arg-type]
    assert str(caught.value) == f"m.yaml:3:9: {kind} type {name!r} is not installed; {advice}"


def test_an_environment_variable_restricts_what_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = (good(folder), good(folder, "plug_other"), entry("core"))
    monkeypatch.setenv("DETECTK_PLUGINS", "plug_other, nothing")
    assert [plugin.name for plugin in catalogue(*entries).plugins] == ["core", "plug_other"]


def test_classes_and_options_are_imported_at_the_moment_of_use(folder: Path) -> None:
    plugs = catalogue(good(folder))
    component = plugs.find("collector", "plug_good").component
    with pytest.raises(PluginError, match="cannot import plug_good_parts"):
        plugs.load(component)
    (folder / "plug_good_parts.py").write_text(
        "from detectk.contracts.options import Options\n"
        "class Part: ...\nclass Settings(Options): ...\n"
    )
    assert plugs.load(component).__name__ == "Part"
    assert plugs.options(component).__name__ == "Settings"


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("json:Nothing", "", "json has no Nothing"),
        ("json:dumps", "json:dumps", "is not a model of options"),
    ],
)
def test_a_plugin_that_names_the_wrong_thing_is_told(
    target: str, options: str, message: str
) -> None:
    component = Component("collector", "x", target, options)
    plugs = Catalogue(discover(()))
    with pytest.raises(PluginError, match=message):
        plugs.options(component) if options else plugs.load(component)


def test_a_component_without_options_takes_none() -> None:
    plugs = Catalogue(discover(()))
    assert plugs.options(Component("collector", "x", "json:dumps")).model_fields == {}


def test_the_environment_has_the_core() -> None:
    names = {c.name for c in Catalogue.default().components("alerter")}
    assert "console" in names
