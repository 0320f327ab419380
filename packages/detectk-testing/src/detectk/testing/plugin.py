"""What every plugin distribution must do: subclass `PluginSuite` and pytest runs it."""
# ruff: noqa: D102  # the name of a test is its sentence

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar, Final

import pytest
from pydantic import ValidationError

from detectk.contracts import Alerter, Collector, Detector, Options, Part, Storage
from detectk.plugin import Component
from detectk.testing.suite import Suite

__all__ = ["PluginSuite"]

_KINDS: Final[Mapping[str, type[Part[Any]]]] = {
    "collector": Collector,
    "storage": Storage,
    "detector": Detector,
    "alerter": Alerter,
}
_SLOW: Final = ("httpx", "jinja2", "numpy", "pandas", "polars", "pydantic", "scipy", "sklearn")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class PluginSuite(Suite):
    """Holds a distribution to the rules of discovery: light, complete, quiet when built.

    Subclass it, name the class ``Test...``, and say where the plugin is::

        class TestMyPlugin(PluginSuite):
            module = "acme_detectk_redis.plugin"
            examples = {"redis": {"url": "redis://localhost"}}
            drivers = ("redis",)
    """

    module: ClassVar[str]
    """What the entry point of group ``detectk`` names."""

    examples: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Component name, or ``kind/name`` where two kinds share it, to the least options it needs."""

    drivers: ClassVar[tuple[str, ...]] = ()
    """Modules that neither the plugin nor the options may import."""

    def test_the_plugin_module_is_light(self) -> None:
        loaded = _loaded_after(self.module)
        assert sorted(loaded & {*_SLOW, *self.drivers}) == []

    def test_the_options_import_no_driver(self) -> None:
        modules = {offer.options.partition(":")[0] for offer in self._offers() if offer.options}
        assert sorted(_loaded_after(*sorted(modules)) & set(self.drivers)) == []

    def test_it_offers_components(self) -> None:
        offers = self._offers()
        assert offers
        assert all(isinstance(offer, Component) for offer in offers)
        assert all(offer.summary for offer in offers), "a summary is what `dtk list-...` shows"

    def test_names_are_plain_and_offered_once(self) -> None:
        offers = self._offers()
        names = [(offer.kind, name) for offer in offers for name in (offer.name, *offer.aliases)]
        assert [name for _, name in names if not _NAME.fullmatch(name)] == []
        assert len(names) == len(set(names))

    def test_every_target_is_a_part_of_its_kind(self) -> None:
        for offer in self._offers():
            if offer.kind in _KINDS:
                assert issubclass(_load(offer.target), _KINDS[offer.kind]), offer.name

    def test_options_take_the_example(self) -> None:
        for offer in self._offers():
            _options_of(offer).model_validate(self._example(offer))

    def test_options_refuse_unknown_keys(self) -> None:
        for offer in self._offers():
            model = _options_of(offer)
            assert issubclass(model, Options), offer.name
            with pytest.raises(ValidationError) as failure:
                model.model_validate({**self._example(offer), "no_such_option": 1})
            kinds = {(error["type"], error["loc"]) for error in failure.value.errors()}
            assert ("extra_forbidden", ("no_such_option",)) in kinds, offer.name

    def test_options_have_a_schema(self) -> None:
        for offer in self._offers():
            assert json.dumps(_options_of(offer).model_json_schema())

    def test_aliases_preset_options_that_exist(self) -> None:
        for offer in self._offers():
            known = set(_options_of(offer).model_json_schema().get("properties", {}))
            for alias, preset in offer.aliases.items():
                assert set(preset) <= known, alias

    def test_building_and_closing_a_part_touches_nothing(self) -> None:
        for offer in self._offers():
            if offer.kind in _KINDS:
                task = {
                    "target": offer.target,
                    "options": offer.options,
                    "values": dict(self._example(offer)),
                }
                touched = _python("-m", "detectk.testing.silence", json.dumps(task))
                assert touched.split("\n") == [""], offer.name

    def _offers(self) -> tuple[Component, ...]:
        return tuple(import_module(self.module).detectk_components())

    def _example(self, offer: Component) -> Mapping[str, Any]:
        return self.examples.get(f"{offer.kind}/{offer.name}", self.examples.get(offer.name, {}))


def _options_of(offer: Component) -> type[Options]:
    model: type[Options] = _load(offer.options) if offer.options else Options
    return model


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def _loaded_after(*modules: str) -> set[str]:
    """Return what importing ``modules`` loads, beside what the interpreter starts with."""
    first, last = "import sys; before = set(sys.modules)", "print(*set(sys.modules) - before)"
    lines = [f"import {module}" for module in modules]
    return set(_python("-c", "\n".join([first, *lines, last])).split())


def _python(*arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(  # noqa: S603  # this interpreter
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
