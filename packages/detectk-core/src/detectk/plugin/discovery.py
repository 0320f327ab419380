"""Find the installed plugins, each on its own: a broken one hurts nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import cast

import pluggy

from detectk.plugin import hookspecs
from detectk.plugin.component import Component

__all__ = ["GROUP", "Plugin", "Plugins", "discover"]

GROUP = "detectk"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point of the group ``detectk``.

    Attributes:
        name: Name of the entry point.
        distribution: Who installed it.
        version: Version of the distribution.
        module: The module it names.
        components: What it offers; empty when it is broken.
        commands: The subcommands it adds.
        error: Why it cannot be used; empty when it can.
    """

    name: str
    distribution: str
    version: str
    module: str
    components: tuple[Component, ...] = ()
    commands: tuple[Component, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Plugins:
    """The installed plugins and the hooks they answer.

    Attributes:
        plugins: In order of name, broken ones included.
        hooks: The pluggy relay of the healthy ones.
    """

    plugins: tuple[Plugin, ...]
    hooks: pluggy.HookRelay


def discover(entries: tuple[EntryPoint, ...] | None = None) -> Plugins:
    """Return every plugin of the environment, or of ``entries``.

    ``DETECTK_PLUGINS=a,b`` restricts the search to entry points or distributions of those names;
    the core's own components are always there.
    """
    manager = pluggy.PluginManager("detectk")
    manager.add_hookspecs(hookspecs)
    found = entry_points(group=GROUP) if entries is None else entries
    plugins = [_register(manager, entry) for entry in sorted(found, key=_order) if _wanted(entry)]
    return Plugins(tuple(plugins), manager.hook)


def _order(entry: EntryPoint) -> tuple[bool, str, str]:
    return (entry.name != "core", entry.name, entry.value)


def _wanted(entry: EntryPoint) -> bool:
    only = {name.strip() for name in os.environ.get("DETECTK_PLUGINS", "").split(",")} - {""}
    return not only or entry.name == "core" or bool(only & {entry.name, _distribution(entry)[0]})


def _distribution(entry: EntryPoint) -> tuple[str, str]:
    return (entry.dist.name, entry.dist.version) if entry.dist else ("", "")


def _register(manager: pluggy.PluginManager, entry: EntryPoint) -> Plugin:
    distribution, version = _distribution(entry)
    base = Plugin(entry.name, distribution, version, entry.value)
    name = f"{distribution}:{entry.name}"
    try:
        module = import_module(entry.value)
        manager.register(module, name)
        manager.check_pending()
        components = _offers(manager.hook.detectk_components, name)
        commands = _offers(manager.hook.detectk_commands, name)
    except Exception as error:  # noqa: BLE001  # a plugin may raise anything
        if manager.has_plugin(name):
            manager.unregister(name=name)
        return _broken(base, error)
    return Plugin(
        base.name,
        base.distribution,
        base.version,
        base.module,
        components=components,
        commands=commands,
    )


def _offers(hook: pluggy.HookCaller, name: str) -> tuple[Component, ...]:
    mine = [impl for impl in hook.get_hookimpls() if impl.plugin_name == name]
    answers = [cast("Iterable[object]", impl.function()) for impl in mine]
    offers = [offer for answer in answers for offer in answer]
    for offer in offers:
        if not isinstance(offer, Component):
            msg = f"{hook.name} gave {type(offer).__name__}, not Component"
            raise TypeError(msg)
    return tuple(offer for offer in offers if isinstance(offer, Component))


def _broken(plugin: Plugin, error: Exception) -> Plugin:
    text = " ".join(str(error).split())
    return Plugin(
        plugin.name,
        plugin.distribution,
        plugin.version,
        plugin.module,
        error=f"{type(error).__name__}: {text}",
    )
