"""Look a component up by the name a user wrote, and load it at the moment of use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from detectk.errors import Place, PluginError
from detectk.plugin.component import Component, Kind
from detectk.plugin.discovery import Plugin, Plugins, discover
from detectk.plugin.known import KNOWN

if TYPE_CHECKING:
    import pluggy

    from detectk.contracts.options import Options

__all__ = ["Catalogue", "Found"]


@dataclass(frozen=True, slots=True)
class Found:
    """A component and what the name it was asked for presets.

    Attributes:
        component: The component.
        preset: Options that an alias stands for; empty for the component's own name.
        alias: The name that was asked for, when it is not the component's own.
    """

    component: Component
    preset: Mapping[str, object] = field(default_factory=dict)
    alias: str = ""


@dataclass(frozen=True)
class Catalogue:
    """Everything that is installed."""

    installed: Plugins

    @classmethod
    @lru_cache(maxsize=1)
    def default(cls) -> Catalogue:
        """Return the environment's catalogue; entry points are scanned once a process."""
        return cls(discover())

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """Every plugin, broken ones included."""
        return self.installed.plugins

    @property
    def hooks(self) -> pluggy.HookRelay:
        """The hooks of the healthy plugins."""
        return self.installed.hooks

    @cached_property
    def _index(self) -> dict[tuple[Kind, str], list[tuple[Plugin, Found]]]:
        index: dict[tuple[Kind, str], list[tuple[Plugin, Found]]] = {}
        for plugin in self.plugins:
            for component in plugin.components:
                offers = {component.name: Found(component)}
                for alias, preset in component.aliases.items():
                    offers[alias] = Found(component, preset, alias)
                for name, found in offers.items():
                    index.setdefault((component.kind, name), []).append((plugin, found))
        return index

    def components(self, kind: Kind) -> tuple[Component, ...]:
        """Return the components of a kind, by name."""
        mine = (c for plugin in self.plugins for c in plugin.components if c.kind == kind)
        return tuple(sorted(mine, key=lambda c: c.name))

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Return every name a user may write for a kind, aliases included."""
        return tuple(sorted(name for (k, name) in self._index if k == kind))

    def find(self, kind: Kind, name: str, *, where: str | Place = "") -> Found:
        """Return the component called ``name``.

        Raises:
            PluginError: It is not installed (with the install line, or a near name), offered
                twice, or its distribution is broken.
        """
        offers = self._index.get((kind, name), [])
        if len(offers) > 1:
            owners = " and ".join(plugin.distribution for plugin, _ in offers)
            msg = f"{kind} {name!r} is offered by {owners}"
            raise PluginError(msg, where=where, hint="uninstall one of them")
        if offers:
            return offers[0][1]
        raise PluginError(
            f"{kind} type {name!r} is not installed", where=where, hint=self._advice(kind, name)
        )

    def options(self, component: Component) -> type[Options]:
        """Return the component's option model.

        Raises:
            PluginError: It cannot be imported.
        """
        from detectk.contracts.options import Options  # pydantic, when needed

        if not component.options:
            return Options
        model = _load(component, component.options)
        if not (isinstance(model, type) and issubclass(model, Options)):
            msg = f"{component.options} is not a model of options"
            raise PluginError(
                msg,
                where=f"{component.kind} {component.name!r}",
                hint="derive it from detectk.contracts.Options",
            )
        return model

    def load(self, component: Component) -> Any:  # any class of the contracts
        """Return the component's class.

        Raises:
            PluginError: It cannot be imported.
        """
        return _load(component, component.target)

    def _advice(self, kind: Kind, name: str) -> str:
        home = KNOWN.get((kind, name))
        broken = next((p for p in self.plugins if p.error and p.distribution == home), None)
        if broken:
            return f"{home} is installed but broken: {broken.error}"
        if home:
            return f"pip install {home}"
        known = {n for (k, n) in KNOWN if k == kind} | set(self.names(kind))
        near = get_close_matches(name, sorted(known), n=1)
        if near:
            return f"did you mean {near[0]!r}?"
        return f"installed: {', '.join(self.names(kind)) or 'none'}"


def _load(component: Component, path: str) -> Any:
    where = f"{component.kind} {component.name!r}"
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        msg = f"cannot import {path} ({error})"
        raise PluginError(msg, where=where, hint="reinstall its distribution") from error
    except AttributeError as error:
        msg = f"{module} has no {name}"
        raise PluginError(msg, where=where, hint="its plugin module names a wrong class") from error
